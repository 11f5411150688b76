using EdgePool.Edge.Partners;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>What policy and the gateway's limits demand of the stream while it is up.</content>
internal sealed partial class InboundStreamActor
{
    private readonly Dictionary<string, ConnectionPlace> places = new(StringComparer.Ordinal);
    private bool asked;

    /// <summary>A partner may have a smaller limit of its own, never a larger one; the strictest of the stream's pairs counts.</summary>
    protected override FramerLimits LimitsOfNow()
    {
        var common = Edge.Options.Limits.Authenticated;
        var policy = Edge.Policy.Current;
        var bytes = Pairs.Min(p => policy.Find(p.Remote) is { } partner ? (policy.Gateway ?? Policy.Partners.Gateway.Default).MaxStanzaBytesOf(partner) ?? common.ElementBytes : common.ElementBytes);
        return bytes < common.ElementBytes ? common with { ElementBytes = bytes } : common;
    }

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

    protected override NegotiationTerms? TermsFor(DomainPair pair) => role.Rules.TermsFor(pair);

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

    protected override IReadOnlyList<NegotiationEffect> OnOverRate()
    {
        var observed = Edge.Policy.Current.Find(Pairs[0].Remote) is { Mode: PartnerMode.Observe };
        Note(Pairs[0], VerdictReason.RateExceeded, observed);
        return observed ? [] : base.OnOverRate();
    }

    /// <summary>A stream that policy does not let up, or ends, is kept for the operator, under the domain that it claims or has proven.</summary>
    protected override void OnEnding(StreamEndReason reason, StreamError? error, string detail)
    {
        base.OnEnding(reason, error, detail);
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

    /// <summary>Keeps a refusal of this stream for the operator; nothing where there was none.</summary>
    private void Note(DomainPair pair, VerdictReason reason, bool observed = false)
    {
        if (reason == VerdictReason.Allowed)
            return;
        var policy = Edge.Policy.Current;
        var refusal = new PolicyRefusal(Edge.Time.GetUtcNow(), pair.Remote.Ascii, Direction.FromPartner, pair.Remote.Ascii, pair.Local.Ascii, "stream", reason, policy.Version, observed);
        if (policy.Find(pair.Remote) is not { } partner)
        {
            Edge.Stanzas.Strangers.Add(refusal);
            return;
        }

        if (observed)
            Edge.Stanzas.Counters.Observe(partner.Name, reason);
        else
            Edge.Stanzas.Counters.Refuse(partner.Name, reason);
        var source = JidSpan.TryParse(pair.Local.Utf8, out var local) ? policy.SourceOf(reason, partner, in local) : null;
        Edge.Stanzas.Refusals.Add(refusal with { Partner = partner.Name, Document = source?.Path, DocumentVersion = source?.Version });
    }

    /// <summary>One place for each partner on the stream.</summary>
    private bool TryTakePlace(DomainName remote)
    {
        if (places.ContainsKey(Edge.Connections.HolderOf(remote)))
            return true;
        if (Edge.Connections.TryEnter(remote) is not { } place)
            return false;
        if (!places.TryAdd(place.Holder, place))
            place.Dispose(); // policy has just given the domain to a partner that is on the stream
        return true;
    }

    private void LeavePlaces()
    {
        foreach (var place in places.Values)
            place.Dispose();
        foreach (var pair in Pairs.Where(_ => asked))
            Edge.Pings.Forget(pair);
    }
}
