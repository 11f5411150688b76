using System.Security.Cryptography;

namespace EdgePool.Dns;

/// <summary>Where message ids, the case of a question's letters and the draws of RFC 2782 come from. Safe for use from several threads.</summary>
public interface IRandomSource
{
    /// <summary>A uniform number in [0, <paramref name="exclusiveMax"/>).</summary>
    /// <param name="exclusiveMax">At least 1.</param>
    long Next(long exclusiveMax);
}

/// <summary>The operating system's random generator: what a resolver that faces spoofers needs (RFC 5452 section 9.2).</summary>
public sealed class CryptographicRandomSource : IRandomSource
{
    /// <summary>The one instance; it holds no state.</summary>
    public static CryptographicRandomSource Instance { get; } = new();

    private CryptographicRandomSource()
    {
    }

    /// <inheritdoc/>
    public long Next(long exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exclusiveMax, 1);
        if (exclusiveMax <= int.MaxValue)
        {
            return RandomNumberGenerator.GetInt32((int)exclusiveMax);
        }

        // Draw again in the last, incomplete multiple: the rest is uniform.
        var bound = long.MaxValue - (long.MaxValue % exclusiveMax);
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        long draw;
        do
        {
            RandomNumberGenerator.Fill(bytes);
            draw = BitConverter.ToInt64(bytes) & long.MaxValue;
        }
        while (draw >= bound);
        return draw % exclusiveMax;
    }
}
