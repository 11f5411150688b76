using EdgePool.Edge.Partners;
using EdgePool.Edge.Tests.Partners;
using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Tests.Fixture;

/// <summary>The node of <see cref="EdgeFixture"/> where p1.example is a public provider whom nobody vouches for; four consents are the most that there can be.</summary>
public sealed class ConsentFixture : EdgeFixture
{
    public const int Most = 4;

    internal FakeJournal Journal { get; } = new();

    /// <summary>A second node on what the first has written.</summary>
    internal EdgeNode Successor() => new(base.Options() with { Consents = Journal }, Log);

    protected override EdgeOptions Options() => base.Options() with { Consents = Journal, ConsentLimits = new ConsentLimits(PerPartner: Most) };

    protected override IReadOnlyList<PartnerDocument> Partners() =>
    [
        new PartnerDocument { Domain = "p1.example", PartnerType = PartnerType.PublicUnverified },
        new PartnerDocument { Domain = "p2.example" },
    ];
}
