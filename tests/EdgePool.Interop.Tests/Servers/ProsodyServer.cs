namespace EdgePool.Interop.Tests.Servers;

/// <summary>Prosody 0.12 with its own configuration and data, never the system's.</summary>
internal sealed class ProsodyServer : XmppServer
{
    private ProsodyServer(XmppServerOptions options)
        : base(options, "prosody")
    {
    }

    public static async Task<ProsodyServer> StartAsync(XmppServerOptions options)
    {
        Programs.Require("prosody", "setpriv");

        // Without it Prosody asks the machine's name servers, whatever its configuration says.
        Programs.RequireLuaModule("lunbound", "lua-unbound");
        var server = new ProsodyServer(options);
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

    /// <summary>What its streams have said and heard so far, each element behind <c>SEND:</c> or <c>RECV:</c>.</summary>
    public string Wire => File.ReadAllText(Path.Combine(Folder, "wire.log"));

    protected override Task<ServerProcess> LaunchAsync() =>
        ServerProcess.StartAsync("prosody " + Domain, "prosody", ["--config", Path.Combine(Folder, "prosody.cfg.lua"), "-F"], Folder);

    private void Write()
    {
        foreach (var domain in Domains)
        {
            var accounts = Directory.CreateDirectory(Path.Combine(Folder, "data", domain.Replace(".", "%2e", StringComparison.Ordinal), "accounts"));
            foreach (var user in Options.Users)
                File.WriteAllText(Path.Combine(accounts.FullName, user + ".dat"), $"return {{ [\"password\"] = \"{XmppServerOptions.Password}\"; }};\n");
        }

        File.WriteAllText(Path.Combine(Folder, "prosody.cfg.lua"), Configuration());
    }

    private static string Host(ServedDomain domain) =>
        $$"""
        {{(domain.External ? "VirtualHost" : "Component")}} "{{domain.Name}}"
            component_secret = "{{XmppServerOptions.Password}}"
            ssl = { certificate = "{{domain.Certificate.CertificateFile}}"; key = "{{domain.Certificate.KeyFile}}" }
            s2s_direct_tls_ssl = { certificate = "{{domain.Certificate.CertificateFile}}"; key = "{{domain.Certificate.KeyFile}}" }
            modules_disabled = { {{(domain.Tls ? "" : "\"tls\";")}}{{(domain.External ? "" : "\"saslauth\";")}} }
        """;

    // libunbound takes its server as forwarder with a port; its own rules would answer .test itself (RFC 6761), so tests use .example.
    private string Configuration() =>
        $$"""
        daemonize = false
        run_as_root = true
        pidfile = "{{Folder}}/prosody.pid"
        data_path = "{{Folder}}/data"
        log = { { levels = { min = "{{(Options.Verbose ? "debug" : "info")}}" }, to = "console" }{{(Options.WireLog ? ", { levels = { min = \"debug\" }, to = \"file\", filename = \"wire.log\" }" : "")}} }
        interfaces = { "{{Options.Address}}" }
        local_interfaces = { "{{Options.Address}}" }
        s2s_ports = { 5269 }
        c2s_ports = { 5222 }
        c2s_direct_tls_ports = { }
        s2s_direct_tls_ports = { {{(Options.DirectTls ? "5270" : "")}} }
        component_ports = { {{(Options.Components.Count > 0 || Options.FurtherDomains.Any(d => !d.External) ? "5347" : "")}} }
        modules_enabled = { "roster", "saslauth", "tls", "disco", "ping", "version"{{(Options.StreamManagement ? ", \"smacks\"" : "")}}{{(Options.WireLog ? ", \"stanza_debug\"" : "")}}{{(Options.Dialback ? ", \"dialback\"" : "")}}{{(Options.Bidirectional ? ", \"s2s_bidi\"" : "")}} }
        smacks_max_queue_size = 20000
        {{(Options.Impatience is { TotalSeconds: var wait } ? FormattableString.Invariant($"network_settings = {{ connect_timeout = {wait}; send_timeout = {wait} }}; s2s_timeout = {wait}") : "")}}
        c2s_require_encryption = false
        allow_unencrypted_plain_auth = true
        s2s_require_encryption = {{(Options.RequireTls ? "true" : "false")}}
        s2s_secure_auth = {{(Options.Dialback ? "false" : "true")}}
        use_dane = false
        unbound = { resolvconf = false; hoststxt = false; forward = "{{Options.Dns.Address}}@{{Options.Dns.Port}}" }
        ssl = { cafile = "{{AnchorFile()}}"; capath = "{{Folder}}"; certificate = "{{Options.Certificate.CertificateFile}}"; key = "{{Options.Certificate.KeyFile}}" }
        authentication = "internal_plain"
        storage = "internal"
        limits = { }

        VirtualHost "{{Domain}}"
        {{string.Join('\n', Options.FurtherDomains.Select(Host))}}
        {{(Options.MultiUserChat ? $"Component \"conference.{Domain}\" \"muc\"" : "")}}
        {{string.Join('\n', Options.Components.Select(c => $"Component \"{c}\"\n    component_secret = \"{XmppServerOptions.Password}\""))}}
        """;
}
