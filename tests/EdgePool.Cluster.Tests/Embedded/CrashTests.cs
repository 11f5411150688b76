using System.Diagnostics;
using System.Globalization;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;

namespace EdgePool.Cluster.Tests.Embedded;

/// <summary>A process that edits is killed as by kill -9, over and over. What EdgePool.Cluster.CrashWriter does is at the top of its program.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Kills = 20;
    private const int Edits = 1000;
    private const int Writers = 8;

    private readonly TemporaryFolder folder = new();

    private string Path => folder.File("store.db");

    public void Dispose() => folder.Dispose();

    // Every acknowledged edit is there, of the one under way all or nothing, and the store opens.
    [Fact]
    public async Task Kill_DuringEdits_KeepsWhatWasAcknowledgedAndNoHalfBatch()
    {
        var random = new Random(20261121);
        var acknowledged = new Acknowledged();
        for (var kill = 0; kill < Kills; kill++)
        {
            // The store's log, too, is longer or shorter when it happens: anywhere in the thousand edits.
            await EditAndKillAsync(acknowledged, random.Next(1, (2 * Edits) - 1));

            await using var store = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path }, TimeProvider.System);
            for (var writer = 0; writer < Writers; writer++)
            {
                await CheckDocumentsAsync(store, writer, acknowledged);
                await CheckConsentsAsync(store, writer, acknowledged);
            }
        }
    }

    [Fact]
    public async Task Open_WhileAnotherProcessHasIt_IsRefusedUntilThatIsKilled()
    {
        using var process = Start(edits: int.MaxValue);
        try
        {
            Assert.Equal("open", await process.StandardOutput.ReadLineAsync());

            var fault = await Assert.ThrowsAsync<StoreException>(() => EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path }, TimeProvider.System));

            Assert.Equal(StoreFault.InUse, fault.Fault);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        await (await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = Path }, TimeProvider.System)).DisposeAsync();
    }

    private static async Task CheckDocumentsAsync(EmbeddedStore store, int writer, Acknowledged acknowledged)
    {
        var histories = new List<IReadOnlyList<DocumentVersion>>();
        foreach (var name in new[] { "left", "middle", "right" })
        {
            histories.Add(await store.HistoryAsync(new($"{writer}", name), int.MaxValue, default));
        }

        var bodies = histories[0].Select(version => int.Parse(version.Body!, CultureInfo.InvariantCulture)).ToList();
        var newest = bodies.FirstOrDefault();
        var last = acknowledged.Documents[writer];
        Assert.InRange(newest, last, last + 1);
        Assert.Equal(Enumerable.Range(newest - bodies.Count + 1, bodies.Count).Reverse(), bodies);
        Assert.Equal(Math.Min(newest, StoreLimits.Default.MaxVersions), bodies.Count);
        Assert.All(histories, history => Assert.Equal(histories[0].Select(Shape), history.Select(Shape)));

        // What the killed process had written but not told counts from now on.
        acknowledged.Documents[writer] = newest;
    }

    private static async Task CheckConsentsAsync(EmbeddedStore store, int writer, Acknowledged acknowledged)
    {
        var remotes = await store.ReadAllAsync($"{writer}", default).Select(consent => consent.Remote).ToHashSetAsync();
        var numbers = remotes.Select(remote => int.Parse(remote.Split('-', '@')[1], CultureInfo.InvariantCulture)).ToHashSet();
        Assert.Equal(remotes.Count, 2 * numbers.Count);
        Assert.Superset(acknowledged.Consents[writer], numbers);
        Assert.InRange(numbers.Count, acknowledged.Consents[writer].Count, acknowledged.Consents[writer].Count + 1);
        acknowledged.Consents[writer] = numbers;
    }

    private static (long Version, string? Body) Shape(DocumentVersion version) => (version.Version, version.Body);

    // Reads what the process says until it has said so much, kills it, and reads what it said before it ended.
    private async Task EditAndKillAsync(Acknowledged acknowledged, int after)
    {
        using var process = Start(Edits);
        for (var line = 0; await process.StandardOutput.ReadLineAsync() is { } said; line++)
        {
            acknowledged.Add(said);
            if (line == after)
            {
                process.Kill();
            }
        }

        await process.WaitForExitAsync();
        Assert.Equal(128 + 9, process.ExitCode);
    }

    private Process Start(int edits)
    {
        var program = System.IO.Path.Combine(AppContext.BaseDirectory, "EdgePool.Cluster.CrashWriter.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [program, Path, $"{Writers}", $"{edits}"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
    }

    /// <summary>What the killed processes have said.</summary>
    private sealed class Acknowledged
    {
        public int[] Documents { get; } = new int[Writers];

        public HashSet<int>[] Consents { get; } = [.. Enumerable.Range(0, Writers).Select(_ => new HashSet<int>())];

        public void Add(string said)
        {
            switch (said.Split(' '))
            {
                case ["document", var writer, var number]:
                    Documents[int.Parse(writer, CultureInfo.InvariantCulture)] = int.Parse(number, CultureInfo.InvariantCulture);
                    break;
                case ["consent", var writer, var number]:
                    Consents[int.Parse(writer, CultureInfo.InvariantCulture)].Add(int.Parse(number, CultureInfo.InvariantCulture));
                    break;
                default:
                    Assert.Equal("open", said);
                    break;
            }
        }
    }
}
