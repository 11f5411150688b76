using EdgePool.Cluster.Embedded;

namespace EdgePool.Cluster.Tests.Embedded;

/// <summary>The queue before SQLite and the transactions that jobs share.</summary>
public sealed class StoreThreadTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ManualResetEventSlim go = new();
    private EmbeddedStoreOptions options = null!;
    private StoreThread thread = null!;
    private Database second = null!;

    public ValueTask InitializeAsync()
    {
        SystemSqlite.Load();
        options = new EmbeddedStoreOptions { Path = folder.File("store.db"), MaxWaiting = 3, MaxWaitingBytes = 100 };
        File.WriteAllBytes(options.Path, []);
        var database = Database.OpenWriting(options);
        second = Database.OpenReading(options);
        database.Execute("CREATE TABLE t (n INTEGER UNIQUE)");
        thread = StoreThread.Writing(database, options);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        go.Set();
        await thread.CloseAsync();
        Dispose();
    }

    public void Dispose()
    {
        second.Dispose();
        go.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Post_QueueFull_TakesNoMoreUntilItHasRoom()
    {
        var blocking = await BlockAsync();
        var waiting = Enumerable.Range(0, 3).Select(i => Insert(i)).ToList();
        Assert.All(waiting, job => Assert.True(thread.TryPost(job)));

        Assert.False(thread.TryPost(Insert(9)));

        go.Set();
        await blocking;
        await Task.WhenAll(waiting.Select(job => job.ResultAsync(default)));
        await RunAsync(Insert(9));
        Assert.Equal(4, second.Scalar("SELECT count(*) FROM t"));
    }

    [Fact]
    public async Task Post_BytesFull_TakesOneOfAnySizeOnlyWhereNothingWaits()
    {
        var blocking = await BlockAsync();
        Assert.True(thread.TryPost(Insert(1, bytes: 1000)));
        Assert.False(thread.TryPost(Insert(2, bytes: 1)));
        go.Set();
        await blocking;
        var ended = Insert(3, bytes: 0);
        while (!thread.TryPost(ended))
        {
            await Task.Yield();
        }

        await ended.ResultAsync(default);
        Assert.Equal(2, second.Scalar("SELECT count(*) FROM t"));
    }

    [Fact]
    public async Task Jobs_ThatWaitTogether_ShareACommit()
    {
        var blocking = await BlockAsync();
        var seen = new List<long>();
        var jobs = Enumerable.Range(0, 3).Select(i => Insert(i, committed: _ => seen.Add(second.Scalar("SELECT count(*) FROM t")))).ToList();
        Assert.All(jobs, job => Assert.True(thread.TryPost(job)));

        go.Set();
        await blocking;
        await Task.WhenAll(jobs.Select(job => job.ResultAsync(default)));

        // When the first is told, all are committed.
        Assert.Equal([3, 3, 3], seen);
    }

    [Fact]
    public async Task Jobs_OneFails_TheOthersAreKeptAndTheFailedOneIsNot()
    {
        var blocking = await BlockAsync();
        var failing = new StoreJob<int>(database =>
        {
            database.Execute("INSERT INTO t VALUES (77)");
            throw new InvalidOperationException("as the test wishes");
        })
        {
            Bytes = 0,
        };
        var others = new[] { Insert(1), Insert(2) };
        Assert.True(thread.TryPost(others[0]) && thread.TryPost(failing) && thread.TryPost(others[1]));

        go.Set();
        await blocking;

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing.ResultAsync(default));
        await Task.WhenAll(others.Select(job => job.ResultAsync(default)));
        Assert.Equal(2, second.Scalar("SELECT count(*) FROM t"));
        Assert.Equal(0, second.Scalar("SELECT count(*) FROM t WHERE n = 77"));
    }

    [Fact]
    public async Task Job_WithdrawnWhileItWaits_NeverRuns()
    {
        var blocking = await BlockAsync();
        using var cancellation = new CancellationTokenSource();
        var withdrawn = Insert(1);
        var next = Insert(2);
        Assert.True(thread.TryPost(withdrawn) && thread.TryPost(next));
        var result = withdrawn.ResultAsync(cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => result);
        go.Set();
        await blocking;
        Assert.Equal(1, await next.ResultAsync(default));
        Assert.Equal(0, second.Scalar("SELECT count(*) FROM t WHERE n = 1"));
    }

    // A batch that was written is told as written.
    [Fact]
    public async Task Job_CancelledWhileItRuns_IsTold()
    {
        using var cancellation = new CancellationTokenSource();
        var began = new TaskCompletionSource();
        var job = Blocking(began);
        Assert.True(thread.TryPost(job));
        var result = job.ResultAsync(cancellation.Token);
        await began.Task;

        await cancellation.CancelAsync();
        go.Set();

        Assert.Equal(0, await result);
    }

    [Fact]
    public async Task Close_WithJobsThatWait_EndsThemAndTakesNoMore()
    {
        var blocking = await BlockAsync();
        var waiting = Insert(1);
        Assert.True(thread.TryPost(waiting));
        var closed = thread.CloseAsync();

        Assert.Throws<ObjectDisposedException>(() => thread.TryPost(Insert(2)));
        go.Set();
        await blocking;
        Assert.Equal(1, await waiting.ResultAsync(default));
        await closed;
    }

    private static StoreJob<int> Insert(int number, long bytes = 0, Action<int>? committed = null)
        => new(database => database.Execute("INSERT INTO t VALUES (?1)", number), committed) { Bytes = bytes };

    // Holds the thread until the test lets go, so that what comes next waits.
    private async Task<Task<int>> BlockAsync()
    {
        var began = new TaskCompletionSource();
        var job = Blocking(began);
        Assert.True(thread.TryPost(job));
        await began.Task;
        return job.ResultAsync(default);
    }

    private StoreJob<int> Blocking(TaskCompletionSource began) => new(_ =>
    {
        began.SetResult();
        go.Wait();
        return 0;
    })
    {
        Bytes = 0,
    };

    private async Task<int> RunAsync(StoreJob<int> job)
    {
        Assert.True(thread.TryPost(job));
        return await job.ResultAsync(default);
    }
}
