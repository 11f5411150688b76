using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Tests.Routing;
using EdgePool.Edge.Transport;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Streams;

public sealed class StreamOutputTests : IDisposable
{
    private static readonly DomainName Domain = DomainName.Parse("edge.example");

    private readonly Socket ours = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket theirs;
    private readonly Ledger ledger = new();
    private readonly ThreadClock clock = new();
    private readonly StanzaReading reading = new();
    private readonly Route route;
    private readonly List<(int Stanzas, BounceReason Reason)> lost = [];
    private readonly List<Exception> failures = [];
    private readonly StreamOutput output;

    public StreamOutputTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        ours.Connect(listener.LocalEndPoint!);
        theirs = listener.Accept();
        route = NewRoute();
        output = new StreamOutput(new SocketStream(ours), ledger, clock, (segment, _, reason) => lost.Add((segment.Accepted, reason)), failures.Add);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        ours.Dispose();
        theirs.Dispose();
    }

    [Fact]
    public async Task Write_ControlGoesBeforeStanzas_AndTheFarewellLast()
    {
        Add("1");
        output.Attach(route);
        Assert.True(output.Send("<features/>"u8));
        output.Complete("</stream>"u8.ToArray(), deliver: true);
        output.Start();

        var text = await ReadAllAsync();

        Assert.StartsWith("<features/><message", text, StringComparison.Ordinal);
        Assert.EndsWith("</message></stream>", text, StringComparison.Ordinal);
        await output.Ended.WaitAsync(Stop);
        Assert.Equal((1L, 1L, 0L), (output.Delivered, ledger.Read().Delivered, ledger.Read().InFlight));
    }

    [Fact]
    public async Task Complete_WithoutDelivery_LeavesTheQueueToTheRoute()
    {
        output.Start();
        output.Complete("</stream>"u8.ToArray(), deliver: false);
        output.Attach(route);
        Add("1");
        route.Queue.Flush();

        Assert.Equal("</stream>", await ReadAllAsync());
        await output.Ended.WaitAsync(Stop);
        Assert.Equal(1, route.Queue.Accepted);
    }

    [Fact]
    public void Send_AtTheControlLimit_IsRefused()
    {
        Assert.True(output.Send(new byte[StreamOutput.ControlLimit - 1]));
        Assert.True(output.Send(new byte[1]));
        Assert.False(output.Send(new byte[1]));
    }

    [Fact]
    public async Task Drain_CompletesBehindTheControlOutput()
    {
        output.Send("<proceed/>"u8);
        var draining = output.DrainAsync();
        Assert.False(draining.IsCompleted);
        output.Start();

        await draining.WaitAsync(TimeSpan.FromSeconds(10), Stop);

        var buffer = new byte[64];
        Assert.Equal("<proceed/>", Encoding.UTF8.GetString(buffer, 0, await theirs.ReceiveAsync(buffer)));
    }

    [Fact]
    public async Task Write_Fails_TheSegmentIsLostAndTheRestStays()
    {
        for (var i = 0; i < 100; i++)
            Add("1", bodyBytes: 1_000);
        var all = route.Queue.Accepted;
        ours.Dispose();
        output.Attach(route);

        output.Start();

        await output.Ended.WaitAsync(TimeSpan.FromSeconds(10), Stop);
        Assert.Single(failures);
        Assert.Equal(all, Assert.Single(lost).Stanzas + route.Queue.Accepted);
        Assert.InRange(lost[0].Stanzas, 20, 40);
        Assert.True(output.Send("<late/>"u8));
    }

    [Fact]
    public async Task Abandon_WritesNothingMore()
    {
        output.Attach(route);
        output.Start();
        output.Abandon();
        await output.Ended.WaitAsync(TimeSpan.FromSeconds(10), Stop);

        Add("1");
        route.Queue.Flush();

        Assert.Equal((1, 0L), (route.Queue.Accepted, output.Delivered));
    }

    // The thread that wakes the writer is another stream's pump, or an actor with deadlines to keep.
    [Fact]
    public async Task Attach_LongQueue_DoesNotKeepTheThread()
    {
        output.Start();
        for (var i = 0; i < 32 * 40; i++)
            Add("1", bodyBytes: 1_000);
        var all = route.Queue.Bytes;
        Assert.True(all > StanzaSegment.TargetBytes * 2 * StreamOutput.SegmentsInPlace);
        var received = ReceiveAsync(all);

        clock.Watched = Environment.CurrentManagedThreadId;
        output.Attach(route);
        clock.Watched = 0;

        Assert.InRange(clock.Readings, 1, StreamOutput.SegmentsInPlace);
        Assert.Equal(all, await received.WaitAsync(TimeSpan.FromSeconds(10), Stop));
    }

    [Fact]
    public async Task Attach_SeveralRoutes_TheyTakeTurns()
    {
        var second = NewRoute();
        for (var i = 0; i < 100; i++)
            Add("first", bodyBytes: 1_000);
        Add("second", to: second);
        output.Attach(route);
        output.Attach(second);
        output.Complete("</stream>"u8.ToArray(), deliver: true);
        output.Start();

        var text = await ReadAllAsync();

        var before = text[..text.IndexOf("second", StringComparison.Ordinal)].Length;
        Assert.InRange(before, StanzaSegment.TargetBytes / 2, StanzaSegment.TargetBytes * 3 / 2); // behind one segment of the busy one
        await output.Ended.WaitAsync(Stop);
        Assert.Equal((101L, 0L), (ledger.Read().Delivered, ledger.Read().InFlight));
    }

    [Fact]
    public async Task Detach_OneRoute_KeepsItsStanzasAndTheOtherGoesOn()
    {
        var second = NewRoute();
        output.Attach(route);
        output.Attach(second);
        output.Detach(route);
        Assert.Equal((false, true), (route.Queue.HasStream, second.Queue.HasStream));
        Add("first");
        Add("second", to: second);
        output.Complete("</stream>"u8.ToArray(), deliver: true);
        output.Start();

        var text = await ReadAllAsync();

        Assert.Contains("second", text, StringComparison.Ordinal);
        Assert.DoesNotContain("first", text, StringComparison.Ordinal);
        await output.Ended.WaitAsync(Stop);
        output.DetachAll();
        Assert.Equal((1, false), (route.Queue.Accepted, second.Queue.HasStream));
    }

    [Fact]
    public void Attach_MoreRoutesThanOneStreamCarries_IsRefused()
    {
        for (var i = 0; i < CarriedRoutes.Most; i++)
            Assert.True(output.Attach(NewRoute()));
        var further = NewRoute();

        Assert.False(output.Attach(further));
        Assert.False(further.Queue.HasStream);
    }

    [Fact]
    public async Task PeerLimit_LargerStanza_IsLostAndTheOthersGo()
    {
        output.PeerLimit = 10_000;
        Add("small");
        Add("large", bodyBytes: 10_000);
        Add("last");
        output.Attach(route);
        output.Complete("</stream>"u8.ToArray(), deliver: true);
        output.Start();

        var text = await ReadAllAsync();

        Assert.Contains("small", text, StringComparison.Ordinal);
        Assert.Contains("last", text, StringComparison.Ordinal);
        Assert.DoesNotContain("large", text, StringComparison.Ordinal);
        Assert.Equal((1, BounceReason.PeerLimit), Assert.Single(lost));
        await output.Ended.WaitAsync(Stop);
        Assert.Equal((2L, 0, 0), (output.Delivered, route.Queue.Accepted, route.Queue.Bytes));
    }

    private Route NewRoute()
    {
        var made = new Route(new DomainPair(Domain, Domain), ContentNamespace.Component, new StanzaQueue(new QueueLimits(10_000, 64 << 20, 64 << 20), new VirtualTimeProvider()));
        ledger.Hold(made.Queue, () => made.Queue.Accepted);
        return made;
    }

    private void Add(string id, int bodyBytes = 1, Route? to = null)
    {
        ledger.Accept();
        (to ?? route).Queue.Enqueue(
            reading.Read(StanzaReading.Message("a@p1.example", "b@edge.example", id, bodyBytes)), ContentNamespace.Component, "a@p1.example"u8, "b@edge.example"u8);
    }

    private async Task<string> ReadAllAsync()
    {
        using var stream = new NetworkStream(theirs);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Stop).WaitAsync(TimeSpan.FromSeconds(10), Stop);
    }

    private async Task<int> ReceiveAsync(int bytes)
    {
        var buffer = new byte[64 * 1024];
        var count = 0;
        while (count < bytes)
            count += await theirs.ReceiveAsync(buffer);
        return count;
    }

    /// <summary>Counts who asks for the time: the writer does once a segment.</summary>
    private sealed class ThreadClock : TimeProvider
    {
        public int Watched { get; set; }

        public int Readings { get; private set; }

        public override long GetTimestamp()
        {
            if (Environment.CurrentManagedThreadId == Watched)
                Readings++;
            return base.GetTimestamp();
        }
    }
}
