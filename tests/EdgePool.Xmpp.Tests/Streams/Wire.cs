using System.Text;
using EdgePool.Xmpp.Components;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;
using Effects = System.Collections.Generic.IReadOnlyList<EdgePool.Xmpp.Streams.NegotiationEffect>;

namespace EdgePool.Xmpp.Tests.Streams;

/// <summary>A negotiation behind the real framer, as its owner would drive it: bytes in, effects out.</summary>
internal sealed class Wire(
    Func<StreamHeader, Effects> onHeader, Func<XmlElement, Effects> onElement, Func<FramingViolation, Effects> onViolation, Func<bool> authenticated)
{
    private readonly List<byte> unread = [];
    private StreamFramer framer = new(FramerLimits.Unauthenticated);
    private bool closed;

    public Wire(InboundNegotiation stream)
        : this(stream.OnHeader, stream.OnElement, stream.OnViolation, () => stream.State is InboundState.Authenticated)
    {
    }

    public Wire(OutboundNegotiation stream)
        : this(stream.OnHeader, stream.OnElement, stream.OnViolation, () => false)
    {
    }

    public Wire(ComponentNegotiation stream)
        : this(stream.OnHeader, stream.OnElement, stream.OnViolation, () => stream.State is ComponentState.Authenticated)
    {
    }

    /// <summary>The stanzas that came through after authentication.</summary>
    public int Stanzas { get; private set; }

    public IEnumerable<NegotiationEffect> Feed(IEnumerable<byte> bytes)
    {
        var all = new List<NegotiationEffect>();
        unread.AddRange(bytes);
        while (!closed && Step() is { } effects)
        {
            all.AddRange(effects);
            foreach (var effect in effects)
                Carry(effect);
        }

        return all;
    }

    private Effects? Step()
    {
        var status = framer.Read(unread.ToArray(), out var consumed, out var frame);
        var effects = status switch
        {
            FrameStatus.Header => onHeader(framer.Header!),
            FrameStatus.Element when frame.Kind is not StanzaKind.None && authenticated() => Count(),
            FrameStatus.Element => onElement(frame.ToElement()),
            FrameStatus.Violation => onViolation(framer.Violation!),
            _ => null,
        };
        unread.RemoveRange(0, consumed);
        return effects;
    }

    private Effects Count()
    {
        Stanzas++;
        return [];
    }

    private void Carry(NegotiationEffect effect)
    {
        switch (effect)
        {
            case NegotiationEffect.StartTls: // the rest is the handshake's
                unread.Clear();
                framer = new StreamFramer(FramerLimits.Unauthenticated);
                break;
            case NegotiationEffect.AssumeDialbackPrefix:
                framer.AssumeDialbackPrefix();
                break;
            case NegotiationEffect.Restart:
                framer = new StreamFramer(FramerLimits.Unauthenticated);
                break;
            case NegotiationEffect.Close:
                closed = true;
                break;
        }
    }
}

/// <summary>The same dialogue whatever the cuts (invariant I5): in one piece, byte by byte, and every line cut at every offset.</summary>
internal static class Cuts
{
    /// <summary>Runs the inputs anew for each way to cut and holds each transcript to be the expected one.</summary>
    /// <param name="inputs">The input lines of a transcript.</param>
    /// <param name="expected">The whole transcript.</param>
    /// <param name="begin">A fresh stream: its wire, and what takes the inputs that are no bytes.</param>
    /// <param name="bytesOf">The bytes of an input line; null when it is none.</param>
    public static void Check(
        IReadOnlyList<string> inputs, string expected, Func<(Wire Wire, Func<string, Effects> Event)> begin, Func<string, string?> bytesOf)
    {
        var longest = inputs.Max(i => bytesOf(i) is { } text ? Encoding.UTF8.GetByteCount(text) : 0);
        for (var cut = -1; cut < longest; cut++)
        {
            var (wire, onEvent) = begin();
            var actual = inputs.SelectMany(line => Transcript.Render(bytesOf(line) is { } text ? Fed(wire, Encoding.UTF8.GetBytes(text), cut) : onEvent(line)).Prepend(line));
            Xunit.Assert.Equal($"cut {cut}\n{expected}", $"cut {cut}\n{string.Join('\n', actual)}");
        }
    }

    // -1: byte by byte; 0: in one piece
    private static NegotiationEffect[] Fed(Wire wire, byte[] bytes, int cut)
    {
        var pieces = cut < 0 ? bytes.Chunk(1) : cut is 0 || cut >= bytes.Length ? [bytes] : [bytes[..cut], bytes[cut..]];
        return [.. pieces.SelectMany(piece => wire.Feed(piece))];
    }
}
