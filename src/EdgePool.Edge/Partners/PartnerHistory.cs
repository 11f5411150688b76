using EdgePool.Edge.Telemetry;

namespace EdgePool.Edge.Partners;

/// <summary>What came of negotiations of one kind with a domain.</summary>
/// <param name="Successes">How many succeeded since the node started.</param>
/// <param name="Failures">How many failed, or had succeeded and broke off.</param>
/// <param name="FailuresInARow">How many of them since the last success.</param>
/// <param name="LastSuccess">The last that succeeded.</param>
/// <param name="LastFailure">The last that failed or broke off.</param>
public sealed record WayHistory(long Successes, long Failures, long FailuresInARow, NegotiationRecord? LastSuccess, NegotiationRecord? LastFailure)
{
    internal static WayHistory None { get; } = new(0, 0, 0, LastSuccess: null, LastFailure: null);

    internal WayHistory With(NegotiationRecord record) => record.Failure is null
        ? this with { Successes = Successes + 1, FailuresInARow = 0, LastSuccess = record }
        : this with { Failures = Failures + 1, FailuresInARow = FailuresInARow + 1, LastFailure = record };
}

/// <summary>What was learned of one domain; null for a way that was never gone.</summary>
/// <param name="Domain">The domain, A-labels.</param>
public sealed record DomainHistory(string Domain)
{
    /// <summary>Streams that the domain opened, or that were opened in its name.</summary>
    public WayHistory? Inbound { get; init; }

    /// <summary>Streams that we opened to it.</summary>
    public WayHistory? Outbound { get; init; }

    /// <summary>Questions to its authoritative server.</summary>
    public WayHistory? Verification { get; init; }

    internal DomainHistory With(NegotiationRecord record) => record.Way switch
    {
        NegotiationWay.Inbound => this with { Inbound = (Inbound ?? WayHistory.None).With(record) },
        NegotiationWay.Outbound => this with { Outbound = (Outbound ?? WayHistory.None).With(record) },
        _ => this with { Verification = (Verification ?? WayHistory.None).With(record) },
    };
}

/// <summary>
/// What was negotiated with each domain last, and by what it failed last, in each direction. Safe from any thread; negotiations are rare beside
/// stanzas, so one lock does.
/// </summary>
/// <remarks>
/// Bounded: so many domains, two records for each way, at most <see cref="Streams.NegotiationTrace.MostSteps"/> steps in a record, short texts. Who only
/// claims a partner's domain takes the place of that partner's last failure, and of nothing else. Domains of no listed partner have a table of their own,
/// so that strangers push no partner out. Forgotten when the node ends.
/// </remarks>
public sealed class PartnerHistory
{
    /// <summary>Domains of listed partners.</summary>
    public const int MostDomains = 10_000;

    /// <summary>Domains that are no listed partner's.</summary>
    public const int MostStrangers = 500;

    private readonly Lock gate = new();
    private readonly DomainTable<DomainHistory> listed = new(MostDomains);
    private readonly DomainTable<DomainHistory> strangers = new(MostStrangers);

    /// <summary>What was learned of a domain (A-labels); null: nothing.</summary>
    public DomainHistory? Read(string domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        lock (gate)
            return listed.Find(domain) ?? strangers.Find(domain);
    }

    /// <summary>Keeps a negotiation under its remote domain.</summary>
    /// <param name="record">What came of it.</param>
    /// <param name="stranger">The domain is no listed partner's.</param>
    internal void Add(NegotiationRecord record, bool stranger)
    {
        var domain = record.Pair.Remote.Ascii;
        var table = stranger ? strangers : listed;
        lock (gate)
            table.Put(domain, (table.Find(domain) ?? new DomainHistory(domain)).With(record));
    }
}
