using System.Diagnostics;
using System.Globalization;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Snapshots;

namespace EdgePool.Benchmarks.Pool;

/// <summary>What 10,000 and 50,000 partners in a real etcd take: writing, loading, the snapshot on a node's disk, memory. One machine, with nothing else on it.</summary>
internal static class EtcdFigures
{
    private const int Batch = 5_000;

    public static async Task<int> RunAsync(TextWriter output)
    {
        foreach (var count in new[] { 10_000, 50_000 })
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} partners of 400 bytes"));
            await MeasureAsync(count, output);
        }

        return 0;
    }

    /// <summary>Writes partners as an operator's documents, whoever reads them.</summary>
    public static async Task FillAsync(EtcdStore store, int first, int count)
    {
        foreach (var numbers in Enumerable.Range(first, count).Chunk(Batch))
        {
            var outcome = await store.WriteAsync([.. numbers.Select(static i => new DocumentChange(new DocumentKey("Partner", Name(i)), Body, 0))], "bench", "", default);
            if (outcome is not WriteOutcome.Written)
            {
                throw new InvalidOperationException($"not written: {outcome}");
            }
        }
    }

    private static string Body { get; } = $$"""{"description":"{{new string('x', 320)}}","partnerType":"Federated","tlsNegotiation":"Required","saslNegotiation":"Required"}""";

    private static async Task MeasureAsync(int count, TextWriter output)
    {
        await using var etcd = await EtcdProcess.StartAsync();
        var folder = Directory.CreateTempSubdirectory("edgepool-node-").FullName;
        try
        {
            var options = new EtcdStoreOptions { Etcd = etcd.Options };
            await using (var writer = new EtcdStore(options, TimeProvider.System))
            {
                await TimeAsync(output, $"  write them, {Batch} in a batch", () => FillAsync(writer, 0, count));
            }

            Say(output, "  etcd's database", Mebibytes(etcd.DatabaseBytes()));
            Say(output, "  etcd's resident memory", Mebibytes(etcd.Use().ResidentBytes));
            var before = GC.GetTotalMemory(forceFullCollection: true);
            await NodeAsync(options, folder, "  a node's first start: load from etcd", output, before);
            Say(output, "  snapshot on its disk", Mebibytes(new FileInfo(Path.Combine(folder, "documents.snapshot")).Length));
            await NodeAsync(options, folder, "  a start with a snapshot there", output, before: null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task NodeAsync(EtcdStoreOptions options, string folder, string what, TextWriter output, long? before)
    {
        await using var mirror = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path.Combine(folder, "mirror.db") }, TimeProvider.System);
        SnapshottedStore? node = null;
        await TimeAsync(output, what, async () => node = await SnapshottedStore.OpenAsync(
            new EtcdStore(options, TimeProvider.System), mirror, new SnapshotOptions { Folder = folder }, TimeProvider.System, default));
        await using var opened = node!;
        var since = Stopwatch.GetTimestamp();
        while (opened.Standing.SavedAt is null && Stopwatch.GetElapsedTime(since) < TimeSpan.FromMinutes(1))
        {
            await Task.Delay(10);
        }

        if (before is { } empty)
        {
            Say(output, "  managed memory of its documents, uncompiled", Mebibytes(GC.GetTotalMemory(forceFullCollection: true) - empty));
        }
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"partner-{number:D6}.example");

    private static async Task TimeAsync(TextWriter output, string what, Func<Task> action)
    {
        var since = Stopwatch.GetTimestamp();
        await action();
        Say(output, what, string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(since).TotalMilliseconds:F0} ms"));
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F1} MiB");

    private static void Say(TextWriter output, string what, string figure) => output.WriteLine($"{what,-56} {figure,12}");
}
