using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Streams;

/// <summary>For how long what TLSA records said of a peer's domains holds: as long as the records, within bounds. As many domains as a certificate is compared for.</summary>
internal sealed class TlsaTerms(TimeProvider time)
{
    /// <summary>No question comes sooner than this after the last one, whatever records say of their time.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);

    /// <summary>And none later.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly Dictionary<DomainName, (long Since, TimeSpan Holds)> terms = [];

    /// <summary>This was found.</summary>
    public void Begin(TlsaFindings found)
    {
        var seconds = found.Usable.Select(usable => usable.Record.Ttl).DefaultIfEmpty(0u).Min();
        Begin(found.Domain, Math.Clamp(TimeSpan.FromSeconds(seconds).Ticks, Shortest.Ticks, Longest.Ticks));
    }

    /// <summary>It is being asked for: not sooner again than <see cref="Shortest"/>.</summary>
    public void Begin(DomainName domain) => Begin(domain, Shortest.Ticks);

    /// <summary>A domain whose time has run out; null: there is none.</summary>
    public DomainName? Over()
    {
        foreach (var (domain, (since, holds)) in terms)
        {
            if (time.GetElapsedTime(since) >= holds)
                return domain;
        }

        return null;
    }

    private void Begin(DomainName domain, long holds)
    {
        if (terms.Count < PeerCertificate.MostDomains || terms.ContainsKey(domain))
            terms[domain] = (time.GetTimestamp(), new TimeSpan(holds));
    }
}
