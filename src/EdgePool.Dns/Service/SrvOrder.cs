using System.Collections.Immutable;

namespace EdgePool.Dns.Service;

/// <summary>
/// The order in which to try SRV targets (RFC 2782, "Usage rules"): ascending priority, and among equal priorities a weighted draw:
/// those of weight 0 first, a uniform number from 0 to the sum of the weights, and the first target whose running sum reaches it.
/// The remaining ones stand in any order before each draw, so they are shuffled: else the first of several with weight 0 would always win.
/// </summary>
public static class SrvOrder
{
    /// <summary>The first <paramref name="count"/> targets in the order to try. A pure function of the targets and the random numbers.</summary>
    public static ImmutableArray<SrvTarget> Arrange(IReadOnlyCollection<SrvTarget> targets, int count, IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(random);
        var ordered = ImmutableArray.CreateBuilder<SrvTarget>();
        foreach (var group in targets.GroupBy(target => target.Priority).OrderBy(group => group.Key))
        {
            Draw([.. group], count, random, ordered);
        }

        return ordered.ToImmutable();
    }

    private static void Draw(List<SrvTarget> remaining, int count, IRandomSource random, ImmutableArray<SrvTarget>.Builder ordered)
    {
        Shuffle(remaining, random);
        remaining = [.. remaining.OrderBy(target => target.Weight == 0 ? 0 : 1)];

        // 65,535 targets of weight 65,535 sum up below 2^32: no overflow in 64 bits.
        var sum = remaining.Sum(target => (long)target.Weight);
        while (remaining.Count != 0 && ordered.Count < count)
        {
            var index = IndexOf(remaining, random.Next(sum + 1));
            sum -= remaining[index].Weight;
            ordered.Add(remaining[index]);
            remaining.RemoveAt(index);
        }
    }

    private static int IndexOf(List<SrvTarget> targets, long draw)
    {
        var running = 0L;
        for (var i = 0; i < targets.Count - 1; i++)
        {
            running += targets[i].Weight;
            if (running >= draw)
            {
                return i;
            }
        }

        return targets.Count - 1;
    }

    private static void Shuffle(List<SrvTarget> targets, IRandomSource random)
    {
        for (var i = targets.Count - 1; i > 0; i--)
        {
            var other = (int)random.Next(i + 1L);
            (targets[i], targets[other]) = (targets[other], targets[i]);
        }
    }
}
