using EdgePool.Dns.Messages;

namespace EdgePool.Dns.Resolving;

/// <summary>
/// A stub resolver (RFC 1034 section 5.3.1): asks recursive servers over UDP with EDNS0, over TCP where UDP cannot carry or cannot be believed,
/// and keeps answers for their time.
/// <para>
/// A question that several ask at once goes out once. It lives by its own deadline, not by that of the one who asked first: a caller who gives up
/// takes nothing from the others. Questions on their way and questions in the queue are bounded, each with
/// <see cref="StubResolverOptions"/>; one more fails at once with <see cref="DnsFailure.QueueFull"/>. No thread waits.
/// </para>
/// <para>No name is special here: <c>.test</c>, <c>.localhost</c> and address literals are asked as they are.</para>
/// </summary>
public sealed class StubResolver : IDnsResolver, IAsyncDisposable
{
    private readonly StubResolverOptions options;
    private readonly TimeProvider time;
    private readonly ServerConversation conversation;
    private readonly Lock gate = new();
    private readonly DnsCache cache;
    private readonly Dictionary<(DnsName Name, DnsType Type), Task<DnsAnswer>> inFlight = [];
    private readonly SemaphoreSlim places;
    private readonly CancellationTokenSource stopping = new();
    private bool stopped;

    /// <summary>A resolver that has asked nothing yet.</summary>
    /// <param name="options">Servers, times and limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Ids and letter case; null for the operating system's generator.</param>
    public StubResolver(StubResolverOptions options, TimeProvider time, IRandomSource? random = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        this.options = options;
        this.time = time;
        conversation = new ServerConversation(options, random ?? CryptographicRandomSource.Instance, time);
        cache = new DnsCache(options, time);
        places = new SemaphoreSlim(options.MaxPending, options.MaxPending);
    }

    /// <summary>Questions on their way or in the queue.</summary>
    public int PendingCount
    {
        get
        {
            lock (gate)
            {
                return inFlight.Count;
            }
        }
    }

    /// <summary>Answers in the cache, with those whose time is over and that nobody asked for since.</summary>
    public int CacheCount
    {
        get
        {
            lock (gate)
            {
                return cache.Count;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<DnsAnswer> QueryAsync(DnsName name, DnsType type, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        var key = (name, type);
        lock (gate)
        {
            if (cache.TryGet(name, type, out var answer))
            {
                return ValueTask.FromResult(answer);
            }

            if (stopped)
            {
                return ValueTask.FromResult(DnsAnswer.Failed(name, DnsFailure.Stopped));
            }

            if (!inFlight.TryGetValue(key, out var task))
            {
                if (inFlight.Count >= options.MaxPending + options.MaxWaiting)
                {
                    return ValueTask.FromResult(DnsAnswer.Failed(name, DnsFailure.QueueFull));
                }

                // Runs on the pool: its end takes the lock that is held here.
                task = Task.Run(() => ResolveAndKeepAsync(name, type), CancellationToken.None);
                inFlight.Add(key, task);
            }

            return new ValueTask<DnsAnswer>(task.WaitAsync(cancellationToken));
        }
    }

    /// <summary>Ends all questions with <see cref="DnsFailure.Stopped"/> and waits for their sockets to close.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (gate)
        {
            if (stopped)
            {
                return;
            }

            stopped = true;
            running = [.. inFlight.Values];
        }

        await stopping.CancelAsync();
        await Task.WhenAll(running);
        stopping.Dispose();
        places.Dispose();
    }

    private async Task<DnsAnswer> ResolveAndKeepAsync(DnsName name, DnsType type)
    {
        var answer = DnsAnswer.Failed(name, DnsFailure.Stopped);
        var octets = 0;
        try
        {
            (answer, octets) = await ResolveAsync(name, type);
            return answer;
        }
        finally
        {
            lock (gate)
            {
                inFlight.Remove((name, type));
                if (answer.Failure is not (DnsFailure.Stopped or DnsFailure.QueueFull or DnsFailure.NoServer))
                {
                    cache.Set(name, type, answer, Math.Max(octets, DnsMessage.HeaderLength + name.Wire.Length));
                }
            }
        }
    }

    private async Task<(DnsAnswer Answer, int Octets)> ResolveAsync(DnsName name, DnsType type)
    {
        using var timer = new CancellationTokenSource(options.TotalTimeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, stopping.Token);
        try
        {
            await places.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            return (DnsAnswer.Failed(name, stopping.IsCancellationRequested ? DnsFailure.Stopped : DnsFailure.QueueFull), 0);
        }

        try
        {
            return await FollowAsync(name, type, deadline.Token);
        }
        finally
        {
            places.Release();
        }
    }

    private async Task<(DnsAnswer Answer, int Octets)> FollowAsync(DnsName name, DnsType type, CancellationToken deadline)
    {
        var chain = new AliasChain(name, type, options.MaxAliases);
        var octets = 0;
        while (true)
        {
            var (result, failure) = await conversation.AskAsync(chain.Current, type, deadline);
            if (stopping.IsCancellationRequested)
            {
                return (DnsAnswer.Failed(name, DnsFailure.Stopped), 0);
            }

            if (failure != DnsFailure.None)
            {
                return (DnsAnswer.Failed(chain.Current, failure), 0);
            }

            octets += result.Octets;
            if (chain.Accept(result.Message!, options.TrustAuthenticatedData) is { } answer)
            {
                return (answer, octets);
            }
        }
    }
}
