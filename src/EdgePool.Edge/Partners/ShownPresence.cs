using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Partners;

/// <summary>Who sees whom.</summary>
internal enum PresenceSide
{
    /// <summary>One of our users sees a partner's.</summary>
    Inward,

    /// <summary>A partner's user sees one of ours.</summary>
    Outward,
}

/// <summary>How many are remembered.</summary>
/// <param name="PerPartner">Shown to or by one partner's users; both sides together.</param>
/// <param name="Total">All: 90 MB of memory.</param>
internal sealed record PresenceLimits(int PerPartner = 10_000, int Total = 200_000);

/// <summary>A contact that was shown to a viewer as available, through us, and not as unavailable since. The fields that change are <see cref="PresenceTable"/>'s.</summary>
internal sealed class ShownPresence
{
    public ShownPresence(PresenceSide side, AddressPairKey addresses, string partner)
    {
        (Side, Addresses, Partner) = (side, addresses, partner);
        Order = new LinkedListNode<ShownPresence>(this);
        OfPartner = new LinkedListNode<ShownPresence>(this);
        Unwritten = new LinkedListNode<ShownPresence>(this);
    }

    public PresenceSide Side { get; }

    /// <summary>Inward: the viewer's bare and the contact's full JID; outward: the contact's full and the viewer's bare JID.</summary>
    public AddressPairKey Addresses { get; }

    public string Partner { get; }

    /// <summary>The full JID of who is shown.</summary>
    public ReadOnlySpan<byte> Contact => Side == PresenceSide.Inward ? Addresses.Pair.Remote : Addresses.Pair.Local;

    /// <summary>The bare JID of who sees it.</summary>
    public ReadOnlySpan<byte> Viewer => Side == PresenceSide.Inward ? Addresses.Pair.Local : Addresses.Pair.Remote;

    /// <summary>The bare JID of our user.</summary>
    public ReadOnlySpan<byte> LocalBare => Parse(Addresses.Pair.Local).Bare;

    /// <summary>The bare JID of the partner's user.</summary>
    public ReadOnlySpan<byte> RemoteBare => Parse(Addresses.Pair.Remote).Bare;

    public ReadOnlySpan<byte> LocalDomain => Parse(Addresses.Pair.Local).Domain;

    public ReadOnlySpan<byte> RemoteDomain => Parse(Addresses.Pair.Remote).Domain;

    /// <summary>Timestamp of the last presence.</summary>
    public long Seen { get; set; }

    /// <summary>Which part of the refresh interval passes before it is asked for again.</summary>
    public double AskAfter { get; set; }

    /// <summary>It was asked for since it was seen.</summary>
    public bool Asked { get; set; }

    /// <summary>It is about to be shown as unavailable.</summary>
    public bool Leaving { get; set; }

    /// <summary>How often that was tried.</summary>
    public int Farewells { get; set; }

    /// <summary>It was shown before this node started, and nobody has said since that it still is.</summary>
    public bool Unconfirmed { get; set; }

    /// <summary>When it was asked whether it still is.</summary>
    public long Questioned { get; set; }

    /// <summary>The journal has it, or will when what is under way is written.</summary>
    public bool Written { get; set; }

    internal LinkedListNode<ShownPresence> Unwritten { get; }

    internal LinkedListNode<ShownPresence> Order { get; }

    internal LinkedListNode<ShownPresence> OfPartner { get; }

    /// <summary>Its neighbours among the resources of one contact that one viewer sees, see <see cref="ShownContacts"/>.</summary>
    internal (ShownPresence? Before, ShownPresence? Behind) Resources { get; set; }

    private static JidSpan Parse(ReadOnlySpan<byte> canonical)
        => JidSpan.TryParse(canonical, out var jid) ? jid : throw new InvalidOperationException("an address that was canonical is none");
}
