using System.Diagnostics;

namespace EdgePool.Benchmarks.Framing;

/// <summary>The ratio that matters, in a few seconds: each side's fastest pass of alternating rounds, so that a busy machine disturbs neither.</summary>
internal static class QuickFraming
{
    private const int Rounds = 12;
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(100);

    public static int Run(TextWriter output)
    {
        foreach (var (name, kinds) in Kinds())
        {
            Measure(output, name, new StanzaPasses(StanzaSamples.Stream(kinds, 300)), 300);
        }

        return 0;
    }

    private static IEnumerable<(string Name, Func<int, string>[] Kinds)> Kinds() =>
    [
        ("chat", [StanzaSamples.Chat]),
        ("presence", [StanzaSamples.Presence]),
        ("room", [StanzaSamples.Room]),
        ("mixed", [StanzaSamples.Chat, StanzaSamples.Presence, StanzaSamples.Room]),
    ];

    private static void Measure(TextWriter output, string name, StanzaPasses passes, int count)
    {
        var reader = double.MaxValue;
        var framer = double.MaxValue;
        var readOnly = double.MaxValue;
        var payloads = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            reader = Math.Min(reader, Time(passes.XmlReader));
            framer = Math.Min(framer, Time(passes.ReadAndWrite));
            readOnly = Math.Min(readOnly, Time(passes.Read));
            payloads = Math.Min(payloads, Time(passes.ReadPayloads));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        passes.ReadAndWrite();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine(
            $"{name,-9} {passes.Stanzas.Length / count,5} B  XmlReader {Rate(passes, reader)} ({Nanoseconds(reader, count)})"
            + $"  framer read {Rate(passes, readOnly)} ({Nanoseconds(readOnly, count)}) {StanzaSamples.Describe(reader / readOnly)} times"
            + $"  read and write {Rate(passes, framer)} ({Nanoseconds(framer, count)}) {StanzaSamples.Describe(reader / framer)} times"
            + $"  payloads {Nanoseconds(payloads - readOnly, count)} more  allocated {allocated} B");
    }

    private static string Nanoseconds(double seconds, int count) => StanzaSamples.Describe(seconds * 1e9 / count) + " ns";

    private static string Rate(StanzaPasses passes, double seconds) => StanzaSamples.Describe(passes.Stanzas.Length / seconds / 1e6) + " MB/s";

    // Seconds of the fastest pass of a round.
    private static double Time(Func<int> pass)
    {
        var start = Stopwatch.GetTimestamp();
        var fastest = TimeSpan.MaxValue;
        do
        {
            var before = Stopwatch.GetTimestamp();
            pass();
            var elapsed = Stopwatch.GetElapsedTime(before);
            fastest = elapsed < fastest ? elapsed : fastest;
        }
        while (Stopwatch.GetElapsedTime(start) < Round);

        return fastest.TotalSeconds;
    }
}
