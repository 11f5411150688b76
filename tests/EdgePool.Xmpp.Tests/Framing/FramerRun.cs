using System.Buffers;
using System.Text;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>One top-level element as the framer gave it.</summary>
internal sealed record FramedElement(
    string Kind, bool IsPlain, byte[] Bytes, string From, string To, string Id, string Type, byte[] ToServer, byte[] ToComponent)
{
    /// <summary>Every element below the top as <see cref="PayloadReading"/> writes it.</summary>
    public required string Payloads { get; init; }

    public required bool HasForeignPayloads { get; init; }

    /// <summary>Written for a server without the children of <see cref="PayloadReading.LeftOut"/>.</summary>
    public required byte[] Stripped { get; init; }
}

/// <summary>What a framer made of a byte sequence that came in pieces: equal runs look the same from outside.</summary>
internal sealed class FramerRun
{
    public List<FramedElement> Elements { get; } = [];

    public StreamHeader? Header { get; private set; }

    public bool HasHeader => Header is not null;

    public bool Ended { get; private set; }

    public FramingViolation? Violation { get; private set; }

    /// <summary>Bytes consumed up to the last event.</summary>
    public int Consumed { get; private set; }

    /// <summary>Bytes that the framer had when it refused.</summary>
    public int BytesAtVerdict { get; private set; }

    /// <summary>Everything that can be seen, on one line per event.</summary>
    public string Transcript
    {
        get
        {
            var text = new StringBuilder();
            text.Append(Header?.ToString() ?? "no header").Append('\n');
            foreach (var element in Elements)
            {
                text.Append(element.Kind).Append(element.IsPlain ? " plain " : " canonical ").AppendJoin('|', element.From, element.To, element.Id, element.Type)
                    .Append('\n').Append(Encoding.Latin1.GetString(element.Bytes))
                    .Append('\n').Append(Encoding.Latin1.GetString(element.ToServer))
                    .Append('\n').Append(Encoding.Latin1.GetString(element.ToComponent))
                    .Append('\n').Append(Encoding.Latin1.GetString(element.Stripped))
                    .Append(element.HasForeignPayloads ? "\nforeign" : "\nown").Append(element.Payloads).Append('\n');
            }

            return text.Append(Ended ? "end\n" : string.Empty).Append(Violation).ToString();
        }
    }

    public static FramerRun OnePiece(byte[] data, FramerLimits? limits = null) => new(data, [], limits);

    public static FramerRun ByteByByte(byte[] data, FramerLimits? limits = null) => new(data, Enumerable.Range(1, Math.Max(0, data.Length - 1)), limits);

    public static FramerRun Cut(byte[] data, int offset, FramerLimits? limits = null) => new(data, [offset], limits);

    /// <summary>Feeds the data cut at the given rising offsets. Each call of a small input sees its own copy of exactly the bytes that are there.</summary>
    public FramerRun(byte[] data, IEnumerable<int> cuts, FramerLimits? limits = null, StreamFramer? framer = null)
    {
        framer ??= new StreamFramer(limits ?? FramerLimits.Authenticated);
        var start = 0;
        foreach (var end in cuts.Append(data.Length))
        {
            while (true)
            {
                var there = data.AsSpan(start..end);
                var status = framer.Read(data.Length <= 4_096 ? there.ToArray() : there, out var consumed, out var frame);
                start += consumed;
                Consumed = start;
                if (status == FrameStatus.Incomplete)
                {
                    break;
                }

                if (!Take(framer, status, frame, end))
                {
                    return;
                }
            }
        }
    }

    private bool Take(StreamFramer framer, FrameStatus status, StanzaFrame frame, int seen)
    {
        switch (status)
        {
            case FrameStatus.Header:
                Header = framer.Header;
                return true;
            case FrameStatus.Element:
                Elements.Add(Describe(frame));
                return true;
            case FrameStatus.End:
                Ended = true;
                return false;
            default:
                Violation = framer.Violation;
                BytesAtVerdict = seen;
                return false;
        }
    }

    private static FramedElement Describe(StanzaFrame frame) => new(
        frame.Kind.ToString(),
        frame.IsPlain,
        frame.Bytes.ToArray(),
        frame.HasFrom ? Encoding.UTF8.GetString(frame.From) : "(none)",
        frame.HasTo ? Encoding.UTF8.GetString(frame.To) : "(none)",
        Encoding.UTF8.GetString(frame.Id),
        Encoding.UTF8.GetString(frame.Type),
        Write(frame, ContentNamespace.Server),
        Write(frame, ContentNamespace.Component))
    {
        Payloads = PayloadReading.Describe(frame),
        HasForeignPayloads = frame.HasForeignPayloads,
        Stripped = Strip(frame),
    };

    private static byte[] Write(StanzaFrame frame, ContentNamespace target)
    {
        var output = new ArrayBufferWriter<byte>();
        frame.WriteTo(output, target, frame.From, frame.To);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Strip(StanzaFrame frame)
    {
        var output = new ArrayBufferWriter<byte>();
        frame.WriteTo(output, ContentNamespace.Server, PayloadReading.From, PayloadReading.To, PayloadReading.LeftOut);
        return output.WrittenSpan.ToArray();
    }
}
