using System.Globalization;
using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Membership;

namespace EdgePool.Cluster.Tests.Simulation;

/// <content>Partners with limits, whose streams come and go at all nodes, and one with a rate.</content>
internal sealed partial class PoolSimulation
{
    private const long Rate = 300;
    private static readonly (string Holder, long Limit)[] Partners = [.. Names().Take(3).Zip([3L, 4, 20])];
    private static readonly BudgetKey Paced = new(Names().ElementAt(3), BudgetKind.StanzasIn);

    private static readonly int[] ShardsInUse = [.. Partners.Select(static p => new BudgetKey(p.Holder, default).Shard), Paced.Shard];

    /// <summary>Within this time of a whole pool, whose nodes have all heard of all owners, no more streams stand than may.</summary>
    private static readonly TimeSpan Dissolved = TimeSpan.FromSeconds(8);

    private long wholeSince;

    /// <summary>Streams that were ended because the pool had given their places away.</summary>
    public int Ended { get; private set; }

    private static TimeSpan Lasting => End - TimeSpan.FromSeconds(12);

    /// <summary>Dividing costs more than all the rest: every fifth seed does it.</summary>
    private bool Sharing => seed % 5 == 0;

    /// <summary>Streams that waited for an owner's word.</summary>
    public int Waited { get; private set; }

    /// <summary>Those that got a place then.</summary>
    public int WaitedWell { get; private set; }

    /// <summary>How often a node was taken for dead and lived.</summary>
    public int Excused { get; private set; }

    /// <summary>Streams that got a place.</summary>
    public int Places { get; private set; }

    /// <summary>Names whose shards there are here.</summary>
    private static IEnumerable<string> Names()
        => Enumerable.Range(0, int.MaxValue).Select(static i => string.Create(CultureInfo.InvariantCulture, $"partner-{i}.example")).Where(static n => new BudgetKey(n, default).Shard < Shards);

    /// <summary>In each seed, one partner keeps what it has: what is too much does not end by itself.</summary>
    private bool Keeps(string holder) => string.Equals(Partners[seed / 5 % Partners.Length].Holder, holder, StringComparison.Ordinal);

    private bool Apart(string node) => nodes.Exists(n => n.Apart && string.Equals(n.Name, node, StringComparison.Ordinal));

    /// <summary>A partner opens streams at a node, more at some times than at others, and closes them; in the end none but those that the node ends.</summary>
    private async Task OpenStreamsAsync(Node node, (string Holder, long Limit) partner, SimulatedProcess process)
    {
        var book = node.Shares!.Book;
        var streams = node.Streams[partner.Holder];
        while (!node.Stopping!.IsCancellationRequested)
        {
            var busy = simulator.Now >= Lasting.Ticks || (simulator.Now / TimeSpan.FromSeconds(8).Ticks % 2 == 0) == (node.Name[^1] % 2 == 0);
            await Task.Delay(simulator.Between(100, busy ? 1500 : 6000), process.Time);
            if (streams.Standing > 0 && simulator.Now < Lasting.Ticks && !simulator.Chance(Keeps(partner.Holder) ? 0.98 : busy ? 0.7 : 0.2))
            {
                book.Return(partner.Holder);
                streams.Standing--;
            }
            else if (await TryTakeAsync(node, partner, process))
            {
                streams.Standing++;
                Places++;
                NoMoreThanTheWhole();
            }
        }
    }

    /// <summary>Waits for the word of an owner that has not told the node yet, as a stream does.</summary>
    private async Task<bool> TryTakeAsync(Node node, (string Holder, long Limit) partner, SimulatedProcess process)
    {
        var since = process.Time.GetTimestamp();
        while (!node.Shares!.Book.TryTake(partner.Holder, partner.Limit, out var patience))
        {
            var left = ShareBook.Patience - process.Time.GetElapsedTime(since);
            if (patience == TimeSpan.Zero || left < TimeSpan.FromMilliseconds(1) || node.Stopping!.IsCancellationRequested)
            {
                return false;
            }

            Waited++;
            var told = node.Told;
            simulator.After((left < patience ? left : patience) * 1.03, () => process.Run(() => node.Tell(told))); // by the slowest clock there is
            await told.Task;
        }

        WaitedWell += process.Time.GetTimestamp() > since ? 1 : 0;
        return true;
    }

    /// <summary>As many streams of a partner end as are too many, each in its time; those that are ending already count.</summary>
    private void EndStreams(Node node, SimulatedProcess process, string holder, long tooMany)
    {
        var streams = node.Streams[holder];
        for (; streams.Ending < tooMany && streams.Standing > 0; streams.Ending++, streams.Standing--)
        {
            Ended++;
            simulator.After(simulator.Between(10, 1500), () => process.Run(() =>
            {
                streams.Ending--;
                node.Shares!.Book.Return(holder);
            }));
        }
    }

    /// <summary>A partner sends as much as it may, at one node and then at another; in the end at the first one alone.</summary>
    private async Task UseRateAsync(Node node, SimulatedProcess process)
    {
        using var share = node.Shares!.Book.Measure(Paced, Rate);
        while (!node.Stopping!.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(400), process.Time);
            var turn = simulator.Now >= Lasting.Ticks ? 0 : (int)(simulator.Now / TimeSpan.FromSeconds(5).Ticks % nodes.Count);
            share.Use(nodes[turn] == node ? share.Now * 4 / 10 : 2);
            if (nodes[turn] == node)
            {
                share.HoldBack();
            }
        }
    }

    private void NoMoreThanTheWhole()
    {
        if (!Sharing)
        {
            return;
        }

        Excuse();
        foreach (var (holder, limit) in Partners)
        {
            NoMoreThan(new BudgetKey(holder, BudgetKind.Streams), limit);
        }

        NoMoreThan(Paced, Rate);
        NoMoreStandThanMay();
    }

    private void NoMoreStandThanMay()
    {
        if (!nodes.TrueForAll(n => n is { Process.Still: false, CutOff: false, Apart: false } && n.Keeper!.View.Nodes.Count == nodes.Count && ShardsInUse.All(shard => n.Shares!.Book.IsTold(shard, n.Lease))) || storeDown)
        {
            wholeSince = simulator.Now;
        }

        foreach (var (holder, limit) in Partners)
        {
            var stand = nodes.Where(static n => n.Process is { Dead: false }).Sum(n => n.Shares!.Book.HeldBy(holder));
            if (stand > limit && simulator.Now - wholeSince >= Dissolved.Ticks)
            {
                Assert.Fail($"seed {seed}, {TimeSpan.FromTicks(simulator.Now)}: {stand} streams of {holder} stand, {limit} may, and the pool is whole since {TimeSpan.FromTicks(wholeSince)}; {Shared(new BudgetKey(holder, BudgetKind.Streams), limit)}");
            }
        }
    }

    private void NoMoreThan(BudgetKey key, long whole)
    {
        var all = nodes.Where(static n => n is { Process.Dead: false, Excused: false }).Sum(n => n.Shares!.Book.InForceOf(key, whole));
        if (all > whole)
        {
            Assert.Fail($"seed {seed}, {TimeSpan.FromTicks(simulator.Now)}: {key} is {whole}, and the nodes have {all} of it; {Shared(key, whole)}");
        }
    }

    /// <summary>A node whose membership has ended, and that lives, is looked at again as soon as all have no more than the whole with it.</summary>
    private void Excuse()
    {
        var read = store.ReadAsync(NodeRecord.PrefixOf("pool"), default).AsTask();
        Assert.True(read.IsCompletedSuccessfully);
        var records = read.Result.Keys;
        foreach (var node in nodes.Where(static n => n.Process is { Dead: false }))
        {
            var lease = records.GetValueOrDefault(NodeRecord.KeyOf("pool", node.Name))?.Lease ?? 0;
            var book = node.Shares!.Book;
            if ((node.Lease != 0 && lease != node.Lease) || ShardsInUse.Any(book.HasLostPatience))
            {
                Excused += node.Excused ? 0 : 1;
                node.Excused = true;
            }

            node.Lease = lease;
            node.Excused &= !(ShardsInUse.All(shard => book.IsTold(shard, lease)) && Partners.All(p => Fits(new BudgetKey(p.Holder, BudgetKind.Streams), p.Limit, node)) && Fits(Paced, Rate, node));
        }
    }

    private bool Fits(BudgetKey key, long whole, Node with)
        => nodes.Where(n => n is { Process.Dead: false } && (!n.Excused || n == with)).Sum(n => n.Shares!.Book.InForceOf(key, whole)) <= whole;

    private void EveryBudgetIsDividedWhole()
    {
        if (!Sharing)
        {
            return;
        }

        NoMoreThanTheWhole();
        Assert.All(nodes, n => Assert.False(n.Excused, $"seed {seed}: {n.Name} has too much to the end; {Shared(Paced, Rate)}; {string.Join("; ", Partners.Select(p => Shared(new BudgetKey(p.Holder, BudgetKind.Streams), p.Limit)))}"));
        foreach (var (holder, limit) in Partners)
        {
            var key = new BudgetKey(holder, BudgetKind.Streams);
            var (held, may) = (nodes.Sum(n => n.Shares!.Book.HeldBy(holder)), nodes.Sum(n => n.Shares!.Book.InForceOf(key, limit)));
            Assert.True(held > 0 && held >= limit - nodes.Count && may >= limit - 1, $"seed {seed}: of {limit} streams of {holder} {held} stand and {may} may; {Shared(key, limit)}");
        }

        Assert.True(nodes[0].Shares!.Book.InForceOf(Paced, Rate) >= Rate / 2, $"seed {seed}: who asks for all has less than half; {Shared(Paced, Rate)}");
    }

    private string Shared(BudgetKey key, long whole) => string.Join(", ", nodes.Select(n => n.Shares is null || n.Process!.Dead ? $"{n.Name} is dead"
        : $"{n.Name} {n.Shares.Book.Describe(key)}{(n.Excused ? " excused" : "")} has {n.Shares.Book.HeldBy(key.Holder)} of {n.Shares.Book.InForceOf(key, whole)}"));
}
