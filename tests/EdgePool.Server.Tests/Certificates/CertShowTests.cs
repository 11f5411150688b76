using System.Text.Json;
using EdgePool.Testing.Certificates;
using Xunit;

namespace EdgePool.Server.Tests.Certificates;

public sealed class CertShowTests : IDisposable
{
    private readonly CertScene scene = new();

    public void Dispose() => scene.Dispose();

    [Fact]
    public void Show_Certificate_TellsEachFact()
    {
        var issued = scene.Authority.Issue(new LeafRequest
        {
            DnsNames = ["contoso.example"],
            ServiceNames = ["_xmpp-server.contoso.example"],
            XmppAddresses = ["bücher.example"],
            Usage = LeafUsage.ServerOnly,
            NotAfter = TimeSpan.FromDays(60.5),
            ByIntermediate = true,
        });
        scene.Place(issued, "edge");

        var lines = scene.Do("show assigned -c @/edgepool.yaml").Split('\n');

        Assert.Equal(scene.File("edge.pem") + ": certificate 1 of 2", lines[0]);
        Assert.Contains("  subject    CN=contoso.example", lines);
        Assert.Contains("  names      XMPP:bücher.example", lines);
        Assert.Contains("             SRV:_xmpp-server.contoso.example", lines);
        Assert.Contains("             DNS:contoso.example", lines);
        Assert.Contains("  issuer     CN=Test root intermediate", lines);
        Assert.Contains(lines, line => line.StartsWith("  valid", StringComparison.Ordinal) && line.EndsWith("(60 days left)", StringComparison.Ordinal));
        Assert.Contains("  purposes   serverAuth", lines);
        Assert.Contains("  key        EC P-256", lines);
        Assert.Contains("  signature  sha256ECDSA", lines);
        Assert.Contains(scene.File("edge.pem") + ": certificate 2 of 2 (authority)", lines);
    }

    // As openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum gives it.
    [Fact]
    public void Show_Json_HasTheHashOfTheKeyAsOpenSslHasIt()
    {
        scene.Place(scene.Authority.Issue("contoso.example"), "edge");
        scene.OpenSsl("pkey", "-in", "edge.key", "-pubout", "-outform", "DER", "-out", "public.der");

        using var json = JsonDocument.Parse(scene.Do("show @/edge.pem --json"));

        var certificate = json.RootElement.GetProperty("files")[0].GetProperty("certificates")[0];
        Assert.Equal(scene.OpenSsl("dgst", "-sha256", "-r", "public.der").Split(' ')[0], certificate.GetProperty("keyHash").GetString());
        Assert.Equal(89, certificate.GetProperty("daysLeft").GetInt32());
        Assert.Equal(["DNS:contoso.example"], certificate.GetProperty("names").EnumerateArray().Select(name => name.GetString()));
        Assert.False(certificate.GetProperty("isAuthority").GetBoolean());
    }

    // The other kinds of names, which are nobody's XMPP domain.
    [Fact]
    public void Show_OtherNames_AreNamedByTheirKind()
    {
        scene.OpenSsl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "x.key", "-out", "x.pem", "-subj", "/CN=x",
            "-addext", "subjectAltName=IP:192.0.2.1,IP:2001:db8::1,email:a@b.example,URI:xmpp:b.example,otherName:1.2.3.4;UTF8:x,dirName:d", "-config", Write());

        var lines = scene.Do("show @/x.pem").Split('\n').Select(line => line.Trim());

        Assert.Superset(new HashSet<string>(["names      IP:192.0.2.1", "IP:2001:db8::1", "email:a@b.example", "URI:xmpp:b.example", "other:1.2.3.4", "other:directory name"]), lines.ToHashSet());

        string Write() => scene.Write("openssl.cnf", "[req]\ndistinguished_name=n\n[n]\n[d]\nCN=dir\n");
    }

    [Theory]
    [InlineData("show assigned", 1, "'cert show assigned' needs --config FILE")]
    [InlineData("show assigned -c @/edgepool.yaml", 66, "edge.pem does not exist — correct the path")]
    [InlineData("show assigned -c @/nothing.yaml", 66, "nothing.yaml: error: there is no such file")]
    [InlineData("show @/edgepool.yaml", 1, "edgepool.yaml holds no certificate or request that can be read")]
    [InlineData("show @", 1, " is a directory — name a file")]
    public void Show_Wrong_SaysWhat(string line, int code, string expected)
    {
        var result = scene.Run(line);

        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Equal(code, result.Code);
    }

    [Fact]
    public void Show_BrokenNames_AreCalledBroken()
    {
        scene.OpenSsl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "x.key", "-out", "x.pem", "-subj", "/CN=x",
            "-addext", "2.5.29.17=DER:30:05:82:09:61:62:63");

        Assert.Contains("names      (broken extension)", scene.Do("show @/x.pem"), StringComparison.Ordinal);
    }
}
