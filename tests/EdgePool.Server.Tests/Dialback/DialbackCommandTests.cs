using System.CommandLine;
using System.Text.RegularExpressions;
using EdgePool.Server.Certificates;
using EdgePool.Server.Cli;
using EdgePool.Server.Cli.Dialback;
using EdgePool.Server.Configuration;
using EdgePool.Server.Tests.Certificates;
using EdgePool.Server.Tests.Cli;
using Xunit;

namespace EdgePool.Server.Tests.Dialback;

/// <summary><c>edgepool dialback rotate</c>, and a node that takes what it writes.</summary>
public sealed class DialbackCommandTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string Old = "the first secret of all";

    private readonly CertScene scene = new();
    private int made;

    public DialbackCommandTests()
    {
        scene.Write("edgepool.yaml", scene.Read("edgepool.yaml") + "\ndialback: { secretFile: dialback.secret }\n");
        scene.Write("dialback.secret", Old + "\n");
    }

    public void Dispose() => scene.Dispose();

    [Fact]
    public void Rotate_PutsANewSecretInFront_AndKeepsTwo()
    {
        for (var turn = 1; turn <= 4; turn++)
        {
            var before = Secrets();
            var (code, output, error) = Run("rotate -c @/edgepool.yaml");

            Assert.True(code == ExitCode.Success, error);
            Assert.Equal([New(turn), .. before.Take(2)], Secrets());
            Assert.Contains($"of the {before.Length} before, {Math.Min(2, before.Length)} still verify", output, StringComparison.Ordinal);
            Assert.DoesNotContain(Secrets(), secret => output.Contains(secret, StringComparison.Ordinal));
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(scene.File("dialback.secret")));
        }

        Assert.Empty(Directory.GetFiles(scene.Path, "*.new-*"));
        Assert.DoesNotContain(ConfigurationLoader.Load(scene.Config, scene.Environment).Problems, problem => problem.ToString().Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void Rotate_ForgettingThePrevious_LeavesTheNewAlone()
    {
        var (code, output, _) = Run("rotate -c @/edgepool.yaml --forget-previous");

        Assert.Equal((ExitCode.Success, true), (code, output.Contains("of the 1 before, 0 still verify", StringComparison.Ordinal)));
        Assert.Equal([New(1)], Secrets());
    }

    // As root rotates it for the service: the file stays the service's.
    [Fact]
    public void Rotate_ByRoot_LeavesTheFileToItsOwner()
    {
        if (Environment.UserName != "root")
        {
            return;
        }

        var nobody = new FileOwner(65534, 65534);
        nobody.Give(scene.File("dialback.secret"));

        Assert.Equal(ExitCode.Success, Run("rotate -c @/edgepool.yaml").Code);
        Assert.Equal(nobody, FileOwner.Of(scene.File("dialback.secret")));
    }

    [Theory]
    [InlineData("open", ExitCode.Configuration, "dialback.secret is open to other users (mode 644) — chmod 600 ")]
    [InlineData("missing", ExitCode.Configuration, "dialback.secret does not exist — put it there, or correct the path")]
    [InlineData("four", ExitCode.Configuration, "the file has 4 secrets — keep the newest 3, one a line, newest first")]
    [InlineData("link", ExitCode.Failed, "dialback.secret is a link, which another program keeps — let that program put the new secret in front")]
    [InlineData("variable", ExitCode.Failed, "the dialback secret is in an environment variable, which this command cannot change — ")]
    [InlineData("none", ExitCode.Failed, "names no dialback secret, so one is made at each start of the node — make one (openssl rand -base64 32, chmod 600)")]
    [InlineData("no node", ExitCode.NoConfiguration, "there is no such file")]
    public void Rotate_OfWhatItMayNotTouch_SaysWhyAndChangesNothing(string fault, int code, string told)
    {
        var config = fault is "no node" ? "@/other.yaml" : "@/edgepool.yaml";
        switch (fault)
        {
            case "open":
                scene.Write("dialback.secret", Old + "\n", OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
                break;
            case "missing":
                File.Delete(scene.File("dialback.secret"));
                break;
            case "four":
                scene.Write("dialback.secret", "first of four secrets\nsecond of four secrets\nthird of four secrets\nfourth of four secrets\n");
                break;
            case "link":
                File.Move(scene.File("dialback.secret"), scene.File("kept.secret"));
                File.CreateSymbolicLink(scene.File("dialback.secret"), scene.File("kept.secret"));
                break;
            case "variable":
                scene.Write("edgepool.yaml", scene.Read("edgepool.yaml").Replace("secretFile: dialback.secret", "secretEnv: DIALBACK", StringComparison.Ordinal));
                break;
            case "none":
                scene.Write("edgepool.yaml", Regex.Replace(scene.Read("edgepool.yaml"), "dialback: .*", ""));
                break;
        }

        var before = File.Exists(scene.File("dialback.secret")) ? scene.Read("dialback.secret") : null;
        var (given, _, error) = Run($"rotate -c {config}");

        Assert.Equal(code, given);
        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.DoesNotContain(Old, error, StringComparison.Ordinal);
        Assert.Equal(before, File.Exists(scene.File("dialback.secret")) ? scene.Read("dialback.secret") : null);
    }

    // The real process: the rotation is in force without a restart, and a bad file changes nothing.
    [Fact]
    public async Task Run_SecretRotated_IsInForceAndAtHangupAtOnce()
    {
        new CraftedCertificate().Place(scene, "edge");
        using var edge = new EdgePoolProcess("run", "--config", scene.Config);
        await edge.LineAsync(" Started ");

        Assert.Equal(ExitCode.Success, Run("rotate -c @/edgepool.yaml").Code);
        await edge.LineAsync(" info 2040 DialbackSecretsReplaced secrets=2 kept=1 before=1");
        scene.Write("dialback.secret", "first of four secrets\nsecond of four secrets\nthird of four secrets\nfourth of four secrets\n");
        edge.Signal("HUP");
        await edge.LineAsync(" error 2041 DialbackSecretsRefused reasons=\"the file has 4 secrets — keep the newest 3, one a line, newest first\"");

        edge.Signal("TERM");
        Assert.Equal(ExitCode.Success, await edge.ExitAsync());
        Assert.DoesNotContain(Old, edge.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(New(1), edge.Text, StringComparison.Ordinal);
    }

    private string[] Secrets() => scene.Read("dialback.secret").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string New(int turn) => string.Concat(Enumerable.Repeat($"{turn:x2}", 32));

    private (int Code, string Output, string Error) Run(string line)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var environment = scene.Environment with { RandomBytes = length => [.. Enumerable.Repeat((byte)++made, length)] };
        var root = new RootCommand { DialbackCommand.Create(environment) };
        var words = line.Split(' ').Select(word => word.Replace("@/", scene.Path + "/", StringComparison.Ordinal));
        var code = root.Parse(["dialback", .. words]).Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        return (code, output.ToString(), error.ToString());
    }
}
