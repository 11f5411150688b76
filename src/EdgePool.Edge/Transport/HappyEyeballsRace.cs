using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;

namespace EdgePool.Edge.Transport;

/// <summary>
/// One run of <see cref="HappyEyeballs"/>. It waits for whatever comes first of: the next batch of addresses, the end of an attempt, the end of
/// the attempt delay, the end of all (<paramref name="ending"/>). Each turn takes what has ended and begins at most one attempt.
/// </summary>
internal sealed class HappyEyeballsRace<T>(
    TimeProvider time,
    HappyEyeballsOptions options,
    Func<IPEndPoint, CancellationToken, Task<T>> connect,
    CancellationToken ending)
    where T : class
{
    private readonly HappyEyeballsAddresses addresses = new(options.MaxAttempts);
    private readonly List<Attempt> running = [];
    private readonly ImmutableArray<ConnectFailure>.Builder failures = ImmutableArray.CreateBuilder<ConnectFailure>();
    private Task<bool>? nextBatch;
    private Task delay = Task.CompletedTask;

    public async Task<RaceResult<T>> RunAsync(IAsyncEnumerable<AddressBatch> source)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = ending.Register(() => ended.TrySetResult());
        var batches = source.GetAsyncEnumerator(ending);
        try
        {
            nextBatch = batches.MoveNextAsync().AsTask();
            while (!ended.Task.IsCompleted)
            {
                if (await TakeEndedAsync() is { } won)
                {
                    return won;
                }

                TakeBatch(batches);
                BeginAttempt();
                if (running.Count == 0 && nextBatch is null)
                {
                    return Lost();
                }

                await Task.WhenAny([ended.Task, .. Awaited()]);
            }

            return await TakeEndedAsync() ?? TimedOut();
        }
        finally
        {
            LeaveRunning();
            await LeaveBatchesAsync(batches);
        }
    }

    private IEnumerable<Task> Awaited()
    {
        if (nextBatch is not null)
        {
            yield return nextBatch;
        }

        if (addresses.Any)
        {
            yield return delay;
        }

        foreach (var attempt in running)
        {
            yield return attempt.Connecting;
        }
    }

    private async Task<RaceResult<T>?> TakeEndedAsync()
    {
        for (var i = 0; i < running.Count; i++)
        {
            if (!running[i].Connecting.IsCompleted)
            {
                continue;
            }

            var attempt = running[i];
            running.RemoveAt(i--);
            if (await attempt.Connecting is { } connection)
            {
                return new RaceResult<T>.Connected(connection, attempt.EndPoint, failures.ToImmutable());
            }

            // RFC 8305 section 5: a failure lets the next begin at once.
            failures.Add(attempt.Failure!);
            delay = Task.CompletedTask;
        }

        return null;
    }

    private void TakeBatch(IAsyncEnumerator<AddressBatch> batches)
    {
        while (nextBatch is { IsCompleted: true })
        {
            if (!nextBatch.IsCompletedSuccessfully || !nextBatch.Result)
            {
                nextBatch = null;
                return;
            }

            addresses.Add(batches.Current);
            nextBatch = batches.MoveNextAsync().AsTask();
        }
    }

    private void BeginAttempt()
    {
        if ((running.Count != 0 && !delay.IsCompleted) || !addresses.TryTake(out var endPoint))
        {
            return;
        }

        running.Add(new Attempt(endPoint, connect, ending));
        delay = Task.Delay(options.AttemptDelay, time, ending);
    }

    private RaceResult<T>.Failed Lost()
    {
        var (reason, dnsFailure) = failures.Count == 0 ? addresses.WhyNone : (RaceFailure.AllFailed, DnsFailure.None);
        return new RaceResult<T>.Failed(reason, dnsFailure, failures.ToImmutable());
    }

    private RaceResult<T>.Failed TimedOut()
    {
        failures.AddRange(running.Select(attempt => new ConnectFailure(attempt.EndPoint, ConnectFault.TimedOut, SocketError.Success)));
        return new RaceResult<T>.Failed(RaceFailure.TimedOut, DnsFailure.None, failures.ToImmutable());
    }

    private void LeaveRunning()
    {
        foreach (var attempt in running)
        {
            _ = attempt.DisposeOfConnectionAsync();
        }
    }

    // The enumerator may be disposed of only when it does not run; it ends with the token that the caller cancels next.
    private async ValueTask LeaveBatchesAsync(IAsyncEnumerator<AddressBatch> batches)
    {
        if (nextBatch is null or { IsCompleted: true })
        {
            await batches.DisposeAsync();
            return;
        }

        _ = nextBatch.ContinueWith(
            static (_, state) => ((IAsyncEnumerator<AddressBatch>)state!).DisposeAsync().AsTask(),
            batches,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>One attempt. Its task never faults for what a peer did: it gives null, and <see cref="Failure"/> says why.</summary>
    private sealed class Attempt
    {
        public Attempt(IPEndPoint endPoint, Func<IPEndPoint, CancellationToken, Task<T>> connect, CancellationToken ending)
        {
            EndPoint = endPoint;
            Connecting = ConnectAsync(connect, ending);
        }

        public IPEndPoint EndPoint { get; }

        public Task<T?> Connecting { get; }

        public ConnectFailure? Failure { get; private set; }

        public async Task DisposeOfConnectionAsync()
        {
            switch (await Connecting)
            {
                case IAsyncDisposable connection:
                    await connection.DisposeAsync();
                    break;
                case IDisposable connection:
                    connection.Dispose();
                    break;
            }
        }

        private async Task<T?> ConnectAsync(Func<IPEndPoint, CancellationToken, Task<T>> connect, CancellationToken ending)
        {
            try
            {
                return await connect(EndPoint, ending);
            }
            catch (SocketException fault)
            {
                Failure = new ConnectFailure(EndPoint, FaultOf(fault.SocketErrorCode), fault.SocketErrorCode);
            }
            catch (IOException fault)
            {
                Failure = fault.InnerException is SocketException inner
                    ? new ConnectFailure(EndPoint, FaultOf(inner.SocketErrorCode), inner.SocketErrorCode)
                    : new ConnectFailure(EndPoint, ConnectFault.Other, SocketError.Success);
            }
            catch (OperationCanceledException)
            {
                Failure = new ConnectFailure(EndPoint, ConnectFault.TimedOut, SocketError.Success);
            }

            return null;
        }

        private static ConnectFault FaultOf(SocketError error) => error switch
        {
            SocketError.ConnectionRefused => ConnectFault.Refused,
            SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown
                or SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported or SocketError.AccessDenied => ConnectFault.Unreachable,
            SocketError.TimedOut => ConnectFault.TimedOut,
            _ => ConnectFault.Other,
        };
    }
}
