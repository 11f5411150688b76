using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Streams;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Transport;

/// <summary>One place to connect to.</summary>
/// <param name="Service">Host, port and whether TLS comes first.</param>
/// <param name="Address">The address where the configuration gives one; null: the host's, from DNS.</param>
/// <param name="Stranger">The domain is nobody's that the configuration lists: its DNS may send us to public addresses alone.</param>
internal sealed record OutboundTarget(SrvTarget Service, IPAddress? Address, bool Stranger = false)
{
    /// <summary>DNSSEC vouches for the SRV record, or that there is none: nobody but the domain's owner can have sent us there.</summary>
    public bool Secure { get; init; }

    public override string ToString() => Address is null ? Service.ToString() : new IPEndPoint(Address, Service.Port).ToString();

    /// <summary>With what its SRV record says of its turn.</summary>
    public string Describe() => FromSrv ? FormattableString.Invariant($"{this}, priority {Service.Priority}, weight {Service.Weight}") : ToString();

    /// <summary>The configuration names it.</summary>
    public bool Configured { get; init; }

    /// <summary>An SRV record names it.</summary>
    public bool FromSrv { get; init; }
}

/// <summary>Where to connect for a domain, in order; empty with the reason why not.</summary>
/// <param name="Targets">At most 32.</param>
/// <param name="Absent">There is no service, and asking again soon will not help.</param>
/// <param name="Detail">Why there are none.</param>
internal sealed record TargetPlan(IReadOnlyList<OutboundTarget> Targets, bool Absent, string Detail)
{
    /// <summary>What the DNS did, where it is not known whether there are any.</summary>
    public DnsFailure Failure { get; init; }

    /// <summary>The targets in a line, or why there are none.</summary>
    public string Describe() => Targets switch
    {
        [] => Detail,
        [{ FromSrv: true }, ..] => "SRV: " + string.Join("; ", Targets.Select(target => target.Describe())),
        [{ Configured: true } only] => "configured: " + only,
        _ => "no SRV records: " + Targets[0],
    };
}

/// <summary>A connection, or why there is none; NoAddress: the DNS says for certain that the target has no address.</summary>
internal sealed record ConnectOutcome(Socket? Socket, string Failure, bool NoAddress = false)
{
    /// <summary>The address and port that answered.</summary>
    public string Address { get; init; } = string.Empty;

    /// <summary>An address was tried: it is not the DNS, or policy, that has kept us away.</summary>
    public bool Tried { get; init; }
}

/// <summary>
/// Everything about connecting to a peer that policy and configuration know: where (SRV, a partner's proxy, an internal server's address), on which
/// terms, trusting whom.
/// </summary>
internal sealed class OutboundConnector(
    EdgeOptions options, LivePolicy policy, RouteTable routes, PeerTrust trust, EdgeCertificates certificates, IDnsResolver dns, TlsaLookup tlsa, TimeProvider time)
{
    private readonly XmppServiceResolver listed = new(dns, time, options: new XmppServiceOptions
    {
        AllowAddress = AddressPolicy.AnyExcept([.. options.DeniedNetworks]),
    });

    private readonly XmppServiceResolver strangers = new(dns, time, options: new XmppServiceOptions
    {
        AllowAddress = AddressPolicy.PublicExcept([.. options.DeniedNetworks], [.. options.AllowedNetworks]),
    });

    /// <summary>The terms of the pair's remote side now; null when it is not allowed any more.</summary>
    public NegotiationTerms? TermsFor(DomainPair pair) => routes.Local(pair.Remote)?.BackEnd switch
    {
        BackEndOptions.Server server => server.Terms,
        BackEndOptions.Component => null,
        _ => policy.Allowed(pair.Remote.Utf8)?.Terms,
    };

    /// <summary>All that policy says now of connecting to the pair's remote side.</summary>
    public OutboundTerms OutboundTermsFor(DomainPair pair)
        => new(TermsFor(pair), routes.IsLocal(pair.Remote) ? null : policy.Current.Find(pair.Remote)?.Proxy, trust.DemandFor(pair.Remote) with { Known = [] });

    public TlsUpgrade TlsFor(DomainPair pair, OutboundTarget target)
        => new ClientTls(certificates, pair.Local, pair.Remote, target.Service.DirectTls, trust.DemandFor, time);

    public async Task<TargetPlan> FindAsync(DomainPair pair, CancellationToken cancellation)
    {
        if (routes.Local(pair.Remote)?.BackEnd is BackEndOptions.Server server)
            return Fixed(server.Host, server.Port);
        var partner = policy.Current.Find(pair.Remote);
        if (partner?.Proxy is { } proxy)
            return Fixed(proxy.Host, proxy.Port ?? XmppServiceOptions.DefaultPort);
        var stranger = partner?.Domain is null;
        return await (stranger ? strangers : listed).ResolveAsync(pair.Remote.Ascii, cancellation) switch
        {
            ServicePlan.Targets targets => Usable(targets, TermsFor(pair), stranger),
            ServicePlan.Absent absent => new TargetPlan([], Absent: true, Text(absent.Reason)),
            ServicePlan.Failed failed => new TargetPlan([], Absent: false, $"the DNS does not say where: {failed.Reason}") { Failure = failed.Reason },
            _ => throw new InvalidOperationException("an unknown plan"),
        };
    }

    /// <summary>All addresses of the target that it may be connected to.</summary>
    public async Task<TargetAddresses> AddressesAsync(OutboundTarget target, CancellationToken cancellation)
        => target.Address is { } address
            ? new TargetAddresses([new IPEndPoint(address, target.Service.Port)], [], DnsFailure.None)
            : await (target.Stranger ? strangers : listed).ResolveAllAddressesAsync(target.Service, cancellation);

    /// <summary>Where policy has no TLS, a target that begins with it is none.</summary>
    private static TargetPlan Usable(ServicePlan.Targets plan, NegotiationTerms? terms, bool stranger)
    {
        var usable = plan.Ordered.Where(t => !t.DirectTls || terms is not { OffersTls: false })
            .Select(t => new OutboundTarget(t, Address: null, stranger) { FromSrv = plan.FromSrv, Secure = plan.Authenticated }).ToList();
        return new TargetPlan(usable, Absent: usable.Count == 0, usable.Count == 0 ? "all its SRV records are for direct TLS, and policy has no TLS" : string.Empty);
    }

    /// <summary>Connects to one of the target's addresses (RFC 8305).</summary>
    public async Task<ConnectOutcome> ConnectAsync(OutboundTarget target, CancellationToken cancellation)
    {
        var eyeballs = new HappyEyeballs(time, new HappyEyeballsOptions { Timeout = options.Timeouts.Connect });
        var race = target.Address is { } address
            ? await eyeballs.ConnectAsync([new IPEndPoint(address, target.Service.Port)], HappyEyeballs.OpenSocketAsync, cancellation)
            : await eyeballs.ConnectAsync((target.Stranger ? strangers : listed).ResolveAddressesAsync(target.Service, cancellation), HappyEyeballs.OpenSocketAsync, cancellation);
        if (race is not RaceResult<Socket>.Connected connected)
        {
            return new ConnectOutcome(Socket: null, race.ToString(), race is RaceResult<Socket>.Failed { Reason: RaceFailure.NoAddress })
            {
                Tried = race is RaceResult<Socket>.Failed { Reason: RaceFailure.AllFailed } or RaceResult<Socket>.Failed { Failures.IsEmpty: false },
            };
        }

        UserTimeout.Set(connected.Connection, options.Timeouts.UserTimeout);
        return new ConnectOutcome(connected.Connection, string.Empty) { Address = connected.EndPoint.ToString() };
    }

    /// <summary>Whether policy lets TLSA records speak of the pair's remote side, and how loudly.</summary>
    public DaneUse DaneFor(DomainPair pair) => trust.DemandFor(pair.Remote).Rules.Dane;

    /// <summary>What TLSA records say of the certificate at a target.</summary>
    public Task<TlsaFindings> FindTlsaAsync(DomainPair pair, OutboundTarget target, CancellationToken cancellation) => tlsa.FindAsync(pair.Remote, target, cancellation);

    /// <summary>What TLSA records say of the certificates at all places of the pair's remote side: it has connected to us, from nobody knows where (RFC 7712 section 5).</summary>
    public Task<TlsaFindings> FindTlsaAsync(DomainPair pair, CancellationToken cancellation) => tlsa.FindAsync(pair.Remote, stop => FindAsync(pair, stop), cancellation);

    /// <summary>Where <c>see-other-host</c> sends us from a target, within what policy lets DNS send us to.</summary>
    /// <param name="from">Who said so.</param>
    /// <param name="text"><c>host</c> or <c>host:port</c>, as the peer wrote it.</param>
    /// <param name="target">The new target.</param>
    /// <param name="refusal">Why there is none.</param>
    public bool TryRedirect(OutboundTarget from, string text, [NotNullWhen(true)] out OutboundTarget? target, [NotNullWhen(false)] out string? refusal)
    {
        (target, refusal) = (null, "it is no host and port");
        if (!HostAndPort.TryParse(text, out var host, out var port) || Fixed(host, port ?? XmppServiceOptions.DefaultPort) is not { Targets: [var there, ..] })
            return false;
        refusal = "its address or port is denied";
        if (!AllowedPort(there.Service.Port) || (there.Address is { } address && !AllowedAddress(address, from.Stranger)))
            return false;
        target = there with { Stranger = from.Stranger };
        refusal = null;
        return true;
    }

    private static bool AllowedPort(ushort port) => new XmppServiceOptions().AllowPort(port);

    private bool AllowedAddress(IPAddress address, bool stranger) => stranger
        ? AddressPolicy.PublicExcept([.. options.DeniedNetworks], [.. options.AllowedNetworks])(address)
        : AddressPolicy.AnyExcept([.. options.DeniedNetworks])(address);

    private static string Text(ServiceAbsence absence) => absence switch
    {
        ServiceAbsence.DecidedlyAbsent => "the SRV record's target is '.': the domain says that it has no such service",
        ServiceAbsence.PortsRefused => "every SRV target has a port that is never connected to: 0, 22 or 25",
        ServiceAbsence.NotADnsName => "the domain is an address, or too long for DNS",
        _ => "the domain has neither SRV records nor addresses",
    };

    private static TargetPlan Fixed(string host, int port)
    {
        if (IPAddress.TryParse(host, out var address))
            return new TargetPlan([new OutboundTarget(new SrvTarget(DnsName.Root, (ushort)port, DirectTls: false, 0, 0), address) { Configured = true }], Absent: false, string.Empty);
        return DnsName.TryParse(host, out var name)
            ? new TargetPlan([new OutboundTarget(new SrvTarget(name, (ushort)port, DirectTls: false, 0, 0), Address: null) { Configured = true }], Absent: false, string.Empty)
            : new TargetPlan([], Absent: true, "the configured host is not a DNS name");
    }
}
