using System.Buffers;
using System.Text;

namespace EdgePool.Edge.Peers;

/// <summary>The greeting of a node: <c>name length u8, name | instance length u8, instance</c>, UTF-8.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Instance">Its process.</param>
internal sealed record PeerHello(string Node, string Instance)
{
    public void Write(ArrayBufferWriter<byte> output)
    {
        var body = new ArrayBufferWriter<byte>(128);
        WriteText(body, Node);
        WriteText(body, Instance);
        PeerFrame.Write(output, FrameKind.Hello, body.WrittenSpan, default);
    }

    /// <summary>Null: no greeting.</summary>
    public static PeerHello? Read(ReadOnlySpan<byte> body)
        => TryReadText(ref body, out var node) && TryReadText(ref body, out var instance) && body.IsEmpty ? new PeerHello(node, instance) : null;

    private static void WriteText(ArrayBufferWriter<byte> output, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, byte.MaxValue, nameof(text));
        output.Write([(byte)bytes.Length]);
        output.Write(bytes);
    }

    private static bool TryReadText(ref ReadOnlySpan<byte> body, out string text)
    {
        text = string.Empty;
        if (body.IsEmpty || body[0] == 0 || body.Length <= body[0])
            return false;
        text = Encoding.UTF8.GetString(body.Slice(1, body[0]));
        body = body[(1 + body[0])..];
        return true;
    }
}
