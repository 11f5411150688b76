using System.IO.Pipelines;

namespace EdgePool.Testing.Transport;

/// <summary>
/// Two ends of a connection in memory. What is written at one end is read at the other; closing an end is an orderly end of stream
/// for the other. A writer waits while <c>window</c> bytes are unread, as a TCP sender does.
/// </summary>
public static class DuplexPipe
{
    public const int DefaultWindow = 64 * 1024;

    /// <summary>The two ends as streams, fit for SslStream.</summary>
    public static (Stream Left, Stream Right) CreatePair(int window = DefaultWindow)
    {
        var options = new PipeOptions(pauseWriterThreshold: window, resumeWriterThreshold: Math.Max(1, window / 2), useSynchronizationContext: false);
        var toRight = new Pipe(options);
        var toLeft = new Pipe(options);
        return (new DuplexPipeStream(toLeft.Reader, toRight.Writer), new DuplexPipeStream(toRight.Reader, toLeft.Writer));
    }

    /// <summary>The two ends as pipes.</summary>
    public static (IDuplexPipe Left, IDuplexPipe Right) CreatePipePair(int window = DefaultWindow)
    {
        var options = new PipeOptions(pauseWriterThreshold: window, resumeWriterThreshold: Math.Max(1, window / 2), useSynchronizationContext: false);
        var toRight = new Pipe(options);
        var toLeft = new Pipe(options);
        return (new End(toLeft.Reader, toRight.Writer), new End(toRight.Reader, toLeft.Writer));
    }

    private sealed record End(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
