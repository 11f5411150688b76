using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Testing.Dns;

namespace EdgePool.Dns.Tests.Messages;

// RFC 1035 section 4, RFC 2782, RFC 3596, RFC 6891.
public sealed class DnsMessageTests
{
    private const string Header = "1234 8180 0001 0001 0000 0000";
    private const string Question = "01 61 00 0001 0001"; // a. IN A, at offset 12
    private const string AnswerFixed = "0001 0001 0000003c 0004 7f000001"; // A IN 60 127.0.0.1

    [Fact]
    public void Message_OfEveryRecordType_SurvivesWritingAndReading()
    {
        var name = DnsName.Parse("p1.example");
        ReadOnlyMemory<byte> text = new byte[] { 1, 2, 3 };
        DnsRecord[] records =
        [
            new AddressRecord(name, 1, IPAddress.Parse("192.0.2.1")),
            new AddressRecord(name, 2, IPAddress.Parse("2001:db8::1")),
            new CnameRecord(DnsName.Parse("alias.p1.example"), 3, name),
            new NsRecord(name, 4, DnsName.Parse("ns.p1.example")),
            new SoaRecord(name, 5, DnsName.Parse("ns.p1.example"), DnsName.Parse("admin.p1.example"), 1, 2, 3, 4, uint.MaxValue),
            new SrvRecord(DnsName.Parse("_xmpp-server._tcp.p1.example"), 6, 10, 65535, 5269, DnsName.Parse("x.p1.example")),
        ];
        var tlsa = new TlsaRecord(name, 7, 3, 1, 255, text);
        var bare = new TlsaRecord(name, 7, 2, 0, 0, ReadOnlyMemory<byte>.Empty);
        var opaque = new OpaqueRecord(name, (DnsType)65280, DnsClass.IN, 9, text);
        var txt = new TxtRecord(name, 8, [text, ReadOnlyMemory<byte>.Empty]);
        var message = new DnsMessage
        {
            Id = 0xBEEF,
            Flags = DnsFlags.Response | DnsFlags.AuthenticData,
            ResponseCode = DnsResponseCode.NameError,
            Questions = [new DnsQuestion(name, DnsType.A)],
            Answers = [.. records],
            Authorities = [tlsa, bare, opaque],
            Additionals = [txt],
            Edns = new DnsEdns(1232, DnssecOk: true),
        };

        Assert.True(DnsMessage.TryParse(ScriptedDnsServer.Octets(message), out var read, out var error), error.ToString());

        Assert.Equal((message.Id, message.Flags, message.ResponseCode, message.Edns), (read.Id, read.Flags, read.ResponseCode, read.Edns));
        Assert.Equal(message.Questions.AsEnumerable(), read.Questions);
        Assert.Equal(records, read.Answers);
        var tlsas = read.Authorities.OfType<TlsaRecord>().ToArray();
        Assert.Equal([(3, 1, 255), (2, 0, 0)], tlsas.Select(t => ((int)t.Usage, (int)t.Selector, (int)t.MatchingType)));
        Assert.Equal([text.ToArray(), []], tlsas.Select(t => t.Data.ToArray()));
        Assert.Equal(text.ToArray(), Assert.IsType<OpaqueRecord>(read.Authorities[2]).Data.ToArray());
        Assert.Equal([3, 0], Assert.IsType<TxtRecord>(Assert.Single(read.Additionals)).Strings.Select(part => part.Length));
    }

    [Theory]
    // The base of the table: the owner is a pointer to the question's name.
    [InlineData("ok", Header + Question + "c00c" + AnswerFixed, DnsParseError.None)]
    [InlineData("DNS-01 pointer to itself at offset 12", Header + "c00c 0001 0001", DnsParseError.PointerNotBackward)]
    [InlineData("DNS-01 pointer to itself in an answer", Header + Question + "c013" + AnswerFixed, DnsParseError.PointerNotBackward)]
    [InlineData("DNS-02 two pointers to each other", Header + Question + "c015 c013" + AnswerFixed, DnsParseError.PointerNotBackward)]
    [InlineData("DNS-02 forward pointer", Header + Question + "c020" + AnswerFixed, DnsParseError.PointerNotBackward)]
    [InlineData("DNS-02 pointer past the end", Header + Question + "ffff" + AnswerFixed, DnsParseError.PointerNotBackward)]
    [InlineData("DNS-02 pointer into the header", Header + Question + "c000" + AnswerFixed, DnsParseError.PointerNotBackward)]
    [InlineData("DNS-02 pointer to the header's last octet", Header + Question + "c00b" + AnswerFixed, DnsParseError.PointerNotBackward)]
    [InlineData("DNS-02 label, then a pointer to its own start", Header + Question + "0162 c013" + AnswerFixed, DnsParseError.PointerNotBackward)]
    [InlineData("DNS-02 half a pointer", Header + Question + "c0", DnsParseError.Incomplete)]
    [InlineData("DNS-04 label type 40", Header + Question + "4061 00" + AnswerFixed, DnsParseError.ReservedLabelType)]
    [InlineData("DNS-04 label type 80", Header + Question + "8061 00" + AnswerFixed, DnsParseError.ReservedLabelType)]
    [InlineData("DNS-04 label of 0 in the middle of a question", Header + "0161 00 0162 00 0001 0001" + "c00c" + AnswerFixed, DnsParseError.Incomplete)]
    [InlineData("DNS-04 label of 0 in the middle of a target", Header + Question + "c00c 0005 0001 00000000 0006 0161 00 0162 00", DnsParseError.RecordDataLength)]
    [InlineData("DNS-06 ANCOUNT 65535 with one record", "1234 8180 0001 ffff 0000 0000" + Question + "c00c" + AnswerFixed, DnsParseError.Incomplete)]
    [InlineData("DNS-06 QDCOUNT 65535", "1234 8180 ffff 0000 0000 0000" + Question, DnsParseError.Incomplete)]
    [InlineData("DNS-06 ARCOUNT 1 without a record", "1234 8180 0001 0000 0000 0001" + Question, DnsParseError.Incomplete)]
    [InlineData("octets after the last record", Header + Question + "c00c" + AnswerFixed + "00", DnsParseError.TrailingOctets)]
    [InlineData("empty", "", DnsParseError.Incomplete)]
    [InlineData("half a header", "1234 8180 0001", DnsParseError.Incomplete)]
    [InlineData("label past the end", Header + "3f61", DnsParseError.Incomplete)]
    [InlineData("name without an end", Header + "0161", DnsParseError.Incomplete)]
    [InlineData("A of 3 octets", Header + Question + "c00c 0001 0001 0000003c 0003 7f0000", DnsParseError.RecordDataLength)]
    [InlineData("A of 5 octets", Header + Question + "c00c 0001 0001 0000003c 0005 7f00000101", DnsParseError.RecordDataLength)]
    [InlineData("AAAA of 4 octets", Header + Question + "c00c 001c 0001 0000003c 0004 7f000001", DnsParseError.RecordDataLength)]
    [InlineData("RDLENGTH past the end", Header + Question + "c00c 0001 0001 0000003c 0400 7f000001", DnsParseError.Incomplete)]
    [InlineData("SRV without a target", Header + Question + "c00c 0021 0001 0000003c 0006 000000000000", DnsParseError.RecordDataLength)]
    [InlineData("SRV with octets after its target", Header + Question + "c00c 0021 0001 0000003c 0008 000000000000 0000", DnsParseError.RecordDataLength)]
    [InlineData("SRV with a compressed target (RFC 3597 section 4)", Header + Question + "c00c 0021 0001 0000003c 0008 000a 0000 1495 c00c", DnsParseError.None)]
    [InlineData("CNAME that runs out of its record", Header + Question + "c00c 0005 0001 0000003c 0001 0161 00", DnsParseError.RecordDataLength)]
    [InlineData("TXT without a string", Header + Question + "c00c 0010 0001 0000003c 0000", DnsParseError.RecordDataLength)]
    [InlineData("TXT string longer than its record", Header + Question + "c00c 0010 0001 0000003c 0002 0261", DnsParseError.RecordDataLength)]
    [InlineData("TLSA of 2 octets", Header + Question + "c00c 0034 0001 0000003c 0002 0301", DnsParseError.RecordDataLength)]
    [InlineData("TLSA without data", Header + Question + "c00c 0034 0001 0000003c 0003 030101", DnsParseError.None)]
    [InlineData("TLSA past the end", Header + Question + "c00c 0034 0001 0000003c 0023 030101 00", DnsParseError.Incomplete)]
    [InlineData("unknown type is carried", Header + Question + "c00c ff01 0001 0000003c 0002 0261", DnsParseError.None)]
    [InlineData("A of another class is carried", Header + Question + "c00c 0001 0003 0000003c 0002 0261", DnsParseError.None)]
    [InlineData("OPT in the answer section", Header + Question + "00 0029 04d0 00000000 0000", DnsParseError.MisplacedOpt)]
    [InlineData("OPT with a name", "1234 8180 0001 0000 0000 0001" + Question + "c00c 0029 04d0 00000000 0000", DnsParseError.MisplacedOpt)]
    [InlineData("two OPT", "1234 8180 0001 0000 0000 0002" + Question + "00 0029 04d0 00000000 0000 00 0029 04d0 00000000 0000", DnsParseError.MisplacedOpt)]
    public void TryParse_Message_IsTakenOrRefusedWithItsReason(string id, string octets, DnsParseError expected)
    {
        var taken = DnsMessage.TryParse(Hex.Parse(octets), out var message, out var error);

        Assert.True(expected == error, id + ": " + error);
        Assert.Equal(expected == DnsParseError.None, taken);
        Assert.Equal(taken, message is not null);
    }

    [Theory]
    [InlineData(32, DnsParseError.None)]
    [InlineData(33, DnsParseError.TooManyPointersInName)]
    [InlineData(2000, DnsParseError.TooManyPointersInName)]
    public void TryParse_DNS03_ChainOfPointers_EndsAtItsLimit(int hops, DnsParseError expected)
    {
        Assert.Equal(expected == DnsParseError.None, DnsMessage.TryParse(PointerChain(hops, records: 1), out _, out var error));
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData(128, DnsParseError.None)] // 128 * 32 = 4096
    [InlineData(129, DnsParseError.TooManyPointersInMessage)]
    [InlineData(500, DnsParseError.TooManyPointersInMessage)]
    public void TryParse_DNS03_ManyNamesWithChains_EndAtTheMessagesLimit(int records, DnsParseError expected)
    {
        Assert.Equal(expected == DnsParseError.None, DnsMessage.TryParse(PointerChain(32, records), out _, out var error));
        Assert.Equal(expected, error);
    }

    // DNS-01 and DNS-03 (CVE-2026-69184, CVE-2026-96405): a message that is made to cost much costs less than a millisecond.
    [Theory]
    [InlineData(2_000, 500)]
    [InlineData(32, 500)]
    public void TryParse_DNS03_ChainsOfPointers_AreRefusedInUnderAMillisecond(int hops, int records)
    {
        var message = PointerChain(hops, records);

        var best = Enumerable.Range(0, 50).Min(round =>
        {
            var since = Stopwatch.GetTimestamp();
            Assert.False(DnsMessage.TryParse(message, out _, out _));
            return Stopwatch.GetElapsedTime(since);
        });

        Assert.InRange(best, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
    }

    [Theory]
    [InlineData(61, DnsParseError.None)]
    [InlineData(62, DnsParseError.NameTooLong)]
    public void TryParse_DNS04_NameAtAndOver255Octets_IsTakenAndRefused(int lastLabel, DnsParseError expected)
    {
        var label63 = "3f" + string.Concat(Enumerable.Repeat("61", 63));
        var name = label63 + label63 + label63 + Convert.ToHexStringLower([(byte)lastLabel]) + string.Concat(Enumerable.Repeat("62", lastLabel)) + "00";

        var taken = DnsMessage.TryParse(Hex.Parse("1234 8180 0001 0000 0000 0000" + name + "0001 0001"), out _, out var error);

        Assert.Equal((expected == DnsParseError.None, expected), (taken, error));
    }

    [Fact]
    public void TryParse_DNS06_HugeCounts_ReserveNoMemory()
    {
        var octets = Hex.Parse("1234 8180 0001 ffff ffff ffff" + Question);
        Assert.False(DnsMessage.TryParse(octets, out _, out _));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var taken = DnsMessage.TryParse(octets, out _, out _);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
        Assert.False(taken);
    }

    [Fact]
    public void TryWrite_DestinationTooShort_SaysSoAtEveryLength()
    {
        var name = DnsName.Parse("p1.example");
        var message = new DnsMessage
        {
            Questions = [new DnsQuestion(name, DnsType.SRV)],
            Answers = [new SrvRecord(name, 60, 1, 2, 3, name)],
            Edns = new DnsEdns(1232),
        };
        var whole = ScriptedDnsServer.Octets(message).Length;

        for (var length = 0; length < whole; length++)
        {
            Assert.False(message.TryWrite(new byte[length], out _));
        }

        Assert.True(message.TryWrite(new byte[whole], out var written));
        Assert.Equal(whole, written);
    }

    [Fact]
    public void TryWrite_NamesThatWereWritten_ArePointedTo()
    {
        var name = DnsName.Parse("p1.example");
        var message = new DnsMessage
        {
            Questions = [new DnsQuestion(name, DnsType.A)],
            Answers = [new AddressRecord(name, 60, IPAddress.Loopback), new CnameRecord(DnsName.Parse("www.p1.example"), 60, name)],
        };

        Assert.Equal(
            Hex.Parse("0000 0000 0001 0002 0000 0000 02 7031 07 6578616d706c65 00 0001 0001"
                + "c00c 0001 0001 0000003c 0004 7f000001"
                + "03 777777 c00c 0005 0001 0000003c 0002 c00c"),
            ScriptedDnsServer.Octets(message));
    }

    // An opaque record holds a chain of pointers, each to the one before, that ends in the question's name; the records' owners point to its end.
    internal static byte[] PointerChain(int hops, int records)
    {
        var octets = new List<byte>(Hex.Parse("1234 8180 0001 0000 0000 0000" + Question));
        octets.AddRange(Hex.Parse("00 ff01 0001 00000000"));
        octets.AddRange([(byte)((hops - 1) * 2 >> 8), (byte)((hops - 1) * 2)]);
        var target = DnsMessage.HeaderLength;
        for (var i = 0; i < hops - 1; i++)
        {
            var here = octets.Count;
            octets.AddRange(Pointer(target));
            target = here;
        }

        for (var i = 0; i < records; i++)
        {
            octets.AddRange(Pointer(target));
            octets.AddRange(Hex.Parse(AnswerFixed));
        }

        octets[6] = (byte)((records + 1) >> 8);
        octets[7] = (byte)(records + 1);
        return [.. octets];
    }

    private static ImmutableArray<byte> Pointer(int target) => [(byte)(0xC0 | (target >> 8)), (byte)target];
}
