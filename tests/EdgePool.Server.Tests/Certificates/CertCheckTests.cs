using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using EdgePool.Server.Cli;
using EdgePool.Testing.Certificates;
using Xunit;

namespace EdgePool.Server.Tests.Certificates;

/// <summary>Each rule of <c>cert check</c>: a pair that breaks it and no other, and the line that says so.</summary>
public sealed class CertCheckTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    private readonly CertScene scene = new();

    public CertCheckTests()
    {
        // The scene's authority is the node's own root.
        scene.Write("ca.pem", scene.Authority.Root.ExportCertificatePem());
        scene.Write("edgepool.yaml", scene.Read("edgepool.yaml") + "\ntrust: { ca: [ca.pem] }\n");
    }

    public void Dispose() => scene.Dispose();

    [Fact]
    public void Check_GoodPair_FindsNothing()
    {
        new CraftedCertificate().Place(scene, "edge");

        var lines = scene.Do("check -c @/edgepool.yaml").TrimEnd().Split('\n');

        Assert.Equal(2, lines.Length);
        Assert.Contains("edge.pem: EC P-256, until ", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("(89 days left), proves contoso.example, xn--bcher-kva.example", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("edgepool.yaml: 0 errors, 0 warnings", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing certificate", "Error", "Unreadable")]
    [InlineData("missing key", "Error", "Unreadable")]
    [InlineData("no certificate", "Error", "NoCertificate")]
    [InlineData("open key", "Error", "OpenKey")]
    [InlineData("open certificate", "Warning", "WritableByOthers")]
    [InlineData("no key", "Error", "UnusableKey")]
    [InlineData("encrypted key", "Error", "UnusableKey")]
    [InlineData("broken key", "Error", "UnusableKey")]
    [InlineData("another key", "Error", "KeyMismatch")]
    [InlineData("RSA 1024", "Error", "SmallKey")]
    [InlineData("P-521", "Warning", "OddKey")]
    [InlineData("secp256k1", "Error", "OddKey")]
    [InlineData("SHA-1", "Error", "WeakSignature")]
    [InlineData("intermediate of RSA 1024", "Error", "SmallKey")]
    [InlineData("expired", "Error", "Expired")]
    [InlineData("not yet valid", "Error", "NotYetValid")]
    [InlineData("expires in 30 days", "None", "")]
    [InlineData("expires in less than 30 days", "Warning", "ExpiresSoon")]
    [InlineData("clientAuth alone", "Error", "NotForServers", "DomainMissing", "DomainMissing")]
    [InlineData("any purpose alone", "Warning", "NotForServers", "NoClientAuth", "DomainMissing", "DomainMissing")]
    [InlineData("no purpose", "None", "")]
    [InlineData("CERT-07 serverAuth alone", "Note", "NoClientAuth")]
    [InlineData("no digital signature", "Error", "NoDigitalSignature")]
    [InlineData("authority", "Warning", "IsAuthority")]
    [InlineData("no names", "Error", "NoNames", "DomainMissing", "DomainMissing")]
    [InlineData("a domain is missing", "Error", "DomainMissing")]
    [InlineData("wildcard", "Warning", "WildcardOnly")]
    [InlineData("self-signed", "Warning", "SelfSigned")]
    [InlineData("with the root", "Note", "RootIncluded")]
    [InlineData("with a stranger", "Warning", "ChainOrder")]
    [InlineData("without intermediate", "Warning", "ChainIncomplete")]
    [InlineData("by a foreign root", "Warning", "ChainIncomplete")]
    [InlineData("by a foreign root that is in the file", "Warning", "UnknownRoot", "RootIncluded")]
    [InlineData("forged signature", "Error", "BrokenChain")]
    public void Check_EachFault_IsFoundAlone(string fault, string severity, params string[] rules)
    {
        Prepare(fault);

        var (code, output, error) = scene.Run("check -c @/edgepool.yaml --json");

        Assert.Equal("", error);
        using var json = JsonDocument.Parse(output);
        var found = json.RootElement.GetProperty("findings").EnumerateArray().ToList();
        Assert.Equal(rules.Where(rule => rule.Length > 0).Order(), found.Select(finding => finding.GetProperty("rule").GetString()!).Order());
        Assert.Equal(severity == "Error" || rules.Contains("DomainMissing") ? ExitCode.Failed : ExitCode.Success, code);
        if (severity != "None")
        {
            Assert.Contains(found, finding => finding.GetProperty("severity").GetString() == severity && finding.GetProperty("rule").GetString() == rules[0]);
        }

        Assert.All(found, finding => Assert.True(finding.GetProperty("what").GetString()!.Length > 0 && finding.GetProperty("remedy").GetString()!.Length > 0));
    }

    [Fact]
    public void Check_IntermediateInTheFile_IsWhole()
    {
        scene.Place(scene.Authority.Issue(new LeafRequest { DnsNames = ["contoso.example", "xn--bcher-kva.example"], ByIntermediate = true }), "edge");

        Assert.Contains("0 errors, 0 warnings", scene.Do("check -c @/edgepool.yaml"), StringComparison.Ordinal);
    }

    // CERT-07: what ejabberd before 25.08 says, where nothing but the certificate may carry the pair.
    [Theory]
    [InlineData("saslNegotiation: Optional", "note", "let such partners use dialback")]
    [InlineData("saslNegotiation: Required", "warning", "SASL alone is allowed to partner.example")]
    [InlineData("enabled: false", "note", "let such partners use dialback")]
    public void Check_NoClientAuth_IsAWarningWhereSaslIsAllThereIs(string terms, string severity, string expected)
    {
        new CraftedCertificate { Purposes = [ServerAuth] }.Place(scene, "edge");
        scene.Write("edgepool.yaml", scene.Read("edgepool.yaml").Replace("saslNegotiation: Optional", terms, StringComparison.Ordinal));

        var line = scene.Do("check -c @/edgepool.yaml").Split('\n')[0];

        Assert.Contains($"edge.pem: {severity}: it has no clientAuth: servers that demand it of us (ejabberd before 25.08) refuse SASL EXTERNAL", line, StringComparison.Ordinal);
        Assert.Contains(expected, line, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_OneFile_IsJudgedAsIfItWereAssigned()
    {
        new CraftedCertificate().Place(scene, "edge");
        new CraftedCertificate { Domains = ["contoso.example"] }.Place(scene, "new");

        var (code, output, _) = scene.Run("check @/new.pem --key @/new.key -c @/edgepool.yaml");

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("error: no certificate proves the local domain xn--bcher-kva.example", output, StringComparison.Ordinal);
        Assert.Contains("0 errors", scene.Do("check @/new.pem --key @/new.key"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check", 1, "'cert check' needs FILE, or --config FILE")]
    [InlineData("check -c @/nothing.yaml", 66, "there is no such file")]
    [InlineData("check @/nothing.pem", 1, "nothing.pem: error: ")]
    public void Check_Wrong_SaysWhat(string line, int code, string expected)
    {
        var result = scene.Run(line);

        Assert.Equal(code, result.Code);
        Assert.Contains(expected, result.Output + result.Error, StringComparison.Ordinal);
    }

    private void Prepare(string fault)
    {
        var good = new CraftedCertificate();
        var crafted = fault switch
        {
            "RSA 1024" => good with { Key = static () => RSA.Create(1024) },
            "secp256k1" => good with { Key = static () => ECDsa.Create(ECCurve.CreateFromFriendlyName("secp256k1")) },
            "P-521" => good with { Key = static () => ECDsa.Create(ECCurve.NamedCurves.nistP521) },
            "expired" => good with { From = TimeSpan.FromDays(-90), Until = TimeSpan.FromSeconds(-2) },
            "not yet valid" => good with { From = TimeSpan.FromHours(1) },
            "expires in 30 days" => good with { Until = TimeSpan.FromDays(30) + TimeSpan.FromSeconds(2) },
            "expires in less than 30 days" => good with { Until = TimeSpan.FromDays(30) - TimeSpan.FromSeconds(2) },
            "clientAuth alone" => good with { Purposes = [ClientAuth] },
            "any purpose alone" => good with { Purposes = ["2.5.29.37.0"] },
            "no purpose" => good with { Purposes = [] },
            "CERT-07 serverAuth alone" => good with { Purposes = [ServerAuth] },
            "no digital signature" => good with { Usage = X509KeyUsageFlags.KeyAgreement },
            "authority" => good with { Authority = true, Usage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature },
            "no names" => good with { Domains = [] },
            "a domain is missing" => good with { Domains = ["contoso.example"] },
            "wildcard" => good with { Domains = ["contoso.example", "xn--bcher-kva.example", "*.contoso.example"] },
            "self-signed" => good with { SelfSigned = true },
            _ => good,
        };
        crafted.Place(scene, "edge");
        Spoil(fault);
    }

    private void Spoil(string fault)
    {
        using var other = new TestCertificateAuthority("Other root");
        var foreign = other.Issue("contoso.example", "xn--bcher-kva.example");
        switch (fault)
        {
            case "missing certificate":
                File.Delete(scene.File("edge.pem"));
                scene.Write("edgepool.yaml", scene.Read("edgepool.yaml").Replace("name: bücher.example", "name: contoso.example", StringComparison.Ordinal));
                new CraftedCertificate().Place(scene, "second");
                scene.Write("edgepool.yaml", scene.Read("edgepool.yaml").Replace("certificates: [", "certificates: [ { certificate: second.pem, key: second.key },", StringComparison.Ordinal));
                break;
            case "SHA-1":
                SignByOpenSsl("edge", "-sha1", "ca", "subjectAltName=DNS:contoso.example,DNS:xn--bcher-kva.example", "rsa:2048");
                break;
            case "intermediate of RSA 1024":
                SignByOpenSsl("small", "-sha256", "ca", "basicConstraints=critical,CA:TRUE", "rsa:1024");
                SignByOpenSsl("edge", "-sha256", "small", "subjectAltName=DNS:contoso.example,DNS:xn--bcher-kva.example", "rsa:2048");
                scene.Write("edge.pem", scene.Read("edge.pem") + scene.Read("small.pem"));
                break;
            case "missing key":
                File.Delete(scene.File("edge.key"));
                break;
            case "no certificate":
                scene.Write("edge.pem", "none");
                new CraftedCertificate().Place(scene, "second");
                scene.Write("edgepool.yaml", scene.Read("edgepool.yaml").Replace("certificates: [", "certificates: [ { certificate: second.pem, key: second.key },", StringComparison.Ordinal));
                break;
            case "open key":
                File.SetUnixFileMode(scene.File("edge.key"), OwnerOnly | UnixFileMode.GroupRead);
                break;
            case "open certificate":
                File.SetUnixFileMode(scene.File("edge.pem"), OwnerOnly | UnixFileMode.GroupWrite);
                break;
            case "no key":
                scene.Write("edge.key", "none");
                break;
            case "encrypted key":
                scene.Write("edge.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n");
                break;
            case "broken key":
                scene.Write("edge.key", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
                break;
            case "another key":
                scene.Place(foreign, "other");
                File.Move(scene.File("other.key"), scene.File("edge.key"), overwrite: true);
                break;
            case "wildcard":
                scene.Write("edgepool.yaml", scene.Read("edgepool.yaml").Replace("name: contoso.example", "name: chat.contoso.example", StringComparison.Ordinal));
                break;
            case "with the root":
                scene.Write("edge.pem", scene.Read("edge.pem") + scene.Read("ca.pem"));
                break;
            case "with a stranger":
                scene.Write("edge.pem", scene.Read("edge.pem") + foreign.Certificate.ExportCertificatePem());
                break;
            case "without intermediate":
                scene.Place(scene.Authority.Issue(new LeafRequest { DnsNames = ["contoso.example", "xn--bcher-kva.example"], ByIntermediate = true }), "edge");
                scene.Write("edge.pem", scene.Read("edge.pem").Split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n");
                break;
            case "by a foreign root":
                scene.Place(foreign, "edge");
                break;
            case "by a foreign root that is in the file":
                scene.Place(foreign, "edge");
                scene.Write("edge.pem", scene.Read("edge.pem") + other.Root.ExportCertificatePem());
                break;
            case "forged signature":
                var der = X509CertificateLoader.LoadCertificateFromFile(scene.File("edge.pem")).RawData;
                der[^1] ^= 1;
                scene.Write("edge.pem", PemEncoding.WriteString("CERTIFICATE", der) + "\n");
                break;
        }
    }

    /// <summary>What the platform refuses to sign.</summary>
    private void SignByOpenSsl(string name, string hash, string issuer, string extension, string key)
    {
        using var root = scene.Authority.Root.GetECDsaPrivateKey()!;
        scene.Write("ca.key", root.ExportPkcs8PrivateKeyPem());
        scene.Write("extensions", extension + "\n");
        scene.OpenSsl("req", "-newkey", key, "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name);
        scene.OpenSsl("x509", "-req", "-in", name + ".csr", hash, "-CA", issuer + ".pem", "-CAkey", issuer + ".key", "-out", name + ".pem", "-days", "90", "-extfile", "extensions");
        scene.Clock.Advance(TimeSpan.FromMinutes(1)); // openssl dates by the machine's clock
    }
}
