using System.Diagnostics;
using System.Globalization;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;

namespace EdgePool.Benchmarks.Store;

/// <summary>What an embedded store with 50,000 documents and 200,000 consents takes: time, memory and disk. On one machine, with nothing else on it.</summary>
internal static class StoreFigures
{
    private const int Documents = 50_000;
    private const int Consents = 200_000;
    private const int Batch = 10_000;

    public static async Task<int> RunAsync(TextWriter output)
    {
        var folder = Directory.CreateTempSubdirectory("edgepool-store-").FullName;
        try
        {
            var options = new EmbeddedStoreOptions { Path = Path.Combine(folder, "store.db") };
            await FillAsync(options, output);
            Say(output, "file size", $"{new FileInfo(options.Path).Length / 1048576.0:F1} MiB");
            await ReadAsync(options, output);
            await EditAsync(options, output);
            Say(output, "highest resident memory", $"{Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0:F0} MiB");
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task FillAsync(EmbeddedStoreOptions options, TextWriter output)
    {
        await using var store = await EmbeddedStore.OpenAsync(options, TimeProvider.System);
        await TimeAsync(output, $"write {Documents} documents of 400 bytes, {Batch} in a batch", async () =>
        {
            foreach (var numbers in Enumerable.Range(0, Documents).Chunk(Batch))
            {
                Demand(await store.WriteAsync([.. numbers.Select(i => new DocumentChange(Key(i), Body(i), 0))], "bench", "", default));
            }
        });
        await TimeAsync(output, $"append {Consents} consents, {Batch} in a batch", async () =>
        {
            foreach (var numbers in Enumerable.Range(0, Consents).Chunk(Batch))
            {
                Demand(await store.AppendAsync([.. numbers.Select(i => new ConsentChange.Given(Given(i)))], default));
            }
        });
    }

    private static async Task ReadAsync(EmbeddedStoreOptions options, TextWriter output)
    {
        var before = Resident();
        EmbeddedStore? store = null;
        await TimeAsync(output, "open, whole file checked", async () => store = await EmbeddedStore.OpenAsync(options, TimeProvider.System));
        await using var opened = store!;
        Say(output, "resident memory that an open store adds", $"{(Resident() - before) / 1048576.0:F1} MiB");
        IReadOnlyList<StoredDocument> documents = [];
        await TimeAsync(output, "read all documents", async () => documents = (await opened.ReadAsync(default)).Documents);
        Say(output, "managed memory of what was read", $"{Managed(documents) / 1048576.0:F1} MiB");
        var consents = new List<Consent>();
        await TimeAsync(output, "read all consents", async () => consents = await opened.ReadAllAsync(null, default).ToListAsync());
        Say(output, "managed memory of documents and consents", $"{Managed((documents, consents)) / 1048576.0:F1} MiB");
        await TimeAsync(output, "read one partner's consents", async () => await opened.ReadAllAsync(Name(7), default).ToListAsync());
    }

    private static async Task EditAsync(EmbeddedStoreOptions options, TextWriter output)
    {
        await using var store = await EmbeddedStore.OpenAsync(options, TimeProvider.System);
        var versions = (await store.ReadAsync(default)).Documents.ToDictionary(document => document.Key, document => document.Version);
        await TimeAsync(output, "1000 edits, one after the other", async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Demand(await store.WriteAsync([new DocumentChange(Key(i), Body(i + 1), versions[Key(i)])], "bench", "", default));
            }
        });
        await TimeAsync(output, "20000 consents, one by one, 500 at a time", () => Parallel.ForEachAsync(
            Enumerable.Range(0, 20_000),
            new ParallelOptions { MaxDegreeOfParallelism = 500 },
            async (i, stop) => Demand(await store.AppendAsync([new ConsentChange.Given(Given(Consents + i))], stop))));
        var seen = (await store.ReadAsync(default)).Revision;
        await TimeAsync(output, "one edit until a watch tells it", async () =>
        {
            await using var watch = store.WatchAsync(seen, default).GetAsyncEnumerator();
            var told = watch.MoveNextAsync();
            Demand(await store.WriteAsync([new DocumentChange(Key(2000), "{}", versions[Key(2000)])], "bench", "", default));
            await told;
        });
    }

    private static string Name(int number) => $"partner-{number:D6}.example";

    private static DocumentKey Key(int number) => new("Partner", Name(number));

    private static string Body(int number) => $$"""{"domain":"{{Name(number)}}","description":"{{new string('x', 340)}}"}""";

    // Twenty contacts a user, of many partners.
    private static Consent Given(int number)
        => new($"user{number / 20:D6}@contoso.example", $"contact{number % 20:D2}@{Name(number % 5000)}", Name(number % 5000), DateTimeOffset.UnixEpoch);

    private static void Demand(WriteOutcome outcome)
    {
        if (outcome is not WriteOutcome.Written)
        {
            throw new InvalidOperationException($"not written: {outcome}");
        }
    }

    private static void Demand(Refusal? refusal)
    {
        if (refusal is not null)
        {
            throw new InvalidOperationException(refusal.Message);
        }
    }

    private static async Task TimeAsync(TextWriter output, string what, Func<Task> action)
    {
        var since = Stopwatch.GetTimestamp();
        await action();
        Say(output, what, $"{Stopwatch.GetElapsedTime(since).TotalMilliseconds:F1} ms");
    }

    private static long Managed(object kept)
    {
        var bytes = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(kept);
        return bytes;
    }

    private static long Resident()
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static void Say(TextWriter output, string what, string figure) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-56} {figure,12}"));
}
