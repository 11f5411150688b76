namespace EdgePool.Actors;

/// <summary>
/// Publishes what happens in the system (<see cref="DeadLetter"/>, <see cref="UnhandledMessage"/>, <see cref="LogEvent"/>, events of
/// one's own) to actors that subscribed to the type or a base of it. Subscribers that have ended are forgotten.
/// </summary>
public sealed class EventStream
{
    private readonly Lock _changing = new();
    private (Type Channel, IActorRef Subscriber)[] _subscriptions = [];

    internal EventStream()
    {
    }

    /// <summary>Subscribes; false when it was subscribed already.</summary>
    public bool Subscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        ArgumentNullException.ThrowIfNull(channel);
        lock (_changing)
        {
            if (_subscriptions.Contains((channel, subscriber)))
            {
                return false;
            }

            _subscriptions = [.. _subscriptions, (channel, subscriber)];
            return true;
        }
    }

    /// <summary>Subscribes to <typeparamref name="TChannel"/>.</summary>
    public bool Subscribe<TChannel>(IActorRef subscriber) => Subscribe(subscriber, typeof(TChannel));

    /// <summary>Ends one subscription; false when there was none.</summary>
    public bool Unsubscribe(IActorRef subscriber, Type channel) =>
        Remove(subscription => subscription.Channel == channel && ReferenceEquals(subscription.Subscriber, subscriber));

    /// <summary>Ends all subscriptions of an actor; false when there were none.</summary>
    public bool Unsubscribe(IActorRef subscriber) => Remove(subscription => ReferenceEquals(subscription.Subscriber, subscriber));

    /// <summary>Tells every subscriber, in the order of their subscriptions.</summary>
    public void Publish(object @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        var sawEnded = false;
        foreach (var (channel, subscriber) in Volatile.Read(ref _subscriptions))
        {
            if (subscriber is Cells.LocalActorRef { Cell.IsEnded: true })
            {
                sawEnded = true;
            }
            else if (channel.IsInstanceOfType(@event))
            {
                subscriber.Tell(@event, ActorRefs.NoSender);
            }
        }

        if (sawEnded)
        {
            Remove(static subscription => subscription.Subscriber is Cells.LocalActorRef { Cell.IsEnded: true });
        }
    }

    private bool Remove(Predicate<(Type Channel, IActorRef Subscriber)> which)
    {
        lock (_changing)
        {
            var rest = Array.FindAll(_subscriptions, subscription => !which(subscription));
            var removed = rest.Length != _subscriptions.Length;
            Volatile.Write(ref _subscriptions, rest);
            return removed;
        }
    }
}
