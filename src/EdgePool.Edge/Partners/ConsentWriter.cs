using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Edge.Telemetry;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Partners;

/// <summary>How the consents' journal does.</summary>
/// <param name="Pending">Changes that are not durable.</param>
/// <param name="FailingSince">Since when it takes nothing; null: it does.</param>
/// <param name="Failure">What it says.</param>
public sealed record ConsentJournalState(int Pending, DateTimeOffset? FailingSince, string Failure);

/// <summary>
/// Brings the changes of a <see cref="ConsentTable"/> to the journal, in their order, in batches, one batch at a time. A journal that fails is asked
/// again and again; meanwhile changes wait in the table, within its limit, and the failure is said once in the log.
/// </summary>
internal sealed class ConsentWriter : IAsyncDisposable
{
    /// <summary>Changes of one batch: what an embedded store writes in a few milliseconds.</summary>
    public const int Batch = 1_000;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly ConsentTable table;
    private readonly IConsentJournal journal;
    private readonly TimeProvider time;
    private readonly Random random;
    private readonly ILogger log;
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource abandoned = new();
    private Task running = Task.CompletedTask;
    private volatile ConsentJournalState state = new(0, FailingSince: null, string.Empty);

    public ConsentWriter(ConsentTable table, IConsentJournal journal, TimeProvider time, Random random, ILogger log)
        => (this.table, this.journal, this.time, this.random, this.log) = (table, journal, time, random, log);

    public ConsentJournalState State => state with { Pending = table.Pending };

    /// <summary>Writes from now on whatever changes.</summary>
    public void Start()
    {
        table.Changed = Wake;
        running = RunAsync();
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
            ConsentLog.ConsentsLost(log, lost);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        wake.Dispose();
        stopping.Dispose();
        abandoned.Dispose();
    }

    private void Wake()
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

    private async Task RunAsync()
    {
        var failures = 0;
        while (true)
        {
            var batch = table.Oldest(Batch);
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
    private async Task<string?> TryAppendAsync(IReadOnlyList<ConsentChange> batch)
    {
        try
        {
            return (await journal.AppendAsync(batch, abandoned.Token))?.Message;
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
            ConsentLog.ConsentsNotWritten(log, changes, failure);
        state = new ConsentJournalState(0, state.FailingSince ?? time.GetUtcNow(), failure);
    }

    private void Succeed(int failures)
    {
        if (failures == 0)
            return;
        ConsentLog.ConsentsWritten(log, failures);
        state = new ConsentJournalState(0, FailingSince: null, string.Empty);
    }

    // The end of the wait is all the same to us.
    private static async Task UntilAsync(Task wait) => await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
