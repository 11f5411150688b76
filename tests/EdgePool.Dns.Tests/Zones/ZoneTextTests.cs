using System.Net;
using System.Text;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Zones;

namespace EdgePool.Dns.Tests.Zones;

/// <summary>Records as master files write them (RFC 1035 section 5.1). Whether BIND reads them so is proven with BIND.</summary>
public sealed class ZoneTextTests
{
    private static readonly DnsName Host = DnsName.Parse("edge-a.contoso.example");

    public static TheoryData<DnsRecord, string> Records => new()
    {
        { new AddressRecord(Host, 300, IPAddress.Parse("203.0.113.10")), "edge-a.contoso.example. 300 IN A 203.0.113.10" },
        { new AddressRecord(Host, 300, IPAddress.Parse("2001:db8::10")), "edge-a.contoso.example. 300 IN AAAA 2001:db8::10" },
        { new SrvRecord(DnsName.Parse("_xmpp-server._tcp.contoso.example"), 60, 10, 0, 5269, Host), "_xmpp-server._tcp.contoso.example. 60 IN SRV 10 0 5269 edge-a.contoso.example." },
        { new SrvRecord(Host, 60, 0, 0, 0, DnsName.Root), "edge-a.contoso.example. 60 IN SRV 0 0 0 ." },
        { new CnameRecord(Host, 60, DnsName.Parse("x.example")), "edge-a.contoso.example. 60 IN CNAME x.example." },
        { new TlsaRecord(Host, 60, 3, 1, 1, Hex.Parse("AB CD")), "edge-a.contoso.example. 60 IN TLSA 3 1 1 abcd" },
        { new CaaRecord(Host, 60, 128, "issue", "ca.example; a=\"b\""), "edge-a.contoso.example. 60 IN CAA 128 issue \"ca.example; a=\\\"b\\\"\"" },
        { new TxtRecord(Host, 60, [Encoding.ASCII.GetBytes("a b"), new byte[] { 0xE9, (byte)'\\' }]), "edge-a.contoso.example. 60 IN TXT \"a b\" \"\\233\\\\\"" },
        { new OpaqueRecord(Host, (DnsType)4711, DnsClass.IN, 60, Hex.Parse("01 02")), "edge-a.contoso.example. 60 IN TYPE4711 \\# 2 0102" },
        { new CnameRecord(DnsName.Parse("a\\.b.@.x\\;y.example"), 60, Host), "a\\.b.\\@.x\\;y.example. 60 IN CNAME edge-a.contoso.example." },
    };

    [Theory]
    [MemberData(nameof(Records))]
    public void Of_Record_IsItsLine(DnsRecord record, string line) => Assert.Equal(line, ZoneText.Of(record));

    // RFC 8659 section 4.1.1, on the wire and back.
    [Fact]
    public void Caa_WrittenAndRead_IsTheSame()
    {
        var message = new DnsMessage { Id = 1, Answers = [new CaaRecord(Host, 60, 0, "issue", "ca.example"), new CaaRecord(Host, 60, 128, "iodef", "")] };
        var buffer = new byte[512];

        Assert.True(message.TryWrite(buffer, out var written));
        Assert.True(DnsMessage.TryParse(buffer.AsSpan(0, written), out var read, out _));

        Assert.Equal(message.Answers.AsEnumerable(), read.Answers);
    }

    [Theory]
    [InlineData("")] // nothing
    [InlineData("00")] // no length of the tag
    [InlineData("00 00")] // no tag
    [InlineData("00 05 69 73 73 75")] // a tag beyond the data
    public void Caa_DataOfTheWrongLength_IsRefused(string data)
    {
        var octets = Hex.Parse(data);
        var message = new DnsMessage { Id = 1, Answers = [new OpaqueRecord(Host, DnsType.CAA, DnsClass.IN, 60, octets)] };
        var buffer = new byte[512];
        Assert.True(message.TryWrite(buffer, out var written));

        Assert.False(DnsMessage.TryParse(buffer.AsSpan(0, written), out _, out var error));
        Assert.Equal(DnsParseError.RecordDataLength, error);
    }

    [Fact]
    public void Caa_ThatIsNoAscii_IsCarriedUnread()
    {
        var message = new DnsMessage { Id = 1, Answers = [new OpaqueRecord(Host, DnsType.CAA, DnsClass.IN, 60, Hex.Parse("00 01 61 E9"))] };
        var buffer = new byte[512];
        Assert.True(message.TryWrite(buffer, out var written));

        Assert.True(DnsMessage.TryParse(buffer.AsSpan(0, written), out var read, out _));
        Assert.IsType<OpaqueRecord>(Assert.Single(read.Answers));
    }
}
