using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.StreamManagement;

/// <summary>A peer's <c>&lt;resume/&gt;</c> is decided.</summary>
/// <param name="Lost">What the stream may try to go on with; null: nothing.</param>
/// <param name="Handled">Without it: how many of the peer's stanzas were handled, where the peer may know and we do; else null.</param>
internal sealed record ResumptionAnswer(LostStream? Lost, uint? Handled)
{
    /// <summary>There is no such stream, or it is somebody else's: the two look the same.</summary>
    public static ResumptionAnswer Unknown { get; } = new(Lost: null, Handled: null);
}

/// <summary>Which streams a stream may go on with.</summary>
/// <param name="Kind">It comes from the same side.</param>
/// <param name="Proofs">What its peer has proven on it.</param>
/// <param name="BothWays">The pairs that go both ways on it.</param>
internal sealed record ResumptionClaim(StreamKind Kind, IReadOnlyCollection<NegotiationEffect.Authenticated> Proofs, IReadOnlyCollection<DomainPair> BothWays);

/// <summary>
/// The streams that peers opened and may resume, by SM-ID: 128 random bits, and good for nothing without the proofs of the stream that they name. One whose connection
/// still stands ends with <c>conflict</c> when it is resumed elsewhere (XEP-0198 section 5); whoever resumes it waits for that. Of the last
/// <see cref="MostPast"/> that are over the count is kept, for <c>&lt;failed h='…'/&gt;</c>. From any thread.
/// </summary>
internal sealed class ResumableStreams
{
    /// <summary>Streams that are over and whose counts are kept.</summary>
    public const int MostPast = 128;

    private static readonly EndStream GiveWay = new(StreamEndReason.Conflict, new StreamError(StreamErrorCondition.Conflict), "the peer resumes it on another connection");

    private readonly Lock gate = new();
    private readonly Dictionary<string, Known> streams = new(StringComparer.Ordinal);
    private readonly Queue<string> past = [];

    /// <summary>Those that stand, or may be resumed.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return streams.Count - past.Count;
        }
    }

    /// <summary>Those that are over, and whose counts are kept.</summary>
    public int Past
    {
        get
        {
            lock (gate)
                return past.Count;
        }
    }

    /// <summary>The stream has this SM-ID, a new one or that of the stream that it goes on with.</summary>
    public void Enter(string id, IActorRef stream, StreamKind kind, ReceivedStanzas received, IReadOnlyCollection<NegotiationEffect.Authenticated> proofs)
    {
        lock (gate)
            streams[id] = new Known(kind, received, proofs) { Stream = stream };
    }

    /// <summary>The stream is gone: lost, or (null) over.</summary>
    public void Leave(string id, IActorRef stream, LostStream? lost)
    {
        lock (gate)
        {
            if (!streams.TryGetValue(id, out var known) || !stream.Equals(known.Stream))
                return;
            (known.Stream, known.Lost, known.Proofs) = (null, lost is { IsGone: false } ? lost : null, lost?.Terms.Proofs ?? known.Proofs);
            if (known.Lost is null)
                Forget(id);
            if (known.Claimant is var (claimant, claim))
                claimant.Tell(known.Answer(claim), ActorRefs.NoSender);
            known.Claimant = null;
        }
    }

    /// <summary>A lost stream is over.</summary>
    public void End(LostStream lost)
    {
        lock (gate)
        {
            if (streams.TryGetValue(lost.Id, out var known) && ReferenceEquals(known.Lost, lost))
            {
                known.Lost = null;
                Forget(lost.Id);
            }
        }
    }

    /// <summary>A stream wants to go on as another one; it is told <see cref="ResumptionAnswer"/>, at once or when the other one has ended.</summary>
    public void Claim(string id, ResumptionClaim claim, IActorRef claimant)
    {
        lock (gate)
        {
            var known = streams.GetValueOrDefault(id);
            if (known is not { Stream: { } standing } || !known.Admits(claim))
            {
                claimant.Tell(known?.Answer(claim) ?? ResumptionAnswer.Unknown, ActorRefs.NoSender);
                return;
            }

            known.Claimant?.Claimant.Tell(ResumptionAnswer.Unknown, ActorRefs.NoSender);
            known.Claimant = (claimant, claim);
            standing.Tell(GiveWay, ActorRefs.NoSender);
        }
    }

    private void Forget(string id)
    {
        past.Enqueue(id);
        if (past.Count > MostPast)
            streams.Remove(past.Dequeue());
    }

    private sealed class Known(StreamKind kind, ReceivedStanzas received, IReadOnlyCollection<NegotiationEffect.Authenticated> proofs)
    {
        public IActorRef? Stream { get; set; }

        public LostStream? Lost { get; set; }

        public IReadOnlyCollection<NegotiationEffect.Authenticated> Proofs { get; set; } = proofs;

        public (IActorRef Claimant, ResumptionClaim Claim)? Claimant { get; set; }

        public bool Admits(ResumptionClaim claim) => claim.Kind == kind && LostTerms.Covers(claim.Proofs, Proofs);

        public ResumptionAnswer Answer(ResumptionClaim claim) => !Admits(claim) ? ResumptionAnswer.Unknown
            : Lost is { } lost && lost.Terms.AllowFor(claim.Proofs, claim.BothWays) ? new ResumptionAnswer(lost, received.Handled)
            : new ResumptionAnswer(Lost: null, received.Handled);
    }
}
