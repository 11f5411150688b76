using EdgePool.Policy.Documents;

namespace EdgePool.Policy.Partners;

/// <summary>Compiles a written rate.</summary>
internal static class RateCompiler
{
    /// <summary>What may come at once after a quiet time where no burst is written, in seconds' worth.</summary>
    private const int DefaultBurstSeconds = 2;

    /// <summary>Null when no limit is written.</summary>
    public static Rate? Compile(RateDocument? written, string path, DocumentProblems problems)
    {
        if (written is null)
        {
            return null;
        }

        if (written is { BytesPerSecond: null, StanzasPerSecond: null })
        {
            problems.Error(path, "this is no rate", "write bytesPerSecond, stanzasPerSecond or both, or remove rate");
            return null;
        }

        if (written is { Burst: not null, StanzasPerSecond: null })
        {
            problems.Error(path + ".burst", "a burst is counted in stanzas", "write stanzasPerSecond too, or remove burst");
        }

        if (written.Burst < written.StanzasPerSecond)
        {
            problems.Error(path + ".burst", "the burst is less than one second's stanzas", "write at least stanzasPerSecond, or remove burst");
        }

        var stanzas = written.StanzasPerSecond ?? 0;
        var burst = written.Burst ?? stanzas * DefaultBurstSeconds;
        var seconds = stanzas == 0 ? DefaultBurstSeconds : (double)burst / stanzas;
        return new Rate(written.BytesPerSecond, (long)((written.BytesPerSecond ?? 0) * seconds), written.StanzasPerSecond, burst);
    }
}
