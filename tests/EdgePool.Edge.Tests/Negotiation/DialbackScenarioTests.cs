using Xunit;

namespace EdgePool.Edge.Tests.Negotiation;

/// <summary>
/// XEP-0220: its examples, with the XEP's own domains, secrets, stream ids and keys, as files in Scenarios; and its nine error conditions.
/// </summary>
/// <remarks>
/// Elsewhere: example 17 (the feature) in StartTlsTests; section 2.4.1 (the namespace) in OutboundStreamTests; keys in DialbackKeysTests; each state of a stream
/// in ReceivingServerTests and AuthoritativeServerTests; hostile answers in Hostile.DialbackTests; results between two nodes in FederationTableTests.
/// </remarks>
public sealed class DialbackScenarioTests
{
    /// <summary>The table of section 2.5.</summary>
    public static TheoryData<string> Conditions { get; } =
    [
        "item-not-found", "remote-connection-failed", "remote-server-not-found", "remote-server-timeout", "policy-violation", "not-authorized", "forbidden",
        "not-acceptable", "resource-constraint",
    ];

    public static TheoryData<string> Examples => [.. Scenario.Names.Where(name => name.StartsWith("dialback-example-", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Examples))]
    public Task Example_OfTheXep_IsAsWritten(string scenario) => PlayAsync(scenario);

    [Theory]
    [MemberData(nameof(Conditions))]
    public Task Error_OfTheReceivingServer_IsNoFaultOfTheStanzas(string condition) => PlayAsync("dialback-error-of-result", condition);

    [Theory]
    [MemberData(nameof(Conditions))]
    public Task Error_OfTheAuthoritativeServer_IsToldAsRemoteServerNotFound(string condition) => PlayAsync("dialback-error-of-verify", condition);

    private static Task PlayAsync(string name, string condition = "")
    {
        var scenario = Scenario.Read(name, condition);
        return ScenarioRun.PlayAsync(scenario, initiates: scenario.Node is "initiates");
    }
}
