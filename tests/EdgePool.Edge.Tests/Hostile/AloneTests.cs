using System.Globalization;
using EdgePool.Edge.Tests.Fixture;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>What the whole process has only one of: its heap, its culture. Nothing else runs beside.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>I2: what hostile peers leave behind in memory is nothing. Of the tables, every third row.</summary>
[Collection(nameof(AloneCollection))]
public sealed class HeapTests(HeapFixture edge) : IClassFixture<HeapFixture>
{
    private const int Window = 5;
    private const int MostPasses = 40;

    // Buffers that pools keep grow for the first passes; what streams leave behind would grow with every pass. Over some hundred streams it is less than 1 per cent.
    [Fact]
    public async Task Heap_BehindEveryHostileStream_GrowsNoMore()
    {
        var heap = new List<long>();
        while (heap.Count <= Window || heap[^1] > heap[^(Window + 1)] * 1.01)
        {
            Assert.True(heap.Count < MostPasses, $"the heap grows from pass to pass: {string.Join(' ', heap)}");
            await PassAsync();
            await edge.SettleAsync();
            heap.Add(GC.GetTotalMemory(forceFullCollection: true));
        }
    }

    private async Task PassAsync()
    {
        foreach (var row in Hostile())
        {
            await using var peer = row.AtStart
                ? await RawPeer.ConnectAsync(edge.Outside)
                : await edge.AuthenticateAsync(row.Wildcard ? edge.Others : edge.CertificateOf(row.From), row.From, row.To, row.Header);
            await peer.SendAsync([Wire.Encode(row.Input)]);
            Assert.Contains("<stream:error>", (await peer.HearEndAsync()).Text, StringComparison.Ordinal);
        }

        await edge.HeardAtComponentAsync();
    }

    private static IEnumerable<WireCase> Hostile()
        => XmlWireTests.Cases.Concat(NamespaceWireTests.Cases).Concat(AddressWireTests.Cases).Where(row => row.Error is not null).Where((_, index) => index % 3 == 0);
}

/// <summary>A node whose log is let go, so that what stays in memory is the node's.</summary>
public sealed class HeapFixture : EdgeFixture
{
    protected override ILoggerFactory Logs => NullLoggerFactory.Instance;

    /// <summary>Waits until the streams of the canary and of the component alone are left.</summary>
    public async Task SettleAsync()
    {
        var since = TimeProvider.System.GetTimestamp();
        while (Node.Streams.Count > 2)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(10), "streams are left");
            await Task.Delay(10);
        }
    }
}

/// <summary>JID-14 and the rest of the table where "I" has another lower case: addresses know no culture.</summary>
[Collection(nameof(AloneCollection))]
public sealed class TurkishTests(TurkishFixture fixture) : HostileTests<TurkishFixture>(fixture), IClassFixture<TurkishFixture>
{
    [Theory]
    [MemberData(nameof(AddressWireTests.CaseNames), MemberType = typeof(AddressWireTests))]
    public async Task Stanza_UnderTurkish_HasTheSameOutcome(string id)
    {
        Assert.Equal("\u0131", await TurkishFixture.LowerOnAnotherThreadAsync("I"));
        await AddressWireTests.Cases.Single(row => row.Id == id).CheckAsync(edge);
    }
}

/// <summary>A node in a process whose culture is tr-TR.</summary>
public sealed class TurkishFixture : EdgeFixture
{
    private readonly CultureInfo? before = CultureInfo.DefaultThreadCurrentCulture;
    private readonly CultureInfo here = CultureInfo.CurrentCulture;

    public override async ValueTask InitializeAsync()
    {
        CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.GetCultureInfo("tr-TR");
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        CultureInfo.DefaultThreadCurrentCulture = before;
        CultureInfo.CurrentCulture = here;
        GC.SuppressFinalize(this);
    }

    /// <summary>What a thread makes of a text in the process's own culture.</summary>
    public static Task<string> LowerOnAnotherThreadAsync(string text)
    {
        var result = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        ThreadPool.UnsafeQueueUserWorkItem(_ => result.SetResult(text.ToLower(CultureInfo.CurrentCulture)), state: null);
        return result.Task;
    }
}
