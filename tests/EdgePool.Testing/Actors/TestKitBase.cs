using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace EdgePool.Testing.Actors;

/// <summary>An actor that collects what it is told, and the expectations about it. Durations are real time, 10 s by default.</summary>
public abstract class TestKitBase
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);

    private readonly Channel<Envelope> _received = Channel.CreateUnbounded<Envelope>();

    private protected TestKitBase(ActorSystem system, string? testActorName)
    {
        Sys = system;
        TestActor = system.ActorOf(Props.Create(() => new CollectingActor(_received.Writer)), testActorName);
    }

    /// <summary>The system under test.</summary>
    public ActorSystem Sys { get; }

    /// <summary>The actor that collects.</summary>
    public IActorRef TestActor { get; }

    /// <summary>The sender of the message that was received last.</summary>
    public IActorRef LastSender { get; private set; } = ActorRefs.Nobody;

    /// <summary>Another actor that collects.</summary>
    public TestProbe CreateTestProbe(string? name = null) => new(Sys, name);

    /// <summary>Lets the test actor watch.</summary>
    public async Task<IActorRef> WatchAsync(IActorRef actorToWatch)
    {
        await TestActor.Ask<Done>(new CollectingActor.WatchOther(actorToWatch), DefaultTimeout);
        return actorToWatch;
    }

    /// <summary>The next message is a <typeparamref name="T"/>.</summary>
    public async ValueTask<T> ExpectMsgAsync<T>(TimeSpan? duration = null, string? hint = null)
    {
        var message = await ReceiveOneAsync(duration)
            ?? throw new ExpectationFailedException($"Expected a {typeof(T).Name}, but nothing came. {hint}");
        return message is T typed
            ? typed
            : throw new ExpectationFailedException($"Expected a {typeof(T).Name}, but got {message} ({message.GetType().Name}). {hint}");
    }

    /// <summary>The next message is <paramref name="message"/>.</summary>
    public async ValueTask<T> ExpectMsgAsync<T>(T message, TimeSpan? duration = null, string? hint = null)
    {
        var received = await ExpectMsgAsync<T>(duration, hint ?? $"Expected {message}.");
        return Equals(received, message)
            ? received
            : throw new ExpectationFailedException($"Expected {message}, but got {received}. {hint}");
    }

    /// <summary>The next message is a <typeparamref name="T"/> that <paramref name="isMessage"/> accepts.</summary>
    public async ValueTask<T> ExpectMsgAsync<T>(Predicate<T> isMessage, TimeSpan? duration = null, string? hint = null)
    {
        var received = await ExpectMsgAsync<T>(duration, hint);
        return isMessage(received) ? received : throw new ExpectationFailedException($"Did not expect {received}. {hint}");
    }

    /// <summary>The next message says that <paramref name="target"/> has ended.</summary>
    public async ValueTask<Terminated> ExpectTerminatedAsync(IActorRef target, TimeSpan? duration = null, string? hint = null) =>
        await ExpectMsgAsync<Terminated>(terminated => terminated.ActorRef.Equals(target), duration, hint ?? $"Expected the end of {target}.");

    /// <summary>Nothing comes for <paramref name="duration"/>. Better: send a message behind what must not come, and expect that.</summary>
    public async ValueTask ExpectNoMsgAsync(TimeSpan duration)
    {
        if (await ReceiveOneAsync(duration) is { } message)
        {
            throw new ExpectationFailedException($"Expected nothing, but got {message}.");
        }
    }

    /// <summary>The next message; null when none comes in time.</summary>
    public async ValueTask<object?> ReceiveOneAsync(TimeSpan? max = null)
    {
        using var timeout = new CancellationTokenSource(max ?? DefaultTimeout);
        try
        {
            var envelope = await _received.Reader.ReadAsync(timeout.Token);
            LastSender = envelope.Sender ?? Sys.DeadLetters;
            return envelope.Message;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>The next messages, as many as told.</summary>
    public async IAsyncEnumerable<object> ReceiveNAsync(
        int numberOfMessages, TimeSpan? max = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < numberOfMessages; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return await ReceiveOneAsync(max)
                ?? throw new ExpectationFailedException($"Expected {numberOfMessages} messages, but only {i} came.");
        }
    }

    /// <summary>Repeats <paramref name="assertion"/> until it throws no more; in the end throws what it threw.</summary>
    public async Task AwaitAssertAsync(Action assertion, TimeSpan? duration = null, TimeSpan? interval = null)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                assertion();
                return;
            }
            catch (Exception) when (clock.Elapsed < (duration ?? DefaultTimeout))
            {
                await Task.Delay(interval ?? PollInterval);
            }
        }
    }

    /// <summary>Repeats <paramref name="conditionIsFulfilled"/> until it is true.</summary>
    public async Task AwaitConditionAsync(Func<bool> conditionIsFulfilled, TimeSpan? max = null, string? message = null)
    {
        var clock = Stopwatch.StartNew();
        while (!conditionIsFulfilled())
        {
            if (clock.Elapsed > (max ?? DefaultTimeout))
            {
                throw new ExpectationFailedException(message ?? "The condition was not met in time.");
            }

            await Task.Delay(PollInterval);
        }
    }

    private sealed class CollectingActor : ReceiveActor
    {
        public CollectingActor(ChannelWriter<Envelope> received)
        {
            Receive<WatchOther>(watch =>
            {
                Context.Watch(watch.Subject);
                Sender.Tell(Done.Instance);
            });
            ReceiveAny(message => received.TryWrite(new Envelope(message, Sender)));
        }

        public sealed record WatchOther(IActorRef Subject);
    }
}

/// <summary>What a test expected did not happen.</summary>
public sealed class ExpectationFailedException(string message) : Exception(message);
