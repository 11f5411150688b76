using System.Collections.Immutable;
using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.StreamManagement;

/// <summary>Tells whoever carried a route on a stream that it is lost and may be resumed.</summary>
internal sealed record StreamLost(LostStream Lost);

/// <summary>
/// What is left of a stream under stream management that broke without a word: both accounts, until it is resumed (XEP-0198 section 5), by us where the stream
/// was ours and by the peer where it was the peer's, or until its time is over. Then what the peer did not acknowledge is answered.
/// </summary>
/// <remarks>It is taken once: by the stream that goes on with it, or by whoever ends it. Whoever loses the race finds it gone, and leaves it alone. From any thread.</remarks>
internal sealed class LostStream(string id, ReceivedStanzas received, SentStanzas sent, LostTerms terms)
{
    private int gone;

    /// <summary>Its SM-ID, a secret between the peer and us.</summary>
    public string Id => id;

    public ReceivedStanzas Received => received;

    public SentStanzas Sent => sent;

    public LostTerms Terms => terms;

    /// <summary>What is kept in memory of it: what we sent, and one bit for each that came.</summary>
    public int Bytes { get; } = sent.Bytes + received.Bytes;

    /// <summary>It was resumed, or is over.</summary>
    public bool IsGone => Volatile.Read(ref gone) != 0;

    /// <summary>Called once, when it is gone.</summary>
    public Action<LostStream>? Left { get; set; }

    /// <summary>True for the one who may go on with it, or end it.</summary>
    public bool TryTake()
    {
        if (Interlocked.Exchange(ref gone, 1) != 0)
            return false;
        Left?.Invoke(this);
        return true;
    }
}

/// <summary>Whose a lost stream is, and on which terms it goes on.</summary>
/// <param name="Proofs">The pairs that its peer had proven, and how.</param>
/// <param name="BothWays">Those whose stanzas went both ways on it (XEP-0288).</param>
/// <param name="TermsFor">What policy allows for a pair now.</param>
/// <param name="Since">Timestamp of the loss; of an earlier one, where the peer has acknowledged nothing since that.</param>
/// <param name="AtMost">How long after that it can be resumed.</param>
internal sealed record LostTerms(
    ImmutableArray<NegotiationEffect.Authenticated> Proofs,
    ImmutableArray<DomainPair> BothWays,
    Func<DomainPair, NegotiationTerms?> TermsFor,
    long Since,
    TimeSpan AtMost)
{
    /// <summary>Where the stream led that we had opened; null: the peer opened it, and comes again or does not.</summary>
    public OutboundTarget? Target { get; init; }

    /// <summary>Where the peer would like to be called, as it wrote it; null: it does not say.</summary>
    public string? Location { get; init; }

    /// <summary>It is for us to resume it.</summary>
    public bool IsOurs => Target is not null;

    /// <summary>Policy of now lets it be resumed.</summary>
    public bool Stand => Proofs.All(proof => TermsFor(proof.Pair) is { AllowsResumption: true });

    /// <summary>
    /// A stream for which these are proven may go on with it: all pairs are, by no weaker method, and the same go both ways.
    /// </summary>
    public bool AllowFor(IReadOnlyCollection<NegotiationEffect.Authenticated> proven, IReadOnlyCollection<DomainPair> bothWays)
        => Covers(proven, Proofs) && bothWays.Count == BothWays.Length && BothWays.All(bothWays.Contains) && Stand;

    /// <summary>Every pair that was proven then is proven now, and no weaker.</summary>
    public static bool Covers(IReadOnlyCollection<NegotiationEffect.Authenticated> now, IReadOnlyCollection<NegotiationEffect.Authenticated> then)
        => then.All(former => now.Any(proof => proof.Pair.Equals(former.Pair) && (proof.Method == former.Method || proof.Method == AuthenticationMethod.SaslExternal)));
}
