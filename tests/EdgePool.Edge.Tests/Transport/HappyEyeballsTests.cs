using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;
using EdgePool.Edge.Transport;
using EdgePool.Testing.Dns;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Edge.Tests.Transport;

// RFC 8305 sections 3 to 5, XEP-0495.
public sealed class HappyEyeballsTests
{
    private static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    private readonly VirtualTimeProvider time = new();
    private readonly Attempts attempts = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connect_FirstAddressAnswers_NobodyElseIsTried()
    {
        var racing = Connect("2001:db8::1", "192.0.2.1");
        var only = await attempts.NextAsync();

        only.Succeed();

        var won = Assert.IsType<RaceResult<Connection>.Connected>(await racing);
        Assert.Same(only.Connection, won.Connection);
        Assert.Equal("2001:db8::1", won.EndPoint.Address.ToString());
        Assert.Empty(won.Failures);
        Assert.False(only.Connection.IsDisposed);
        Assert.Equal(1, attempts.Count);
        Assert.Equal(0, time.ActiveTimers);
    }

    [Fact]
    public async Task Connect_DNS21_BlackHoledIpv6_TriesIpv4After250Milliseconds()
    {
        var racing = Connect("2001:db8::1", "192.0.2.1");
        var blackHole = await attempts.NextAsync();
        await UntilTimersAsync(2);

        time.Advance(AttemptDelay - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, attempts.Count);
        time.Advance(TimeSpan.FromMilliseconds(1));
        var second = await attempts.NextAsync();
        Assert.Equal("192.0.2.1", second.Address);
        Assert.Equal(AttemptDelay, time.Elapsed);
        second.Succeed();

        Assert.Same(second.Connection, Assert.IsType<RaceResult<Connection>.Connected>(await racing).Connection);
        Assert.True(blackHole.IsCancelled);
    }

    [Fact]
    public async Task Connect_Failure_BeginsTheNextAtOnce()
    {
        var racing = Connect("2001:db8::1", "192.0.2.1");

        (await attempts.NextAsync()).Fail(SocketError.ConnectionRefused);
        (await attempts.NextAsync()).Succeed();

        var won = Assert.IsType<RaceResult<Connection>.Connected>(await racing);
        Assert.Equal(TimeSpan.Zero, time.Elapsed);
        Assert.Equal(ConnectFault.Refused, Assert.Single(won.Failures).Fault);
    }

    [Fact]
    public async Task Connect_EarlierAttempt_MayStillWin()
    {
        var racing = Connect("2001:db8::1", "192.0.2.1");
        var first = await attempts.NextAsync();
        await UntilTimersAsync(2);
        time.Advance(AttemptDelay);
        var second = await attempts.NextAsync();

        first.Succeed();

        Assert.Same(first.Connection, Assert.IsType<RaceResult<Connection>.Connected>(await racing).Connection);
        Assert.True(second.IsCancelled);
    }

    [Fact]
    public async Task Connect_LoserThatConnectsAllTheSame_IsDisposedOf()
    {
        var racing = Connect("2001:db8::1", "192.0.2.1");
        var deaf = await attempts.NextAsync();
        deaf.IgnoresCancellation = true;
        await UntilTimersAsync(2);
        time.Advance(AttemptDelay);
        (await attempts.NextAsync()).Succeed();
        Assert.IsType<RaceResult<Connection>.Connected>(await racing);
        Assert.False(deaf.Connection.IsDisposed);

        deaf.Succeed();

        await deaf.Connection.Disposed.WaitAsync(Stop);
    }

    [Fact]
    public async Task Connect_ManyAddresses_TakeTurnsFromIpv6()
    {
        var racing = Connect("192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2", "192.0.2.1");
        var order = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            var attempt = await attempts.NextAsync();
            order.Add(attempt.Address);
            attempt.Fail(SocketError.HostUnreachable);
        }

        var lost = Assert.IsType<RaceResult<Connection>.Failed>(await racing);
        Assert.Equal(["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3"], order);
        Assert.Equal(RaceFailure.AllFailed, lost.Reason);
        Assert.Equal(order, lost.Failures.Select(failure => failure.EndPoint.Address.ToString()));
        Assert.All(lost.Failures, failure => Assert.Equal(ConnectFault.Unreachable, failure.Fault));
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, "Refused")]
    [InlineData(SocketError.NetworkUnreachable, "Unreachable")]
    [InlineData(SocketError.AddressNotAvailable, "Unreachable")]
    [InlineData(SocketError.TimedOut, "TimedOut")]
    [InlineData(SocketError.ConnectionReset, "Other")]
    public async Task Connect_Fault_IsTyped(SocketError error, string fault)
    {
        var racing = Connect("192.0.2.1");
        (await attempts.NextAsync()).Fail(error);

        var failure = Assert.Single(Assert.IsType<RaceResult<Connection>.Failed>(await racing).Failures);

        Assert.Equal((fault, error), (failure.Fault.ToString(), failure.SocketError));
    }

    [Fact]
    public async Task Connect_NobodyAnswers_EndsAtTheTimeout()
    {
        var racing = Connect("2001:db8::1", "192.0.2.1");
        await attempts.NextAsync();
        await UntilTimersAsync(2);
        time.Advance(AttemptDelay);
        await attempts.NextAsync();
        time.Advance(TimeSpan.FromSeconds(15) - AttemptDelay - TimeSpan.FromMilliseconds(1));
        Assert.False(racing.IsCompleted);

        time.Advance(TimeSpan.FromMilliseconds(1));

        var lost = Assert.IsType<RaceResult<Connection>.Failed>(await racing);
        Assert.Equal(RaceFailure.TimedOut, lost.Reason);
        Assert.Equal([ConnectFault.TimedOut, ConnectFault.TimedOut], lost.Failures.Select(failure => failure.Fault));
        Assert.Equal(0, time.ActiveTimers);
    }

    [Fact]
    public async Task Connect_DeafAttempt_DoesNotHoldTheTimeout()
    {
        var racing = Connect("192.0.2.1");
        (await attempts.NextAsync()).IgnoresCancellation = true;
        await UntilTimersAsync(2);

        time.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal(RaceFailure.TimedOut, Assert.IsType<RaceResult<Connection>.Failed>(await racing).Reason);
    }

    [Fact]
    public async Task Connect_CallerGivesUp_CancelsAllAttempts()
    {
        using var impatience = new CancellationTokenSource();
        var racing = Race().ConnectAsync(EndPoints("2001:db8::1", "192.0.2.1"), attempts.OpenAsync, impatience.Token);
        var attempt = await attempts.NextAsync();

        await impatience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => racing);
        Assert.True(attempt.IsCancelled);
    }

    [Fact]
    public async Task Connect_BugInAnAttempt_IsThrownAndCancelsTheOthers()
    {
        var racing = Connect("2001:db8::1", "192.0.2.1");
        var first = await attempts.NextAsync();
        await UntilTimersAsync(2);
        time.Advance(AttemptDelay);

        (await attempts.NextAsync()).Break();

        await Assert.ThrowsAsync<InvalidOperationException>(() => racing);
        Assert.True(first.IsCancelled);
        Assert.Equal(0, time.ActiveTimers);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    public async Task Connect_MoreAddressesThanTheLimit_TriesTheFirst(int addresses)
    {
        var racing = Connect([.. Enumerable.Range(1, addresses).Select(i => $"192.0.2.{i}")]);
        for (var i = 0; i < Math.Min(addresses, 32); i++)
        {
            (await attempts.NextAsync()).Fail(SocketError.ConnectionRefused);
        }

        Assert.Equal(Math.Min(addresses, 32), Assert.IsType<RaceResult<Connection>.Failed>(await racing).Failures.Length);
    }

    [Theory]
    [InlineData("no address", "", "", DnsFailure.None, "NoAddress")]
    [InlineData("denied", "", "127.0.0.1", DnsFailure.None, "AddressesDenied")]
    [InlineData("no answer", "", "", DnsFailure.Timeout, "Dns")]
    public async Task Connect_NothingToTry_SaysWhy(string id, string addresses, string denied, DnsFailure failure, string reason)
    {
        var batch = new AddressBatch(
            DnsType.A,
            failure == DnsFailure.None ? DnsOutcome.NoData : DnsOutcome.Failed,
            failure,
            [.. EndPoints(addresses)],
            denied.Length == 0 ? [] : [IPAddress.Parse(denied)]);

        var result = await Race().ConnectAsync(AsyncEnumerable.Repeat(batch, 2), attempts.OpenAsync, Stop);

        var lost = Assert.IsType<RaceResult<Connection>.Failed>(result);
        Assert.True(reason == lost.Reason.ToString(), id);
        Assert.Equal(failure, lost.DnsFailure);
    }

    [Fact]
    public async Task Connect_AddressesThatComeLate_JoinTheRace()
    {
        var batches = Channel.CreateUnbounded<AddressBatch>();
        var racing = Race().ConnectAsync(batches.Reader.ReadAllAsync(Stop), attempts.OpenAsync, Stop);
        batches.Writer.TryWrite(Batch("192.0.2.1", "192.0.2.2"));
        var first = await attempts.NextAsync();
        batches.Writer.TryWrite(Batch("2001:db8::1"));
        batches.Writer.Complete();
        Assert.Equal("192.0.2.1", first.Address);
        await UntilTimersAsync(2);

        first.Fail(SocketError.ConnectionRefused);

        // Whether the late batch was taken by then is up to the pool; it is tried in any case.
        var second = await attempts.NextAsync();
        second.Fail(SocketError.ConnectionRefused);
        var third = await attempts.NextAsync();
        third.Succeed();
        Assert.IsType<RaceResult<Connection>.Connected>(await racing);
        Assert.Equal(["192.0.2.2", "2001:db8::1"], new[] { second.Address, third.Address }.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Connect_ConnectionBeforeTheDnsIsDone_DoesNotWaitForIt()
    {
        var dns = new FakeDnsResolver().Addresses("x.p1.example", "192.0.2.1", "2001:db8::1");
        dns.Hold("x.p1.example", DnsType.A);
        var target = new SrvTarget(DnsName.Parse("x.p1.example"), 5269, DirectTls: false, 0, 0);
        var service = new XmppServiceResolver(dns, time);

        var racing = Race().ConnectAsync(service.ResolveAddressesAsync(target, Stop), attempts.OpenAsync, Stop);
        (await attempts.NextAsync()).Succeed();

        Assert.IsType<RaceResult<Connection>.Connected>(await racing);
    }

    [Fact]
    public async Task OpenSocket_Loopback_ConnectsToTheOneThatListens()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var open = (IPEndPoint)listener.LocalEndPoint!;
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));

        var result = await new HappyEyeballs(TimeProvider.System, new HappyEyeballsOptions())
            .ConnectAsync([(IPEndPoint)closed.LocalEndPoint!, open], HappyEyeballs.OpenSocketAsync, Stop);

        var won = Assert.IsType<RaceResult<Socket>.Connected>(result);
        using var connection = won.Connection;
        Assert.True(connection.NoDelay);
        Assert.Equal(open, won.EndPoint);
        Assert.Equal(ConnectFault.Refused, Assert.Single(won.Failures).Fault);
    }

    private HappyEyeballs Race() => new(time, new HappyEyeballsOptions());

    private Task<RaceResult<Connection>> Connect(params string[] addresses)
        => Race().ConnectAsync(EndPoints(addresses), attempts.OpenAsync, Stop);

    private static ImmutableArray<IPEndPoint> EndPoints(params string[] addresses)
        => [.. addresses.Where(address => address.Length != 0).Select(address => new IPEndPoint(IPAddress.Parse(address), 5269))];

    private static AddressBatch Batch(params string[] addresses)
        => new(DnsType.None, DnsOutcome.Records, DnsFailure.None, EndPoints(addresses), []);

    // The attempt opens before its delay is set: yields until the clock knows both the timeout and the delay.
    private async Task UntilTimersAsync(int count)
    {
        while (time.ActiveTimers < count)
        {
            Stop.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class Connection : IAsyncDisposable
    {
        private readonly TaskCompletionSource disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsDisposed => disposed.Task.IsCompleted;

        public Task Disposed => disposed.Task;

        public ValueTask DisposeAsync()
        {
            disposed.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Attempt(IPEndPoint endPoint)
    {
        private readonly TaskCompletionSource<Connection> end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Address => endPoint.Address.ToString();

        public Connection Connection { get; } = new();

        public bool IgnoresCancellation { get; set; }

        public bool IsCancelled => end.Task.IsCanceled;

        public Task<Connection> Connecting => end.Task;

        public void Succeed() => end.TrySetResult(Connection);

        public void Fail(SocketError error) => end.TrySetException(new SocketException((int)error));

        public void Break() => end.TrySetException(new InvalidOperationException("A bug."));

        public void Cancel()
        {
            if (!IgnoresCancellation)
            {
                end.TrySetCanceled();
            }
        }
    }

    /// <summary>The attempts in the order in which they begin; the test ends each.</summary>
    private sealed class Attempts
    {
        private readonly Channel<Attempt> begun = Channel.CreateUnbounded<Attempt>();
        private int count;

        public int Count => Volatile.Read(ref count);

        public async Task<Connection> OpenAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
        {
            var attempt = new Attempt(endPoint);
            await using var registration = cancellationToken.Register(attempt.Cancel);
            Interlocked.Increment(ref count);
            begun.Writer.TryWrite(attempt);
            return await attempt.Connecting;
        }

        public async Task<Attempt> NextAsync() => await begun.Reader.ReadAsync(Stop);
    }
}
