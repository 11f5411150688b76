using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Tests.Fixture;

/// <summary>
/// The node of <see cref="EdgeFixture"/>, whose policy on p1.example each test chooses; the canary's partner is left alone. Its clock stands still: what one
/// test showed as available is not taken back in the next one.
/// </summary>
public sealed class PolicyFixture : VirtualTimeFixture
{
    /// <summary>Puts rules for p1.example in force.</summary>
    public Task UseAsync(RulesDocument? rules, PartnerMode mode = PartnerMode.Enforce)
        => Node.PublishAsync(Compile(new PartnerDocument { Domain = "p1.example", Rules = rules, Mode = mode }));

    /// <summary>Puts the policy of these documents in force.</summary>
    public Task UseAsync(params PolicyDocument[] documents)
    {
        var compiled = PolicyCompiler.Compile(documents, version: 42, Locals);
        return Node.PublishAsync(compiled.Snapshot ?? throw new InvalidOperationException(string.Join('\n', compiled.Problems)));
    }

    private static readonly DomainName[] Locals = [DomainName.Parse("edge.example"), DomainName.Parse("away.example")];

    private static PolicySnapshot Compile(PartnerDocument partner)
    {
        var compiled = PolicyCompiler.Compile([partner, new PartnerDocument { Domain = "p2.example" }], Locals);
        return compiled.Snapshot ?? throw new InvalidOperationException(string.Join('\n', compiled.Problems));
    }
}
