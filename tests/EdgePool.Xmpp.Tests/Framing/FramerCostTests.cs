using System.Diagnostics;
using System.Text;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>What hostile bytes cost, in memory allocated and in bytes looked at: neither depends on the machine.</summary>
public sealed class FramerCostTests
{
    private const string Laughs = "<?xml version='1.0'?><!DOCTYPE lolz [";

    public static TheoryData<string> RestrictedNames => [.. Restricted.Keys];

    // XML-24, XML-25: what is refused, and what is all that the verdict needs of it.
    private static Dictionary<string, (string Stream, string Needed)> Restricted { get; } = new(StringComparer.Ordinal)
    {
        ["XML-24 billion laughs"] = (Laughs + Entities() + "]><stream:stream>&a9;", "<?xml version='1.0'?><!D"),
        ["XML-25 DOCTYPE"] = ("<!DOCTYPE x SYSTEM 'http://127.0.0.1:8/'><stream:stream>", "<!D"),
        ["XML-25 entity"] = (StreamBytes.In("<!ENTITY e SYSTEM 'file:///etc/passwd'>"), StreamBytes.Header + "<!E"),
        ["XML-25 parameter entity"] = ("<!DOCTYPE x [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]>", "<!D"),
    };

    [Theory]
    [MemberData(nameof(RestrictedNames))]
    public void Read_RestrictedXml_EndsAtItsFirstBytesAndCostsLittle(string id)
    {
        var (stream, needed) = Restricted[id];
        var data = StreamBytes.Encode(stream);
        var run = FramerRun.ByteByByte(data, FramerLimits.Unauthenticated);
        Assert.Equal(StreamErrorCondition.RestrictedXml, run.Violation?.Condition);
        Assert.InRange(run.BytesAtVerdict, 1, StreamBytes.Encode(needed).Length);

        ReadToTheEnd(data);
        var before = GC.GetAllocatedBytesForCurrentThread();
        ReadToTheEnd(data);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 64 * 1024);
    }

    // XML-61, XML-35, CVE-2023-52425: no byte of a long token is looked at twice. What has been seen is made illegal behind the framer's back; who looks
    // again, refuses it.
    [Theory]
    [InlineData("XML-61 value", "<message id='", "'/>", 'a')]
    [InlineData("XML-61 namespace", "<message><x xmlns='", "'/></message>", 'u')]
    [InlineData("XML-61 text", "<message>", "</message>", 'a')]
    [InlineData("XML-61 white space in a tag", "<message ", "/>", ' ')]
    [InlineData("XML-35 CDATA", "<message><![CDATA[", "]]></message>", 'a')]
    public void Read_LongTokenByteByByte_LooksAtNoByteTwice(string id, string before, string behind, char filler)
    {
        var limits = new FramerLimits(ElementBytes: 2 << 20, Elements: 10, AttributeValueBytes: 1 << 20, NamespaceBytes: 1 << 20);
        var framer = StreamFramer.Inside(ContentNamespace.Server, limits);
        var honest = Encoding.UTF8.GetBytes(before + new string(filler, 256 * 1024) + behind);
        var data = (byte[])honest.Clone();
        for (var end = 1; end < honest.Length; end++)
        {
            Assert.True(framer.Read(data.AsSpan(0, end), out _, out _) == FrameStatus.Incomplete, $"{id}: {framer.Violation} at byte {end}");
            if (end > before.Length && end <= honest.Length - behind.Length)
                data[end - 1] = 0;
        }

        honest.CopyTo(data, 0);
        Assert.Equal(FrameStatus.Element, framer.Read(data, out _, out _));
    }

    // XML-61: the limit is met at the byte that passes it, and memory does not grow with what is behind.
    [Fact]
    public void Read_XML61_ValueWithoutEnd_IsRefusedAtTheByteBeyondTheLimit()
    {
        const string Before = "<message id='";
        var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
        var data = Encoding.UTF8.GetBytes(Before + new string('a', 1 << 20));
        var end = Before.Length + 16_384;
        var start = GC.GetAllocatedBytesForCurrentThread();
        for (var at = 1; at <= end; at++)
        {
            if (framer.Read(data.AsSpan(0, at), out _, out _) != FrameStatus.Incomplete)
                Assert.Fail($"{framer.Violation} at byte {at}");
        }

        Assert.Equal(FrameStatus.Violation, framer.Read(data.AsSpan(0, end + 1), out _, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - start, 0, 64 * 1024);
        Assert.Equal(StreamErrorCondition.PolicyViolation, framer.Violation!.Condition);
    }

    // XML-60. No hash is used that names could be chosen against: names are compared with each other, at most 64 of them. The dearest choice is one length
    // and one beginning; it costs about twice what random names cost, and that is all. Best of some runs, for the machine has other work too.
    [Theory]
    [InlineData(16)]
    [InlineData(250)]
    public void Read_XML60_NamesChosenToBeAlike_CostNoMultipleOfRandomOnes(int length)
    {
        var random = new Random(60);
        var unlike = Tag(_ => string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(26)))));
        var alike = Tag(n => new string('a', length - 3) + (char)('a' + (n / 26)) + (char)('a' + (n % 26)) + 'a');
        var (dear, cheap) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        for (var attempt = 0; attempt < 200 && (attempt < 10 || dear > 4 * cheap); attempt++)
        {
            dear = Min(dear, Time(alike));
            cheap = Min(cheap, Time(unlike));
        }

        Assert.InRange(dear / cheap, 0, 4);
    }

    private static byte[] Tag(Func<int, string> name)
        => Encoding.UTF8.GetBytes("<message><x" + string.Concat(Enumerable.Range(0, 64).Select(n => $" {name(n)}=''")) + "/></message>");

    private static TimeSpan Time(byte[] data)
    {
        var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
        var since = Stopwatch.GetTimestamp();
        for (var i = 0; i < 50; i++)
            Assert.Equal(FrameStatus.Element, framer.Read(data, out _, out _));
        return Stopwatch.GetElapsedTime(since);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static string Entities()
        => string.Concat(Enumerable.Range(0, 10).Select(n => $"<!ENTITY a{n} '{string.Concat(Enumerable.Repeat($"&a{n - 1};", 10))}'>"));

    private static void ReadToTheEnd(ReadOnlySpan<byte> data)
    {
        var framer = new StreamFramer(FramerLimits.Unauthenticated);
        while (framer.Read(data, out var consumed, out _) is FrameStatus.Header or FrameStatus.Element)
            data = data[consumed..];
    }
}
