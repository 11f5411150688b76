using Xunit;

namespace EdgePool.Edge.Tests.Negotiation;

/// <summary>
/// XEP-0238, sections 4 to 9: the flows between its six types of servers, as files in Scenarios, each with our node on the one side and then on the other. Its table
/// of results contradicts four of its flows (2 to 3, 2 to 5, 3 to 3, 3 to 5): the flows are what counts. Where ours deviates, the file says so: XEP-0238 is
/// from 2008, and RFC 6120 and XEP-0220 have decided since.
/// </summary>
public sealed class FlowScenarioTests
{
    public static TheoryData<string, string> Flows
    {
        get
        {
            var flows = new TheoryData<string, string>();
            foreach (var scenario in Scenario.Names.Where(name => name.StartsWith("type", StringComparison.Ordinal)).Select(name => Scenario.Read(name)))
            {
                if (!scenario.Initiator.IsOld)
                    flows.Add(scenario.Name, "initiates");
                if (!scenario.Receiver.IsOld)
                    flows.Add(scenario.Name, "receives");
            }

            return flows;
        }
    }

    [Theory]
    [MemberData(nameof(Flows))]
    public Task Flow_WithOurNodeOnOneSide_IsAsWritten(string scenario, string node) => ScenarioRun.PlayAsync(Scenario.Read(scenario), initiates: node is "initiates");

    // Type 1 to type 1 is a flow between two old servers.
    [Fact]
    public void Flows_OfAllTypes_AreThere()
    {
        var pairs = from i in Enumerable.Range(1, 6) from r in Enumerable.Range(1, 6) where i + r > 2 select $"type{i}-to-type{r}";
        Assert.Empty(pairs.Except(Scenario.Names));
    }

    // V: dialback, E: dialback over TLS, T: SASL EXTERNAL, U: refused; initiating types downwards.
    [Theory]
    [InlineData(1, " VVUUU")]
    [InlineData(2, "VVVEEU")]
    [InlineData(3, "VVVETT")]
    [InlineData(4, "UEEEEU")]
    [InlineData(5, "UETETT")]
    [InlineData(6, "UUTUTT")]
    public void Flows_OfOneType_ComeToWhatTheFlowsOfTheXepDo(int initiating, string results)
        => Assert.Equal(results, string.Concat(Enumerable.Range(1, 6).Select(r => r + initiating == 2 ? " " : Scenario.Read($"type{initiating}-to-type{r}").Outcome switch
        {
            "DialbackOverTcp" => "V",
            "DialbackOverTls" => "E",
            "SaslExternal" => "T",
            _ => "U",
        })));
}
