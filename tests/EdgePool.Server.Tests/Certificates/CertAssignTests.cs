using EdgePool.Server.Certificates;
using EdgePool.Server.Cli;
using Xunit;

namespace EdgePool.Server.Tests.Certificates;

public sealed class CertAssignTests : IDisposable
{
    private const UnixFileMode KeyMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode CertificateMode = KeyMode | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly CertScene scene = new();

    public CertAssignTests()
    {
        new CraftedCertificate().Place(scene, "edge");
        new CraftedCertificate().Place(scene, "new");
    }

    public void Dispose() => scene.Dispose();

    [Fact]
    public void Assign_GoodPair_TakesThePlaceAndKeepsTheOld()
    {
        var (oldCertificate, oldKey) = (scene.Read("edge.pem"), scene.Read("edge.key"));

        var output = scene.Do("assign @/new.pem --key @/new.key -c @/edgepool.yaml");

        Assert.Contains("edge.pem: assigned; the old one is edge.pem.previous", output, StringComparison.Ordinal);
        Assert.Equal((scene.Read("new.pem"), scene.Read("new.key")), (scene.Read("edge.pem"), scene.Read("edge.key")));
        Assert.Equal((oldCertificate, oldKey), (scene.Read("edge.pem.previous"), scene.Read("edge.key.previous")));
        Assert.Equal((CertificateMode, KeyMode), (File.GetUnixFileMode(scene.File("edge.pem")), File.GetUnixFileMode(scene.File("edge.key"))));
        Assert.Equal(KeyMode, File.GetUnixFileMode(scene.File("edge.key.previous")));
        Assert.Empty(Directory.GetFiles(scene.Path, "*.new-*"));
    }

    [Fact]
    public void Assign_FirstTime_NeedsNoOldFiles()
    {
        File.Delete(scene.File("edge.pem"));
        File.Delete(scene.File("edge.key"));

        scene.Do("assign @/new.pem --key @/new.key -c @/edgepool.yaml");

        Assert.Equal(scene.Read("new.key"), scene.Read("edge.key"));
        Assert.False(File.Exists(scene.File("edge.pem.previous")));
    }

    [Fact]
    public void Assign_OneFileForBoth_IsWrittenAsOne()
    {
        scene.Write("edgepool.yaml", scene.Read("edgepool.yaml").Replace("certificate: edge.pem, key: edge.key", "certificate: edge.pem", StringComparison.Ordinal));
        scene.Write("edge.pem", scene.Read("edge.pem") + scene.Read("edge.key"));
        scene.Write("both.pem", scene.Read("new.key") + scene.Read("new.pem"));

        scene.Do("assign @/both.pem -c @/edgepool.yaml");

        Assert.Equal(scene.Read("new.pem") + scene.Read("new.key"), scene.Read("edge.pem"));
        Assert.Equal(KeyMode, File.GetUnixFileMode(scene.File("edge.pem")));
    }

    // As root puts it there for the service: the key stays the service's.
    [Fact]
    public void Assign_ByRoot_LeavesTheFilesToTheirOwner()
    {
        if (Environment.UserName != "root")
        {
            return;
        }

        var nobody = new FileOwner(65534, 65534);
        nobody.Give(scene.File("edge.key"));

        scene.Do("assign @/new.pem --key @/new.key -c @/edgepool.yaml");

        Assert.All(["edge.key", "edge.pem", "edge.key.previous"], name => Assert.Equal(nobody, FileOwner.Of(scene.File(name))));

        File.Delete(scene.File("edge.key"));
        File.Delete(scene.File("edge.pem"));
        new FileOwner(65534, 65533).Give(scene.File("contoso.secret"));
        scene.Do("assign @/new.pem --key @/new.key -c @/edgepool.yaml");
        Assert.Equal(new FileOwner(65534, 65533), FileOwner.Of(scene.File("edge.key")));
    }

    [Theory]
    [InlineData("expired", "it expired on ")]
    [InlineData("another key", "new.key does not belong to the first certificate")]
    [InlineData("open key", "new.key is open to other users")]
    [InlineData("domain lost", "no certificate proves the local domain xn--bcher-kva.example")]
    [InlineData("not for servers", "it is not for servers")]
    [InlineData("small key", "the key of CN=crafted has 1024 bits")]
    [InlineData("no certificate", "new.pem holds no certificate in PEM")]
    [InlineData("own file", "edge.pem is the node's own file already")]
    [InlineData("link", "edge.key is a link, which another program keeps")]
    [InlineData("no entry", "names no certificate — add certificates: ")]
    public void Assign_Bad_IsRefusedAndNothingChanges(string fault, string expected)
    {
        var line = "assign @/new.pem --key @/new.key -c @/edgepool.yaml";
        var good = new CraftedCertificate();
        switch (fault)
        {
            case "expired":
                (good with { From = TimeSpan.FromDays(-9), Until = TimeSpan.FromDays(-1) }).Place(scene, "new");
                break;
            case "another key":
                File.Copy(scene.File("edge.key"), scene.File("new.key"), overwrite: true);
                break;
            case "open key":
                File.SetUnixFileMode(scene.File("new.key"), KeyMode | UnixFileMode.OtherRead);
                break;
            case "domain lost":
                (good with { Domains = ["contoso.example"] }).Place(scene, "new");
                break;
            case "not for servers":
                (good with { Purposes = ["1.3.6.1.5.5.7.3.2"] }).Place(scene, "new");
                break;
            case "small key":
                (good with { Key = static () => System.Security.Cryptography.RSA.Create(1024) }).Place(scene, "new");
                break;
            case "no certificate":
                scene.Write("new.pem", "none");
                break;
            case "own file":
                line = "assign @/edge.pem --key @/edge.key -c @/edgepool.yaml";
                break;
            case "link":
                File.Move(scene.File("edge.key"), scene.File("kept.key"));
                File.CreateSymbolicLink(scene.File("edge.key"), scene.File("kept.key"));
                break;
            case "no entry":
                scene.Write("edgepool.yaml", scene.Read("edgepool.yaml").Replace("certificates: [ { certificate: edge.pem, key: edge.key } ]", "", StringComparison.Ordinal));
                break;
        }

        var before = (scene.Read("edge.pem"), scene.Read("edge.key"), Directory.GetFiles(scene.Path).Length);
        var (code, _, error) = scene.Run(line);

        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Equal(before, (scene.Read("edge.pem"), scene.Read("edge.key"), Directory.GetFiles(scene.Path).Length));
    }

    // A node whose certificate never proved one of its domains can still be given a fresh one.
    [Fact]
    public void Assign_DomainThatNobodyProvedBefore_IsAWarning()
    {
        var some = new CraftedCertificate { Domains = ["contoso.example"] };
        some.Place(scene, "edge");
        some.Place(scene, "new");

        Assert.Contains("warning: no certificate proves the local domain xn--bcher-kva.example", scene.Do("assign @/new.pem --key @/new.key -c @/edgepool.yaml"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "contoso.example", "edge.pem")]
    [InlineData("", "xn--bcher-kva.example", "second.pem")]
    [InlineData(" --in-place-of second.pem", "xn--bcher-kva.example", "second.pem")]
    [InlineData(" --in-place-of third.pem", "contoso.example", null, "names no certificate third.pem — name one of ")]
    [InlineData("", "contoso.example xn--bcher-kva.example", null, "say which with --in-place-of: ")]
    [InlineData("", "other.example", null, "say which with --in-place-of: ")]
    public void Assign_SeveralCertificates_FindsTheOneOrAsks(string option, string domains, string? place, string expected = "assigned")
    {
        new CraftedCertificate { Domains = ["contoso.example"] }.Place(scene, "edge");
        new CraftedCertificate { Domains = ["xn--bcher-kva.example"] }.Place(scene, "second");
        new CraftedCertificate { Domains = domains.Split(' ') }.Place(scene, "new");
        scene.Write("edgepool.yaml", scene.Read("edgepool.yaml").Replace("key: edge.key }", "key: edge.key }, { certificate: second.pem, key: second.key }", StringComparison.Ordinal));

        var (code, output, error) = scene.Run("assign @/new.pem --key @/new.key -c @/edgepool.yaml" + option);

        Assert.Contains(expected, output + error, StringComparison.Ordinal);
        Assert.Equal(place is null ? ExitCode.Failed : ExitCode.Success, code);
        Assert.Equal(place, new[] { "edge.pem", "second.pem" }.FirstOrDefault(name => scene.Read(name) == scene.Read("new.pem")));
    }
}
