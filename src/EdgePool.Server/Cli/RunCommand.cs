using System.CommandLine;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using EdgePool.Edge;
using EdgePool.Server.Configuration;
using EdgePool.Server.Logging;
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
        return await ServeAsync(options, logs, log, environment.Time, error);
    }

    private static void Announce(ILogger log, string file, ConfigurationResult loaded, ServerOptions options)
    {
        var version = typeof(RunCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        ServerLog.Starting(log, version, file);
        foreach (var warning in loaded.Problems)
        {
            ServerLog.ConfigurationWarning(log, warning.ToString());
        }

        if (options.RandomDialbackSecret)
        {
            ServerLog.RandomDialbackSecret(log);
        }
    }

    private static async Task<int> ServeAsync(ServerOptions options, ILoggerFactory logs, ILogger log, TimeProvider time, TextWriter error)
    {
        using var termination = new Termination();
        AppDomain.CurrentDomain.UnhandledException += (_, fault) => Die((Exception)fault.ExceptionObject, error);
        TaskScheduler.UnobservedTaskException += (_, fault) => ServerLog.Unobserved(log, fault.Exception);

        EdgeNode node;
        try
        {
            node = new EdgeNode(options.Edge, logs, time);
            node.Start();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"edgepool: no name servers: {fault.Message} — name them in the configuration (dns: servers), or mend the file");
            return ExitCode.Unavailable;
        }
        catch (ListenException fault)
        {
            return CannotListen(fault, error);
        }

        using var hangup = Rereading(node);
        ServerLog.SignalReceived(log, (await termination.Received).ToString());
        return await StopAsync(node, options.Edge.Timeouts.Drain + Grace, log, time);
    }

    /// <summary>SIGHUP, which would end the process otherwise: the certificates are looked at now.</summary>
    private static PosixSignalRegistration Rereading(EdgeNode node) => PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
    {
        context.Cancel = true;
        node.RereadCertificates();
    });

    private static async Task<int> StopAsync(EdgeNode node, TimeSpan limit, ILogger log, TimeProvider time)
    {
        try
        {
            await node.StopAsync().WaitAsync(limit, time);
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

    private static int CannotListen(ListenException fault, TextWriter error)
    {
        var (what, remedy, code) = fault.Error switch
        {
            SocketError.AddressAlreadyInUse => ("the port is in use", $"end the other process (ss -ltnp 'sport = :{fault.Address.Port}' names it), or choose another port under listeners", ExitCode.Unavailable),
            SocketError.AddressNotAvailable => ("this machine has no such address", "write one of its own (ip address lists them), or 0.0.0.0", ExitCode.Unavailable),
            SocketError.AccessDenied => ("the system forbids it", "use a port above 1023, or grant CAP_NET_BIND_SERVICE", ExitCode.Permission),
            _ => (fault.Error.ToString(), "check the address under listeners", ExitCode.Unavailable),
        };
        error.WriteLine($"edgepool: cannot listen on {fault.Address}: {what} — {remedy}");
        return code;
    }
}
