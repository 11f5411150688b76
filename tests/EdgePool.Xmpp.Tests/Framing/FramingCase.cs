using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>A row of a table: what arrives, and the whole outcome.</summary>
/// <param name="Id">Group id and variant; the name of the test.</param>
/// <param name="Stream">The bytes in the notation of <see cref="StreamBytes"/>.</param>
/// <param name="Expected">The condition of the violation; null when everything is accepted.</param>
/// <param name="Elements">How many elements come out before the end or the violation.</param>
internal sealed record FramingCase(string Id, string Stream, StreamErrorCondition? Expected, int Elements = 0)
{
    public FramerLimits Limits { get; init; } = FramerLimits.Authenticated;

    public bool TooBig { get; init; }

    public static FramingCase Ok(string id, string stream, int elements = 1) => new(id, stream, null, elements);

    public static FramingCase NotWellFormed(string id, string stream, int elements = 0) => new(id, stream, StreamErrorCondition.NotWellFormed, elements);

    public static FramingCase Restricted(string id, string stream, int elements = 0) => new(id, stream, StreamErrorCondition.RestrictedXml, elements);

    public static FramingCase OverLimit(string id, string stream, int elements = 0) => new(id, stream, StreamErrorCondition.PolicyViolation, elements);

    public static TheoryData<string> Names(IEnumerable<FramingCase> cases) => [.. cases.Select(c => c.Id)];

    /// <summary>Asserts the outcome, and that it is the same for every cut.</summary>
    public void Check()
    {
        var data = StreamBytes.Encode(Stream);
        var whole = FramerRun.OnePiece(data, Limits);
        CheckOutcome(whole);
        Assert.Equal(whole.Transcript, FramerRun.ByteByByte(data, Limits).Transcript);
        var step = data.Length <= 4_000 ? 1 : Math.Max(1, data.Length / 61);
        for (var offset = 1; offset < data.Length; offset += step)
        {
            var cut = FramerRun.Cut(data, offset, Limits);
            Assert.True(string.Equals(whole.Transcript, cut.Transcript, StringComparison.Ordinal), $"cut at {offset}: {cut.Transcript} instead of {whole.Transcript}");
        }
    }

    private void CheckOutcome(FramerRun run)
    {
        Assert.Equal(Expected, run.Violation?.Condition);
        Assert.Equal(TooBig, run.Violation?.StanzaTooBig ?? false);
        Assert.Equal(Elements, run.Elements.Count);
        if (Expected is null && run.HasHeader)
        {
            CheckInfoset(run);
        }
    }

    // RFC 6120 section 8: what goes out says what came in, in the target's content namespace.
    private void CheckInfoset(FramerRun run)
    {
        var data = StreamBytes.Encode(Stream)[..run.Consumed];
        if (!run.Ended)
        {
            data = [.. data, .. "</stream:stream>"u8];
        }

        var source = Infoset.Read(data);
        Assert.Equal(run.Elements.Count, source.Count);
        for (var index = 0; index < source.Count; index++)
        {
            var element = run.Elements[index];
            Assert.Equal(source[index], Infoset.ReadOnStream(element.ToServer, "jabber:server"));
            Assert.Equal(
                source[index].Replace(InfosetBuilder.Written("jabber:server"), InfosetBuilder.Written("jabber:component:accept"), StringComparison.Ordinal),
                Infoset.ReadOnStream(element.ToComponent, "jabber:component:accept"));
        }
    }
}
