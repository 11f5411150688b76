using System.Globalization;
using System.Text;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Peers;

/// <summary>
/// What a channel of a link is called on the wire: the local domain whose back end it leads to, or, of one that leads to a partner, <c>from to number</c>, by which each such
/// channel has a name that no other one had before it.
/// </summary>
/// <param name="To">The domain that its stanzas are for.</param>
/// <param name="From">The local domain that they come from; null: any, and they are for a back end.</param>
/// <param name="Number">Of a channel to a partner.</param>
internal sealed record ChannelName(DomainName To, DomainName? From = null, uint Number = 0)
{
    /// <summary>Two domains, and a number.</summary>
    public const int Longest = 253 + 253 + 12;

    /// <summary>As it is on the wire: A-labels.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; } = Encoding.UTF8.GetBytes(From is null ? To.Ascii : string.Create(CultureInfo.InvariantCulture, $"{From.Ascii} {To.Ascii} {Number}"));

    /// <summary>The pair, of a channel to a partner.</summary>
    public DomainPair? Pair => From is null ? null : new DomainPair(From, To);

    public bool Equals(ChannelName? other) => other is not null && Number == other.Number && To.Equals(other.To) && Equals(From, other.From);

    public override int GetHashCode() => HashCode.Combine(To, From, Number);

    /// <summary>Null: it is no name.</summary>
    public static ChannelName? Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > Longest)
            return null;
        return Encoding.UTF8.GetString(utf8).Split(' ') switch
        {
            [var to] => DomainName.TryParse(to, out var backEnd) ? new ChannelName(backEnd) : null,
            [var from, var to, var digits] => DomainName.TryParse(from, out var local) && DomainName.TryParse(to, out var partner)
                && uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? new ChannelName(partner, local, number)
                : null,
            _ => null,
        };
    }
}
