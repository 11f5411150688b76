using EdgePool.Server.Configuration.Files;
using EdgePool.Server.Configuration.Written;
using Xunit;

namespace EdgePool.Server.Tests.Certificates;

/// <summary>CERT-39: what counts as a change of the files, and what is said of bad ones.</summary>
public sealed class CertificateSourceTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly CertScene scene = new();
    private readonly CertificateSource source;

    public CertificateSourceTests()
    {
        new CraftedCertificate().Place(scene, "edge");
        new CraftedCertificate().Place(scene, "new");
        source = new CertificateSource(scene.Path, [new CertificateDocument("edge.pem", "edge.key")], scene.Clock);
    }

    public void Dispose() => scene.Dispose();

    [Fact]
    public void Fingerprint_NothingChanged_IsTheSame()
    {
        var before = source.Fingerprint();
        File.SetLastWriteTimeUtc(scene.File("edge.pem"), DateTime.UnixEpoch);

        Assert.Equal(before, source.Fingerprint());
        Assert.Single(source.Read().Certificates);
        Assert.Empty(source.Read().Problems);
    }

    [Theory]
    [InlineData("content of the certificate")]
    [InlineData("content of the key")]
    [InlineData("mode")]
    [InlineData("gone")]
    [InlineData("link")]
    [InlineData("bytes from one file to the next")]
    [InlineData("same length and time")]
    public void Fingerprint_AnyChange_IsSeen(string change)
    {
        var before = source.Fingerprint();
        switch (change)
        {
            case "content of the certificate":
                File.Move(scene.File("new.pem"), scene.File("edge.pem"), overwrite: true);
                break;
            case "content of the key":
                File.WriteAllText(scene.File("edge.key"), scene.Read("new.key"));
                break;
            case "mode":
                File.SetUnixFileMode(scene.File("edge.key"), OwnerOnly | UnixFileMode.GroupRead);
                break;
            case "gone":
                File.Delete(scene.File("edge.pem"));
                break;
            case "link":
                File.Delete(scene.File("edge.pem"));
                File.CreateSymbolicLink(scene.File("edge.pem"), scene.File("new.pem"));
                break;
            case "bytes from one file to the next":
                var key = scene.Read("edge.key");
                scene.Write("edge.key", key[1..]);
                scene.Write("edge.pem", scene.Read("edge.pem") + key[0]);
                break;
            default:
                var time = File.GetLastWriteTimeUtc(scene.File("edge.pem"));
                var text = scene.Read("edge.pem").ToCharArray();
                text[60] = text[60] == 'A' ? 'B' : 'A';
                File.WriteAllText(scene.File("edge.pem"), new string(text));
                File.SetLastWriteTimeUtc(scene.File("edge.pem"), time);
                break;
        }

        Assert.NotEqual(before, source.Fingerprint());
    }

    [Theory]
    [InlineData("mismatch", "the key edge.key does not belong to the first certificate in edge.pem — ")]
    [InlineData("expired", "the certificate edge.pem expired on ")]
    [InlineData("not yet valid", " only — wait until then")]
    [InlineData("open key", "edge.key is open to other users (mode 640) — chmod 600 ")]
    [InlineData("gone", "edge.key does not exist — ")]
    [InlineData("half written", "edge.pem holds no certificate in PEM")]
    [InlineData("small key", "edge.pem: the key of CN=crafted has 1024 bits, which TLS libraries refuse — ")]
    public void Read_Bad_SaysWhy(string fault, string expected)
    {
        var good = new CraftedCertificate();
        switch (fault)
        {
            case "mismatch":
                File.Copy(scene.File("new.key"), scene.File("edge.key"), overwrite: true);
                break;
            case "expired":
                (good with { From = TimeSpan.FromDays(-9), Until = TimeSpan.FromDays(-1) }).Place(scene, "edge");
                break;
            case "not yet valid":
                (good with { From = TimeSpan.FromDays(1) }).Place(scene, "edge");
                break;
            case "open key":
                File.SetUnixFileMode(scene.File("edge.key"), OwnerOnly | UnixFileMode.GroupRead);
                break;
            case "gone":
                File.Delete(scene.File("edge.key"));
                break;
            case "half written":
                scene.Write("edge.pem", scene.Read("edge.pem")[..100]);
                break;
            default:
                (good with { Key = static () => System.Security.Cryptography.RSA.Create(1024) }).Place(scene, "edge");
                break;
        }

        var problems = source.Read().Problems;

        Assert.Contains(expected, Assert.Single(problems), StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", problems[0], StringComparison.Ordinal);
    }
}
