using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;

namespace EdgePool.Edge.Transport;

/// <summary>The times of <see cref="HappyEyeballs"/>.</summary>
internal sealed record HappyEyeballsOptions
{
    /// <summary>How long an attempt is alone before the next begins (RFC 8305 section 5: 250 ms).</summary>
    public TimeSpan AttemptDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the whole may take, with the address questions.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Addresses that are tried.</summary>
    public int MaxAttempts { get; init; } = 32;
}

/// <summary>
/// Connects to one target by whichever of its addresses answers first (RFC 8305, XEP-0495).
/// <para>
/// Addresses are tried as the DNS tells them, families in turn from IPv6. The next attempt begins when the last one has been alone for
/// <see cref="HappyEyeballsOptions.AttemptDelay"/> or when one has failed; none is given up for the next. The first connection wins; the other
/// attempts are cancelled, and a connection that comes up all the same is disposed of.
/// </para>
/// </summary>
internal sealed class HappyEyeballs(TimeProvider time, HappyEyeballsOptions options)
{
    /// <summary>Opens a TCP connection, without Nagle's delay.</summary>
    public static async Task<Socket> OpenSocketAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to addresses that are known already.</summary>
    public Task<RaceResult<T>> ConnectAsync<T>(
        IEnumerable<IPEndPoint> endPoints,
        Func<IPEndPoint, CancellationToken, Task<T>> connect,
        CancellationToken cancellationToken)
        where T : class
    {
        var batch = new AddressBatch(DnsType.None, DnsOutcome.Records, DnsFailure.None, [.. endPoints], []);
        return ConnectAsync(AsyncEnumerable.Repeat(batch, 1), connect, cancellationToken);
    }

    /// <summary>Connects to addresses as they become known.</summary>
    /// <typeparam name="T">The connection; IAsyncDisposable or IDisposable when it holds anything.</typeparam>
    /// <param name="addresses">From <see cref="XmppServiceResolver.ResolveAddressesAsync"/>.</param>
    /// <param name="connect">Opens a connection; fails with a <see cref="SocketException"/> or <see cref="IOException"/>.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<RaceResult<T>> ConnectAsync<T>(
        IAsyncEnumerable<AddressBatch> addresses,
        Func<IPEndPoint, CancellationToken, Task<T>> connect,
        CancellationToken cancellationToken)
        where T : class
    {
        using var timer = new CancellationTokenSource(options.Timeout, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var race = new HappyEyeballsRace<T>(time, options, connect, ending.Token);
        try
        {
            var result = await race.RunAsync(addresses);
            if (result is not RaceResult<T>.Connected)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            return result;
        }
        finally
        {
            await ending.CancelAsync();
        }
    }
}
