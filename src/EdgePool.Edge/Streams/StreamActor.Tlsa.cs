using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>
/// What TLSA records say of the peer's certificate: before it is judged, and where policy demands them anew when their time has run out (RFC 7671 section 8.1: a
/// record that was withdrawn vouches for nothing). Not guaranteed: that a stream ends while the DNS does not say; it is asked again.
/// </content>
internal abstract partial class StreamActor
{
    private TlsaTerms? tlsaTerms;

    /// <summary>True when what came turns on TLSA records that are being looked for; then <see cref="TakeTlsa"/> goes on with it.</summary>
    protected virtual bool MustAwaitTlsa(PumpEvent met) => false;

    /// <summary>What TLSA records of the pair's remote side say now.</summary>
    protected virtual Task<TlsaFindings> FindTlsaAgainAsync(DomainPair pair) => Edge.Connector.FindTlsaAsync(pair, CancellationToken.None);

    /// <summary>The DNS has said what there is of TLSA records for a domain; what was kept for that is decided.</summary>
    protected void TakeTlsa(TlsaFindings found)
    {
        if (closing || Certificate is not { } shown)
            return;
        shown.Learn(found);
        (tlsaTerms ??= new TlsaTerms(Edge.Time)).Begin(found);
        Trace.Add(NegotiationStepKind.Tlsa, LogText.Of(found.ToText()));
        Edge.Trust.SayTlsa(Info.Number, shown, found);
        TakeKept();
    }

    /// <summary>What the pump waits with is decided.</summary>
    protected void TakeKept()
    {
        if (kept is not { } met)
            return;
        kept = null;
        OnMet(met);
    }

    private void LookAtTlsa()
    {
        if (tlsaTerms?.Over() is not { } domain)
            return;
        tlsaTerms.Begin(domain);
        if (Pairs.FirstOrDefault(p => p.Remote.Equals(domain)) is not { Remote: not null } pair || Edge.Connector.DaneFor(pair) is not DaneUse.Require)
            return;
        _ = FindTlsaAgainAsync(pair).PipeTo(Self, success: found => new TlsaAgain(found));
    }

    private void OnTlsaAgain(TlsaFindings found)
    {
        if (closing || Certificate is not { } shown)
            return;
        if (found.Incomplete)
        {
            PeerKeyLog.TlsaUnavailable(Edge.Logs.Streams, found.Domain.Ascii, LogText.Of(found.ToText()), shown.TlsaText(), Info.Number);
            return; // asked again
        }

        shown.Learn(found);
        tlsaTerms!.Begin(found);
        if (!Standing().Exists(v => v is not null))
            return;
        var missing = shown.Proves(found.Domain) is CertificateVerdict.TlsaMissing;
        Edge.Trust.SayTlsa(Info.Number, shown, found);
        Perform(CloseWith(
            missing ? StreamEndReason.CertificateTlsaMissing : StreamEndReason.CertificateTlsaMismatch,
            new StreamError(StreamErrorCondition.Reset),
            $"TLSA records vouch for the certificate no more: {found.ToText()}"));
    }

    private sealed record TlsaAgain(TlsaFindings Found);
}
