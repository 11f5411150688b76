using System.Security.Cryptography.X509Certificates;
using EdgePool.Server.Cli;
using Xunit;

namespace EdgePool.Server.Tests.Certificates;

public sealed class CertImportTests : IDisposable
{
    private const UnixFileMode KeyMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode CertificateMode = KeyMode | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly CertScene scene = new();

    public CertImportTests() => scene.Do("request -c @/edgepool.yaml --name new --key-type p256");

    public void Dispose() => scene.Dispose();

    [Theory]
    [InlineData("PEM")]
    [InlineData("DER")]
    [InlineData("PKCS #7 in DER")]
    [InlineData("PKCS #7 in PEM")]
    [InlineData("PEM in the wrong order with the root")]
    public void Import_EachForm_OrdersTheChainWithoutTheRoot(string form)
    {
        var leaf = scene.Authority.Sign(scene.Read("new.csr"), byIntermediate: true);
        var (intermediate, root) = (scene.Authority.Intermediate.ExportCertificatePem() + "\n", scene.Authority.Root.ExportCertificatePem() + "\n");
        scene.Write("all.pem", root + intermediate + leaf);
        scene.Write("leaf.crt", leaf);
        scene.Write("intermediate.pem", intermediate);
        scene.OpenSsl("x509", "-in", "leaf.crt", "-outform", "DER", "-out", "leaf.der");
        scene.OpenSsl("crl2pkcs7", "-nocrl", "-certfile", "all.pem", "-outform", "DER", "-out", "bag.der");
        scene.OpenSsl("crl2pkcs7", "-nocrl", "-certfile", "all.pem", "-out", "bag.pem");
        var files = form switch
        {
            "PEM" => "@/leaf.crt @/intermediate.pem",
            "DER" => "@/leaf.der @/intermediate.pem",
            "PKCS #7 in DER" => "@/bag.der",
            "PKCS #7 in PEM" => "@/bag.pem",
            _ => "@/all.pem",
        };

        scene.Do($"import {files} --folder @");

        Assert.Equal(leaf + intermediate, scene.Read("new.pem"));
        Assert.Equal(CertificateMode, File.GetUnixFileMode(scene.File("new.pem")));
        Assert.Empty(Directory.GetFiles(scene.Path, "*.new-*"));
    }

    [Fact]
    public void Import_Combined_HoldsTheKeyAndIsItsOwnersAlone()
    {
        scene.Write("answer.pem", scene.Authority.Sign(scene.Read("new.csr")));

        scene.Do("import @/answer.pem --folder @ --combined --out @/both.pem");

        Assert.Equal(KeyMode, File.GetUnixFileMode(scene.File("both.pem")));
        using var pair = X509Certificate2.CreateFromPemFile(scene.File("both.pem"));
        Assert.True(pair.HasPrivateKey);
    }

    [Fact]
    public void Import_WithoutIntermediate_SaysWhoseIsMissing()
    {
        scene.Write("answer.pem", scene.Authority.Sign(scene.Read("new.csr"), byIntermediate: true));

        Assert.Contains("note: the certificate of CN=Test root intermediate was not sent", scene.Do("import @/answer.pem --folder @"), StringComparison.Ordinal);
    }

    [Fact]
    public void Import_Stranger_IsLeftOut()
    {
        using var other = new EdgePool.Testing.Certificates.TestCertificateAuthority("Other root");
        scene.Write("answer.pem", scene.Authority.Sign(scene.Read("new.csr")) + other.Root.ExportCertificatePem());

        Assert.Contains("left out: CN=Other root does not stand above it", scene.Do("import @/answer.pem --folder @"), StringComparison.Ordinal);
        Assert.Single(scene.Read("new.pem").Split("-----BEGIN", StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("another key", "import @/foreign.pem --folder @", 1, "no request in ")]
    [InlineData("named wrong key", "import @/foreign.pem --key @/new.key", 1, "new.key does not belong to any certificate that was sent")]
    [InlineData("expired", "import @/expired.pem --folder @", 1, "the certificate expired on ")]
    [InlineData("no certificate", "import @/new.csr --folder @", 1, "new.csr holds no certificate that can be read")]
    [InlineData("broken", "import @/broken.pem --folder @", 1, "broken.pem holds no certificate that can be read")]
    [InlineData("missing", "import @/nothing.pem --folder @", 66, "nothing.pem does not exist")]
    [InlineData("large", "import @/large.pem --folder @", 1, "large.pem is larger than 1 MiB")]
    [InlineData("missing key", "import @/good.pem --key @/nothing.key", 66, "nothing.key does not exist")]
    [InlineData("in the way", "import @/good.pem --folder @", 1, "new.pem exists already")]
    [InlineData("two requests", "import @/good.pem --folder @/twice", 1, "several requests have this key: one, two — name the key with --key")]
    public void Import_Wrong_IsRefusedAndNothingChanges(string id, string line, int code, string expected)
    {
        scene.Place(scene.Authority.Issue("contoso.example"), "foreign");
        scene.Write("good.pem", scene.Authority.Sign(scene.Read("new.csr")));
        scene.Write("expired.pem", scene.Authority.Sign(scene.Read("new.csr"), TimeSpan.FromMinutes(-1)));
        scene.Write("broken.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
        scene.Write("large.pem", new string(' ', (1024 * 1024) + 1));
        Directory.CreateDirectory(scene.File("twice"));
        File.Copy(scene.File("new.csr"), scene.File("twice/one.csr"));
        File.Copy(scene.File("new.csr"), scene.File("twice/two.csr"));
        var isInTheWay = id == "in the way";
        if (isInTheWay)
        {
            scene.Write("new.pem", "mine");
        }

        var result = scene.Run(line);

        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Equal(code, result.Code);
        Assert.Equal(isInTheWay ? "mine" : null, File.Exists(scene.File("new.pem")) ? scene.Read("new.pem") : null);
    }

    [Fact]
    public void Import_Forced_KeepsTheOldFile()
    {
        scene.Write("answer.pem", scene.Authority.Sign(scene.Read("new.csr")));
        scene.Write("new.pem", "mine");

        scene.Do("import @/answer.pem --folder @ --force");

        Assert.Equal("mine", scene.Read("new.pem.previous"));
        Assert.Equal(ExitCode.Success, scene.Run("show @/new.pem").Code);
    }
}
