using System.CommandLine;
using System.Runtime.InteropServices;
using EdgePool.Server.Configuration;
using EdgePool.Server.Logging;
using EdgePool.Server.Running;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Cli;

/// <summary><c>edgepool run</c>: one node until a signal ends it.</summary>
internal static class RunCommand
{
    /// <summary>What a node may take beyond its drain before it is cut off.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment)
    {
        var config = ConfigOption.Create();
        var command = new Command("run", "Run one node until SIGTERM or Ctrl+C.") { config };
        command.SetAction((result, _) => RunAsync(result.GetRequiredValue(config), environment, result.InvocationConfiguration.Error));
        return command;
    }

    private static async Task<int> RunAsync(string file, ConfigurationEnvironment environment, TextWriter error)
    {
        var loaded = ConfigurationLoader.Load(file, environment);
        if (loaded.Options is not { } options)
        {
            ConfigurationReport.Write(loaded, error);
            return ConfigurationReport.ExitCodeOf(loaded);
        }

        await using var output = new LogOutput(
            Console.OpenStandardError(),
            environment.Time,
            lines => LogFormatter.Format(ServerLog.LinesDropped(environment.Time.GetUtcNow(), lines), options.Log.Format));
        using var logs = LoggerFactory.Create(builder => builder
            .SetMinimumLevel(LogLevel.Trace)
            .AddProvider(new LineLoggerProvider(output, options.Log, environment.Time)));
        var log = logs.CreateLogger(ServerLog.Category);
        Announce(log, file, loaded, options);
        await using var manager = ServiceManager.Open(environment.Variable, environment.Time);
        return await ServeAsync(options, logs, log, manager, environment.Time, error);
    }

    private static void Announce(ILogger log, string file, ConfigurationResult loaded, ServerOptions options)
    {
        ServerLog.Starting(log, Product.Version, file);
        foreach (var warning in loaded.Problems)
        {
            ServerLog.ConfigurationWarning(log, warning.ToString());
        }

        if (options.RandomDialbackSecret)
        {
            ServerLog.RandomDialbackSecret(log);
        }
    }

    private static async Task<int> ServeAsync(ServerOptions options, ILoggerFactory logs, ILogger log, ServiceManager? manager, TimeProvider time, TextWriter error)
    {
        using var termination = new Termination();
        AppDomain.CurrentDomain.UnhandledException += (_, fault) => Die((Exception)fault.ExceptionObject, error);
        TaskScheduler.UnobservedTaskException += (_, fault) => ServerLog.Unobserved(log, fault.Exception);

        RunningNode node;
        try
        {
            node = await RunningNode.StartAsync(options, logs, time);
        }
        catch (Exception fault) when (StartFault.Of(fault) is { } told)
        {
            error.WriteLine($"edgepool: {told.Message}");
            return told.ExitCode;
        }

        manager?.Ready();
        using var hangup = Rereading(node);
        if (await Task.WhenAny(termination.Received, node.Leaving) == termination.Received)
        {
            ServerLog.SignalReceived(log, (await termination.Received).ToString());
        }

        manager?.Stopping();
        return await StopAsync(node, options.Edge.Timeouts.Drain + Grace, log, time);
    }

    /// <summary>SIGHUP, which would end the process otherwise: certificates and dialback secrets are looked at now.</summary>
    private static PosixSignalRegistration Rereading(RunningNode node) => PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
    {
        context.Cancel = true;
        node.Reread();
    });

    private static async Task<int> StopAsync(RunningNode node, TimeSpan limit, ILogger log, TimeProvider time)
    {
        try
        {
            await node.DisposeAsync().AsTask().WaitAsync(limit, time);
            return ExitCode.Success;
        }
        catch (TimeoutException)
        {
            ServerLog.StopTimedOut(log, limit);
            return ExitCode.Internal;
        }
    }

    /// <summary>Nothing can be saved here: what is known goes out, and the service manager starts anew.</summary>
    private static void Die(Exception fault, TextWriter error)
    {
        InternalError.Write(fault, error);
        Environment.Exit(ExitCode.Internal);
    }
}
