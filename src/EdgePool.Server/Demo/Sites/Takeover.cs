namespace EdgePool.Server.Demo.Sites;

/// <summary>How long it takes until a flow goes there and back another way: from its making until the partner has the first answer to a request that came by that way.</summary>
internal sealed class Takeover(Func<BackEndSession, bool> by, TimeProvider time)
{
    private readonly long since = time.GetTimestamp();
    private long number = -1;
    private TimeSpan? took;
    private volatile bool over;

    /// <summary>Null: not yet.</summary>
    public TimeSpan? Took => over ? took : null;

    /// <summary>An answer is written to a session; the flow calls this in turn with <see cref="Answered"/>.</summary>
    public void Asked(BackEndSession session, long answer)
    {
        if (number < 0 && by(session))
        {
            number = answer;
        }
    }

    /// <summary>An answer has arrived.</summary>
    public void Answered(long answer)
    {
        if (!over && number >= 0 && answer >= number)
        {
            took = time.GetElapsedTime(since);
            over = true;
        }
    }
}
