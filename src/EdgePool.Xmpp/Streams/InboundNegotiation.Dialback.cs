using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using Condition = EdgePool.Xmpp.Streams.StreamErrorCondition;
using Effects = System.Collections.Generic.IReadOnlyList<EdgePool.Xmpp.Streams.NegotiationEffect>;

namespace EdgePool.Xmpp.Streams;

/// <content>Dialback: the receiving server (XEP-0220 section 2.2.1) and the authoritative server (section 2.2.2).</content>
public sealed partial class InboundNegotiation
{
    /// <summary>The lookup that a <see cref="NegotiationEffect.VerifyKey"/> asked for has ended. Late and unknown answers do nothing.</summary>
    public Effects OnVerification(DomainPair pair, string streamId, DialbackOutcome outcome)
    {
        if (State is InboundState.Closed || !string.Equals(streamId, StreamId, StringComparison.Ordinal))
            return [];
        var waiting = pairs.End(pair);
        return waiting == 0 ? [] : Take(Conclude(pair, waiting, outcome));
    }

    // As receiving server: the peer wants to send from its domain to ours.
    private Step OnResult(XmlElement element)
    {
        if (!DialbackPacket.TryRead(element, out var packet))
            return Refuse(Condition.ImproperAddressing, StreamEndReason.ImproperAddressing, "the addresses of db:result");
        var pair = new DomainPair(packet.To, packet.From);
        var terms = settings.Rules.TermsFor(pair);
        if (saslFailures > 0 && terms is { AllowsSasl: true } && !terms.AllowsDialback(Secured))
            return Refuse(Condition.PolicyViolation, StreamEndReason.NotAuthorized, "dialback after a failed SASL is not allowed");
        if (packet.Key.Length == 0 || packet.Key.Length > settings.Limits.KeyLength)
            return Answer(pair, StanzaErrorCondition.BadRequest);
        if (RefusalOf(pair, terms) is { } refusal)
            return Refuse(pair, 1, refusal);
        return pairs.Ask(pair) switch
        {
            PairRequest.Known => Stay(ResultAnswer(pair, DialbackOutcome.Valid)),
            PairRequest.Joined => Stay(),
            PairRequest.Full => Answer(pair, StanzaErrorCondition.ResourceConstraint),
            _ => Verify(pair, packet.Key, terms!),
        };
    }

    private StanzaErrorCondition? RefusalOf(DomainPair pair, NegotiationTerms? terms)
    {
        if (!settings.Rules.Serves(pair.Local))
            return StanzaErrorCondition.ItemNotFound;
        if (settings.Rules.IsOwn(pair.Remote))
            return StanzaErrorCondition.Forbidden;
        if (terms is null || !terms.AllowsDialback(Secured) || TlsTooOld(terms))
            return StanzaErrorCondition.PolicyViolation;
        return terms.RequireTrustedCertificate && !Proven(pair.Remote) ? StanzaErrorCondition.PolicyViolation : null;
    }

    private bool Proven(DomainName domain) => certificate?.Proves(domain) is CertificateVerdict.Valid;

    private Step Verify(DomainPair pair, string key, NegotiationTerms terms)
    {
        if (terms.DialbackWithoutDialback && Proven(pair.Remote))
            return Prove(pair, 1, AuthenticationMethod.DialbackByCertificate);
        return pairs.TryBegin(pair)
            ? Stay(new NegotiationEffect.VerifyKey(pair, StreamId!, key))
            : Answer(pair, StanzaErrorCondition.ResourceConstraint);
    }

    // XEP-0220 section 2.2.1: a false key ends the stream unless another pair is proven on it.
    private Step Conclude(DomainPair pair, int waiting, DialbackOutcome outcome)
    {
        switch (outcome.Verdict)
        {
            case DialbackVerdict.Valid when RefusalOf(pair, settings.Rules.TermsFor(pair)) is { } refusal: // policy changed meanwhile
                return Refuse(pair, waiting, refusal);
            case DialbackVerdict.Valid:
                return Prove(pair, waiting, Secured ? AuthenticationMethod.DialbackOverTls : AuthenticationMethod.DialbackOverTcp);
            case DialbackVerdict.Invalid when pairs.Proven.Count == 0:
                var end = End(StreamEndReason.DialbackInvalid, null, $"the key of {pair.Remote.Ascii} is false");
                return end with { Effects = [ResultAnswer(pair, outcome), .. end.Effects] };
            case DialbackVerdict.Invalid:
                outcome = DialbackOutcome.Error(StanzaErrorCondition.Forbidden);
                break;
        }

        return Stay(Enumerable.Repeat(ResultAnswer(pair, outcome), waiting));
    }

    private Step Refuse(DomainPair pair, int waiting, StanzaErrorCondition condition) => Stay(
        [.. Enumerable.Repeat(ResultAnswer(pair, DialbackOutcome.Error(condition)), waiting), new NegotiationEffect.DialbackRefused(pair, condition)]);

    private Step Prove(DomainPair pair, int waiting, AuthenticationMethod method)
    {
        pairs.Prove(pair);
        var steppedDown = settings.Rules.TermsFor(pair)?.IsStepDown(method) ?? false;
        return new Step(InboundState.Authenticated,
            [new NegotiationEffect.Authenticated(pair, method) { SteppedDown = steppedDown }, .. Enumerable.Repeat(ResultAnswer(pair, DialbackOutcome.Valid), waiting)]);
    }

    // As authoritative server: the peer asks whether a key is ours. Needs no authentication; the key proves itself.
    private Step OnVerify(XmlElement element)
    {
        if (!DialbackPacket.TryRead(element, out var packet))
            return Refuse(Condition.ImproperAddressing, StreamEndReason.ImproperAddressing, "the addresses of db:verify");
        if (packet.Key.Length > FramerLimits.Unauthenticated.ElementBytes) // no more than may come before authentication
            return Refuse(Condition.PolicyViolation, StreamEndReason.LimitExceeded, "the key of db:verify is too long");
        var pair = new DomainPair(packet.To, packet.From);
        return Stay(new NegotiationEffect.Send(DialbackPacket.VerifyAnswer(pair, packet.Id, AuthorityOn(pair, packet))));
    }

    private DialbackOutcome AuthorityOn(DomainPair pair, DialbackPacket packet)
    {
        if (packet.Id is not { Length: > 0 } id)
            return DialbackOutcome.Error(StanzaErrorCondition.BadRequest);
        // A key that we made is ours also where we only answer in that domain's name: an internal server that writes to no partner's domain.
        var ours = settings.Keys.IsValid(pair.Remote, pair.Local, id, packet.Key);
        if (!ours && !settings.Rules.Serves(pair.Local))
            return DialbackOutcome.Error(StanzaErrorCondition.ItemNotFound);
        if (settings.Rules.TermsFor(pair) is not { } terms || (terms.RequiresTls && !Secured) || TlsTooOld(terms))
            return DialbackOutcome.Error(StanzaErrorCondition.PolicyViolation);
        return ours ? DialbackOutcome.Valid : DialbackOutcome.Invalid;
    }

    private Step Answer(DomainPair pair, StanzaErrorCondition condition) => Stay(ResultAnswer(pair, DialbackOutcome.Error(condition)));

    private static NegotiationEffect.Send ResultAnswer(DomainPair pair, DialbackOutcome outcome) => new(DialbackPacket.ResultAnswer(pair, outcome));
}
