namespace EdgePool.Cluster.Entities;

/// <summary>What of a partner is divided among the nodes of a pool.</summary>
public enum BudgetKind : byte
{
    /// <summary>Streams at one time.</summary>
    Streams = 1,

    /// <summary>Stanzas per second that the partner sends.</summary>
    StanzasIn = 2,

    /// <summary>Bytes per second that the partner sends.</summary>
    BytesIn = 3,

    /// <summary>Stanzas per second that we send.</summary>
    StanzasOut = 4,

    /// <summary>Bytes per second that we send.</summary>
    BytesOut = 5,
}

/// <summary>One budget of a pool.</summary>
/// <param name="Holder">Whose it is: a partner's name, or the domain where a partner stands for all others; at most <see cref="LongestHolder"/> bytes of ASCII.</param>
/// <param name="Kind">What it is of.</param>
public readonly record struct BudgetKey(string Holder, BudgetKind Kind)
{
    /// <summary>Bytes of a holder: of a domain name as RFC 7622 bounds it.</summary>
    public const int LongestHolder = 1023;

    /// <summary>The holder of what all partners together may have.</summary>
    public const string Everyone = "";

    /// <summary>The shard whose owner divides it.</summary>
    public int Shard => Sharding.Placement.ShardOf(Holder);
}
