using EdgePool.Cluster.Entities;
using EdgePool.Testing.Pool;
using EdgePool.Testing.Time;

namespace EdgePool.Cluster.Tests.Entities;

/// <summary>What passes of a rate that is one for three nodes, when more is offered than may pass, now here and now there.</summary>
public sealed class RateDemandTests
{
    private const long Whole = 300;
    private const int StepsPerSecond = 10;
    private static readonly string[] Nodes = ["node-a", "node-b", "node-c"];

    [Fact]
    public void Offered_MoreThanTheWhole_NineTenthsPassWhereverItComes()
    {
        var time = new VirtualTimeProvider();
        var pool = new BooksOfAPool(time, Nodes);
        pool.Rounds();
        RateShare[] shares = [.. Nodes.Select(node => pool[node].Measure(new BudgetKey("fabrikam.example", BudgetKind.StanzasIn), Whole))];
        double[] waiting = [0, 0, 0];
        foreach (var offered in new[] { new[] { 400, 0, 0 }, [20, 60, 400], [0, 450, 20], [200, 200, 200], [0, 0, 310] })
        {
            var passed = 0L;
            for (var step = 0; step < 18 * StepsPerSecond; step++)
            {
                for (var i = 0; i < shares.Length; i++)
                {
                    waiting[i] += (double)offered[i] / StepsPerSecond;
                    var may = shares[i].Now / StepsPerSecond;
                    var now = Math.Min((long)waiting[i], may);
                    shares[i].Use(now);
                    waiting[i] -= now;
                    if (waiting[i] >= 1)
                    {
                        shares[i].HoldBack();
                    }

                    passed += step >= 3 * StepsPerSecond ? now : 0; // the shares need a moment to follow
                }

                Assert.True(shares.Sum(share => share.Now) <= Whole);
                time.Advance(TimeSpan.FromSeconds(1.0 / StepsPerSecond));
                if (step % (StepsPerSecond / 2) == 0)
                {
                    pool.Rounds(1);
                }
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"offered {string.Join(", ", offered)}: {passed / 15} a second passed");
            Assert.InRange(passed / 15.0, 0.9 * Whole, Whole);
        }
    }
}
