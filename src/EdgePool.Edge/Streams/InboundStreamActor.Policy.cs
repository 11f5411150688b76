using EdgePool.Edge.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>What policy and the gateway's limits demand of the stream while it is up.</content>
internal sealed partial class InboundStreamActor
{
    private bool asked;

    /// <summary>
    /// Terms of pairs are those of this listener: on 5269 a partner may have lost them. A partner that has got no further than its header has no pair yet;
    /// the lookups that it asked for look for themselves.
    /// </summary>
    protected override StreamErrorCondition? EndsUnder(PolicyChange change)
    {
        foreach (var dial in Context.GetChildren())
            dial.Tell(change);
        return Pairs.IsEmpty && Negotiation is InboundNegotiation { Local: { } local, Remote: { } remote } && role.Rules.TermsFor(new DomainPair(local, remote)) is null
            ? StreamErrorCondition.PolicyViolation
            : base.EndsUnder(change);
    }

    protected override Func<DomainPair, NegotiationTerms?> TermsSource => role.Rules.TermsFor;

    /// <summary>See <see cref="Streams.KeepAlive"/>. A ping is sent on the first pair for which a stream of ours is up.</summary>
    protected override void KeepAlive(TimeSpan interval)
    {
        asked &= Silence >= interval / 2;
        switch (Streams.KeepAlive.Inbound(Silence, interval, asked))
        {
            case KeepAliveStep.Ask:
                asked = true;
                _ = Pairs.Any(Edge.Pings.TrySend);
                break;
            case KeepAliveStep.End:
                Perform(CloseWith(StreamEndReason.KeepAliveTimeout, new StreamError(StreamErrorCondition.ConnectionTimeout), "nothing came within the keep-alive interval"));
                break;
            default:
                break;
        }
    }

    /// <summary>A stream that policy does not let up, or ends, is kept for the operator, under the domain that it claims or has proven.</summary>
    protected override void OnEnding(StreamEndReason reason, StreamError? error, string detail)
    {
        base.OnEnding(reason, error, detail);
        LeaveWait();
        if (role.Internal is not null)
            return;
        if (!Pairs.IsEmpty)
            Note(Pairs[0], RefusalOf(reason, Pairs[0]));
        else if (Negotiation is InboundNegotiation { Local: { } local, Remote: { } remote })
            Note(new DomainPair(local, remote), RefusalOf(reason, new DomainPair(local, remote)));
    }

    private VerdictReason RefusalOf(StreamEndReason reason, DomainPair pair) => reason switch
    {
        StreamEndReason.PartnerNotAllowed or StreamEndReason.PolicyChanged => Edge.Policy.Current.Judge(pair.Remote.Utf8, out _),
        StreamEndReason.ConnectionLimit => VerdictReason.ConnectionLimit,
        StreamEndReason.NoAllowedMethod or StreamEndReason.TlsUnavailable or StreamEndReason.CertificateMissing
            or StreamEndReason.CertificateUntrusted or StreamEndReason.CertificateWrongName or StreamEndReason.CertificatePinMismatch
            or StreamEndReason.CertificateTlsaMissing or StreamEndReason.CertificateTlsaUnavailable or StreamEndReason.CertificateTlsaMismatch => VerdictReason.NoMethod,
        _ => VerdictReason.Allowed,
    };

    private void ForgetPings()
    {
        foreach (var pair in Pairs.Where(_ => asked))
            Edge.Pings.Forget(pair);
    }
}
