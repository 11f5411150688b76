namespace EdgePool.Actors;

/// <summary>Something the kernel has to say to operators; published on <see cref="ActorSystem.EventStream"/>.</summary>
public abstract record LogEvent(Exception? Cause, string LogSource, Type LogClass, object Message);

/// <summary>An actor failed, or a hook of one threw.</summary>
public sealed record Error(Exception? Cause, string LogSource, Type LogClass, object Message) : LogEvent(Cause, LogSource, LogClass, Message);

/// <summary>A failure that was passed over, or a limit that was met.</summary>
public sealed record Warning(Exception? Cause, string LogSource, Type LogClass, object Message) : LogEvent(Cause, LogSource, LogClass, Message);
