using EdgePool.Edge.Telemetry;

namespace EdgePool.Edge.Probing;

/// <summary>What a probe found. Every text of a peer in it is fit for a log: see <see cref="LogText"/>.</summary>
/// <param name="Resolved">Where the domain is served, and how long it took to find out.</param>
/// <param name="Targets">Each place, in the order in which the edge would try them.</param>
public sealed record ProbeReport(NegotiationStep Resolved, IReadOnlyList<ProbeTarget> Targets)
{
    /// <summary>Why there is no place; null: there are some.</summary>
    public Xmpp.Streams.StreamEndReason? Failure { get; init; }

    /// <summary>Some place would have us.</summary>
    public bool Succeeded => Targets.Any(target => target.Succeeded);
}

/// <summary>What a probe found at one target.</summary>
/// <param name="Target">Host and port, with what its SRV record says.</param>
/// <param name="DirectTls">TLS from the first byte; else STARTTLS.</param>
/// <param name="Addresses">What came of each address; the negotiation is with the first that answered.</param>
/// <param name="Denied">Addresses that are never connected to: see <see cref="EdgeOptions.DeniedNetworks"/>.</param>
/// <param name="Negotiation">How far it came. Without a failure and without a method, it is ready: dialback alone is left to be tried.</param>
public sealed record ProbeTarget(
    string Target, bool DirectTls, IReadOnlyList<ProbeAddress> Addresses, IReadOnlyList<string> Denied, NegotiationRecord Negotiation)
{
    /// <summary>Subjects of the certificates that the peer sent behind its own.</summary>
    public IReadOnlyList<string> Chain { get; init; } = [];

    /// <summary>What is wrong with the certificate's chain, as the platform names it; empty: nothing.</summary>
    public string ChainFault { get; init; } = string.Empty;

    /// <summary>It would have us: authenticated, or ready.</summary>
    public bool Succeeded => Negotiation.Failure is null;
}

/// <summary>What came of connecting to one address.</summary>
/// <param name="EndPoint">The address and port.</param>
/// <param name="Took">How long it took.</param>
/// <param name="Fault">Why there is no connection; null: there is one.</param>
public sealed record ProbeAddress(string EndPoint, TimeSpan Took, string? Fault);
