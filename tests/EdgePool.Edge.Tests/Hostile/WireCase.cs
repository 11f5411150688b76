using System.Text.RegularExpressions;
using System.Xml.Linq;
using EdgePool.Edge.Tests.Fixture;
using EdgePool.Testing.Peers;
using Xunit;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>A row of a table: what a partner sends, and the whole outcome on every side of the node.</summary>
/// <param name="Id">Group id and variant; the name of the test.</param>
/// <param name="Input">What is sent, in the notation of <see cref="Wire.Encode"/>.</param>
/// <param name="Error">The stream error's condition; null when everything is accepted.</param>
internal sealed record WireCase(string Id, string Input, string? Error)
{
    private const int ByteByByteLimit = 3_000;

    /// <summary>Elements that come through before the end.</summary>
    public int Delivered { get; init; }

    /// <summary>What comes through, where it is not the input; elements in the notation of the input.</summary>
    public string? DeliveredAs { get; init; }

    /// <summary>Type and condition of the stanza error that goes back; null for none.</summary>
    public (string Type, string Condition)? Bounced { get; init; }

    /// <summary>Stanzas that end without a word.</summary>
    public int Dropped { get; init; }

    /// <summary>What is heard on the stream before its end, as a pattern.</summary>
    public string Answer { get; init; } = string.Empty;

    /// <summary>Whom the stream is authenticated for.</summary>
    public string From { get; init; } = "p1.example";

    /// <summary>The stream's certificate proves more than the domain that the stream is authenticated for.</summary>
    public bool Wildcard { get; init; }

    /// <summary>Which of our domains it is authenticated for.</summary>
    public string To { get; init; } = "edge.example";

    /// <summary>The element that goes along with the error.</summary>
    public string Application { get; init; } = string.Empty;

    /// <summary>The input is all that the connection says: no stream was opened before it.</summary>
    public bool AtStart { get; init; }

    /// <summary>The last header of the stream that the input arrives on.</summary>
    public string? Header { get; init; }

    /// <summary>Text that the log record has to show.</summary>
    public string Logged { get; init; } = string.Empty;

    public static WireCase Ok(string id, string input, int elements = 1) => new(id, input, Error: null) { Delivered = elements };

    public static WireCase NotWellFormed(string id, string input) => new(id, input, "not-well-formed");

    public static WireCase Restricted(string id, string input) => new(id, input, "restricted-xml");

    public static WireCase OverLimit(string id, string input) => new(id, input, "policy-violation");

    public static WireCase Refused(string id, string input, string error) => new(id, input, error);

    public static WireCase Bounce(string id, string input, string type, string condition) => new(id, input, Error: null) { Bounced = (type, condition) };

    public static TheoryData<string> Names(IEnumerable<WireCase> cases) => [.. cases.Select(c => c.Id)];

    /// <summary>Runs the row in one piece, byte by byte and in random pieces; the outcome is the same (I5).</summary>
    public async Task CheckAsync(EdgeFixture edge)
    {
        var data = Wire.Encode(Input);
        await CheckAsync(edge, [data]);
        if (data.Length <= ByteByByteLimit)
            await CheckAsync(edge, Enumerable.Range(0, data.Length).Select(i => (ReadOnlyMemory<byte>)data.AsMemory(i, 1)));
        await CheckAsync(edge, RandomPieces(data));
    }

    private async Task CheckAsync(EdgeFixture edge, IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        var dropped = edge.Node.Ledger.Read().Dropped;
        var header = Header ?? Wire.Header(From, To);
        await using var peer = AtStart ? await RawPeer.ConnectAsync(edge.Outside) : await edge.AuthenticateAsync(Wildcard ? edge.Others : edge.CertificateOf(From), From, To, header);
        await peer.SendAsync(pieces);
        if (Error is null)
            await peer.SendAsync([Wire.Encode("</stream:stream>")]);
        CheckEnd(await peer.HearEndAsync());
        var heard = await edge.HeardAtComponentAsync();
        Assert.Equal(Delivered, heard.Count);
        if (Error is null)
            Assert.Equal(Wire.AtComponent(header, DeliveredAs ?? (Bounced is null && Dropped == 0 ? Input : string.Empty)), heard.Select(Wire.Infoset));
        CheckBounces(await edge.HeardAtPartnerAsync(Bounced is null ? 0 : 1), header);
        Assert.Equal(Dropped, edge.Node.Ledger.Read().Dropped - dropped);
        var record = await edge.EndOfAsync(peer.LocalEndPoint);
        Assert.Contains(Logged, record.Message, StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex(Regex.Escape(EdgeFixture.Secret) + "|" + Regex.Escape(EdgeFixture.DialbackSecret)), record.Message);
    }

    // SE(c) of the conventions, or an orderly end.
    private void CheckEnd(Ending end)
    {
        var farewell = Error is null ? "</stream:stream>" : Wire.StreamError(Error, Application);
        Assert.Matches($"^{(AtStart ? Wire.OurHeader : string.Empty)}{Answer}{farewell}$", end.Text);
        Assert.True(end.Fin, "the connection was reset");
        Assert.Equal(!AtStart, end.CloseNotify);
        Assert.InRange(end.After, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    // SZ(t,c) of the conventions: RFC 6120 section 8.3.
    private void CheckBounces(List<XElement> heard, string header)
    {
        Assert.True(heard.Count == (Bounced is null ? 0 : 1), string.Join('\n', heard));
        if (Bounced is not var (type, condition))
            return;
        var sent = Assert.Single(XElement.Load(new MemoryStream(Wire.Encode(header + Input + "</stream:stream>")), LoadOptions.PreserveWhitespace).Elements());
        var error = Assert.Single(heard);
        Assert.Equal(sent.Name, error.Name);
        Assert.Equal("error", error.Attribute("type")?.Value);
        Assert.Equal(sent.Attribute("id")?.Value, error.Attribute("id")?.Value);
        Assert.Equal(sent.Attribute("from")?.Value, error.Attribute("to")?.Value);
        Assert.Equal(condition == "jid-malformed" ? To : sent.Attribute("to")?.Value, error.Attribute("from")?.Value);
        Assert.True(XmppNames.Matches(error, $"*/server:error[@type='{type}']/stanzas:{condition}"), error.ToString());
    }

    private IEnumerable<ReadOnlyMemory<byte>> RandomPieces(byte[] data)
    {
        var random = new Random(Id.Length * 31 + data.Length);
        for (var start = 0; start < data.Length;)
        {
            var length = Math.Min(data.Length - start, 1 + random.Next(Math.Max(2, data.Length / 4)));
            yield return data.AsMemory(start, length);
            start += length;
        }
    }
}
