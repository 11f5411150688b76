using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace EdgePool.Server.Running;

/// <summary>
/// Tells the service manager how the process does, by the protocol of sd_notify(3): that the node is in service, that it stops, and, where the manager watches
/// (<c>WatchdogSec=</c>), that it is alive. A process that is stopped or stuck keeps its ports, so that no partner goes on to the next target: a manager that hears nothing for
/// the time it names kills it.
/// </summary>
internal sealed class ServiceManager : IAsyncDisposable
{
    /// <summary>How long the manager may take to make room for a word: what it does not take by then it does not hear, for the node goes on.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = (int)Patience.TotalMilliseconds };
    private readonly CancellationTokenSource stopping = new();
    private readonly UnixDomainSocketEndPoint address;
    private readonly Task beating;

    private ServiceManager(UnixDomainSocketEndPoint address, TimeSpan? watchdog, TimeProvider time)
    {
        this.address = address;
        beating = watchdog is { } patience ? BeatAsync(patience / 3, time) : Task.CompletedTask;
    }

    /// <summary>The manager that <c>NOTIFY_SOCKET</c> names; null: there is none, or none that can be told.</summary>
    /// <param name="variable">The environment.</param>
    /// <param name="time">For the pace of <c>WATCHDOG_USEC</c>.</param>
    public static ServiceManager? Open(Func<string, string?> variable, TimeProvider time)
    {
        if (variable("NOTIFY_SOCKET") is not { Length: > 1 } path || path[0] is not ('/' or '@'))
        {
            return null;
        }

        var ofThis = variable("WATCHDOG_PID") is not { } process || string.Equals(process, Environment.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var watchdog = ofThis && long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(Math.Min(microseconds, TimeSpan.MicrosecondsPerDay))
            : (TimeSpan?)null;
        try
        {
            return new ServiceManager(new UnixDomainSocketEndPoint(path[0] is '@' ? '\0' + path[1..] : path), watchdog, time);
        }
        catch (ArgumentException)
        {
            return null; // longer than an address may be
        }
    }

    /// <summary>The node is in service.</summary>
    public void Ready() => Tell("READY=1");

    /// <summary>It leaves service.</summary>
    public void Stopping() => Tell("STOPPING=1");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await beating;
        socket.Dispose();
        stopping.Dispose();
    }

    private async Task BeatAsync(TimeSpan every, TimeProvider time)
    {
        while (!stopping.IsCancellationRequested)
        {
            Tell("WATCHDOG=1");
            await Task.Delay(every, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        }
    }

    private void Tell(string state)
    {
        try
        {
            socket.SendTo(Encoding.ASCII.GetBytes(state), address);
        }
        catch (SocketException)
        {
            // A manager that does not listen, or takes nothing, has its own reasons: the node serves.
        }
    }
}
