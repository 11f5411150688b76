using System.Collections.Immutable;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>What policy, as it is now, demands of a stream that is up.</content>
internal abstract partial class StreamActor
{
    /// <summary>What policy allows for a pair now; good for longer than the stream.</summary>
    protected abstract Func<DomainPair, NegotiationTerms?> TermsSource { get; }

    private NegotiationTerms? TermsFor(DomainPair pair) => TermsSource(pair);

    /// <summary>
    /// What ends this stream under a new policy; null: it stands. Where other partners' pairs are on the stream, they are asked to come again.
    /// </summary>
    protected virtual StreamErrorCondition? EndsUnder(PolicyChange change)
    {
        var verdicts = Standing();
        return verdicts.TrueForAll(v => v is null) ? null
            : verdicts.TrueForAll(v => v == StreamErrorCondition.PolicyViolation) ? StreamErrorCondition.PolicyViolation
            : StreamErrorCondition.Reset;
    }

    /// <summary>What ends the stream, for each proof that it rests on; null: that one stands.</summary>
    private List<StreamErrorCondition?> Standing() => proofs.ConvertAll(p => StreamStanding.EndsWith(
        TermsFor(p.Pair), p.Method, Certificate?.Version, () => Proves(p.Pair.Remote)) ?? (BothWays.Contains(p.Pair) && !MayGoBothWays(p.Pair) ? StreamErrorCondition.Reset : null));

    /// <summary>The pairs whose stanzas come and go on this stream (XEP-0288).</summary>
    protected ImmutableArray<DomainPair> BothWays { get; private set; } = [];

    /// <summary>Stanzas of a pair may come and go on a bidirectional stream.</summary>
    protected virtual bool MayGoBothWays(DomainPair pair) => TermsFor(pair) is { Bidirectional: true };

    /// <summary>The pair's stanzas come and go from now on.</summary>
    protected void OpenBothWays(DomainPair pair)
    {
        BothWays = BothWays.Add(pair);
        Info.Bidirectional = BothWays;
        StreamLog.Bidirectional(Edge.Logs.Streams, Info.Number, pair.ToText());
    }

    protected bool Proves(DomainName remote) => Certificate?.Proves(remote) == CertificateVerdict.Valid;

    /// <summary>What a stanza of the authenticated pairs may cost now: the strictest of them counts. From any thread.</summary>
    private FramerLimits LimitsOfNow()
    {
        var common = Edge.Options.Limits.Authenticated;
        var bytes = Pairs.Min(StanzaBytesOf);
        return bytes < common.ElementBytes ? common with { ElementBytes = bytes } : common;
    }

    /// <summary>A partner may have a smaller limit of its own, never a larger one.</summary>
    private int StanzaBytesOf(DomainPair pair)
    {
        var (common, policy) = (Edge.Options.Limits.Authenticated.ElementBytes, Edge.Policy.Current);
        return policy.Find(pair.Remote) is { } partner ? Math.Min((policy.Gateway ?? Policy.Partners.Gateway.Default).MaxStanzaBytesOf(partner) ?? common, common) : common;
    }

    /// <summary>What we take on this stream (XEP-0478): of a pair's stanzas; for null, before authentication.</summary>
    protected AnnouncedLimits Announced(DomainPair? pair)
    {
        if (pair is not { } known)
            return new AnnouncedLimits(Edge.Options.Limits.Unauthenticated.ElementBytes, IdleSeconds: null);
        var watched = Edge.Policy.Current.Find(known.Remote) is { EnableKeepAlive: true };
        var idle = Gateway is not { } gateway ? Edge.Options.Timeouts.Idle : watched ? gateway.KeepAliveInterval : gateway.StreamInactivityTimeout;
        return new AnnouncedLimits(StanzaBytesOf(known), (int)idle.TotalSeconds);
    }

    /// <summary>Keeps a refusal of this stream for the operator; nothing where there was none.</summary>
    protected void Note(DomainPair pair, VerdictReason reason, bool observed = false)
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

    /// <summary>The gateway's limits of now, for a stream with a partner; null: the node's own hold.</summary>
    protected Gateway? Gateway => IsPartners ? Edge.Policy.Current.Gateway : null;

    private bool IsPartners => Info.Kind is StreamKind.PartnerInbound or StreamKind.PartnerOutbound;

    private void OnPolicy(PolicyChange change)
    {
        var ends = EndsUnder(change);
        SayUnexpected();
        if (ends is { } condition)
            Perform(CloseWith(StreamEndReason.PolicyChanged, new StreamError(condition), "policy has changed and does not allow this stream"));
    }
}
