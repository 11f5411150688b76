using System.Globalization;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Entities;
using EdgePool.Cluster.Membership;
using EdgePool.Cluster.Sharding;
using EdgePool.Cluster.Snapshots;

namespace EdgePool.Cluster.Tests.Simulation;

/// <summary>
/// A pool of three to five nodes for a minute: nodes are killed and started again, stopped and continued, cut off from the store, from each other, drained; the store is down for a while. All the
/// time no shard has two owners and no write of an owner that was followed by another counts; after the last fault every shard is soon owned by the node that the
/// placement names. What all may have of a partner's budgets is never more than the whole, and soon all of it. Never two nodes are to try a dead partner; and every consent that
/// was acknowledged is in the end as its user left it, at every node.
/// </summary>
internal sealed partial class PoolSimulation
{
    private const int Shards = 24;
    private static readonly TimeSpan Faulty = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan End = TimeSpan.FromSeconds(70);
    private static readonly MembershipOptions Options = new();

    private readonly Simulator simulator;
    private readonly int seed;
    private readonly EmbeddedCoordinator store;
    private readonly List<Node> nodes = [];
    private readonly long[] lastToken = new long[Shards];
    private readonly SimulatedJournal journal;
    private bool storeDown;
    private bool calm;

    public PoolSimulation(int seed)
    {
        this.seed = seed;
        simulator = new Simulator(seed);
        store = new EmbeddedCoordinator(new StoreClock(simulator));
        journal = new SimulatedJournal(store);
        var count = 3 + simulator.Random.Next(3);
        for (var i = 0; i < count; i++)
        {
            nodes.Add(new Node($"node-{(char)('a' + i)}"));
        }
    }

    public ulong Trace => simulator.Trace;

    /// <summary>Writes of owners that the store took.</summary>
    public int Writes { get; private set; }

    /// <summary>Writes of owners that it refused.</summary>
    public int Fenced { get; private set; }

    /// <summary>How often a shard came to a node.</summary>
    public int Gains { get; private set; }

    public void Run()
    {
        simulator.Check = CheckNowAndThen;
        foreach (var node in nodes)
        {
            simulator.After(simulator.Between(0, 3000), () => Start(node));
        }

        simulator.After(simulator.Between(2000, 6000), Disturb);
        simulator.RunUntil(Faulty);
        Heal();
        simulator.RunUntil(End);
        EveryShardIsWhereItBelongs();
        EveryBudgetIsDividedWhole();
        EveryNodeHasReachedThePartner();
        EveryConsentIsAsItWasLeft();
    }

    private void Start(Node node)
    {
        node.Process?.Kill();
        var process = new SimulatedProcess(simulator, 0.98 + (simulator.Random.NextDouble() * 0.04));
        node.Process = process;
        node.Starts++;
        node.Stopping = new CancellationTokenSource();
        process.Run(() =>
        {
            var loss = !calm && simulator.Chance(0.3) ? 0.05 : 0;
            var link = new SimulatedLink(simulator, process, store, () => simulator.Now >= Faulty.Ticks || (!storeDown && !node.CutOff), () => simulator.Now >= Faulty.Ticks ? 0 : loss, () => calm || simulator.Now >= Lasting.Ticks ? 0 : 0.02);
            var self = new NodeRecord(node.Name, "pool", simulator.Random.Next().ToString(CultureInfo.InvariantCulture), "1", "");
            node.Member = new Member(link, self, Options, process.Time, simulator.Random);
            node.Keeper = new ShardKeeper(link, node.Member, Options, process.Time, Shards)
            {
                Gained = (shard, token) =>
                {
                    Gains++;
                    NoTwoOwners(shard);
                    simulator.Note((ulong)(token * 100) + (ulong)shard);
                },
                HandOver = (_, cancellation) => Task.Delay(simulator.Between(1, 50), process.Time, cancellation),
            };
            node.Peers = new SimulatedPeers(simulator, node.Name, process, name => nodes.Find(n => string.Equals(n.Name, name, StringComparison.Ordinal))?.Peers, (a, b) => simulator.Now >= Faulty.Ticks || !(Apart(a) || Apart(b)), () => simulator.Now >= Faulty.Ticks ? 0 : loss);
            node.Shares = new PoolShares(link, node.Peers, node.Member, node.Keeper, process.Time);
            (node.Lease, node.Excused, node.Told) = (0, false, new TaskCompletionSource());
            node.Streams = Partners.ToDictionary(static p => p.Holder, static _ => new PartnerStreams(), StringComparer.Ordinal);
            node.Shares.Book.Told = () => node.Tell(node.Told);
            node.Shares.Book.TooMany = (holder, tooMany) => EndStreams(node, process, holder, tooMany);
            node.Running =
            [
                node.Member.RunAsync(node.Stopping.Token), node.Keeper.RunAsync(node.Stopping.Token), WriteAsync(node, link, process), ListenAsync(node, link, process),
            ];
            if (Consenting)
            {
                StartConsents(node, link, process);
            }

            if (Sharing)
            {
                node.Running = [.. node.Running, node.Shares.RunAsync(node.Stopping.Token), ReachAsync(node, process), .. Partners.Select(partner => OpenStreamsAsync(node, partner, process)), UseRateAsync(node, process)];
            }
        });
    }

    /// <summary>Writes for its shards all the time, as an owner would.</summary>
    private async Task WriteAsync(Node node, SimulatedLink link, SimulatedProcess process)
    {
        var keeper = node.Keeper!;
        while (!node.Stopping!.IsCancellationRequested)
        {
            await Task.Delay(simulator.Between(50, 800), process.Time);
            var shard = simulator.Random.Next(Shards);
            if (keeper.TokenOf(shard) is not { } token)
            {
                continue;
            }

            try
            {
                var written = await link.CommitAsync(
                    [Condition.CreatedAt(ShardMap.KeyOf("pool", shard), token)], [new KeyChange($"data/{shard}", BitConverter.GetBytes(token))], default);
                _ = written is null ? Fenced++ : Writes++;
            }
            catch (StoreException)
            {
                // done or not: the next one tells
            }
        }
    }

    private void Disturb()
    {
        if (simulator.Now >= Faulty.Ticks)
        {
            return;
        }

        var node = nodes[simulator.Random.Next(nodes.Count)];
        switch (simulator.Random.Next(7))
        {
            case 0 when node.Process is { Dead: false } process:
                process.Kill();
                simulator.After(simulator.Between(10, 12_000), () => Start(node));
                break;
            case 1 when node.Process is { Dead: false } process:
                process.StopFor(simulator.Between(100, 15_000));
                break;
            case 2:
                node.CutOff = true;
                simulator.After(simulator.Between(100, 12_000), () => node.CutOff = false);
                break;
            case 3:
                storeDown = true;
                simulator.After(simulator.Between(100, 8_000), () => storeDown = false);
                break;
            case 4 when node.Process is { Dead: false } process:
                process.Run(() => node.Member!.Describe(r => r with { Draining = !r.Draining }));
                break;
            case 6:
                node.Apart = true;
                simulator.After(simulator.Between(100, 12_000), () => node.Apart = false);
                break;
            case 5 when node.Process is { Dead: false } process:
                process.Run(() => _ = RestartAsync(node));
                break;
            default:
                break;
        }

        simulator.After(simulator.Between(200, 5000), Disturb);
    }

    /// <summary>Like SIGTERM, and started again.</summary>
    private async Task RestartAsync(Node node)
    {
        var (process, member) = (node.Process!, node.Member!);
        node.Stop();
        await Task.WhenAll(node.Running);
        try
        {
            await member.LeaveAsync(default);
        }
        catch (StoreException)
        {
            // the lease ends in its time
        }

        if (process is { Dead: false })
        {
            process.Kill();
            simulator.After(simulator.Between(10, 3000), () => Start(node));
        }
    }

    private void Heal()
    {
        foreach (var node in nodes)
        {
            if (node.Process is { Dead: false } process)
            {
                process.Run(() => node.Member!.Describe(r => r with { Draining = false }));
            }
        }
    }

    /// <summary>A second owner can only come by gaining, which is looked at each time; all is looked at each hundredth step.</summary>
    private void CheckNowAndThen()
    {
        if (simulator.Steps % 100 != 0)
        {
            return;
        }

        for (var shard = 0; shard < Shards; shard++)
        {
            NoTwoOwners(shard);
        }

        NoMoreThanTheWhole();
        NeverTwoProbers();
    }

    private void NoTwoOwners(int shard)
    {
        Node? owner = null;
        foreach (var node in nodes)
        {
            if (node.Process is not { Dead: false } || node.Keeper?.TokenOf(shard) is not { } token)
            {
                continue;
            }

            if (owner is not null || token < lastToken[shard])
            {
                Assert.Fail($"seed {seed}, {TimeSpan.FromTicks(simulator.Now)}: shard {shard} has the owner {owner?.Name} and {node.Name}, who has the token {token}; the last one was {lastToken[shard]}");
            }

            (owner, lastToken[shard]) = (node, token);
        }
    }

    private void EveryShardIsWhereItBelongs()
    {
        foreach (var fault in nodes.SelectMany(static n => n.Running).Select(static r => r.Exception).OfType<Exception>())
        {
            Assert.Fail($"seed {seed}: {fault}");
        }

        var view = nodes[0].Keeper!.View;
        Assert.True(view.Nodes.Count == nodes.Count, $"seed {seed}: {view.Nodes.Count} of {nodes.Count} nodes are members; {State()}");
        for (var shard = 0; shard < Shards; shard++)
        {
            var belongs = Placement.OwnerOf(shard, view);
            var owner = nodes[0].Keeper!.Map.Owners.GetValueOrDefault(shard).Node;
            Assert.True(string.Equals(owner, belongs, StringComparison.Ordinal), $"seed {seed}: shard {shard} is owned by {owner ?? "nobody"}, not by {belongs}; {State()}");
        }

        Assert.True(nodes.Sum(static n => n.Keeper!.Count) == Shards, $"seed {seed}: not every owner knows that it is one; {State()}");
    }

    private string State() => string.Join("; ", nodes.Select(static n =>
        $"{n.Name} {(n.Process!.Dead ? "is dead" : "lives")} in term {n.Member!.Term?.Lease}, started {n.Starts} times, sees {n.Keeper!.View.Nodes.Count} nodes and {n.Keeper.Map.Owners.Count} owners, owns {n.Keeper.Count}, runs {string.Join("+", n.Running.Select(static r => r.Status))}{(n.Stopping!.IsCancellationRequested ? ", stopping" : "")}"));

    private sealed class PartnerStreams
    {
        public int Standing { get; set; }

        public int Ending { get; set; }
    }

    private sealed class Node(string name)
    {
        public string Name { get; } = name;

        public SimulatedProcess? Process { get; set; }

        public CancellationTokenSource? Stopping { get; set; }

        public Member? Member { get; set; }

        public ShardKeeper? Keeper { get; set; }

        public Task[] Running { get; set; } = [];

        public SimulatedPeers? Peers { get; set; }

        public PoolShares? Shares { get; set; }

        /// <summary>From the store.</summary>
        public bool CutOff { get; set; }

        /// <summary>From the other nodes.</summary>
        public bool Apart { get; set; }

        public long Lease { get; set; }

        public bool Excused { get; set; }

        /// <summary>By partner.</summary>
        public Dictionary<string, PartnerStreams> Streams { get; set; } = [];

        public int Starts { get; set; }

        /// <summary>Completes when owners tell this process what it may have.</summary>
        public TaskCompletionSource Told { get; set; } = new();

        public bool HasReached { get; set; }

        /// <summary>Of this process.</summary>
        public MergedConsents? Consents { get; set; }

        public SimulatedTable? Table { get; set; }

        /// <summary>What outlives a process.</summary>
        public MemoryStream Disk { get; } = new();

        public SimulatedMirror Mirror { get; } = new();

        /// <summary>Here and not, as by CancelAsync, on the thread pool.</summary>
        public void Stop()
        {
            Stopping!.Cancel();
            Tell(Told);
        }

        /// <summary>Wakes who waits for this, if anybody still does.</summary>
        public void Tell(TaskCompletionSource told)
        {
            if (told == Told)
            {
                Told = new TaskCompletionSource();
                told.SetResult();
            }
        }
    }
}
