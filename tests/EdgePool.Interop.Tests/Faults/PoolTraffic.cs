using System.Diagnostics;
using System.Net;
using System.Xml.Linq;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>
/// Numbered messages in both directions between partners and what stands inside: three components, each connected to one node and its partner to another one, so that what is
/// for the component crosses a link; and an internal server. All go on to the next node when theirs is lost, in an order of their own.
/// </summary>
internal sealed class PoolTraffic : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static int runs;

    private readonly FaultPool pool;
    private readonly int rate;
    private readonly int run = Interlocked.Increment(ref runs);
    private readonly List<NumberedFates> fates = [];
    private readonly List<Caller> callers = [];
    private readonly List<ScriptedServer> servers = [];

    /// <param name="pool">The pool.</param>
    /// <param name="rate">Messages a second, over all flows and both directions.</param>
    public PoolTraffic(FaultPool pool, int rate)
    {
        (this.pool, this.rate) = (pool, rate / 8);
        foreach (var domain in (string[])[.. FaultPool.Partners, FaultPool.Inside])
            servers.Add(new ScriptedServer(pool.IdentityOf(domain), pool.Servers[domain], Take));
        AddComponent(0, partnerAt: [2, 3, 1], componentAt: [1, 2, 3]);
        AddComponent(1, partnerAt: [3, 1, 2], componentAt: [2, 3, 1]);
        AddComponent(2, partnerAt: [1, 2, 3], componentAt: [3, 1, 2]);
        AddInside();
    }

    /// <summary>Messages that servers wrote again, as nobody had acknowledged them on a stream that ended in order.</summary>
    public int Repeated => callers.OfType<ManagedSender>().Sum(static sender => sender.Repeated);

    /// <summary>Streams that broke without a word.</summary>
    public int Broken => callers.Sum(static caller => caller.Broken);

    /// <summary>Acknowledgements of what was never sent.</summary>
    public bool Overcounted => callers.OfType<ManagedSender>().Any(static sender => sender.Overcounted);

    /// <summary>Everybody connects and writes, and each direction flows.</summary>
    public async Task StartAsync()
    {
        foreach (var caller in callers)
            caller.Start();
        await Task.WhenAll(callers.Select(static caller => caller.Up)).WaitAsync(Patience);
        foreach (var caller in callers)
            caller.Write(on: true);
        await FlowsAsync(Stopwatch.GetTimestamp());
    }

    /// <summary>From now on, silence is measured.</summary>
    public void Measure() => fates.ForEach(static direction => direction.Measure());

    /// <summary>Waits until something has arrived in each direction, sent at any time, after a moment.</summary>
    public Task FlowsAsync(long moment) => UntilAsync(() => fates.TrueForAll(direction => direction.ArrivedSince(moment)));

    /// <summary>The longest silence of any direction since it is measured, and of which.</summary>
    public (TimeSpan Longest, string Direction) Silence()
        => fates.Select(static direction => (direction.Silence().Longest, direction.Name)).MaxBy(static one => one.Item1);

    /// <summary>Nobody writes any more, and what is under way is given the time that stanzas have.</summary>
    public async Task SettleAsync()
    {
        foreach (var caller in callers)
            caller.Write(on: false);
        await UntilAsync(() => fates.TrueForAll(static direction => direction.Missing().Count == 0), fails: false);
    }

    /// <summary>The account of all directions.</summary>
    public FateCount Count()
    {
        var sum = new FateCount();
        fates.ForEach(direction => sum.Add(direction.Count()));
        return sum;
    }

    /// <summary>The directions of which something is missing, for texts.</summary>
    public string Missing() => string.Join("; ", fates
        .Select(static direction => (direction.Name, Missing: direction.Missing()))
        .Where(static direction => direction.Missing.Count > 0)
        .Select(static direction => $"{direction.Name}: {direction.Missing.Count} of them, {string.Join(' ', direction.Missing.Take(20))}"));

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(callers.Select(static caller => caller.DisposeAsync().AsTask()));
        await Task.WhenAll(servers.Select(static server => server.DisposeAsync().AsTask()));
    }

    private async Task UntilAsync(Func<bool> condition, bool fails = true)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var since = Stopwatch.GetTimestamp(); !condition(); await pace.WaitForNextTickAsync())
        {
            if (Stopwatch.GetElapsedTime(since) <= Patience)
                continue;
            Assert.False(fails, $"not every direction flowed in time: {string.Join("; ", fates.Select(static direction => $"{direction.Name}: {direction.Count()}, last error {direction.LastError}"))}");
            return;
        }
    }

    private void AddComponent(int number, int[] partnerAt, int[] componentAt)
    {
        var (partner, component) = (FaultPool.Partners[number], FaultPool.Components[number]);
        callers.Add(new ManagedSender(pool.IdentityOf(partner), component, At(partnerAt, 5269), Direction($"u@{partner}", $"bot@{component}"), Take, rate));
        callers.Add(new ScriptedComponent(component, FaultPool.Secret, At(componentAt, 23456), Direction($"bot@{component}", $"u@{partner}"), Take, rate));
    }

    private void AddInside()
    {
        var partner = FaultPool.Partners[0];
        callers.Add(new ManagedSender(pool.IdentityOf(partner), FaultPool.Inside, At([1, 2, 3], 5269), Direction($"u@{partner}", $"v@{FaultPool.Inside}"), Take, rate));
        callers.Add(new ManagedSender(pool.IdentityOf(FaultPool.Inside), partner, At([2, 3, 1], 23457), Direction($"v@{FaultPool.Inside}", $"u@{partner}"), Take, rate));
    }

    private NumberedFates Direction(string from, string to)
    {
        var made = new NumberedFates($"{run}-{fates.Count}-", from, to);
        fates.Add(made);
        return made;
    }

    private IPEndPoint[] At(int[] nodes, int port) => [.. nodes.Select(node => new IPEndPoint(pool.Addresses[node - 1], port))];

    private void Take(XElement stanza) => fates.Exists(direction => direction.Take(stanza));
}
