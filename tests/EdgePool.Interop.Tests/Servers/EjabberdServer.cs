using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace EdgePool.Interop.Tests.Servers;

/// <summary>
/// ejabberd 23.01 in an Erlang node of its own, without distribution and epmd, with its own database, never the system's.
/// </summary>
internal sealed class EjabberdServer : XmppServer
{
    private const int ApiPort = 5280;

    private EjabberdServer(XmppServerOptions options)
        : base(options, "ejabberd")
    {
    }

    public static async Task<EjabberdServer> StartAsync(XmppServerOptions options)
    {
        Programs.Require("erl", "ejabberdctl", "setpriv");
        var server = new EjabberdServer(options);
        try
        {
            server.Write();
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    // Flags as Debian's ejabberdctl gives them; the schedulers' busy waiting is off, for the machine is shared.
    protected override Task<ServerProcess> LaunchAsync() => ServerProcess.StartAsync(
        "ejabberd " + Domain,
        "erl",
        ["-noinput", "+K", "true", "+P", "250000", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none", "-mnesia", "dir", $"\"{Folder}/db\"", "-s", "ejabberd"],
        Folder,
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ERL_LIBS"] = "/usr/lib/x86_64-linux-gnu",
            ["ERL_INETRC"] = Path.Combine(Folder, "inetrc"),
            ["ERL_MAX_PORTS"] = "32000",
            ["ERL_CRASH_DUMP_BYTES"] = "0",
            ["EJABBERD_CONFIG_PATH"] = Path.Combine(Folder, "ejabberd.yml"),
            ["EJABBERD_LOG_PATH"] = Path.Combine(Folder, "ejabberd.log"),
            ["EJABBERD_PID_PATH"] = Path.Combine(Folder, "ejabberd.pid"),
            ["HOME"] = Folder,
        });

    protected override async Task ReadyAsync()
    {
        var api = new IPEndPoint(Options.Address, ApiPort);
        await Process.WaitForPortAsync(api);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{api}/api/") };
        foreach (var (user, host) in Options.Users.SelectMany(_ => Domains, (user, host) => (user, host)))
        {
            // With a length: ejabberd's server knows no chunks.
            var account = JsonSerializer.Serialize(new { user, host, password = XmppServerOptions.Password });
            using var body = new StringContent(account, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(new Uri("register", UriKind.Relative), body);
            if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.Conflict))
                throw Process.Failure($"did not register {user}@{host}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }

    private void Write()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "db"));
        var dns = Options.Dns;
        File.WriteAllText(
            Path.Combine(Folder, "inetrc"),
            $$"""
            {lookup, [dns]}.
            {resolv_conf, ""}.
            {hosts_file, ""}.
            {nameserver, { {{dns.Address.ToString().Replace('.', ',')}} }, {{dns.Port.ToString(CultureInfo.InvariantCulture)}}}.

            """);
        File.WriteAllText(Path.Combine(Folder, "ejabberd.yml"), Configuration());
    }

    // By itself it waits for up to five minutes before it tries a server again that refused it; here for a second.
    private string Configuration() =>
        $$"""
        loglevel: {{(Options.Verbose ? "debug" : "info")}}
        hosts: [{{string.Join(", ", Domains.Select(d => $"\"{d}\""))}}]
        certfiles: [{{string.Join(", ", Options.FurtherDomains.Select(d => d.Certificate).Prepend(Options.Certificate).Distinct().Select(c => $"\"{c.CombinedFile}\""))}}]
        ca_file: "{{AnchorFile()}}"
        s2s_cafile: "{{AnchorFile()}}"
        s2s_use_starttls: {{(!Options.RequireTls ? "optional" : Options.Dialback ? "required" : "required_trusted")}}
        host_config: { {{string.Join(", ", Options.FurtherDomains.Where(d => !d.Tls).Select(d => $"\"{d.Name}\": {{ s2s_use_starttls: false }}"))}} }
        s2s_dns_timeout: 10
        s2s_max_retry_delay: 1
        {{(Options.Impatience is { TotalSeconds: var wait } ? FormattableString.Invariant($"outgoing_s2s_timeout: {wait}") : "")}}
        s2s_queue_type: ram
        s2s_zlib: false
        outgoing_s2s_families: [ipv4]
        disable_sasl_mechanisms: [{{(Options.External ? "" : "EXTERNAL")}}]
        auth_method: internal
        listen:
          - { port: 5269, ip: "{{Options.Address}}", module: ejabberd_s2s_in, max_stanza_size: 262144, shaper: none, max_fsm_queue: 100000 }
          - { port: 5222, ip: "{{Options.Address}}", module: ejabberd_c2s, access: all, shaper: none, max_stanza_size: 262144, max_fsm_queue: 100000 }
          - { port: {{ApiPort}}, ip: "{{Options.Address}}", module: ejabberd_http, request_handlers: { /api: mod_http_api } }
        {{(Options.DirectTls ? $"  - {{ port: 5270, ip: \"{Options.Address}\", module: ejabberd_s2s_in, tls: true, max_stanza_size: 262144, shaper: none }}" : "")}}
        {{ComponentListener()}}
        api_permissions:
          "on loopback": { from: [mod_http_api], who: all, what: "*" }
        shaper: {}
        modules:
          mod_roster: {}
          mod_disco: {}
          mod_ping: {}
          mod_version: {}
        {{(Options.Dialback ? "  mod_s2s_dialback: {}" : "")}}
        {{(Options.MultiUserChat ? "  mod_muc: { access_create: all }" : "")}}
        """;

    private string ComponentListener()
    {
        if (Options.Components.Count == 0)
            return "";
        var hosts = string.Join(", ", Options.Components.Select(c => $"\"{c}\": {{ password: \"{XmppServerOptions.Password}\" }}"));
        return $"  - {{ port: 5347, ip: \"{Options.Address}\", module: ejabberd_service, access: all, shaper_rule: none, max_fsm_queue: 100000, hosts: {{ {hosts} }} }}";
    }
}
