using EdgePool.Edge.Partners;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Routing;

/// <summary>
/// The stanza path of one stream: addresses → gate → route → queue. Used by the stream's pump alone, but for <see cref="Open"/> and
/// <see cref="Close"/>, which are the stream's actor's. Allocates nothing while stanzas between canonical addresses keep to one domain pair.
/// What is read at once is relayed between <see cref="BeginBatch"/> and <see cref="EndBatch"/>, under one reading of the policy.
/// </summary>
internal sealed class StanzaRelay(LivePolicy policy, Pings pings, Bouncer bouncer, Ledger ledger, TimeSpan patience) : IDisposable
{
    private readonly PolicyReader reader = new(policy);
    private readonly List<StanzaQueue> touched = [];
    private readonly DomainMemo memo = new();
    private PolicySnapshot snapshot = policy.Current;
    private volatile Gate? gate;
    private volatile bool closed;

    /// <summary>True once a pair is authenticated: stanzas may flow.</summary>
    public bool Admits => gate is not null && !closed;

    /// <summary>How long a full target may take nothing before its stanzas are bounced.</summary>
    public TimeSpan Patience => patience;

    /// <summary>The target that the last stanza filled; the pump waits for it before it reads on.</summary>
    public StanzaQueue? FullTarget { get; set; }

    /// <summary>Stanzas taken from this stream.</summary>
    public long Accepted { get; private set; }

    /// <summary>Their bytes as they came.</summary>
    public long AcceptedBytes { get; private set; }

    /// <summary>What the stream may bring from now on.</summary>
    public void Open(Gate admitted) => gate = admitted;

    /// <summary>Nothing more is taken from this stream.</summary>
    public void Close() => closed = true;

    /// <summary>Stanzas follow, and nothing that waits, until <see cref="EndBatch"/>.</summary>
    public void BeginBatch() => snapshot = reader.Begin();

    /// <summary>What was relayed is queued, or was refused; <see cref="Flush"/> may follow.</summary>
    public void EndBatch() => reader.End();

    /// <summary>Takes one stanza; null when it was queued, bounced or dropped, else what the stream's actor must decide.</summary>
    public PumpEvent? Relay(in StanzaFrame stanza)
    {
        if (stanza.From.IsEmpty || stanza.To.IsEmpty)
            return new PumpEvent.BadAddress(StreamErrorCondition.ImproperAddressing, "a stanza without from or to");
        if (!JidSpan.TryParse(stanza.From, out var from))
            return new PumpEvent.BadAddress(StreamErrorCondition.ImproperAddressing, "from is not an address");
        var admitting = gate!;
        if (!JidSpan.TryParse(stanza.To, out var to))
            return RefuseMalformed(in stanza, from, admitting);
        if (memo.Find(admitting, snapshot, from.Domain, to.Domain) is not { } route)
        {
            var admission = admitting.Admit(from.Domain, to.Domain);
            if (admission.EndsStream is { } condition)
                return new PumpEvent.BadAddress(condition, $"a stanza from {Shown(from)} to {Shown(to)}, for which the stream is not authenticated");
            if (admission.Route is null)
            {
                Accept(in stanza);
                bouncer.Refuse(in stanza, from.Full, to.Full, admission.Bounce);
                return null;
            }

            route = admission.Route;
            memo.Remember(admitting, snapshot, from.Domain, to.Domain, route);
        }

        if (pings.Takes(in stanza, from, to))
            return null;
        Accept(in stanza);
        Enqueue(in stanza, route, from, to);
        return null;
    }

    /// <summary>Wakes the writers of every target that got something since the last flush.</summary>
    public void Flush()
    {
        foreach (var queue in touched)
            queue.Flush();
        touched.Clear();
    }

    public void Dispose()
    {
        reader.Dispose();
        Flush();
    }

    private void Accept(in StanzaFrame stanza)
    {
        Accepted++;
        AcceptedBytes += stanza.Bytes.Length;
        ledger.Accept();
    }

    private PumpEvent.BadAddress? RefuseMalformed(in StanzaFrame stanza, JidSpan from, Gate admitting)
    {
        if (admitting.AnsweringFor(from.Domain) is not { } local)
            return new PumpEvent.BadAddress(StreamErrorCondition.InvalidFrom, $"a stanza from {Shown(from)}, for which the stream is not authenticated");
        Accept(in stanza);
        bouncer.Refuse(in stanza, from.Full, local.Utf8, BounceReason.JidMalformed);
        return null;
    }

    /// <summary>The domain in A-labels, so that the log tells look-alikes apart.</summary>
    private static string Shown(JidSpan jid) => DomainName.TryParse(jid.Domain, out var domain) ? domain.Ascii : "another domain";

    private void Enqueue(in StanzaFrame stanza, Route route, JidSpan from, JidSpan to)
    {
        var result = route.Queue.Enqueue(in stanza, route.Namespace, from.Full, to.Full);
        if (result == Enqueued.Retired)
        {
            memo.Forget();
            if (gate!.Admit(from.Domain, to.Domain).Route is not { } again)
            {
                bouncer.Refuse(in stanza, from.Full, to.Full, BounceReason.RemoteServerNotFound);
                return;
            }

            route = again;
            result = route.Queue.Enqueue(in stanza, route.Namespace, from.Full, to.Full);
        }

        if (result is Enqueued.Refused or Enqueued.Retired)
        {
            bouncer.Refuse(in stanza, from.Full, to.Full, route.Queue.RefusedWith);
            return;
        }

        if (!touched.Contains(route.Queue))
            touched.Add(route.Queue);
        if (result == Enqueued.QueuedAndFull)
            FullTarget = route.Queue;
    }

    /// <summary>The last pair of domains and its route under one gate and policy: most streams carry one pair, and most of their stanzas come in runs.</summary>
    private sealed class DomainMemo
    {
        private const int Longest = 512;

        private byte[] domains = [];
        private int fromLength;
        private int toLength;
        private Gate? gate;
        private PolicySnapshot? judge;
        private Route? route;

        public Route? Find(Gate current, PolicySnapshot policy, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
            => ReferenceEquals(gate, current) && ReferenceEquals(judge, policy)
                && from.SequenceEqual(domains.AsSpan(0, fromLength))
                && to.SequenceEqual(domains.AsSpan(fromLength, toLength)) ? route : null;

        public void Remember(Gate current, PolicySnapshot policy, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, Route found)
        {
            var length = from.Length + to.Length;
            if (length > Longest)
                return;
            if (length > domains.Length)
                domains = new byte[length];
            from.CopyTo(domains);
            to.CopyTo(domains.AsSpan(from.Length));
            (fromLength, toLength, gate, judge, route) = (from.Length, to.Length, current, policy, found);
        }

        public void Forget() => (gate, route) = (null, null);
    }
}
