using EdgePool.Dns;

namespace EdgePool.Testing.Dns;

/// <summary>The same numbers in each run.</summary>
public sealed class SeededRandomSource(int seed) : IRandomSource
{
    private readonly Lock gate = new();
    private readonly Random random = new(seed);

    public long Next(long exclusiveMax)
    {
        lock (gate)
        {
            return random.NextInt64(exclusiveMax);
        }
    }
}
