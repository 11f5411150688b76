using System.Diagnostics;
using System.Globalization;
using EdgePool.Policy.Documents;
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
        output.WriteLine($"verdicts, partner's look-up included; {Many} partners have {Many * 2} grants and {Many * 4} consents");
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

        Span<double> best = stackalloc double[6];
        best.Fill(double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            best[0] = Math.Min(best[0], Time(() => few.JudgeOne(Times), Times));
            best[1] = Math.Min(best[1], Time(() => many.JudgeOne(Times), Times));
            best[2] = Math.Min(best[2], Time(few.JudgeAll, VerdictScene.Pairs));
            best[3] = Math.Min(best[3], Time(few.ParseAll, VerdictScene.Pairs));
            best[4] = Math.Min(best[4], Time(many.JudgeAll, VerdictScene.Pairs));
            best[5] = Math.Min(best[5], Time(many.ParseAll, VerdictScene.Pairs));
        }

        var (spreadFew, spreadMany) = (best[2] - best[3], best[4] - best[5]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        many.JudgeAll();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine(
            $"{name,-18}  one pair {Ns(best[0])} beside {Few}, {Ns(best[1])} beside {Many}, ratio {Two(best[1] / best[0])}"
            + $"  {VerdictScene.Pairs} pairs {Ns(spreadFew)}, {Ns(spreadMany)}, ratio {Two(spreadMany / spreadFew)}  allocated {allocated} B");
    }

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
