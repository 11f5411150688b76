using System.Net;
using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.Publishing;

/// <summary>A server that takes updates.</summary>
public enum PrimaryKind
{
    /// <summary>BIND 9.</summary>
    Bind,

    /// <summary>Knot DNS.</summary>
    Knot,
}

/// <summary>The primary server of the zone <c>contoso.example</c>, which takes updates that are signed by its key.</summary>
internal sealed class PrimaryServer : IAsyncDisposable
{
    private const string Secret = "c2VjcmV0IG9mIHRoZSB0ZXN0cyBmb3IgdXBkYXRlcyE=";

    private readonly ServerProcess process;

    private PrimaryServer(ServerProcess process, string folder, IPEndPoint endPoint) => (this.process, Folder, EndPoint) = (process, folder, endPoint);

    public string Folder { get; }

    public IPEndPoint EndPoint { get; }

    public string KeyFile => Path.Combine(Folder, "update.key");

    /// <summary>What the server has logged.</summary>
    public string Log => process.Log;

    /// <summary>Until it has logged this.</summary>
    public Task WaitForLogAsync(string text) => process.WaitForLogAsync(text);

    /// <summary>Starts it.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="records">Records of the zone beside SOA and NS; names must be absolute.</param>
    public static async Task<PrimaryServer> StartAsync(PrimaryKind kind, params IEnumerable<string> records)
    {
        Programs.Require(kind is PrimaryKind.Bind ? "named" : "knotd", "setpriv");
        var folder = Directory.CreateTempSubdirectory("edgepool-primary-").FullName;
        var endPoint = new IPEndPoint(IPAddress.Loopback, LoopbackAddresses.FreePort());
        await File.WriteAllTextAsync(Path.Combine(folder, "contoso.example.zone"), Zone(records));
        WriteKey(Path.Combine(folder, "update.key"), "edgepool", Secret);
        var started = kind is PrimaryKind.Bind ? await StartBindAsync(folder, endPoint) : await StartKnotAsync(folder, endPoint);
        var server = new PrimaryServer(started, folder, endPoint);
        try
        {
            await started.WaitForPortAsync(endPoint);
            await started.WaitForLogAsync(kind is PrimaryKind.Bind ? "all zones loaded" : "loaded");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes a key's file, which is its owner's alone.</summary>
    public static void WriteKey(string file, string name, string secret)
    {
        File.WriteAllText(file, $"key \"{name}\" {{\n\talgorithm hmac-sha256;\n\tsecret \"{secret}\";\n}};\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static string Zone(IEnumerable<string> records) =>
        "$TTL 300\ncontoso.example. SOA ns.contoso.example. hostmaster.contoso.example. 1 60 60 6000 5\ncontoso.example. NS ns.contoso.example.\nns.contoso.example. A 127.0.0.1\n"
        + string.Join('\n', records) + "\n";

    private static async Task<ServerProcess> StartBindAsync(string folder, IPEndPoint endPoint)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "named.conf"), $$"""
            include "{{folder}}/update.key";
            options {
              directory "{{folder}}";
              listen-on port {{endPoint.Port}} { {{endPoint.Address}}; };
              listen-on-v6 { none; };
              recursion no; dnssec-validation no; notify no; allow-transfer { none; };
              pid-file none; session-keyfile none; lock-file none;
            };
            controls { };
            zone "contoso.example" { type primary; file "contoso.example.zone"; update-policy { grant edgepool zonesub ANY; }; };
            """);
        return await ServerProcess.StartAsync("named", "named", ["-g", "-n", "1", "-c", Path.Combine(folder, "named.conf")], folder);
    }

    private static async Task<ServerProcess> StartKnotAsync(string folder, IPEndPoint endPoint)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "knot.conf"), $$"""
            server:
                rundir: "{{folder}}"
                user: root:root
                listen: {{endPoint.Address}}@{{endPoint.Port}}
                udp-workers: 1
                tcp-workers: 1
                background-workers: 1
            log:
              - target: stderr
                any: info
            database:
                storage: "{{folder}}"
            key:
              - id: edgepool
                algorithm: hmac-sha256
                secret: {{Secret}}
            acl:
              - id: edgepool
                key: edgepool
                action: update
            zone:
              - domain: contoso.example
                storage: "{{folder}}"
                file: contoso.example.zone
                acl: edgepool
            """);
        return await ServerProcess.StartAsync("knotd", "knotd", ["-c", Path.Combine(folder, "knot.conf")], folder);
    }
}
