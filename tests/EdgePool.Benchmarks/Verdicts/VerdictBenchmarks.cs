using BenchmarkDotNet.Attributes;

namespace EdgePool.Benchmarks.Verdicts;

/// <summary>What a verdict costs, the partner's look-up included, beside 10 partners and beside 50,000 with 200,000 consents and 100,000 grants.</summary>
[MemoryDiagnoser]
public class VerdictBenchmarks
{
    private const int Times = 1_000;

    private VerdictScene scene = null!;

    [Params(10, 50_000)]
    public int Partners { get; set; }

    [Params("chat", "chat with payloads", "presence", "request")]
    public string Stanza { get; set; } = "";

    [GlobalSetup]
    public void Setup() => scene = QuickVerdicts.Scene(Partners, QuickVerdicts.Stanzas[Stanza]);

    [Benchmark(OperationsPerInvoke = Times)]
    public int OnePair() => scene.JudgeOne(Times);

    [Benchmark(OperationsPerInvoke = VerdictScene.Pairs)]
    public int ManyPairsWithTheirAddresses() => scene.JudgeAll();

    [Benchmark(OperationsPerInvoke = VerdictScene.Pairs)]
    public int AddressesAlone() => scene.ParseAll();
}
