namespace EdgePool.Actors;

/// <summary>An actor with timers. The kernel sets the property after the constructor has run and before PreStart.</summary>
public interface IWithTimers
{
    /// <summary>The timers of this incarnation.</summary>
    ITimerScheduler Timers { get; set; }
}

/// <summary>
/// Keyed timers that end with the incarnation. Starting a key again replaces its timer, and a tick of the old one that is already
/// queued is not delivered. To be used inside the actor's turn.
/// </summary>
public interface ITimerScheduler
{
    /// <summary>Sends <paramref name="msg"/> to the actor once.</summary>
    void StartSingleTimer(object key, object msg, TimeSpan timeout);

    /// <summary>Sends <paramref name="msg"/> to the actor again and again.</summary>
    void StartPeriodicTimer(object key, object msg, TimeSpan interval);

    /// <summary>As above, the first time after <paramref name="initialDelay"/>.</summary>
    void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval);

    /// <summary>Whether the key's timer runs; a single timer runs until its message is delivered.</summary>
    bool IsTimerActive(object key);

    /// <summary>Ends the key's timer.</summary>
    void Cancel(object key);

    /// <summary>Ends all timers.</summary>
    void CancelAll();
}
