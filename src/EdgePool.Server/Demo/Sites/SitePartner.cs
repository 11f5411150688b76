using EdgePool.Dns.Service;
using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Peers;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Server.Demo.Sites;

/// <summary>
/// A partner's server that finds the edge by SRV as RFC 2782 says: lowest priority first, and the next target where a connection is refused. It stays on a stream until that
/// ends, by whichever side, and looks again then; what the edge had not acknowledged (XEP-0198) goes first on the next stream.
/// </summary>
internal sealed class SitePartner : IStanzaReceiver, IAsyncDisposable
{
    private static readonly DomainName Local = DomainName.Parse(DemoNames.Local);
    private static readonly TimeSpan Reconnecting = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestOpening = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestAcknowledgement = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly XmppServiceResolver services;
    private readonly TimeProvider time;
    private readonly UnacknowledgedStanzas unacknowledged = new();
    private readonly SemaphoreSlim writing = new(1);
    private readonly CancellationTokenSource stopping = new();
    private readonly LoadSender sender;
    private PeerStream? stream;
    private Task running = Task.CompletedTask;

    /// <param name="domain">Its domain.</param>
    /// <param name="number">Of its flow.</param>
    /// <param name="certificates">Whom it trusts, and where its own certificate comes from.</param>
    /// <param name="services">Where it looks for the edge.</param>
    /// <param name="time">The clock.</param>
    public SitePartner(string domain, int number, DemoCertificates certificates, XmppServiceResolver services, TimeProvider time)
    {
        (this.services, this.time) = (services, time);
        Flow = new ConfirmedFlow(number, domain, time);
        Server = new DemoPartner(DomainName.Parse(domain), certificates, this, acknowledges: true);
        sender = new LoadSender(WriteAsync, [Flow.Requests], () => Flow.UnderWay, time);
        Flow.Moved = sender.Moved;
    }

    /// <summary>Its server.</summary>
    public DemoPartner Server { get; }

    /// <summary>Its domain.</summary>
    public string Domain => Server.Domain.Ascii;

    /// <summary>Its messages.</summary>
    public ConfirmedFlow Flow { get; }

    /// <summary>The node that its stream leads to: the first label of the SRV target; null: it has none, and looks for one.</summary>
    public string? At { get; private set; }

    /// <summary>Keeps a stream to the edge from now on.</summary>
    public void Start() => running = KeepAsync();

    /// <summary>Sends that many requests now.</summary>
    public Task SendAsync(long count, CancellationToken cancellation) => sender.SendAsync(count, cancellation);

    /// <summary>Sends requests until <paramref name="stop"/> is cancelled. While there is no stream they wait here.</summary>
    public Task SendAsync(LoadPlan plan, CancellationToken stop) => sender.RunAsync(plan, stop);

    /// <summary>Ends its stream in order, when all that was sent on it is acknowledged, and looks for the edge anew: as a server does that closes idle streams, or is restarted.</summary>
    public async Task RenewAsync()
    {
        await writing.WaitAsync();
        try
        {
            if (stream is not { } old)
            {
                return;
            }

            var since = time.GetTimestamp();
            while (unacknowledged.Count > 0 && !old.Ended.IsCompleted && time.GetElapsedTime(since) < LongestAcknowledgement)
            {
                await Task.Delay(Look, time, CancellationToken.None);
            }

            (stream, At) = (null, null);
            await old.EndAsync(time);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <inheritdoc/>
    public void Receive(in StanzaFrame stanza) => Flow.TakeAtPartner(in stanza);

    /// <inheritdoc/>
    public async ValueTask EndBatchAsync(PeerStream stream, CancellationToken cancellation)
    {
        if (Flow.TakeConfirmations() is { Length: > 0 } confirmations)
        {
            await WriteAsync(confirmations, cancellation);
        }

        Flow.Moved();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        await Server.DisposeAsync();
        writing.Dispose();
        stopping.Dispose();
    }

    /// <summary>What is written is kept until it is acknowledged: whoever writes need not know whether there is a stream.</summary>
    private async ValueTask WriteAsync(ReadOnlyMemory<byte> messages, CancellationToken cancellation)
    {
        await writing.WaitAsync(cancellation);
        try
        {
            unacknowledged.Hold(messages.Span);
            await OnStreamAsync(messages);
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task OnStreamAsync(ReadOnlyMemory<byte> messages)
    {
        try
        {
            if (stream is { } standing && messages.Length > 0)
            {
                await standing.WriteAsync(messages, stopping.Token);
                await standing.AskAsync(stopping.Token);
            }
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It goes on the next stream.
        }
    }

    private async Task KeepAsync()
    {
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                if (await OpenAsync() is var (opened, host))
                {
                    await UseAsync(opened, host);
                    await opened.Ended.WaitAsync(stopping.Token);
                    Flow.CountAgain(stream is null ? 0 : unacknowledged.Count);
                    (stream, At) = (null, null);
                }

                await Task.Delay(Reconnecting, time, stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The demo is over.
        }
    }

    private async Task UseAsync(PeerStream opened, string host)
    {
        await writing.WaitAsync(stopping.Token);
        try
        {
            var again = unacknowledged.Again();
            (stream, At) = (opened, host);
            await OnStreamAsync(again);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>A stream to the first target that takes one; null: none does.</summary>
    private async Task<(PeerStream Stream, string Host)?> OpenAsync()
    {
        if (await services.ResolveAsync(DemoNames.Local, stopping.Token) is not ServicePlan.Targets plan)
        {
            return null;
        }

        foreach (var target in plan.Ordered)
        {
            var addresses = await services.ResolveAllAddressesAsync(target, stopping.Token);
            foreach (var address in addresses.EndPoints)
            {
                using var limit = new CancellationTokenSource(LongestOpening, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping.Token);
                try
                {
                    return (await Server.OpenAsync(address, Local, either.Token, unacknowledged), target.Host.ToString().Split('.')[0]);
                }
                catch (Exception fault) when (fault is DemoException || (fault is OperationCanceledException && !stopping.IsCancellationRequested))
                {
                    // RFC 2782: the next target.
                }
            }
        }

        return null;
    }
}
