using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Partners;

/// <summary>The meter of what one stream of ours sends to a partner, looked up anew when policy has changed. Used by the stream's writer alone.</summary>
internal sealed class OutboundPace(LivePolicy policy, RateTable rates, DomainName remote)
{
    private PolicySnapshot? asked;
    private RateMeter? meter;

    /// <summary>How long the next stanzas must wait; zero: they may go.</summary>
    public TimeSpan Wait() => Meter()?.Wait() ?? TimeSpan.Zero;

    /// <summary>Charges what goes.</summary>
    public void Take(int stanzas, long bytes) => Meter()?.Take(stanzas, bytes);

    private RateMeter? Meter()
    {
        var now = policy.Current;
        if (!ReferenceEquals(asked, now))
            (asked, meter) = (now, rates.Find(now, remote.Utf8, Direction.ToPartner));
        return meter;
    }
}
