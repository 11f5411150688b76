using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.KnownPeers;
using EdgePool.Cluster.Presences;
using EdgePool.Dns.Resolving;
using EdgePool.Edge.Certificates;
using EdgePool.Edge.Dialback;
using EdgePool.Edge.InternalDns;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Peers;
using EdgePool.Edge.Readiness;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Sasl;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge;

/// <summary>
/// Everything one node needs to run, compiled and checked: what the configuration file says, with files read and addresses parsed.
/// Written documents are the server's, live state is the node's; this stands between them and never changes.
/// </summary>
public sealed record EdgeOptions
{
    /// <summary>This node's name, unique in the deployment.</summary>
    public required string NodeName { get; init; }

    /// <summary>The organisation's domains and what stands behind each.</summary>
    public required IReadOnlyList<LocalDomain> LocalDomains { get; init; }

    /// <summary>The partners and their terms when the node starts; with <see cref="Documents"/>, what holds until they are read: <see cref="PolicySnapshot.Closed"/>.</summary>
    public required PolicySnapshot Policy { get; init; }

    /// <summary>The store whose documents are the policy; null: the policy is <see cref="Policy"/>, from the node's own file. It outlives the node.</summary>
    public IDocumentStore? Documents { get; init; }

    /// <summary>Where consents outlive the node; null: nobody can consent, and partners of type <see cref="PartnerType.PublicUnverified"/> reach no one. It outlives the node.</summary>
    public IConsentJournal? Consents { get; init; }

    /// <summary>Where it outlives the node who is shown as available through it; null: a restart forgets them. It is this node's alone, and outlives the node.</summary>
    public IPresenceJournal? Presences { get; init; }

    /// <summary>The pool that this node is one of; null: it is alone.</summary>
    public PoolOptions? Pool { get; init; }

    /// <summary>Where it outlives the node which keys partners have shown; null: a restart forgets them. It outlives the node.</summary>
    public IKnownPeerJournal? KnownPeers { get; init; }

    /// <summary>How many consents there may be.</summary>
    public ConsentLimits ConsentLimits { get; init; } = new();

    /// <summary>Where partners connect (port 5269).</summary>
    public required IReadOnlyList<S2SListenerOptions> S2SListeners { get; init; }

    /// <summary>Where components and internal servers connect (port 23456).</summary>
    public required IReadOnlyList<InternalListenerOptions> InternalListeners { get; init; }

    /// <summary>When partners' connections are taken; null: as long as the node runs.</summary>
    public ReadinessOptions? Readiness { get; init; }

    /// <summary>The name server for internal servers; null: none.</summary>
    public InternalViewOptions? InternalView { get; init; }

    /// <summary>Our certificates with their keys and intermediates; the first is the default where neither SNI nor the stream header names one's domain. With none, TLS is offered to nobody, and none is shown.</summary>
    public required IReadOnlyList<EdgeCertificate> Certificates { get; init; }

    /// <summary>Where they are read anew while the node runs; null: they never change.</summary>
    public ICertificateSource? CertificateSource { get; init; }

    /// <summary>The roots for partners that name none of their own.</summary>
    public TrustAnchors Trust { get; init; } = TrustAnchors.SystemOnly;

    /// <summary>The secrets of our dialback keys (XEP-0185) when the node starts, shared by every node of the deployment.</summary>
    public required DialbackSecrets DialbackSecrets { get; init; }

    /// <summary>Where they are read anew while the node runs; null: they never change.</summary>
    public IDialbackSecretSource? DialbackSecretSource { get; init; }

    /// <summary>Name servers asked; empty: those of <see cref="ResolvConfFile"/>.</summary>
    public IReadOnlyList<IPEndPoint> DnsServers { get; init; } = [];

    /// <summary>Where the operating system says which name servers it asks.</summary>
    public string ResolvConfFile { get; init; } = ResolvConf.DefaultPath;

    /// <summary>Set where the name servers validate DNSSEC and are to be believed; null: nothing that DNS says is secure, and TLSA records are not asked for.</summary>
    public ValidatingServers? ValidatingDns { get; init; }

    /// <summary>Networks that no name leads us to, whoever gives it: this deployment's own.</summary>
    public IReadOnlyList<IPNetwork> DeniedNetworks { get; init; } = [];

    /// <summary>Networks that are not public and may be the place of a partner whom only open federation admits. A listed partner may be anywhere else.</summary>
    public IReadOnlyList<IPNetwork> AllowedNetworks { get; init; } = [];

    /// <summary>Limits on what peers may cost.</summary>
    public StreamLimits Limits { get; init; } = new();

    /// <summary>Deadlines of streams and queues.</summary>
    public StreamTimeouts Timeouts { get; init; } = new();

    /// <summary>The node's name alone: options hold secrets.</summary>
    public override string ToString() => NodeName;
}

/// <summary>A domain of the organisation and its back end.</summary>
/// <param name="Name">The domain.</param>
/// <param name="BackEnd">What stands inside for it.</param>
public sealed record LocalDomain(DomainName Name, BackEndOptions BackEnd);

/// <summary>What stands inside for a local domain. A closed set.</summary>
public abstract record BackEndOptions
{
    private BackEndOptions()
    {
    }

    /// <summary>A XEP-0114 component that connects to us on 23456.</summary>
    /// <param name="Secret">The shared secret of the handshake; never logged.</param>
    public sealed record Component(string Secret) : BackEndOptions
    {
        /// <inheritdoc/>
        public override string ToString() => "component";
    }

    /// <summary>An internal XMPP server: it connects to us on 23456 for what it sends, we connect to it for what it receives.</summary>
    /// <param name="Host">Host name or address.</param>
    /// <param name="Port">Port of its S2S listener.</param>
    /// <param name="Terms">How both sides authenticate.</param>
    /// <param name="Trust">Roots for its certificate.</param>
    public sealed record Server(string Host, int Port, NegotiationTerms Terms, TrustAnchors Trust) : BackEndOptions;
}

/// <summary>What the S2S listener does with a connection that begins with a TLS record (XEP-0368).</summary>
public enum DirectTls
{
    /// <summary>The first byte decides: TLS record or XML.</summary>
    Sniff,

    /// <summary>Direct TLS alone.</summary>
    Only,

    /// <summary>STARTTLS alone.</summary>
    Off,
}

/// <summary>One S2S listener.</summary>
/// <param name="Address">Where it listens; port 0 takes a free one.</param>
/// <param name="DirectTls">Direct TLS on this port.</param>
public sealed record S2SListenerOptions(IPEndPoint Address, DirectTls DirectTls = DirectTls.Sniff);

/// <summary>One listener for components and internal servers.</summary>
/// <param name="Address">Where it listens; port 0 takes a free one.</param>
/// <param name="AllowPlain">Streams without TLS are taken: on loopback, or off it where the operator said <c>allowInsecure</c>.</param>
/// <param name="RequireClientCertificate">TLS clients must show a certificate that ends in <paramref name="Clients"/> (mutual TLS).</param>
/// <param name="Clients">Roots of client certificates.</param>
public sealed record InternalListenerOptions(IPEndPoint Address, bool AllowPlain, bool RequireClientCertificate, TrustAnchors Clients);

/// <summary>A certificate of ours with its private key.</summary>
/// <param name="Certificate">The leaf with its key.</param>
/// <param name="Intermediates">What goes along in the handshake.</param>
public sealed record EdgeCertificate(X509Certificate2 Certificate, IReadOnlyList<X509Certificate2> Intermediates)
{
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";

    /// <summary>From when on it is valid.</summary>
    public DateTimeOffset ValidFrom => new(Certificate.NotBefore.ToUniversalTime());

    /// <summary>Until when it is valid.</summary>
    public DateTimeOffset ValidUntil => new(Certificate.NotAfter.ToUniversalTime());

    /// <summary>True when a partner takes it for a server of this domain: it has the name, and names serverAuth or no purpose at all.</summary>
    public bool Proves(DomainName domain)
    {
        var purposes = Certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>()).ToList();
        return (purposes.Count == 0 || purposes.Exists(purpose => string.Equals(purpose.Value, ServerAuth, StringComparison.Ordinal)))
            && CertificateIdentity.Matches(Certificate, domain);
    }
}

/// <summary>Limits on what peers may cost. The defaults carry their reason.</summary>
public sealed record StreamLimits
{
    /// <summary>Before authentication.</summary>
    public FramerLimits Unauthenticated { get; init; } = FramerLimits.Unauthenticated;

    /// <summary>Afterwards.</summary>
    public FramerLimits Authenticated { get; init; } = FramerLimits.Authenticated;

    /// <summary>Connections at one time over all listeners.</summary>
    public int Connections { get; init; } = 20_000;

    /// <summary>Unauthenticated connections at one time from one address; an honest partner opens a few.</summary>
    public int UnauthenticatedPerAddress { get; init; } = 256;

    /// <summary>Inbound streams at one time for one domain pair: one, and one that replaces it.</summary>
    public int StreamsPerPair { get; init; } = 2;

    /// <summary>Outbound pairs that are remembered at one time.</summary>
    public int Routes { get; init; } = 100_000;

    /// <summary>Dialback lookups under way at one time for one peer address.</summary>
    public int VerificationsPerAddress { get; init; } = 16;

    /// <summary>Stanzas that wait for an outbound stream to come up.</summary>
    public int PendingStanzas { get; init; } = 1_000;

    /// <summary>Bytes that wait for an outbound stream to come up.</summary>
    public int PendingBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes that wait in the output of an established stream before its sources are paused.</summary>
    public int OutputBytes { get; init; } = 1024 * 1024;

    /// <summary>Stanzas written to a peer that acknowledges (XEP-0198), and not acknowledged, before no more are written; beyond what a stanza that waits at the peer should hold up.</summary>
    public int UnacknowledgedStanzas { get; init; } = 50_000;

    /// <summary>The same in bytes.</summary>
    public int UnacknowledgedBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Streams that are lost and may be resumed (XEP-0198), at one time.</summary>
    public int LostStreams { get; init; } = 1_000;

    /// <summary>The same of one partner, the oldest of which gives way: as many as it may have streams by default.</summary>
    public int LostStreamsPerPartner { get; init; } = 20;

    /// <summary>Bytes of stanzas that they hold.</summary>
    public int LostBytes { get; init; } = 64 * 1024 * 1024;
}

/// <summary>Deadlines of streams and queues.</summary>
public sealed record StreamTimeouts
{
    /// <summary>TCP accept to TLS done.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>TCP accept, or connect, to authenticated.</summary>
    public TimeSpan Authentication { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>One target of an outbound stream: TCP connect.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>First to last byte of one stanza.</summary>
    public TimeSpan Stanza { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Silence on an established stream before it is closed.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(14);

    /// <summary>Silence of an inbound stream after which a newer one of its pair takes its place: an honest server sends something more often.</summary>
    public TimeSpan Superseded { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The same where there is no room for both: who comes anew knows better than we whether the old connection is dead.</summary>
    public TimeSpan Displaced { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A dialback lookup, from request to answer.</summary>
    public TimeSpan Verification { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stanza waits for an outbound stream to come up.</summary>
    public TimeSpan Pending { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a source is paused for a full target that takes nothing before its stanzas are bounced.</summary>
    public TimeSpan Stalled { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>One write to a peer that takes nothing; then its stream is cut, and what waits for it waits for the next one.</summary>
    public TimeSpan Write { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The oldest stanza that a peer has not acknowledged (XEP-0198), before its stream is ended: twice as long as a peer like us lets a stanza wait for its
    /// target.
    /// </summary>
    public TimeSpan Acknowledgement { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Bytes that the other side's TCP does not acknowledge, before the system ends the connection (<c>TCP_USER_TIMEOUT</c>, on Linux). It also counts while the other side answers and takes nothing: so it is
    /// longer than <see cref="Write"/>, by which a target that is full is long given up, and than <see cref="Acknowledgement"/>.
    /// </summary>
    public TimeSpan UserTimeout { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>How long after its loss a stream may be resumed (XEP-0198): as long as a sender should wait for word of a stanza.</summary>
    public TimeSpan Resumption { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long stanzas wait for a partner to resume its stream that carried them; then they go on one of ours, and what that stream held is answered.</summary>
    public TimeSpan Comeback { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Our end tag to the connection's end.</summary>
    public TimeSpan Close { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>SIGTERM to exit.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>First wait after a failed outbound attempt; doubled at each further one, with full jitter.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait between outbound attempts.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(300);
}
