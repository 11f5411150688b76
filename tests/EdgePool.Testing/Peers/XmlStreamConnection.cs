using System.Net.Security;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace EdgePool.Testing.Peers;

/// <summary>What the other side said: the stream's header, an element, the stream's end or the connection's end.</summary>
/// <param name="Kind">Which of the four.</param>
/// <param name="Element">The header (without children) or the element; null at an end.</param>
/// <param name="Text">As it came.</param>
public sealed record Heard(HeardKind Kind, XElement? Element, string Text);

public enum HeardKind
{
    Header,
    Element,
    StreamEnd,
    ConnectionEnd,
}

/// <summary>An XML stream over any byte stream, parsed with System.Xml, for the test side of a connection.</summary>
internal sealed class XmlStreamConnection(Stream transport) : IAsyncDisposable
{
    private readonly byte[] chunk = new byte[16 * 1024];
    private readonly SemaphoreSlim writing = new(1);
    private XmlPieces pieces = new();
    private XmlParserContext context = NewContext(null);

    public Stream Transport { get; private set; } = transport;

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            await Transport.WriteAsync(bytes, cancellationToken);
            await Transport.FlushAsync(cancellationToken);
        }
        finally
        {
            writing.Release();
        }
    }

    public Task SendAsync(string text, CancellationToken cancellationToken) => SendAsync(Encoding.UTF8.GetBytes(text), cancellationToken);

    public async Task<Heard> ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (pieces.TryNext(out var kind, out var text))
                return Parse(kind, text);
            int count;
            try
            {
                count = await Transport.ReadAsync(chunk, cancellationToken);
            }
            catch (IOException e)
            {
                return new Heard(HeardKind.ConnectionEnd, null, e.Message);
            }

            if (count == 0)
                return new Heard(HeardKind.ConnectionEnd, null, Encoding.UTF8.GetString(pieces.Pending));
            pieces.Append(chunk.AsSpan(0, count));
        }
    }

    /// <summary>Continues inside TLS. Bytes that came before it would be an injection (RFC 6120 section 5.3.5) and are refused.</summary>
    public async Task UpgradeAsync(Func<SslStream, Task> handshake)
    {
        if (!pieces.Pending.IsEmpty)
            throw new InvalidOperationException($"{pieces.Pending.Length} bytes came in plain text behind STARTTLS");
        var tls = new SslStream(Transport, leaveInnerStreamOpen: false);
        Transport = tls;
        pieces = new XmlPieces();
        await handshake(tls);
    }

    public void Restart() => pieces.Restart();

    public async ValueTask DisposeAsync()
    {
        await Transport.DisposeAsync();
        writing.Dispose();
    }

    private Heard Parse(XmlPieceKind kind, string text)
    {
        if (kind == XmlPieceKind.StreamEnd)
            return new Heard(HeardKind.StreamEnd, null, text);
        if (kind == XmlPieceKind.Element)
            return new Heard(HeardKind.Element, Read(text, context), text);
        var header = Read(text.TrimEnd('>').TrimEnd('/') + "/>", NewContext(null));
        context = NewContext(header);
        return new Heard(HeardKind.Header, header, text);
    }

    private static XElement Read(string text, XmlParserContext context)
    {
        var settings = new XmlReaderSettings { ConformanceLevel = ConformanceLevel.Fragment, DtdProcessing = DtdProcessing.Prohibit };
        using var reader = XmlReader.Create(new StringReader(text), settings, context);
        reader.MoveToContent();
        return (XElement)XNode.ReadFrom(reader);
    }

    private static XmlParserContext NewContext(XElement? header)
    {
        var names = new XmlNamespaceManager(new NameTable());
        foreach (var attribute in header?.Attributes().Where(a => a.IsNamespaceDeclaration) ?? [])
            names.AddNamespace(attribute.Name.Namespace == XNamespace.None ? "" : attribute.Name.LocalName, attribute.Value);
        return new XmlParserContext(names.NameTable, names, null, XmlSpace.None);
    }
}
