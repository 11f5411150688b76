using System.Buffers;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.StreamManagement;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Demo.Peers;

/// <content>Stream management (XEP-0198), where it was agreed on: without resumption, as Prosody and ejabberd do it between servers.</content>
internal sealed partial class PeerStream
{
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(2);

    private readonly ManagementNegotiation management = new();
    private uint received;

    /// <summary>What was sent and is not acknowledged; null: nobody keeps that.</summary>
    public UnacknowledgedStanzas? Unacknowledged { get; init; }

    /// <summary>Asks how many of our stanzas are handled.</summary>
    public ValueTask AskAsync(CancellationToken cancellation) => WriteAsync(Request, cancellation);

    /// <summary>Ends the stream in order: what the edge acknowledges by then is acknowledged. Nothing may be written meanwhile.</summary>
    public async Task EndAsync(TimeProvider time)
    {
        try
        {
            await WriteAsync("</stream:stream>"u8.ToArray(), CancellationToken.None);
            await Ended.WaitAsync(LongestEnd, time);
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or TimeoutException)
        {
            await DisposeAsync();
        }
    }

    private static ReadOnlyMemory<byte> Request { get; } = ManagementMarkup.Request.ToArray();

    private async Task BeginManagementAsync(CancellationToken cancellation)
    {
        if (negotiation is OutboundNegotiation)
        {
            management.Request();
            await WriteAsync(ManagementMarkup.Enable(resume: false), cancellation);
        }
        else
        {
            management.Offer();
        }
    }

    /// <exception cref="IOException">The edge does not keep to XEP-0198.</exception>
    private async Task ManageAsync(XmlElement element, CancellationToken cancellation)
    {
        switch (management.OnElement(element))
        {
            case ManagementStep.Enable:
                await WriteAsync(ManagementMarkup.Enabled(id: null, TimeSpan.Zero), cancellation);
                break;
            case ManagementStep.Request:
                var answer = new ArrayBufferWriter<byte>();
                ManagementMarkup.WriteAnswer(answer, received);
                await WriteAsync(answer.WrittenMemory, cancellation);
                break;
            case ManagementStep.Reply reply:
                await WriteAsync(reply.Xml, cancellation);
                break;
            case ManagementStep.Answer answered when Unacknowledged?.Acknowledge(answered.H) is not false:
            case ManagementStep.Enabled or ManagementStep.Ignore:
                break;
            case var step:
                throw new IOException($"the edge and stream management: {step.GetType().Name} is not expected");
        }
    }
}
