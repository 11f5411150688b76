using System.Text.Json.Serialization;
using EdgePool.Server.Management.Wire;

namespace EdgePool.Server.Cli.Probing;

/// <summary>What a probe found.</summary>
/// <param name="Domain">The domain that it looked at.</param>
/// <param name="From">The domain that it played.</param>
/// <param name="Notes">What the operator has to know of how it was judged.</param>
/// <param name="Resolved">Where the domain is served.</param>
/// <param name="Targets">Each place, in the order in which the edge would try them.</param>
/// <param name="Succeeded">Some place would have us.</param>
/// <param name="Cause">Why there is no place, <c>service-absent</c> or <c>dns-failed</c>; null: there are some.</param>
/// <param name="Remedy">What to do about it.</param>
internal sealed record ProbeView(
    string Domain, string From, IReadOnlyList<string> Notes, StepView Resolved, IReadOnlyList<ProbeTargetView> Targets, bool Succeeded, string? Cause, string? Remedy);

/// <summary>What a probe found at one target.</summary>
/// <param name="Target">Host and port, with what its SRV record says.</param>
/// <param name="DirectTls">TLS from the first byte; else STARTTLS.</param>
/// <param name="Addresses">What came of each address.</param>
/// <param name="Denied">Addresses that are never connected to.</param>
/// <param name="Outcome"><c>authenticated</c>, <c>ready</c> (dialback is left to be tried) or <c>failed</c>.</param>
/// <param name="Negotiation">How far it came.</param>
/// <param name="Chain">Subjects of the certificates behind the peer's own.</param>
/// <param name="ChainFault">What is wrong with the chain; empty: nothing.</param>
internal sealed record ProbeTargetView(
    string Target,
    bool DirectTls,
    IReadOnlyList<ProbeAddressView> Addresses,
    IReadOnlyList<string> Denied,
    string Outcome,
    NegotiationView Negotiation,
    IReadOnlyList<string> Chain,
    string ChainFault);

/// <summary>What came of connecting to one address.</summary>
/// <param name="EndPoint">The address and port.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Fault">Why there is no connection; null: there is one.</param>
internal sealed record ProbeAddressView(string EndPoint, double Milliseconds, string? Fault);

/// <summary>The JSON of a probe.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(ProbeView))]
internal sealed partial class ProbeJson : JsonSerializerContext;
