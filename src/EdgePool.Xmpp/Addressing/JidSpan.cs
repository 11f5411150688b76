namespace EdgePool.Xmpp.Addressing;

/// <summary>
/// A JID in canonical form (RFC 7622) over UTF-8 bytes, without a copy where the input was canonical already: the stanza path allocates nothing
/// for lower-case ASCII addresses. Any other spelling is enforced (PRECIS UsernameCaseMapped, OpaqueString; IDNA) into new memory.
/// </summary>
public readonly ref struct JidSpan
{
    private readonly ReadOnlySpan<byte> full;
    private readonly int domainStart;
    private readonly int domainLength;

    internal JidSpan(ReadOnlySpan<byte> full, int domainStart, int domainLength)
    {
        this.full = full;
        this.domainStart = domainStart;
        this.domainLength = domainLength;
    }

    /// <summary>The whole canonical address: <c>local@domain/resource</c>.</summary>
    public ReadOnlySpan<byte> Full => full;

    /// <summary>The canonical localpart; empty when there is none.</summary>
    public ReadOnlySpan<byte> Local => domainStart == 0 ? default : full[..(domainStart - 1)];

    /// <summary>The canonical domainpart (U-labels); never empty in a parsed address.</summary>
    public ReadOnlySpan<byte> Domain => full.Slice(domainStart, domainLength);

    /// <summary>The canonical resourcepart; empty when there is none.</summary>
    public ReadOnlySpan<byte> Resource => domainStart + domainLength == full.Length ? default : full[(domainStart + domainLength + 1)..];

    /// <summary>Parses and enforces an address. <paramref name="utf8"/> is the decoded attribute value (no XML escapes). False: jid-malformed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out JidSpan jid) => throw new NotSupportedException("skeleton");
}
