namespace EdgePool.Server.Management.Wire;

/// <summary>A node at a glance.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Product">The version of EdgePool.</param>
/// <param name="Mode"><c>file</c> or <c>store</c>: where it takes its partners from.</param>
/// <param name="Started">Since when it is in service.</param>
/// <param name="LocalDomains">The organisation's domains.</param>
/// <param name="S2SListeners">Where partners connect.</param>
/// <param name="InternalListeners">Where components and internal servers connect.</param>
/// <param name="Readiness">Whether it can do its job.</param>
/// <param name="Policy">The policy in force.</param>
/// <param name="Refused">Stanzas that policy refused since the start, by verdict.</param>
/// <param name="Observed">Stanzas of observed partners that would have been refused, by verdict.</param>
/// <param name="Consents">The consents of local users; null: without a store there are none.</param>
/// <param name="Presence">Who is shown as available through the node.</param>
/// <param name="PeerKeys">What is remembered of partners' keys.</param>
/// <param name="Certificates">Our own certificates.</param>
/// <param name="BodyLogging">Since when message bodies are logged, and by whose word; null: they are not.</param>
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
    ReadinessView Readiness,
    PolicyView Policy,
    IReadOnlyDictionary<string, long> Refused,
    IReadOnlyDictionary<string, long> Observed,
    ConsentState? Consents,
    PresenceState Presence,
    PeerKeysState PeerKeys,
    CertificatesView Certificates,
    BodyLoggingView? BodyLogging,
    IReadOnlyDictionary<string, int> Streams,
    LedgerView Ledger)
{
    /// <summary>How DNS stands to the topology, as the advertiser told last; null: nobody looks, or nobody has been heard yet.</summary>
    public AdvertiserView? Advertiser { get; init; }

    /// <summary>Pairs of domains whose stanzas leave over nodes of other pools, the newest first, at most 100; null: none.</summary>
    public IReadOnlyList<ExitView>? Exits { get; init; }
}

/// <summary>A pair of domains whose stanzas leave over a node of another pool.</summary>
/// <param name="Local">The local domain.</param>
/// <param name="Partner">The partner's.</param>
/// <param name="Pool">The pool.</param>
/// <param name="Node">Its node.</param>
/// <param name="Since">Since when.</param>
/// <param name="Because">What keeps the pools before it in the federation route from it; null: it is the first one.</param>
internal sealed record ExitView(string Local, string Partner, string Pool, string Node, DateTimeOffset Since, string? Because);

/// <summary>Whether a node can do its job.</summary>
/// <param name="Ready">It can.</param>
/// <param name="TakesPartners">Partners' connections are taken, and not refused.</param>
/// <param name="Reasons">Why it is not ready.</param>
/// <param name="Unserved">Local domains without a back end that the node reaches, each with what is missing.</param>
internal sealed record ReadinessView(bool Ready, bool TakesPartners, IReadOnlyList<string> Reasons, IReadOnlyDictionary<string, string> Unserved);

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

/// <summary>Who is shown as available.</summary>
/// <param name="Shown">Contacts of our users, and users of ours who are contacts of partners'.</param>
/// <param name="Pending">Changes that the store has not yet taken.</param>
/// <param name="Failure">Why it takes none; null: it does, or there is no store.</param>
internal sealed record PresenceState(int Shown, int Pending, string? Failure);

/// <summary>What is remembered of partners' keys.</summary>
/// <param name="Domains">Of so many domains.</param>
/// <param name="Pending">Changes that the store has not yet taken.</param>
/// <param name="Failure">Why it takes none; null: it does, or there is no store.</param>
internal sealed record PeerKeysState(int Domains, int Pending, string? Failure);

/// <summary>Message bodies are logged.</summary>
/// <param name="Version">The version of the gateway's document that switched it on.</param>
/// <param name="Who">Who wrote that version.</param>
/// <param name="When">When.</param>
internal sealed record BodyLoggingView(long Version, string Who, DateTimeOffset When);

/// <summary>Our own certificates.</summary>
/// <param name="InForce">Those that new handshakes take, the default first.</param>
/// <param name="Refused">Others were offered since and not taken; null: those in force are the last that were offered.</param>
internal sealed record CertificatesView(IReadOnlyList<CertificateView> InForce, RefusedCertificates? Refused);

/// <summary>A certificate of ours in force.</summary>
/// <param name="Subject">Its subject.</param>
/// <param name="Domains">The local domains that it proves.</param>
/// <param name="ValidUntil">Until when.</param>
/// <param name="DaysLeft">Whole days until then; below zero: since then.</param>
/// <param name="Alarm">The last alarm about its end: <c>Within30Days</c>, <c>Within14Days</c>, <c>Within3Days</c> or <c>Expired</c>; null: none.</param>
internal sealed record CertificateView(string Subject, IReadOnlyList<string> Domains, DateTimeOffset ValidUntil, int DaysLeft, string? Alarm);

/// <summary>Certificates that were not taken.</summary>
/// <param name="At">When.</param>
/// <param name="Reasons">Everything that is wrong with them.</param>
internal sealed record RefusedCertificates(DateTimeOffset At, IReadOnlyList<string> Reasons);

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
