using EdgePool.Server.Cli;
using EdgePool.Server.Certificates;
using Xunit;

namespace EdgePool.Server.Tests.Certificates;

// RFC 2986, RFC 5280 section 4.2.1.6, RFC 4985, RFC 6120 section 13.7.1.4.
public sealed class CertRequestTests : IDisposable
{
    private const UnixFileMode KeyMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly CertScene scene = new();

    public void Dispose() => scene.Dispose();

    [Theory]
    [InlineData("rsa2048", "Public-Key: (2048 bit)", "sha256WithRSAEncryption", "Digital Signature, Key Encipherment")]
    [InlineData("rsa3072", "Public-Key: (3072 bit)", "sha256WithRSAEncryption", "Digital Signature, Key Encipherment")]
    [InlineData("RSA4096", "Public-Key: (4096 bit)", "sha256WithRSAEncryption", "Digital Signature, Key Encipherment")]
    [InlineData("p256", "NIST CURVE: P-256", "ecdsa-with-SHA256", "Digital Signature\n")]
    [InlineData("p384", "NIST CURVE: P-384", "ecdsa-with-SHA384", "Digital Signature\n")]
    public void Request_EachKey_IsReadAndVerifiedByOpenSsl(string kind, params string[] expected)
    {
        scene.Do($"request -c @/edgepool.yaml --name new --key-type {kind}");

        var seen = scene.OpenSsl("req", "-in", "new.csr", "-noout", "-text", "-verify");

        Assert.Contains("self-signature verify OK", seen, StringComparison.Ordinal);
        Assert.All(expected, part => Assert.Contains(part, seen, StringComparison.Ordinal));
        Assert.Equal(KeyMode, File.GetUnixFileMode(scene.File("new.key")));
        Assert.Equal(scene.OpenSsl("req", "-in", "new.csr", "-noout", "-pubkey"), scene.OpenSsl("pkey", "-in", "new.key", "-pubout"));
    }

    [Fact]
    public void Request_OfANode_NamesEveryDomainInEveryWay()
    {
        scene.Do("request -c @/edgepool.yaml --name new --sip --san edge.contoso.example --san *.chat.contoso.example");

        var seen = scene.OpenSsl("req", "-in", "new.csr", "-noout", "-text", "-nameopt", "utf8");

        Assert.Contains(
            "DNS:contoso.example, DNS:xn--bcher-kva.example, DNS:edge.contoso.example, DNS:*.chat.contoso.example, DNS:sip.contoso.example, DNS:sip.xn--bcher-kva.example, "
            + "othername: SRVName::_xmpp-server.contoso.example, othername: SRVName::_xmpp-server.xn--bcher-kva.example, othername: XmppAddr::contoso.example, othername: XmppAddr::bücher.example",
            seen,
            StringComparison.Ordinal);
        Assert.Contains("TLS Web Server Authentication, TLS Web Client Authentication", seen, StringComparison.Ordinal);
    }

    [Fact]
    public void Request_DnsAndServerOnly_AsksForNothingElse()
    {
        scene.Do("request --domain contoso.example --dns-only --server-only --out @ --name new");

        var seen = scene.OpenSsl("req", "-in", "new.csr", "-noout", "-text");

        Assert.Contains("Subject Alternative Name: \n                    DNS:contoso.example\n", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("TLS Web Client Authentication", seen, StringComparison.Ordinal);
    }

    [Fact]
    public void Request_Subject_IsInDirectoryOrder()
    {
        scene.Do("request --domain contoso.example --out @ --name new --country gb --state Kent --city Dover --organisation Contoso --unit IM");

        Assert.Contains("subject=C = GB, ST = Kent, L = Dover, O = Contoso, OU = IM, CN = contoso.example", scene.OpenSsl("req", "-in", "new.csr", "-noout", "-subject"), StringComparison.Ordinal);
    }

    [Fact]
    public void Request_Written_IsShownDecoded()
    {
        var output = scene.Do("request -c @/edgepool.yaml --key-type p256");

        var day = scene.Clock.GetUtcNow().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains($"Key      {scene.Path}/contoso.example-{day}.key (mode 600", output, StringComparison.Ordinal);
        Assert.Contains("  names      DNS:contoso.example\n", output, StringComparison.Ordinal);
        Assert.Contains("             XMPP:bücher.example\n", output, StringComparison.Ordinal);
        Assert.Contains("  key        EC P-256\n", output, StringComparison.Ordinal);
        Assert.Contains(scene.Read($"contoso.example-{day}.csr"), output, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Request_FilesInTheWay_StayUnlessForced()
    {
        scene.Do("request -c @/edgepool.yaml --name new --key-type p256");
        var (key, request) = (scene.Read("new.key"), scene.Read("new.csr"));

        var (code, _, error) = scene.Run("request -c @/edgepool.yaml --name new --key-type p256");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("new.key exists already — choose another name, or give --force", error, StringComparison.Ordinal);
        Assert.Equal((key, request), (scene.Read("new.key"), scene.Read("new.csr")));

        scene.Do("request -c @/edgepool.yaml --name new --key-type p256 --force");
        Assert.Equal((key, request), (scene.Read("new.key.previous"), scene.Read("new.csr.previous")));
        Assert.NotEqual(key, scene.Read("new.key"));
        Assert.Equal(KeyMode, File.GetUnixFileMode(scene.File("new.key.previous")));
    }

    [Fact]
    public void Request_OverTheNodesOwnKey_IsRefusedEvenWithForce()
    {
        scene.Place(scene.Authority.Issue("contoso.example"), "edge");
        var key = scene.Read("edge.key");

        var (code, _, error) = scene.Run("request -c @/edgepool.yaml --name edge --force");

        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("edge.key is the key that the node uses — choose another --name", error, StringComparison.Ordinal);
        Assert.Equal(key, scene.Read("edge.key"));
    }

    [Theory]
    [InlineData("request --out @", 2, "--domain: there is no domain to prove — name the node's file with --config")]
    [InlineData("request --domain a..b --out @", 1, "--domain: 'a..b' is not a domain name")]
    [InlineData("request --domain 192.0.2.1 --out @", 2, "--domain: 192.0.2.1 is an address")]
    [InlineData("request --domain a.example --san host --out @", 2, "--san: 'host' is not a host name")]
    [InlineData("request --domain a.example --san *.*.example --out @", 2, "--san: '*.*.example' is not a host name")]
    [InlineData("request --domain a.example --san a@b.example --out @", 2, "--san: 'a@b.example' is not a host name")]
    [InlineData("request --domain a.example --country GBR --out @", 2, "--country: 'GBR' is not a country's code")]
    [InlineData("request --domain a.example --name ../x --out @", 2, "--name: '../x' is no name for files")]
    [InlineData("request --domain a.example --key-type dsa --out @", 1, "--key-type takes one of rsa2048, rsa3072")]
    [InlineData("request -c @/nothing.yaml", 66, "nothing.yaml: error: there is no such file")]
    [InlineData("request --domain a.example --out @/nowhere", 66, "nowhere/a.example-")]
    public void Request_Wrong_SaysWhatAndWritesNothing(string line, int code, string expected)
    {
        var before = Directory.GetFiles(scene.Path);

        var result = scene.Run(line);

        Assert.Contains(expected, result.Error + result.Output, StringComparison.Ordinal);
        Assert.Equal(code, result.Code);
        Assert.Equal(before, Directory.GetFiles(scene.Path));
    }

    // At the limit of names, and one above it; subjects at and above theirs (RFC 5280 appendix A.1).
    [Theory]
    [InlineData(999, 64, true)]
    [InlineData(1_000, 64, false)]
    [InlineData(1, 65, false)]
    public void Order_Limits_AreThoseOfTheReaders(int further, int organisation, bool fits)
    {
        var form = new OrderForm
        {
            Domains = [Xmpp.Addressing.DomainName.Parse("a.example")],
            Further = [.. Enumerable.Range(0, further).Select(number => $"h{number}.a.example")],
            XmppNames = false,
            Subject = new SubjectFields { Organisation = new string('o', organisation) },
        };

        var order = form.TryOrder(scene.Clock.GetUtcNow(), out var problems);

        Assert.Equal(fits, order is not null);
        Assert.Equal(fits ? 0 : 1, problems.Count);
    }

    [Fact]
    public void Order_LongDomain_LeavesTheCommonNameToAShorterOne()
    {
        var label = new string('a', 60);
        var form = new OrderForm { Domains = [Xmpp.Addressing.DomainName.Parse($"{label}.{label}.example")], Further = ["edge.a.example"] };

        Assert.Equal("edge.a.example", form.TryOrder(scene.Clock.GetUtcNow(), out _)!.Subject.CommonName);
        Assert.Null((form with { Further = [] }).TryOrder(scene.Clock.GetUtcNow(), out _)!.Subject.CommonName);
    }
}
