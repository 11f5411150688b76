using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Tests.Fixture;

/// <summary>The node of <see cref="EdgeFixture"/>, whose policy on p1.example each test chooses; the canary's partner is left alone.</summary>
public sealed class PolicyFixture : EdgeFixture
{
    /// <summary>Puts rules for p1.example in force.</summary>
    public Task UseAsync(RulesDocument? rules, PartnerMode mode = PartnerMode.Enforce)
        => Node.PublishAsync(Compile(new PartnerDocument { Domain = "p1.example", Rules = rules, Mode = mode }));

    private static PolicySnapshot Compile(PartnerDocument partner)
    {
        var compiled = PolicyCompiler.Compile([partner, new PartnerDocument { Domain = "p2.example" }], [DomainName.Parse("edge.example"), DomainName.Parse("away.example")]);
        return compiled.Snapshot ?? throw new InvalidOperationException(string.Join('\n', compiled.Problems));
    }
}
