namespace EdgePool.Xmpp.Framing;

/// <summary>
/// Which of a stanza's children are left out when it is written: children are counted from 0 in document order, text not counted. The first 63 can be
/// named one by one; the last bit stands for all from number 63 on, so whoever leaves out one of those leaves out them all.
/// </summary>
public readonly record struct PayloadMask
{
    private const int Rest = 63;

    private readonly ulong children;

    private PayloadMask(ulong children) => this.children = children;

    /// <summary>Every child.</summary>
    public static PayloadMask All { get; } = new(ulong.MaxValue);

    /// <summary>Nothing is left out.</summary>
    public bool IsEmpty => children == 0;

    /// <summary>This mask and that child.</summary>
    public PayloadMask Add(int child)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(child);
        return new PayloadMask(children | Bit(child));
    }

    /// <summary>The child is left out.</summary>
    public bool Contains(int child) => (children & Bit(child)) != 0;

    private static ulong Bit(int child) => 1UL << Math.Min(child, Rest);
}
