using System.Buffers;
using EdgePool.Server.Demo.Peers;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Server.Demo.Sites;

/// <summary>The component's session at one node.</summary>
internal sealed class BackEndSession(BackEnd owner, DemoNode node) : IStanzaReceiver, IAsyncDisposable
{
    private readonly ArrayBufferWriter<byte> answers = new(64 * 1024);
    private DemoComponent? component;
    private volatile bool over;

    /// <summary>The node.</summary>
    public DemoNode Node => node;

    /// <summary>It has ended: nobody knows what of the last that was said there has arrived.</summary>
    public bool IsOver => over;

    /// <summary>See <see cref="BackEnd.Broken"/>.</summary>
    public int Broken => owner.Broken;

    /// <summary>The session stands.</summary>
    public void Begin(DemoComponent connected)
    {
        component = connected;
        _ = WatchAsync(connected.Stream.Ended);
    }

    /// <inheritdoc/>
    public void Receive(in StanzaFrame stanza)
    {
        // An error comes from the flow's user, as a request does.
        if (ConfirmedFlow.NumberOf(stanza.From) is > 0 and var number && number <= owner.Flows.Count)
        {
            owner.Flows[number - 1].TakeAtComponent(in stanza, this, answers);
        }
    }

    /// <inheritdoc/>
    public async ValueTask EndBatchAsync(PeerStream stream, CancellationToken cancellation)
    {
        if (answers.WrittenCount > 0)
        {
            await stream.WriteAsync(answers.WrittenMemory, cancellation);
            answers.ResetWrittenCount();
        }
    }

    /// <summary>Says what was said on sessions that broke, and nobody has confirmed.</summary>
    public async Task SayAgainAsync()
    {
        var again = new ArrayBufferWriter<byte>();
        foreach (var flow in owner.Flows)
        {
            flow.Again(this, again);
        }

        try
        {
            await component!.Stream.WriteAsync(again.WrittenMemory, CancellationToken.None);
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException)
        {
            // This session has ended too, and the next one says it.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => component?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task WatchAsync(Task ended)
    {
        await ended;
        over = true;
        await owner.OnBrokenAsync();
    }
}
