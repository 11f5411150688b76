namespace EdgePool.Server.Management.Wire;

/// <summary>A node at a glance.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Product">The version of EdgePool.</param>
/// <param name="Mode"><c>file</c> or <c>store</c>: where it takes its partners from.</param>
/// <param name="Started">Since when it is in service.</param>
/// <param name="LocalDomains">The organisation's domains.</param>
/// <param name="S2SListeners">Where partners connect.</param>
/// <param name="InternalListeners">Where components and internal servers connect.</param>
/// <param name="Policy">The policy in force.</param>
/// <param name="Refused">Stanzas that policy refused since the start, by verdict.</param>
/// <param name="Observed">Stanzas of observed partners that would have been refused, by verdict.</param>
/// <param name="Consents">The consents of local users; null: without a store there are none.</param>
/// <param name="Streams">How many streams of each kind there are.</param>
/// <param name="Ledger">The account of every stanza.</param>
internal sealed record StatusView(
    string Node,
    string Product,
    string Mode,
    DateTimeOffset Started,
    IReadOnlyList<string> LocalDomains,
    IReadOnlyList<string> S2SListeners,
    IReadOnlyList<string> InternalListeners,
    PolicyView Policy,
    IReadOnlyDictionary<string, long> Refused,
    IReadOnlyDictionary<string, long> Observed,
    ConsentState? Consents,
    IReadOnlyDictionary<string, int> Streams,
    LedgerView Ledger);

/// <summary>The policy in force.</summary>
/// <param name="Version">The store's revision that it was compiled from; 0: the node's file.</param>
/// <param name="Partners">How many partners there are.</param>
/// <param name="Problem">Why a newer revision is not in force; null: the newest is.</param>
internal sealed record PolicyView(long Version, int Partners, string? Problem);

/// <summary>How the consents stand.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Pending">Changes that the store has not yet taken.</param>
/// <param name="Failure">Why it takes none; null: it does.</param>
internal sealed record ConsentState(int Count, int Pending, string? Failure);

/// <summary>The account of every stanza since the start: accepted = delivered + bounced + dropped + in flight.</summary>
internal sealed record LedgerView(
    long Accepted,
    long Delivered,
    long Bounced,
    long Dropped,
    long InFlight,
    bool Balances,
    IReadOnlyDictionary<string, long> BouncedBy,
    IReadOnlyDictionary<string, long> DroppedBy);

/// <summary>Every stream of a node.</summary>
/// <param name="Streams">The streams by number.</param>
internal sealed record StreamList(IReadOnlyList<StreamView> Streams);

/// <summary>One stream.</summary>
/// <param name="Number">Its number in the log.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Peer">The address at the other end.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Tls">The TLS version.</param>
/// <param name="Pairs">The pairs of domains, <c>local-remote</c>, that are authenticated on it.</param>
/// <param name="StanzasIn">Stanzas taken from it.</param>
/// <param name="StanzasOut">Stanzas written to it.</param>
internal sealed record StreamView(long Number, string Kind, string Peer, string State, string Tls, IReadOnlyList<string> Pairs, long StanzasIn, long StanzasOut);
