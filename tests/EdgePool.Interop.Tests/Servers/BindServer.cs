using System.Net;

namespace EdgePool.Interop.Tests.Servers;

/// <summary>
/// BIND, authoritative for everything: a root zone of its own with the records of the test, so that no query ever leaves the machine.
/// It listens on 127.0.0.1 at a free port, since it knows only addresses that an interface carries.
/// </summary>
internal sealed class BindServer : IAsyncDisposable
{
    private BindServer(ServerProcess process, string folder, IPEndPoint endPoint)
    {
        Process = process;
        Folder = folder;
        EndPoint = endPoint;
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Its log names each query: <c>query: NAME IN TYPE</c>.</summary>
    public ServerProcess Process { get; }

    private string Folder { get; }

    /// <summary>Starts it with records in master-file form, such as <c>partner.example. A 127.0.0.9</c>; names must be absolute.</summary>
    public static Task<BindServer> StartAsync(params IEnumerable<string> records) => StartAsync(records, static _ => Task.CompletedTask);

    /// <summary>The same with a zone that is worked on before it is served.</summary>
    /// <param name="records">The records.</param>
    /// <param name="prepare">Is given the folder; <c>root.zone</c> in it is the zone.</param>
    public static async Task<BindServer> StartAsync(IEnumerable<string> records, Func<string, Task> prepare)
    {
        Programs.Require("named", "setpriv");
        var folder = Directory.CreateTempSubdirectory("edgepool-bind-").FullName;
        var endPoint = new IPEndPoint(IPAddress.Loopback, LoopbackAddresses.FreePort());
        await File.WriteAllTextAsync(Path.Combine(folder, "root.zone"), Zone(records));
        await prepare(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "named.conf"), Configuration(folder, endPoint));
        var process = await ServerProcess.StartAsync("named", "named", ["-g", "-n", "1", "-c", Path.Combine(folder, "named.conf")], folder);
        var server = new BindServer(process, folder, endPoint);
        try
        {
            await process.WaitForLogAsync("all zones loaded");
            await process.WaitForPortAsync(endPoint);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Records that send those who look for a domain's XMPP server to one address.</summary>
    /// <remarks>
    /// The target's name is the address itself: ejabberd asks DNS for SRV but the C library for addresses (net:getaddrinfo), and that one reads numbers without
    /// asking anybody. The name has an address record for everyone else.
    /// </remarks>
    public static IEnumerable<string> Service(string domain, IPAddress address, int port = 5269) =>
    [
        $"_xmpp-server._tcp.{domain}. SRV 10 10 {port} {address}.",
        $"{address}. A {address}",
    ];

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static string Zone(IEnumerable<string> records) =>
        "$TTL 60\n. SOA ns. hostmaster. 1 60 60 60 5\n. NS ns.\nns. A 127.0.0.1\n" + string.Join('\n', records) + "\n";

    private static string Configuration(string folder, IPEndPoint endPoint) =>
        $$"""
        options {
          directory "{{folder}}";
          listen-on port {{endPoint.Port}} { {{endPoint.Address}}; };
          listen-on-v6 { none; };
          querylog yes; recursion no; dnssec-validation no; notify no; allow-transfer { none; };
          pid-file none; session-keyfile none; lock-file none;
        };
        controls { };
        zone "." { type primary; file "root.zone"; };
        """;
}
