using System.Collections.Concurrent;

namespace EdgePool.Interop.Tests.Servers;

/// <summary>One thread that lives as long as the process and runs what is tied to its thread's life.</summary>
internal static class StarterThread
{
    private static readonly BlockingCollection<Action> Work = Start();

    /// <summary>Runs the function on that thread.</summary>
    public static Task<T> RunAsync<T>(Func<T> function)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                done.SetResult(function());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    private static BlockingCollection<Action> Start()
    {
        var work = new BlockingCollection<Action>(1024);
        var thread = new Thread(() =>
        {
            foreach (var action in work.GetConsumingEnumerable())
                action();
        })
        { IsBackground = true, Name = "process starter" };
        thread.Start();
        return work;
    }
}
