using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EdgePool.Interop.Tests.Pools;

/// <summary>What one node learns, all nodes know: consents of users, and that a partner is dead. With real processes and a real etcd.</summary>
public sealed class PoolKnowledgeTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Time in which each node tries once, and hears that another one does.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Consent_GivenAtOneNode_HoldsAtAll_AndIfEtcdWasAwayAndTheNodeWasKilled()
    {
        await using var pool = await PoolOfProcesses.StartAsync();
        await using var partner = await PoolPartner.StartAsync(pool, "--connection-limit 20");
        await pool.OperatorOf(1).DoAsync($"partner set {PoolPartner.Domain} --partner-type PublicUnverified");
        await pool.OperatorOf(1).DoAsync("policy set global --enable-federation-access --enable-xmpp-access --enable-public-cloud-access");
        for (var node = 1; node <= 3; node++)
        {
            await pool[node].WaitForLogAsync(" 2030 PolicyInForce revision=4 ", Patience);
        }

        // Given at node 1, it lets the contact in at node 2.
        var first = partner.NextContact;
        await partner.WriteAsync(1, PoolPartner.User, first);
        await HoldsAsync(pool, first, 1, 2, 3);
        await using (var stream = await partner.TryOpenAsync(2))
        {
            Assert.NotNull(stream);
        }

        // Given while etcd is down, on a node that is killed then: it is in force there at once, also when that starts again, and at all when etcd is back.
        await pool.StopEtcdAsync();
        await pool.UntilAsync(1, static away => away.Kept is { AwaySince: not null });
        var second = partner.NextContact;
        await partner.WriteAsync(1, PoolPartner.User, second);
        await pool.UntilAsync(1, static away => away.Kept is { PendingConsents: 1 });
        await pool[1].KillAsync();
        await pool.RunNodeAsync(1);
        await HoldsAsync(pool, second, 1);
        await HoldsAsync(pool, first, 1, 2, 3);

        await pool.StartEtcdAsync();
        var since = TimeProvider.System.GetTimestamp();
        await HoldsAsync(pool, second, 2, 3);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"etcd is back: the consent of the time without it holds at all nodes {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.0} s later"));
        await pool.UntilAsync(1, static back => back.Kept is { PendingConsents: 0 });

        // At the first attempt, though that node is a member anew and an owner has to tell it how many streams it may have: until then one waits, and is not refused.
        await using var last = await partner.TryOpenAsync(3);
        Assert.NotNull(last);
    }

    // DESIGN section 6: backoff is shared, so that a dead partner is tried by one node.
    [Fact]
    public async Task Partner_Dead_IsTriedByOneNodeOfThree_AndIsSoonUsedByAllWhenItIsBack()
    {
        await using var pool = await PoolOfProcesses.StartAsync();
        for (var node = 1; node <= 3; node++)
        {
            // By itself up to five minutes: what waits for the partner would be answered before.
            await File.AppendAllTextAsync(pool.FileOf(node), "timeouts: { backoffMax: 15s }\n", TestContext.Current.CancellationToken);
        }

        await using var line = new DyingLine();
        await using var partner = await PoolPartner.StartAsync(pool, string.Create(CultureInfo.InvariantCulture, $"--proxy-fqdn 127.0.0.1:{line.Port}"));
        for (var node = 1; node <= 3; node++)
        {
            await partner.WriteAsync(node, PoolPartner.User, "waits@" + PoolPartner.Domain);
        }

        await Task.Delay(Settling);
        var (before, connects) = (Tries(pool), line.Connects);
        await Task.Delay(Window);
        int[] tried = [.. Tries(pool).Zip(before, static (now, then) => now - then)];
        connects = line.Connects - connects;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"dead for {Settling + Window}: {line.Connects} connects; in the last {Window}, {connects}, by nodes 1 to 3: {string.Join(", ", tried)}"));
        Assert.InRange(connects, 1, 12); // of three nodes, each for itself, three times as many
        Assert.Equal(1, tried.Count(static tries => tries > 0));

        var arrivals = new Task[3];
        for (var node = 1; node <= 3; node++)
        {
            arrivals[node - 1] = await partner.WriteOutAsync(node);
        }

        var since = TimeProvider.System.GetTimestamp();
        line.Target = partner.EndPoint;
        await Task.WhenAny(arrivals).WaitAsync(Patience);
        var found = TimeProvider.System.GetElapsedTime(since);
        await Task.WhenAll(arrivals).WaitAsync(Patience);
        var all = TimeProvider.System.GetElapsedTime(since) - found;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"back: found after {found.TotalSeconds:0.0} s, used by all nodes {all.TotalSeconds:0.0} s later"));
        Assert.True(all < TimeSpan.FromSeconds(10), $"it took {all}"); // about a second, on a machine that is not busy
    }

    /// <summary>How often each node said that no stream to the partner came up.</summary>
    private static int[] Tries(PoolOfProcesses pool)
        => [.. Enumerable.Range(1, 3).Select(node => pool[node].Log.Split('\n').Count(static entry => entry.Contains(" 1021 ", StringComparison.Ordinal)))];

    private static async Task HoldsAsync(PoolOfProcesses pool, string contact, params int[] nodes)
    {
        foreach (var node in nodes)
        {
            var since = TimeProvider.System.GetTimestamp();
            while (!(await pool.OperatorOf(node).DoAsync("consent list " + PoolPartner.Domain)).Contains(contact, StringComparison.Ordinal))
            {
                Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, $"edge-{node} does not know of {contact}");
                await Task.Delay(200);
            }
        }
    }

    /// <summary>A port where a partner's server is dead, each connection being closed at once, until it leads to one that lives.</summary>
    private sealed class DyingLine : IAsyncDisposable
    {
        private readonly Socket listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Task> lines = [];
        private readonly List<Socket> open = [];
        private readonly Task accepting;
        private volatile int connects;
        private volatile IPEndPoint? target;

        public DyingLine()
        {
            listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listening.Listen();
            accepting = AcceptAsync();
        }

        public int Port => ((IPEndPoint)listening.LocalEndPoint!).Port;

        public int Connects => connects;

        public IPEndPoint? Target
        {
            set => target = value;
        }

        public async ValueTask DisposeAsync()
        {
            listening.Dispose();
            await accepting;
            open.ForEach(static socket => socket.Dispose());
            await Task.WhenAll(lines);
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var from = await listening.AcceptAsync();
                    Interlocked.Increment(ref connects);
                    if (target is not { } lives)
                    {
                        from.Dispose();
                        continue;
                    }

                    var to = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    open.AddRange([from, to]);
                    await to.ConnectAsync(lives);
                    lines.AddRange([PassAsync(from, to), PassAsync(to, from)]);
                }
            }
            catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
            {
                // the test is over
            }
        }

        private static async Task PassAsync(Socket from, Socket to)
        {
            try
            {
                await using var source = new NetworkStream(from);
                await using var sink = new NetworkStream(to);
                await source.CopyToAsync(sink);
                to.Shutdown(SocketShutdown.Send);
            }
            catch (Exception fault) when (fault is IOException or SocketException or ObjectDisposedException)
            {
                // one side is gone
            }
        }
    }
}
