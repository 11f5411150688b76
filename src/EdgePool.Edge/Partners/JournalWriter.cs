using EdgePool.Cluster.Documents;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Partners;

/// <summary>Changes of a table that are not durable yet; safe from several threads.</summary>
internal interface IUnwritten<out T>
{
    /// <summary>How many; bounded by the table.</summary>
    int Pending { get; }

    /// <summary>The oldest of them; they stay until <see cref="Written"/>, and until then it gives them again.</summary>
    IReadOnlyList<T> Oldest(int atMost);

    /// <summary>So many of the oldest are durable now.</summary>
    void Written(int changes);
}

/// <summary>What is said of a journal in the log.</summary>
/// <param name="NotWritten">So many changes wait, and why.</param>
/// <param name="Written">They are written, after so many failures.</param>
/// <param name="Lost">So many were not written before the node ended.</param>
internal sealed record JournalMessages(Action<ILogger, int, string> NotWritten, Action<ILogger, int> Written, Action<ILogger, int> Lost);

/// <summary>
/// Brings the changes of a table to its journal, in their order, in batches, one batch at a time. A journal that fails is asked
/// again and again; meanwhile changes wait in the table, within its limit, and the failure is said once in the log.
/// </summary>
internal sealed class JournalWriter<T> : IAsyncDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly IUnwritten<T> table;
    private readonly Func<IReadOnlyList<T>, CancellationToken, ValueTask<Refusal?>> append;
    private readonly JournalMessages messages;
    private readonly TimeProvider time;
    private readonly Random random;
    private readonly ILogger log;
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource abandoned = new();
    private Task running = Task.CompletedTask;
    private volatile JournalState state = new(0, FailingSince: null, string.Empty);

    public JournalWriter(
        IUnwritten<T> table, Func<IReadOnlyList<T>, CancellationToken, ValueTask<Refusal?>> append, JournalMessages messages, TimeProvider time, Random random, ILogger log)
        => (this.table, this.append, this.messages, this.time, this.random, this.log) = (table, append, messages, time, random, log);

    public JournalState State => state with { Pending = table.Pending };

    /// <summary>Writes from now on, whenever it is woken.</summary>
    public void Start() => running = RunAsync();

    /// <summary>Something waits.</summary>
    public void Wake()
    {
        try
        {
            if (wake.CurrentCount == 0)
                wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // another source was faster: it is awake
        }
    }

    /// <summary>Writes what waits, for at most <paramref name="patience"/>, and ends. What is left then is lost, and said in the log.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        if (stopping.IsCancellationRequested)
            return;
        using var budget = new CancellationTokenSource(patience, time);
        await using var abandon = budget.Token.Register(abandoned.Cancel);
        await stopping.CancelAsync();
        await UntilAsync(running.WaitAsync(budget.Token));
        if (table.Pending is > 0 and var lost)
            messages.Lost(log, lost);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        wake.Dispose();
        stopping.Dispose();
        abandoned.Dispose();
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (true)
        {
            var batch = table.Oldest(JournalBatch.Changes);
            if (batch.Count == 0)
            {
                if (stopping.IsCancellationRequested)
                    return;
                await UntilAsync(wake.WaitAsync(stopping.Token));
                continue;
            }

            if (await TryAppendAsync(batch) is { } failure)
            {
                Fail(failure, batch.Count, failures++);
                if (stopping.IsCancellationRequested)
                    return;
                await UntilAsync(Task.Delay(Routing.Backoff.After(failures, FirstWait, LongestWait, random.NextDouble()), time, stopping.Token));
                continue;
            }

            table.Written(batch.Count);
            Succeed(failures);
            failures = 0;
        }
    }

    /// <summary>Null: durable.</summary>
    private async Task<string?> TryAppendAsync(IReadOnlyList<T> batch)
    {
        try
        {
            return (await append(batch, abandoned.Token))?.Message;
        }
        catch (StoreException exception)
        {
            return exception.Message;
        }
        catch (OperationCanceledException)
        {
            return "it did not answer in time";
        }
    }

    private void Fail(string failure, int changes, int failures)
    {
        if (failures == 0)
            messages.NotWritten(log, changes, failure);
        state = new JournalState(0, state.FailingSince ?? time.GetUtcNow(), failure);
    }

    private void Succeed(int failures)
    {
        if (failures == 0)
            return;
        messages.Written(log, failures);
        state = new JournalState(0, FailingSince: null, string.Empty);
    }

    // The end of the wait is all the same to us.
    private static async Task UntilAsync(Task wait) => await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

/// <summary>How much is written at once.</summary>
internal static class JournalBatch
{
    /// <summary>Changes of one batch: what an embedded store writes in a few milliseconds.</summary>
    public const int Changes = 1_000;
}
