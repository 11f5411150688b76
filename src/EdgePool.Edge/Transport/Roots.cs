using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Transport;

/// <summary>Compares trust by what it says: each compilation of a policy makes its roots anew.</summary>
internal static class Roots
{
    /// <summary>True when both trust the same roots, written in the same order.</summary>
    public static bool Same(TrustAnchors one, TrustAnchors other)
    {
        if (ReferenceEquals(one, other))
            return true;
        if (one.System != other.System || one.Roots.Count != other.Roots.Count)
            return false;
        for (var i = 0; i < one.Roots.Count; i++)
        {
            if (!one.Roots[i].RawDataMemory.Span.SequenceEqual(other.Roots[i].RawDataMemory.Span))
                return false;
        }

        return true;
    }
}
