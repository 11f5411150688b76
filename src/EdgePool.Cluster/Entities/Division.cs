namespace EdgePool.Cluster.Entities;

/// <summary>
/// Divides a budget by demand. Where there is enough, each node has what it asks for and of the rest as much as the others, for the time when nobody can be asked; where there is
/// not, nobody has more than another that goes short.
/// </summary>
internal static class Division
{
    /// <summary>Of a rate, a node that asks for nothing keeps this part of an even share.</summary>
    private const int IdlePart = 10;

    /// <summary>The shares, in the order of the demands; together they are the whole.</summary>
    /// <param name="kind">Of a rate, nobody is left without.</param>
    /// <param name="whole">What is divided; not negative.</param>
    /// <param name="demands">What each node could use, at least one; who comes first has what is left over.</param>
    public static long[] Of(BudgetKind kind, long whole, ReadOnlySpan<long> demands)
    {
        var least = kind == BudgetKind.Streams ? 0 : Math.Max(1, whole / (IdlePart * demands.Length));
        var shares = new long[demands.Length];
        var left = whole;
        foreach (var demand in Levels(demands))
        {
            left = RaiseTo(Math.Max(demand, least), shares, demands, least, left);
        }

        for (var i = 0; i < shares.Length; i++)
        {
            shares[i] += (left / shares.Length) + (left % shares.Length > i ? 1 : 0);
        }

        return shares;
    }

    private static long[] Levels(ReadOnlySpan<long> demands)
    {
        var levels = demands.ToArray();
        Array.Sort(levels);
        return levels;
    }

    /// <summary>Brings all who ask for more than they have up to a level, or evenly as far as it goes; says what is left.</summary>
    private static long RaiseTo(long level, long[] shares, ReadOnlySpan<long> demands, long least, long left)
    {
        var (asking, have) = (0, 0L);
        for (var i = 0; i < shares.Length; i++)
        {
            if (Math.Max(demands[i], least) >= level && shares[i] < level)
            {
                (asking, have) = (asking + 1, shares[i]); // who still asks has as much as the others that do
            }
        }

        if (asking == 0)
        {
            return left;
        }

        var (each, over) = (level - have) <= left / asking ? (level - have, 0) : (left / asking, left % asking);
        for (var i = 0; i < shares.Length; i++)
        {
            if (Math.Max(demands[i], least) >= level && shares[i] == have)
            {
                var more = each + (over-- > 0 ? 1 : 0);
                shares[i] += more;
                left -= more;
            }
        }

        return left;
    }
}
