namespace EdgePool.Edge.Routing;

/// <summary>A component that has come to this node is sent nothing until what is under way to other nodes that have it has ended, or for <see cref="AtMost"/>: a dead link does not hold it for longer.</summary>
internal sealed class Homecoming
{
    /// <summary>Half of what a target may take nothing by default, before its sources' stanzas are bounced (<see cref="StreamTimeouts.Stalled"/>).</summary>
    public static readonly TimeSpan AtMost = TimeSpan.FromSeconds(5);

    private readonly StanzaQueue component;
    private readonly ITimer limit;
    private int ways;

    /// <param name="component">The queue of the component, which is to await this.</param>
    /// <param name="ways">How many of them to other nodes there are.</param>
    /// <param name="time">The clock.</param>
    public Homecoming(StanzaQueue component, int ways, TimeProvider time)
    {
        (this.component, this.ways) = (component, ways);
        limit = time.CreateTimer(static coming => ((Homecoming)coming!).Over(), this, AtMost, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Nothing is under way any more to one of the nodes.</summary>
    public void OneArrived()
    {
        if (Interlocked.Decrement(ref ways) == 0)
            Over();
    }

    private void Over()
    {
        limit.Dispose();
        component.Arrived(this);
    }
}
