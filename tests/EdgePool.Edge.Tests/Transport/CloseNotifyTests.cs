using System.Net.Security;
using EdgePool.Edge.Transport;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Transport;
using Xunit;

namespace EdgePool.Edge.Tests.Transport;

/// <summary>The farewell never meets a read or a write in the TLS engine: it takes the lock that they take.</summary>
public sealed class CloseNotifyTests : IAsyncLifetime
{
    private readonly TestCertificateAuthority authority = new();
    private SslStream ours = null!;
    private SslStream peer = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var (left, right) = DuplexPipe.CreatePair();
        (ours, peer) = (new SslStream(left), new SslStream(right));
        var certificate = SslStreamCertificateContext.Create(authority.Issue("edge.example").Certificate, [], offline: true);
        await Task.WhenAll(
            ours.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = certificate }, Stop),
            peer.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = "edge.example", RemoteCertificateValidationCallback = static (_, _, _, _) => true }, Stop));
    }

    public async ValueTask DisposeAsync()
    {
        await ours.DisposeAsync();
        await peer.DisposeAsync();
        authority.Dispose();
    }

    [Fact]
    public async Task Send_EndsWhatThePeerReads_AndStillHearsIt()
    {
        Assert.True(CloseNotify.IsAvailable);
        await CloseNotify.SendAsync(ours);
        Assert.Equal(0, await peer.ReadAsync(new byte[1], Stop));
        await peer.WriteAsync("late"u8.ToArray(), Stop);
        var heard = new byte[4];
        await ours.ReadExactlyAsync(heard, Stop);
        Assert.Equal("late"u8.ToArray(), heard);
    }

    [Fact]
    public async Task Lock_IsWhatReadingTakes()
    {
        await peer.WriteAsync("x"u8.ToArray(), Stop);
        var buffer = new byte[1];
        Assert.Equal(1, await BehindTheLock(() => ours.ReadAsync(buffer, Stop).AsTask()));
    }

    [Fact]
    public async Task Lock_IsWhatWritingTakes()
    {
        Assert.True(await BehindTheLock(async () =>
        {
            await ours.WriteAsync("x"u8.ToArray(), Stop);
            return true;
        }));
        Assert.Equal(1, await peer.ReadAsync(new byte[1], Stop));
    }

    [Fact]
    public async Task Lock_IsWhatTheFarewellTakes()
    {
        Assert.True(await BehindTheLock(async () =>
        {
            await CloseNotify.SendAsync(ours);
            return true;
        }));
        Assert.Equal(0, await peer.ReadAsync(new byte[1], Stop));
    }

    /// <summary>Begins the work on a thread of its own while the lock is held, sees it wait, and lets it go on.</summary>
    private Task<T> BehindTheLock<T>(Func<Task<T>> work)
    {
        Task<T>? begun = null;
        var worker = new Thread(() => begun = work());
        lock (CloseNotify.Lock(ours)!)
        {
            worker.Start();
            Assert.True(SpinWait.SpinUntil(() => worker.ThreadState.HasFlag(ThreadState.WaitSleepJoin), TimeSpan.FromSeconds(10)), "it does not take the lock");
            Assert.Null(begun);
        }

        worker.Join();
        return begun!;
    }
}
