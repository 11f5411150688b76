using EdgePool.Dns.Resolving;
using EdgePool.Edge.Transport;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Streams;

/// <content>
/// DANE of a peer that connects to us: when it claims a domain whose proof turns on TLSA records, these are sought first. The stream reads nothing
/// meanwhile; the lookup counts among its address's verifications, and ends in its own time or the negotiation's.
/// </content>
internal sealed partial class InboundStreamActor
{
    private CancellationTokenSource? lookup;

    protected override bool MustAwaitTlsa(PumpEvent met)
    {
        if (role.Internal is not null || Certificate is not { } shown || ClaimOf(met) is not { } pair || !shown.Wants(pair.Remote))
            return false;
        if (!Edge.Streams.TryEnterVerification(address, Edge.Options.Limits.VerificationsPerAddress))
        {
            TakeTlsa(TlsaFindings.Failed(pair.Remote, DnsFailure.QueueFull));
            return false;
        }

        lookup = new CancellationTokenSource();
        _ = Edge.Connector.FindTlsaAsync(pair, lookup.Token).PipeTo(Self);
        return true;
    }

    private void OnFound(TlsaFindings found)
    {
        LeaveLookup();
        TakeTlsa(found);
    }

    private void LeaveLookup()
    {
        if (lookup is null)
            return;
        Edge.Streams.LeaveVerification(address);
        lookup.Cancel();
        lookup.Dispose();
        lookup = null;
    }

    private DomainPair? ClaimOf(PumpEvent met) => (met, Negotiation) switch
    {
        (PumpEvent.Header header, InboundNegotiation asked) => asked.ClaimOf(header.Value),
        (PumpEvent.Element element, InboundNegotiation asked) => asked.ClaimOf(element.Value),
        _ => null,
    };
}
