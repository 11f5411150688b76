using System.Globalization;

namespace EdgePool.Server.Cli.Documents;

/// <summary>Tells how far a long job is: nothing in its first second, then a line each second.</summary>
internal sealed class Progress(TextWriter error, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private long last = time.GetTimestamp();

    /// <summary>So much is done.</summary>
    public void Report(int done, string what)
    {
        if (time.GetElapsedTime(last) < Interval)
        {
            return;
        }

        last = time.GetTimestamp();
        error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"edgepool: {done} {what}"));
    }
}
