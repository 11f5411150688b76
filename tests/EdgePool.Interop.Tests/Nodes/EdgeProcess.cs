using System.Text.Json;
using System.Threading.Channels;
using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.Nodes;

/// <summary>One line of the node's log, with its values by name.</summary>
internal sealed record EdgeEvent(int Id, string Level, string Message, IReadOnlyDictionary<string, string> Values)
{
    public string this[string name] => Values.GetValueOrDefault(name, "");
}

/// <summary>The account of stanzas that a node gives when it ends.</summary>
internal sealed record EdgeAccount(long Accepted, long Delivered, long Bounced, long Dropped, long InFlight)
{
    public bool Balances => Accepted == Delivered + Bounced + Dropped + InFlight;
}

/// <summary>The real executable, <c>edgepool run --config FILE</c>, with its log as events.</summary>
internal sealed class EdgeProcess : IAsyncDisposable
{
    private const int Started = 2001;
    private const int Stopped = 2003;
    private const int Accepted = 1000;
    private const int Connecting = 1001;
    private const int Authenticated = 1003;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string home;
    private readonly EventLog log;

    private EdgeProcess(EdgeSetup setup, string home, ServerProcess process, EventLog log)
    {
        Setup = setup;
        Process = process;
        this.home = home;
        this.log = log;
    }

    public EdgeSetup Setup { get; }

    public ServerProcess Process { get; }

    /// <summary>Every event so far.</summary>
    public IReadOnlyList<EdgeEvent> Events => log.All;

    /// <summary>Starts the node and waits until it says that it is up.</summary>
    public static async Task<EdgeProcess> StartAsync(EdgeSetup setup)
    {
        Programs.Require("setpriv");
        var folder = Directory.CreateTempSubdirectory("edgepool-node-").FullName;
        var record = new EventLog();
        var process = await ServerProcess.StartAsync(
            "edgepool",
            Path.Combine(AppContext.BaseDirectory, "edgepool"),
            ["run", "--config", setup.Write(folder)],
            folder,
            onLine: record.Note);
        var edge = new EdgeProcess(setup, folder, process, record);
        try
        {
            await edge.WaitForAsync(e => e.Id == Started, "the node is up");
            return edge;
        }
        catch
        {
            await edge.DisposeAsync();
            throw;
        }
    }

    /// <summary>The next event that is wanted; events are passed over once.</summary>
    public async Task<EdgeEvent> WaitForAsync(Func<EdgeEvent, bool> wanted, string what)
    {
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                if (await log.Unread.ReadAsync(deadline.Token) is var next && wanted(next))
                    return next;
            }
        }
        catch (OperationCanceledException e)
        {
            throw Process.Failure($"never said: {what}", e);
        }
    }

    /// <summary>The first event that is wanted among those from number <paramref name="since"/> on, past or future; it is not passed over for others.</summary>
    public async Task<EdgeEvent> FindAsync(Func<EdgeEvent, bool> wanted, string what, int since = 0)
    {
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            return await log.FindAsync(wanted, since, deadline.Token);
        }
        catch (OperationCanceledException e)
        {
            throw Process.Failure($"never said: {what}", e);
        }
    }

    /// <summary>Whether the stream of an event is one that the other side opened.</summary>
    public bool IsInbound(EdgeEvent ofStream) => Events.Any(e => e.Id == Accepted && e["stream"] == ofStream["stream"]);

    /// <summary>How the pair's streams were authenticated, in order: those that a partner opened, or those that the node opened.</summary>
    public IReadOnlyList<string> MethodsOf(string pair, bool inbound)
    {
        var opened = Events.Where(e => e.Id == (inbound ? Accepted : Connecting)).Select(e => e["stream"]).ToHashSet(StringComparer.Ordinal);
        return [.. Events.Where(e => e.Id == Authenticated && e["pair"] == pair && opened.Contains(e["stream"])).Select(e => e["method"])];
    }

    /// <summary>The streams that were authenticated for the pair, by number: all, or those that a partner or the node opened.</summary>
    public IReadOnlyList<string> StreamsOf(string pair, bool? inbound = null)
    {
        var opened = Events.Where(e => e.Id == (inbound is true ? Accepted : Connecting)).Select(e => e["stream"]).ToHashSet(StringComparer.Ordinal);
        return [.. Events.Where(e => e.Id == Authenticated && e["pair"] == pair && (inbound is null || opened.Contains(e["stream"]))).Select(e => e["stream"])];
    }

    /// <summary>SIGTERM, and the account it gives at its end; it has ten seconds and ends with code 0.</summary>
    public async Task<EdgeAccount> StopAsync()
    {
        if (!await Process.StopAsync(TimeSpan.FromSeconds(10)))
            throw Process.Failure("did not end within 10 s of SIGTERM");
        Assert.Equal(0, Process.ExitCode);
        var last = await WaitForAsync(e => e.Id == Stopped, "its account");
        long Number(string name) => long.Parse(last[name], System.Globalization.CultureInfo.InvariantCulture);
        return new EdgeAccount(Number("accepted"), Number("delivered"), Number("bounced"), Number("dropped"), Number("inFlight"));
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        Directory.Delete(home, recursive: true);
    }

    private sealed class EventLog
    {
        private readonly List<EdgeEvent> events = [];
        private readonly Channel<EdgeEvent> unread = Channel.CreateUnbounded<EdgeEvent>();
        private TaskCompletionSource changed = NewSignal();

        public ChannelReader<EdgeEvent> Unread => unread.Reader;

        public IReadOnlyList<EdgeEvent> All
        {
            get
            {
                lock (events)
                    return [.. events];
            }
        }

        public async Task<EdgeEvent> FindAsync(Func<EdgeEvent, bool> wanted, int since, CancellationToken cancellationToken)
        {
            for (var next = since; ;)
            {
                EdgeEvent[] fresh;
                Task signal;
                lock (events)
                    (fresh, signal) = ([.. events.Skip(next)], changed.Task);
                if (fresh.FirstOrDefault(wanted) is { } found)
                    return found;
                next += fresh.Length;
                await signal.WaitAsync(cancellationToken);
            }
        }

        public void Note(string line)
        {
            if (!line.StartsWith('{'))
                return;
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            var values = root.GetProperty("values").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.ToString(), StringComparer.Ordinal);
            var record = new EdgeEvent(
                root.GetProperty("id").GetInt32(), root.GetProperty("level").GetString() ?? "", root.GetProperty("message").GetString() ?? "", values);
            TaskCompletionSource signal;
            lock (events)
            {
                events.Add(record);
                (signal, changed) = (changed, NewSignal());
            }

            unread.Writer.TryWrite(record);
            signal.TrySetResult();
        }

        private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
