using BenchmarkDotNet.Attributes;

namespace EdgePool.Benchmarks.Framing;

/// <summary>The stanza path's parser against System.Xml, per stanza.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class FramingBenchmarks
{
    private const int Count = 300;

    private StanzaPasses passes = new([]);

    [Params("chat", "presence", "room", "mixed")]
    public string Stanza { get; set; } = "mixed";

    [GlobalSetup]
    public void Setup() => passes = new StanzaPasses(Stanza switch
    {
        "chat" => StanzaSamples.Stream([StanzaSamples.Chat], Count),
        "presence" => StanzaSamples.Stream([StanzaSamples.Presence], Count),
        "room" => StanzaSamples.Stream([StanzaSamples.Room], Count),
        _ => StanzaSamples.Mixed(Count),
    });

    [Benchmark(Baseline = true, OperationsPerInvoke = Count)]
    public int XmlReader() => passes.XmlReader();

    [Benchmark(OperationsPerInvoke = Count)]
    public int ReadAndWrite() => passes.ReadAndWrite();

    [Benchmark(OperationsPerInvoke = Count)]
    public int ReadOnly() => passes.Read();
}
