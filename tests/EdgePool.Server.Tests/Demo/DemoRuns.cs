using EdgePool.Server.Cli;
using EdgePool.Server.Demo;

namespace EdgePool.Server.Tests.Demo;

/// <summary>Runs of the demo whose output is kept.</summary>
internal static class DemoRuns
{
    /// <summary>Runs it as where there is no terminal.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(DemoSettings settings, CancellationToken cancellation = default)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var written = TextWriter.Synchronized(error);
        var code = await DemoRun.HandleAsync(settings, output, written, live: false, cancellation);
        return (code, output.ToString(), error.ToString());
    }
}
