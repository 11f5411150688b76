using System.Diagnostics;
using System.Globalization;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Benchmarks.Verdicts;

/// <summary>Verdicts beside few partners and beside many, and what loading many costs; in seconds. Rounds alternate, and each side's fastest pass counts.</summary>
internal static class QuickVerdicts
{
    private const int Few = 10;
    private const int Many = 50_000;
    private const int Rounds = 15;
    private const int Times = 20_000;
    private const int Some = 64;

    public static IReadOnlyDictionary<string, string> Stanzas { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["chat"] = "<message type='chat' id='1'><body>See you at ten.</body></message>",
        ["chat with payloads"] = "<message type='chat' id='1'><body>See you at ten.</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><origin-id xmlns='urn:xmpp:sid:0' id='1'/></message>",
        ["presence"] = "<presence><show>away</show><status>lunch</status><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/></presence>",
        ["request"] = "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
    };

    /// <summary>Few partners go with few grants and consents.</summary>
    public static VerdictScene Scene(int partners, string stanza)
        => new(partners, grants: partners * 2, consents: partners * 4, stanza);

    public static int Run(TextWriter output)
    {
        Load(output, partners: Many, grants: 0);
        Load(output, partners: 0, grants: 100_000);
        output.WriteLine($"verdicts, partner's look-up included, beside {Few} and beside {Many} partners with {Many * 2} grants and {Many * 4} consents");
        foreach (var (name, stanza) in Stanzas)
        {
            Measure(output, name, Scene(Few, stanza), Scene(Many, stanza));
        }

        return 0;
    }

    private static void Measure(TextWriter output, string name, VerdictScene few, VerdictScene many)
    {
        if (few.JudgeAll() != VerdictScene.Pairs || many.JudgeAll() != VerdictScene.Pairs)
        {
            throw new InvalidOperationException("a verdict of the benchmark does not pass");
        }

        Span<double> best = stackalloc double[10];
        best.Fill(double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            Take(best, 0, few);
            Take(best, 5, many);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        many.JudgeAll();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine(
            $"{name,-18}  one pair {Compared(best[0], best[5])}; {Some} pairs in turn {Compared(best[1] - best[2], best[6] - best[7])};"
            + $" {VerdictScene.Pairs} pairs, memory cold, {Compared(best[3] - best[4], best[8] - best[9])}; allocated {allocated} B");
    }

    /// <summary>One round of a scene; with many pairs, the addresses are timed apart, to be taken off.</summary>
    private static void Take(Span<double> best, int at, VerdictScene scene)
    {
        best[at] = Math.Min(best[at], Time(() => scene.JudgeOne(Times), Times));
        best[at + 1] = Math.Min(best[at + 1], Time(() => scene.JudgeSome(Some, Times), Times));
        best[at + 2] = Math.Min(best[at + 2], Time(() => scene.ParseSome(Some, Times), Times));
        best[at + 3] = Math.Min(best[at + 3], Time(scene.JudgeAll, VerdictScene.Pairs));
        best[at + 4] = Math.Min(best[at + 4], Time(scene.ParseAll, VerdictScene.Pairs));
    }

    private static string Compared(double few, double many) => $"{Ns(few)} and {Ns(many)}, ratio {Two(many / few)}";

    /// <summary>What it costs to compile many documents from nothing, and again after one edit.</summary>
    private static void Load(TextWriter output, int partners, int grants)
    {
        DomainName[] local = [DomainName.Parse("contoso.example")];
        var documents = VerdictScene.Documents(partners, grants);
        PolicyCompiler.Compile(VerdictScene.Documents(200, 200), 1, local);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var start = Stopwatch.GetTimestamp();
        var snapshot = PolicyCompiler.Compile(documents, 1, local).Snapshot!;
        var whole = Stopwatch.GetElapsedTime(start);
        var memory = GC.GetTotalMemory(forceFullCollection: true) - before;

        var edit = TimeSpan.MaxValue;
        for (var version = 2; version < 12; version++)
        {
            var index = documents.Count - (version * 10);
            documents[index] = documents[index] with { Version = version };
            start = Stopwatch.GetTimestamp();
            snapshot = PolicyCompiler.Compile(documents, version, local, snapshot).Snapshot!;
            var elapsed = Stopwatch.GetElapsedTime(start);
            edit = elapsed < edit ? elapsed : edit;
        }

        output.WriteLine(
            $"{partners} partners, {grants} grants: compiled in {Ms(whole)}, {memory / (1024 * 1024)} MiB beside the documents; after one edit in {Ms(edit)}");
    }

    private static double Time(Func<int> pass, int operations)
    {
        var start = Stopwatch.GetTimestamp();
        pass();
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / operations;
    }

    private static string Ns(double nanoseconds) => nanoseconds.ToString("0", CultureInfo.InvariantCulture) + " ns";

    private static string Two(double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Ms(TimeSpan time) => time.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture) + " ms";
}
