using System.Collections.Concurrent;

namespace EdgePool.Edge.Telemetry;

/// <summary>Why a stanza was answered with an error instead of being delivered. A closed vocabulary: log, metric and answer use it.</summary>
public enum BounceReason
{
    /// <summary>The address it goes to is malformed (RFC 7622): <c>jid-malformed</c>.</summary>
    JidMalformed,

    /// <summary>Neither a local domain nor a partner's, or DNS says that the domain has no XMPP service: <c>remote-server-not-found</c>.</summary>
    RemoteServerNotFound,

    /// <summary>The partner's or internal server could not be reached in time: <c>remote-server-timeout</c>.</summary>
    RemoteServerTimeout,

    /// <summary>The partner's server found our dialback key false (XEP-0220 section 2.1.1): <c>internal-server-error</c>.</summary>
    DialbackInvalid,

    /// <summary>The back end is not connected: <c>service-unavailable</c>.</summary>
    BackEndUnavailable,

    /// <summary>The queue towards the target is full: <c>resource-constraint</c>.</summary>
    QueueFull,

    /// <summary>The partner, or the gateway, has as many streams as it may, so none could be opened in time: <c>resource-constraint</c>.</summary>
    ConnectionLimit,

    /// <summary>The stream broke while the stanza was being written; it may have arrived: <c>remote-server-timeout</c>.</summary>
    StreamLost,

    /// <summary>It is larger than the peer says that it takes (XEP-0478): <c>policy-violation</c>.</summary>
    PeerLimit,

    /// <summary>This node is shutting down: <c>service-unavailable</c>.</summary>
    Shutdown,

    /// <summary>Policy refuses it: <see cref="VerdictCounters"/> says why, and the reason decides the answer.</summary>
    Policy,
}

/// <summary>Why a stanza ended without an answer. A closed vocabulary.</summary>
public enum DropReason
{
    /// <summary>It could not be delivered and is itself an error or an IQ result: no error answers those (RFC 6120 section 8.3.1).</summary>
    UnanswerableUndeliverable,

    /// <summary>Presence that could not be delivered: an error would tell its sender nothing (RFC 6121 section 4.4).</summary>
    PresenceUndeliverable,

    /// <summary>Policy refuses it, and it is presence, an error or an IQ result: <see cref="VerdictCounters"/> says why.</summary>
    Policy,
}

/// <summary>
/// The account of every stanza: each one accepted ends in exactly one of delivered, bounced or dropped, and until then waits in exactly one queue.
/// Delivered means handed to the operating system for the target's connection.
/// </summary>
public sealed class Ledger
{
    private readonly long[] bounced = new long[Enum.GetValues<BounceReason>().Length];
    private readonly long[] dropped = new long[Enum.GetValues<DropReason>().Length];
    private readonly ConcurrentDictionary<object, Func<int>> holders = new(ReferenceEqualityComparer.Instance);
    private PaddedCounter accepted;
    private PaddedCounter delivered;
    private long errorsSent;
    private long errorsLost;

    internal void Accept() => Interlocked.Increment(ref accepted.Value);

    internal void Deliver(int stanzas) => Interlocked.Add(ref delivered.Value, stanzas);

    internal void Bounce(BounceReason reason) => Interlocked.Increment(ref bounced[(int)reason]);

    internal void Drop(DropReason reason) => Interlocked.Increment(ref dropped[(int)reason]);

    internal void ErrorSent() => Interlocked.Increment(ref errorsSent);

    internal void ErrorLost() => Interlocked.Increment(ref errorsLost);

    /// <summary>Names a queue whose stanzas are in flight; <paramref name="count"/> may be called from any thread.</summary>
    internal void Hold(object holder, Func<int> count) => holders[holder] = count;

    internal void Release(object holder) => holders.TryRemove(holder, out _);

    /// <summary>
    /// Reads the account. In flight is counted in the queues themselves, not derived, so <see cref="LedgerSnapshot.Balances"/> is a true check;
    /// while stanzas move, a reading can be a few stanzas off, for the counters are not read at one instant.
    /// </summary>
    public LedgerSnapshot Read()
    {
        var first = ReadOnce();
        for (var attempt = 0; attempt < 8 && !first.Balances; attempt++)
            first = ReadOnce();
        return first;
    }

    private LedgerSnapshot ReadOnce()
    {
        var inFlight = 0L;
        foreach (var (_, count) in holders)
            inFlight += count();
        return new LedgerSnapshot(
            Interlocked.Read(ref accepted.Value),
            Interlocked.Read(ref delivered.Value),
            ReadAll<BounceReason>(bounced),
            ReadAll<DropReason>(dropped),
            inFlight,
            Interlocked.Read(ref errorsSent),
            Interlocked.Read(ref errorsLost));
    }

    private static Dictionary<T, long> ReadAll<T>(long[] counters)
        where T : struct, Enum
    {
        var all = new Dictionary<T, long>();
        foreach (var reason in Enum.GetValues<T>())
        {
            if (Interlocked.Read(ref counters[Convert.ToInt32(reason, System.Globalization.CultureInfo.InvariantCulture)]) is > 0 and var count)
                all.Add(reason, count);
        }

        return all;
    }

    /// <summary>A counter alone on its cache line: sources and targets count on different cores.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 192)]
    private struct PaddedCounter
    {
        [System.Runtime.InteropServices.FieldOffset(64)]
        public long Value;
    }
}

/// <summary>One reading of the <see cref="Ledger"/>. All numbers are stanzas since the node started.</summary>
/// <param name="Accepted">Taken from a peer and admitted.</param>
/// <param name="Delivered">Handed to the target's connection.</param>
/// <param name="BouncedBy">Answered with an error, by reason.</param>
/// <param name="DroppedBy">Ended without an answer, by reason.</param>
/// <param name="InFlight">Waiting in queues.</param>
/// <param name="ErrorsSent">Stanzas of our own that were queued: errors for the senders, probes, farewells of contacts that are gone.</param>
/// <param name="ErrorsLost">Stanzas of our own that could not be queued or written.</param>
public sealed record LedgerSnapshot(
    long Accepted,
    long Delivered,
    IReadOnlyDictionary<BounceReason, long> BouncedBy,
    IReadOnlyDictionary<DropReason, long> DroppedBy,
    long InFlight,
    long ErrorsSent,
    long ErrorsLost)
{
    /// <summary>All bounced.</summary>
    public long Bounced => BouncedBy.Values.Sum();

    /// <summary>All dropped.</summary>
    public long Dropped => DroppedBy.Values.Sum();

    /// <summary>The equation: accepted = delivered + bounced + dropped + in flight.</summary>
    public bool Balances => Accepted == Delivered + Bounced + Dropped + InFlight;
}
