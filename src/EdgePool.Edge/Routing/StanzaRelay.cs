using System.Diagnostics.CodeAnalysis;
using EdgePool.Edge.Partners;
using EdgePool.Edge.StreamManagement;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Routing;

/// <summary>
/// The stanza path of one stream: addresses → gate → route → verdict → queue. Used by the stream's pump alone, but for <see cref="Open"/> and
/// <see cref="Close"/>, which are the stream's actor's. Allocates nothing while stanzas between canonical addresses keep to one domain pair.
/// What is read at once is relayed between <see cref="BeginBatch"/> and <see cref="EndBatch"/>, under one reading of the policy.
/// </summary>
internal sealed class StanzaRelay(
    Bouncer bouncer, StanzaPolicy policy, Pings pings, RateTable rates, Ledger ledger, TimeSpan patience, PresenceKeeper? presence = null, BodyLog? bodies = null) : IDisposable
{
    /// <summary>How often a stanza is looked up anew whose way has just been closed: a component may go while its stanzas come to it.</summary>
    private const int OtherWays = 3;

    private readonly PolicyReader reader = new(policy.Live);
    private readonly List<StanzaQueue> touched = [];
    private readonly DomainMemo memo = new();
    private PolicySnapshot snapshot = policy.Live.Current;
    private volatile Gate? gate;
    private volatile bool closed;

    /// <summary>True once a pair is authenticated: stanzas may flow.</summary>
    public bool Admits => gate is not null && !closed;

    /// <summary>How long a full target may take nothing before its stanzas are bounced.</summary>
    public TimeSpan Patience => patience;

    /// <summary>The target that the last stanza filled; the pump waits for it before it reads on.</summary>
    public StanzaQueue? FullTarget { get; set; }

    /// <summary>The meter that lets nothing more pass for now; the pump waits for it before it reads on.</summary>
    public RateMeter? Exhausted { get; set; }

    /// <summary>Stanzas taken from this stream.</summary>
    public long Accepted { get; private set; }

    /// <summary>Their bytes as they came.</summary>
    public long AcceptedBytes { get; private set; }

    /// <summary>Counts what comes from now on, where the peer is told what became of it (XEP-0198); null: nobody is.</summary>
    public ReceivedStanzas? Received { get; set; }

    /// <summary>What the stream may bring from now on.</summary>
    public void Open(Gate admitted) => gate = admitted;

    /// <summary>Nothing more is taken from this stream.</summary>
    public void Close() => closed = true;

    /// <summary>Stanzas follow, and nothing that waits, until <see cref="EndBatch"/>. True when another policy than at the batch before is in force.</summary>
    public bool BeginBatch()
    {
        var before = snapshot;
        snapshot = reader.Begin();
        return !ReferenceEquals(before, snapshot);
    }

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
        StanzaMark mark = default;
        if (Received is not null && !Received.TryTake(out mark))
            return null;
        if (!JidSpan.TryParse(stanza.To, out var to))
            return RefuseMalformed(in stanza, from, admitting, mark);
        if (!memo.TryFind(admitting, snapshot, from.Domain, to.Domain, out var route, out var passage, out var meter))
        {
            var admission = admitting.Admit(from.Domain, to.Domain);
            if (admission.EndsStream is { } condition)
                return Refused(condition, $"a stanza from {Shown(from)} to {Shown(to)}, for which the stream is not authenticated", from);
            passage = policy.Find(snapshot, from.Domain, to.Domain);
            meter = MeterOf(in passage, from.Domain);
            if (admission.Route is null)
            {
                Accept(in stanza, meter);
                RefuseUnrouted(in stanza, in passage, from, to, admission.Bounce, mark);
                return null;
            }

            route = admission.Route;
            memo.Remember(admitting, from.Domain, to.Domain, route, in passage, meter);
        }

        if (pings.Takes(in stanza, from, to))
        {
            mark.Seal();
            return null;
        }

        Accept(in stanza, meter);
        var reason = policy.Judge(in passage, in stanza, from, to, out var leaveOut);
        if (reason == VerdictReason.Allowed)
        {
            if (TryEnqueue(in stanza, route, from, to, leaveOut, mark))
                NoteRelayed(in stanza, in passage, from, to);
            return null;
        }

        bouncer.Refuse(in stanza, from.Full, to.Full, passage.Direction, reason, StanzaPolicy.IsSilent(in passage, reason), mark);
        if (stanza.Kind == StanzaKind.Presence)
            presence?.NoteRefused(in passage, in stanza, from, to);
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

    private void NoteRelayed(in StanzaFrame stanza, in Passage passage, JidSpan from, JidSpan to)
    {
        if (stanza.Kind == StanzaKind.Presence)
            presence?.Note(in passage, in stanza, from, to);
        else if (snapshot.Gateway is { EnableLoggingAllMessageBodies: true } && stanza.Kind == StanzaKind.Message)
            bodies?.Write(in stanza, from, to);
    }

    private void Accept(in StanzaFrame stanza, RateMeter? meter)
    {
        Accepted++;
        AcceptedBytes += stanza.Bytes.Length;
        ledger.Accept();
        if (meter is not null && meter.Take(1, stanza.Bytes.Length) > TimeSpan.Zero)
            Exhausted = meter;
    }

    /// <summary>What comes from partners is metered here; what goes to them, where it is written.</summary>
    private RateMeter? MeterOf(in Passage passage, ReadOnlySpan<byte> from)
        => passage is { Inside: false, Direction: Direction.FromPartner } ? rates.Find(passage.Snapshot, from, Direction.FromPartner) : null;

    private PumpEvent.BadAddress? RefuseMalformed(in StanzaFrame stanza, JidSpan from, Gate admitting, StanzaMark mark)
    {
        if (admitting.AnsweringFor(from.Domain) is not { } local)
            return Refused(StreamErrorCondition.InvalidFrom, $"a stanza from {Shown(from)}, for which the stream is not authenticated", from);
        Accept(in stanza, MeterOf(policy.Find(snapshot, from.Domain, local.Utf8), from.Domain));
        bouncer.Refuse(in stanza, from.Full, local.Utf8, BounceReason.JidMalformed, mark);
        return null;
    }

    private static PumpEvent.BadAddress Refused(StreamErrorCondition condition, string detail, JidSpan from)
        => new(condition, detail, condition == StreamErrorCondition.InvalidFrom ? Shown(from) : null);

    /// <summary>The domain in A-labels, so that the log tells look-alikes apart.</summary>
    private static string Shown(JidSpan jid) => DomainName.TryParse(jid.Domain, out var domain) ? domain.Ascii : "another domain";

    // No route leads there: because of policy, or because there is nothing there.
    private void RefuseUnrouted(in StanzaFrame stanza, in Passage passage, JidSpan from, JidSpan to, BounceReason reason, StanzaMark mark)
    {
        var verdict = VerdictReason.Allowed;
        Partner? partner = null;
        if (!passage.Inside)
            verdict = passage.Snapshot.Judge(passage.Direction == Direction.ToPartner ? to.Domain : from.Domain, out partner);
        if (verdict == VerdictReason.Allowed || partner is null)
        {
            bouncer.Refuse(in stanza, from.Full, to.Full, reason, mark);
            return;
        }

        policy.Note(in passage, partner, verdict, in stanza, from, to, observed: false);
        bouncer.Refuse(in stanza, from.Full, to.Full, passage.Direction, verdict, silent: false, mark); // the switches alone: consent was not asked for
    }

    // False: it was bounced or dropped.
    private bool TryEnqueue(in StanzaFrame stanza, Route route, JidSpan from, JidSpan to, PayloadMask leaveOut, StanzaMark mark)
    {
        var result = route.Queue.Enqueue(in stanza, route.Namespace, from.Full, to.Full, leaveOut, mark);
        for (var tries = 0; tries < OtherWays && (result == Enqueued.Retired || (result == Enqueued.Refused && route.Queue.RefusedWith == BounceReason.BackEndUnavailable)); tries++)
        {
            memo.Forget(); // the component may be connected at another node by now, or here
            if (gate!.Admit(from.Domain, to.Domain).Route is not { } again)
            {
                bouncer.Refuse(in stanza, from.Full, to.Full, BounceReason.RemoteServerNotFound, mark);
                return false;
            }

            route = again;
            result = route.Queue.Enqueue(in stanza, route.Namespace, from.Full, to.Full, leaveOut, mark);
        }

        if (result is Enqueued.Refused or Enqueued.Retired)
        {
            bouncer.Refuse(in stanza, from.Full, to.Full, route.Queue.RefusedWith, mark);
            return false;
        }

        if (!touched.Contains(route.Queue))
            touched.Add(route.Queue);
        if (result == Enqueued.QueuedAndFull)
            FullTarget = route.Queue;
        return true;
    }

    /// <summary>The last pair of domains, its route and what policy has on it: most streams carry one pair, and most of their stanzas come in runs.</summary>
    private sealed class DomainMemo
    {
        private const int Longest = 512;

        private byte[] domains = [];
        private int fromLength;
        private int toLength;
        private Gate? gate;
        private Route? route;
        private Passage passage;
        private RateMeter? rate;

        public bool TryFind(
            Gate current, PolicySnapshot inForce, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, [NotNullWhen(true)] out Route? found, out Passage between, out RateMeter? meter)
        {
            (found, between, meter) = (route, passage, rate);
            return found is not null
                && ReferenceEquals(gate, current)
                && ReferenceEquals(between.Snapshot, inForce)
                && from.SequenceEqual(domains.AsSpan(0, fromLength))
                && to.SequenceEqual(domains.AsSpan(fromLength, toLength));
        }

        public void Remember(Gate current, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, Route found, in Passage between, RateMeter? meter)
        {
            var length = from.Length + to.Length;
            if (length > Longest)
                return;
            if (length > domains.Length)
                domains = new byte[length];
            from.CopyTo(domains);
            to.CopyTo(domains.AsSpan(from.Length));
            (fromLength, toLength, gate, route, passage, rate) = (from.Length, to.Length, current, found, between, meter);
        }

        public void Forget() => (gate, route) = (null, null);
    }
}
