using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Edge.Tests.Transport;

// XEP-0368 section 4, RFC 6120 section 5.4.3.3.
public sealed class TlsUpgradeTests : IDisposable
{
    private readonly TestCertificateAuthority authority = new();

    public void Dispose() => authority.Dispose();

    [Theory]
    [InlineData(DirectTls.Sniff, new byte[] { 0x16 }, "DirectTls")]
    [InlineData(DirectTls.Sniff, new byte[] { 0x16, 0x03, 0x01 }, "DirectTls")]
    [InlineData(DirectTls.Sniff, new byte[] { 0x3c }, "Plain")]
    [InlineData(DirectTls.Sniff, new byte[] { 0x80 }, "Plain")]
    [InlineData(DirectTls.Sniff, new byte[0], "Plain")]
    [InlineData(DirectTls.Off, new byte[] { 0x16 }, "Refused")]
    [InlineData(DirectTls.Off, new byte[] { 0x3c }, "Plain")]
    [InlineData(DirectTls.Only, new byte[] { 0x3c }, "DirectTls")]
    [InlineData(DirectTls.Only, new byte[0], "DirectTls")]
    public void Judge_FirstBytes_AtTheServer(DirectTls mode, byte[] first, string opening)
    {
        var tls = Server(mode);

        Assert.Equal(opening, tls.Judge(first).ToString());
        Assert.Equal(mode != DirectTls.Only, tls.NeedsFirstByte);
    }

    [Theory]
    [InlineData(DirectTls.Sniff, new byte[] { 0x16 }, "Refused")]
    [InlineData(DirectTls.Only, new byte[] { 0x16 }, "Refused")]
    [InlineData(DirectTls.Sniff, new byte[] { 0x3c }, "Plain")]
    public void Judge_WithoutACertificate_TakesNoTls(DirectTls mode, byte[] first, string opening)
        => Assert.Equal(opening, Server(mode, certified: false).Judge(first).ToString());

    [Theory]
    [InlineData("nothing", "", false, 0)]
    [InlineData("hello", "\u0016\u0003", false, 0)]
    [InlineData("line end", "\r\n\u0016\u0003", false, 2)]
    [InlineData("16 spaces", "                \u0016", false, 16)]
    [InlineData("17 spaces", "                 \u0016", false, 16)]
    [InlineData("direct", " \u0016", true, 0)]
    [InlineData("injected plaintext", "<presence/>", false, 0)]
    public void MayFollow_BehindStartTls_GoesToTheTlsEngine(string id, string ahead, bool direct, int skipped)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(ahead);

        Assert.True(Server(DirectTls.Sniff).MayFollow(bytes, direct, out var belongsToTls), id);

        Assert.Equal(bytes.Length - skipped, belongsToTls.Length);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(" ", false)]
    [InlineData("<stream:features/>", false)]
    public void MayFollow_BehindProceed_NothingMay(string ahead, bool may)
        => Assert.Equal(may, Client(direct: false).MayFollow(System.Text.Encoding.UTF8.GetBytes(ahead), direct: false, out _));

    [Theory]
    [InlineData(true, "DirectTls")]
    [InlineData(false, "Plain")]
    public void Judge_AtTheClient_IsWhatTheTargetSays(bool direct, string opening)
    {
        Assert.Equal(opening, Client(direct).Judge([]).ToString());
        Assert.False(Client(direct).NeedsFirstByte);
    }

    private ServerTls Server(DirectTls mode, bool certified = true) => new(new EdgeCertificates(certified ? [new EdgeCertificate(authority.Root, [])] : []), mode, TrustAnchors.SystemOnly, static _ => new(TrustAnchors.SystemOnly), new VirtualTimeProvider());

    private static ClientTls Client(bool direct)
        => new(new EdgeCertificates([]), DomainName.Parse("edge.example"), DomainName.Parse("p1.example"), direct, static _ => new(TrustAnchors.SystemOnly), new VirtualTimeProvider());
}
