using System.Diagnostics;
using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Edge.Tests.Fixture;
using Xunit;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>CERT-36: certificates that are no DER, or say what no honest one says, from an authority that the edge trusts, through a live handshake.</summary>
[Collection(nameof(HostileCollection))]
public sealed class BrokenCertificateTests(EdgeFixture fixture) : HostileTests<EdgeFixture>(fixture)
{
    [Theory]
    [InlineData("truncated names")]
    [InlineData("names of indefinite length")]
    [InlineData("names nested 10000 deep")]
    [InlineData("a year 0000")]
    [InlineData("an extension of 1 MiB")]
    public async Task Certificate_CERT36_Broken_ProvesNothing(string fault)
    {
        using var broken = Issue(fault);
        await using var peer = await RawPeer.ConnectAsync(edge.Outside);
        var tls = EdgeFixture.ClientTls(certificate: null);
        tls.ClientCertificateContext = SslStreamCertificateContext.Create(broken, [], offline: true);
        var since = Stopwatch.StartNew();
        try
        {
            await peer.UpgradeAsync(tls);
            await peer.SendAsync(Wire.Header());
            Assert.DoesNotContain("EXTERNAL", (await peer.HearEndAsync()).Text, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // The handshake itself was refused.
        }

        Assert.Matches("tls-failed|certificate-(untrusted|wrong-name)", (string)(await edge.EndOfAsync(peer.LocalEndPoint)).Values["Reason"]!);
        Assert.InRange(since.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Empty(await edge.HeardAtComponentAsync());
    }

    // RFC 5280 section 4.1.2.2: a negative serial is to be put up with; the name is proven all the same.
    [Fact]
    public async Task Certificate_CERT36_WithANegativeSerial_IsTaken()
    {
        using var negative = Issue("a negative serial");
        Assert.True(negative.SerialNumberBytes.Span[0] >= 0x80);
        await using var peer = await RawPeer.ConnectAsync(edge.Outside);
        var tls = EdgeFixture.ClientTls(certificate: null);
        tls.ClientCertificateContext = SslStreamCertificateContext.Create(negative, [], offline: true);
        await peer.UpgradeAsync(tls);
        await peer.SendAsync(Wire.Header());
        await peer.HearAsync("EXTERNAL");
    }

    private X509Certificate2 Issue(string fault)
    {
        var good = HostileCertificates.DnsNames("p1.example");
        return fault switch
        {
            "truncated names" => HostileCertificates.Issue(edge.Authority.Root, good[..^1]),
            "names of indefinite length" => HostileCertificates.Issue(edge.Authority.Root, [0x30, 0x80, .. good[2..], 0, 0]),
            "names nested 10000 deep" => HostileCertificates.Issue(edge.Authority.Root, Nested(10_000)),
            "an extension of 1 MiB" => HostileCertificates.Issue(edge.Authority.Root, good, "CN=x", new X509Extension("1.3.6.1.4.1.99999.1", new byte[1 << 20], critical: false)),
            "a year 0000" => HostileCertificates.Reissue(edge.Authority.Root, good, static body => Overwrite(body, "20510101"u8, "0000"u8)),
            "a negative serial" => HostileCertificates.Reissue(edge.Authority.Root, good, static body => body[body.AsSpan().IndexOf("\u0002\u0010"u8) + 2] = 0xC0),
            _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "no such fault"),
        };
    }

    private static void Overwrite(byte[] body, ReadOnlySpan<byte> place, ReadOnlySpan<byte> bytes) => bytes.CopyTo(body.AsSpan(body.AsSpan().IndexOf(place)));

    // GeneralNames with an x400Address, [3], of sequences in sequences.
    private static byte[] Nested(int depth)
    {
        byte[] inner = [0x30, 0x00];
        for (var i = 0; i < depth; i++)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence(i == depth - 2 ? new Asn1Tag(TagClass.ContextSpecific, 3, isConstructed: true) : null))
                writer.WriteEncodedValue(inner);
            inner = writer.Encode();
        }

        return inner;
    }
}
