namespace EdgePool.Edge;

/// <summary>One source for all threads of a node. Who draws in the same order from the same seed draws the same.</summary>
/// <param name="source">For one thread at a time.</param>
internal sealed class SharedRandom(Random source) : Random
{
    private readonly Lock gate = new();

    public override int Next()
    {
        lock (gate)
            return source.Next();
    }

    public override int Next(int maxValue)
    {
        lock (gate)
            return source.Next(maxValue);
    }

    public override int Next(int minValue, int maxValue)
    {
        lock (gate)
            return source.Next(minValue, maxValue);
    }

    public override long NextInt64()
    {
        lock (gate)
            return source.NextInt64();
    }

    public override long NextInt64(long maxValue)
    {
        lock (gate)
            return source.NextInt64(maxValue);
    }

    public override long NextInt64(long minValue, long maxValue)
    {
        lock (gate)
            return source.NextInt64(minValue, maxValue);
    }

    public override float NextSingle()
    {
        lock (gate)
            return source.NextSingle();
    }

    public override double NextDouble()
    {
        lock (gate)
            return source.NextDouble();
    }

    public override void NextBytes(byte[] buffer)
    {
        lock (gate)
            source.NextBytes(buffer);
    }

    public override void NextBytes(Span<byte> buffer)
    {
        lock (gate)
            source.NextBytes(buffer);
    }
}
