using System.Net;
using System.Threading.Channels;

namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>Our side of a dialogue: frames as they are said, until it ends.</summary>
internal sealed class DialogueContent(byte[] first) : HttpContent
{
    // What waits here is at most one frame and one more: a frame is not said before the answer to the one before.
    private readonly Channel<byte[]> frames = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(2) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Says something more; what waits already is not joined by a third.</summary>
    public void Say(byte[] frame) => frames.Writer.TryWrite(frame);

    public void End() => frames.Writer.TryComplete();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(first, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        await foreach (var frame in frames.Reader.ReadAllAsync(cancellationToken))
        {
            await stream.WriteAsync(frame, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        End();
        base.Dispose(disposing);
    }
}
