using System.Net;
using EdgePool.Benchmarks.Processes;
using EdgePool.Benchmarks.Relay;

namespace EdgePool.Benchmarks.Handshakes;

/// <summary>A Prosody of our own in the edge's place: the same domain, keys and trust, SASL EXTERNAL and no dialback.</summary>
internal static class ProsodyProcess
{
    public const string Program = "/usr/bin/prosody";

    public static Task<MeasuredProcess> StartAsync(KeyFiles files, IPEndPoint s2s)
    {
        Directory.CreateDirectory(files.PathOf("prosody"));
        files.Write("prosody.cfg.lua", Configuration(files, s2s));
        return MeasuredProcess.StartAsync("prosody", Program, ["--config", files.PathOf("prosody.cfg.lua"), "-F"], s2s);
    }

    private static string Configuration(KeyFiles files, IPEndPoint s2s) => $$"""
        daemonize = false
        run_as_root = true
        pidfile = "{{files.PathOf("prosody/pid")}}"
        data_path = "{{files.PathOf("prosody")}}"
        log = { { levels = { min = "error" }, to = "console" } }
        network_backend = "epoll"
        gc = { mode = "generational" }
        s2s_interfaces = { "{{s2s.Address}}" }
        s2s_ports = { {{s2s.Port}} }
        s2s_direct_tls_ports = { }
        modules_enabled = { "s2s", "tls", "saslauth", "s2s_auth_certs" }
        modules_disabled = { "c2s", "offline", "presence", "message", "iq" }
        s2s_require_encryption = true
        s2s_secure_auth = true
        use_dane = false
        ssl = { cafile = "{{files.Authority}}", certificate = "{{files.PathOf("edge.pem")}}", key = "{{files.PathOf("edge.key")}}" }
        storage = "memory"
        limits = { }
        VirtualHost "{{EdgeProcess.Local}}"
        """;
}
