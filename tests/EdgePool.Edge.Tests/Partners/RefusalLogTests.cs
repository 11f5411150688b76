using System.Globalization;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Verdicts;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>What the operator sees of refusals, and that it is bounded.</summary>
public sealed class RefusalLogTests
{
    [Fact]
    public void Refusals_OfOnePartner_AreTheLastNewestFirst()
    {
        var log = new RefusalLog();
        Assert.Empty(log.Read("p1.example"));
        for (var number = 0; number < RefusalLog.PerPartner + 3; number++)
            log.Add(Refusal("p1.example", number));
        log.Add(Refusal("p2.example", 99));

        var last = log.Read("p1.example");

        Assert.Equal(RefusalLog.PerPartner, last.Count);
        Assert.Equal(Enumerable.Range(3, RefusalLog.PerPartner).Reverse().Select(n => (long)n), last.Select(r => r.Version));
    }

    [Fact]
    public void Refusals_OfMoreStrangersThanTheLimit_AreForgottenFromTheLongestQuiet()
    {
        var log = new RefusalLog(RefusalLog.MostStrangers);
        for (var stranger = 0; stranger <= RefusalLog.MostStrangers; stranger++)
            log.Add(Refusal(Name(stranger), 1));

        Assert.Empty(log.Read(Name(0)));
        Assert.Single(log.Read(Name(1)));
        Assert.Single(log.Read(Name(RefusalLog.MostStrangers)));
    }

    [Fact]
    public void Refusals_OfMorePartnersThanTheLimit_AreForgottenFromTheLongestQuiet()
    {
        var log = new RefusalLog();
        for (var partner = 0; partner < RefusalLog.MostPartners; partner++)
            log.Add(Refusal(Name(partner), 1));
        log.Add(Refusal(Name(0), 2));

        log.Add(Refusal("one-more.example", 1));

        Assert.Equal(2, log.Read(Name(0)).Count);
        Assert.Empty(log.Read(Name(1)));
        Assert.Single(log.Read(Name(2)));
        Assert.Single(log.Read("one-more.example"));
    }

    [Fact]
    public void Counters_ByPartnerAndReason_AreCountedEach()
    {
        var counters = new VerdictCounters();
        counters.Refuse("p1.example", VerdictReason.NotConsented);
        counters.Refuse("p1.example", VerdictReason.NotConsented);
        counters.Observe("p1.example", VerdictReason.KindNotAllowed);
        counters.Strip("p2.example");

        var read = counters.Read().ToDictionary(c => c.Partner);

        Assert.Equal([KeyValuePair.Create(VerdictReason.NotConsented, 2L)], read["p1.example"].Refused);
        Assert.Equal([KeyValuePair.Create(VerdictReason.KindNotAllowed, 1L)], read["p1.example"].Observed);
        Assert.Equal((0, 1L), (read["p2.example"].Refused.Count, read["p2.example"].Stripped));
        Assert.Equal(2, read.Count);
    }

    [Fact]
    public void Counters_OfMorePartnersThanTheLimit_AreCountedTogether()
    {
        var counters = new VerdictCounters();
        for (var partner = 0; partner < VerdictCounters.MostPartners + 2; partner++)
            counters.Strip(Name(partner));
        counters.Strip(Name(0));

        var read = counters.Read().ToDictionary(c => c.Partner, c => c.Stripped);

        Assert.Equal(VerdictCounters.MostPartners + 1, read.Count);
        Assert.Equal((2, 2), (read[VerdictCounters.Others], read[Name(0)]));
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"p{number}.example");

    private static PolicyRefusal Refusal(string partner, long version)
        => new(DateTimeOffset.UnixEpoch, partner, Direction.FromPartner, "a@p1.example", "b@edge.example", "message chat", VerdictReason.KindNotAllowed, version, Observed: false);
}
