using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Stanzas;
using Effects = System.Collections.Generic.IReadOnlyList<EdgePool.Xmpp.Streams.NegotiationEffect>;

namespace EdgePool.Xmpp.Streams;

/// <content>
/// Further pairs on a stream that is up: another domain of ours, or another one that the peer hosts, proven by dialback on the same stream (XEP-0220
/// section 2.6, piggybacking). Not where SASL, which has no way to name a further pair, may serve: each pair has the best method that it can have. Only towards a peer that offers dialback with errors: one that does not would end the stream for a pair that it does not want.
/// </content>
public sealed partial class OutboundNegotiation
{
    /// <summary>Pairs on one stream, asked for or proven: as many as we let a peer have.</summary>
    public const int MostPairs = 16;

    private readonly Dictionary<DomainPair, NegotiationTerms> asked = [];
    private int furtherProven;

    private bool byDialback;

    /// <summary>It makes sense to ask for further pairs.</summary>
    public bool TakesFurtherPairs => State is OutboundState.Authenticated && Secured && peerKnowsDialbackErrors && peerStreamId is not null;

    /// <summary>True when the stream may carry a further pair, should the peer agree.</summary>
    /// <param name="further">The pair.</param>
    /// <param name="itsTerms">What policy allows for it.</param>
    public bool MayCarry(DomainPair further, NegotiationTerms itsTerms)
    {
        ArgumentNullException.ThrowIfNull(itsTerms);
        return TakesFurtherPairs && certificate is { } shown && shown.Version >= itsTerms.MinimumTls
            && itsTerms.AllowsDialback(tls: true) && (!itsTerms.AllowsSasl || (byDialback && further.Remote.Equals(pair.Remote))) && (!itsTerms.RequireTrustedCertificate || shown.Proves(further.Remote) is CertificateVerdict.Valid)
            && 1 + furtherProven + asked.Count < MostPairs && !asked.ContainsKey(further);
    }

    /// <summary>Asks for a further pair. Its answer comes as <see cref="NegotiationEffect.Authenticated"/> or <see cref="NegotiationEffect.PairRefused"/>; see <see cref="GiveUp"/>.</summary>
    public Effects Ask(DomainPair further, NegotiationTerms itsTerms)
    {
        if (!MayCarry(further, itsTerms))
            return [new NegotiationEffect.PairRefused(further, "the stream takes no further pair")];
        asked.Add(further, itsTerms);
        return [new NegotiationEffect.Send(DialbackPacket.Result(further, settings.Keys.KeyFor(further.Remote, further.Local, peerStreamId!)))];
    }

    /// <summary>The answer is waited for no longer; one that comes late is dropped.</summary>
    public Effects GiveUp(DomainPair further) => asked.Remove(further) ? [new NegotiationEffect.PairRefused(further, "no answer in time")] : [];

    // Null: nothing that we asked for, or that the peer may ask for.
    private Effects? Further(XmlElement element)
    {
        if (!DialbackPacket.TryRead(element, out var packet))
            return null;
        var further = new DomainPair(packet.To, packet.From);
        if (packet.Type is null)
            return bidi ? [new NegotiationEffect.Send(DialbackPacket.ResultAnswer(further, DialbackOutcome.Error(StanzaErrorCondition.PolicyViolation)))] : null;
        if (packet.Type is not ("valid" or "invalid" or "error") || !asked.Remove(further, out var itsTerms))
            return null;
        if (packet.Type is not "valid")
            return [new NegotiationEffect.PairRefused(further, packet.Type is "invalid" ? "invalid" : StanzaErrorConditionName.Read(element).WireName())];
        furtherProven++;
        return [new NegotiationEffect.Authenticated(further, AuthenticationMethod.DialbackOverTls) { SteppedDown = itsTerms.IsStepDown(AuthenticationMethod.DialbackOverTls) }];
    }
}
