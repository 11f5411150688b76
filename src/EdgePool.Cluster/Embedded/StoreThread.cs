using EdgePool.Cluster.Documents;
using Microsoft.Data.Sqlite;

namespace EdgePool.Cluster.Embedded;

/// <summary>
/// A thread of its own for SQLite's synchronous calls, with a bounded queue before it. It takes what waits, up to a group, into one transaction: many writers
/// share one sync of the disk. A job is told its result only after the commit.
/// <para>A job that fails takes none of its group with it: the group is rolled back, and each job has a transaction of its own.</para>
/// </summary>
internal sealed class StoreThread
{
    private readonly Database database;
    private readonly string begin;
    private readonly int largestGroup;
    private readonly EmbeddedStoreOptions options;
    private readonly Queue<StoreJob> queue = new();
    private readonly object gate = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long waitingBytes;
    private bool closed;

    private StoreThread(string name, Database database, string begin, int largestGroup, EmbeddedStoreOptions options)
    {
        this.database = database;
        this.begin = begin;
        this.largestGroup = largestGroup;
        this.options = options;
        new Thread(Loop) { Name = name, IsBackground = true }.Start();
    }

    /// <summary>The thread that writes.</summary>
    public static StoreThread Writing(Database database, EmbeddedStoreOptions options) => new("edgepool store writer", database, "BEGIN IMMEDIATE", 256, options);

    /// <summary>A thread that reads: each job sees one state of the store.</summary>
    public static StoreThread Reading(Database database, EmbeddedStoreOptions options) => new("edgepool store reader", database, "BEGIN", 1, options);

    /// <summary>Queues a job; false: too much waits already.</summary>
    /// <exception cref="ObjectDisposedException">The thread is closed.</exception>
    public bool TryPost(StoreJob job)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closed, typeof(IDocumentStore));
            if (queue.Count >= options.MaxWaiting || (queue.Count > 0 && waitingBytes + job.Bytes > options.MaxWaitingBytes))
            {
                return false;
            }

            queue.Enqueue(job);
            waitingBytes += job.Bytes;
            Monitor.Pulse(gate);
            return true;
        }
    }

    /// <summary>Takes no more jobs, ends those it has, and closes the connection.</summary>
    public Task CloseAsync()
    {
        lock (gate)
        {
            closed = true;
            Monitor.Pulse(gate);
        }

        return ended.Task;
    }

    private void Loop()
    {
        var group = new List<StoreJob>();
        while (Take(group))
        {
            RunGroup(group);
            group.Clear();
        }

        try
        {
            database.Dispose();
            ended.SetResult();
        }
        catch (Exception fault)
        {
            ended.SetException(fault);
        }
    }

    private bool Take(List<StoreJob> group)
    {
        lock (gate)
        {
            while (queue.Count == 0)
            {
                if (closed)
                {
                    return false;
                }

                Monitor.Wait(gate);
            }

            while (group.Count < largestGroup && queue.TryDequeue(out var job))
            {
                waitingBytes -= job.Bytes;
                if (job.TryBegin())
                {
                    group.Add(job);
                }
            }

            return true;
        }
    }

    private void RunGroup(List<StoreJob> group)
    {
        if (group.Count == 0 || TryRun(group) is not { } fault)
        {
            return;
        }

        if (group.Count == 1 || fault.AtBegin)
        {
            group.ForEach(job => job.Fail(fault.Cause));
            return;
        }

        foreach (var job in group)
        {
            if (TryRun([job]) is { } own)
            {
                job.Fail(own.Cause);
            }
        }
    }

    // Null: committed and told.
    private Fault? TryRun(List<StoreJob> jobs)
    {
        var begun = false;
        try
        {
            database.Execute(begin);
            begun = true;
            jobs.ForEach(job => job.Run(database));
            database.Execute("COMMIT");
        }
        catch (Exception cause)
        {
            RollBack();
            return new Fault(AtBegin: !begun, cause);
        }

        jobs.ForEach(job => job.Complete());
        return null;
    }

    private void RollBack()
    {
        try
        {
            database.Rollback();
        }
        catch (SqliteException)
        {
            // The next transaction cannot begin then, and its jobs are told so; it tries this again.
        }
    }

    private sealed record Fault(bool AtBegin, Exception Cause);
}
