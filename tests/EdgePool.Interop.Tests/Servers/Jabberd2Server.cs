using System.Net;

namespace EdgePool.Interop.Tests.Servers;

/// <summary>
/// jabberd2 2.7: a router and an s2s of its own, never the system's. It has no users here: each of its domains is a component of the router.
/// </summary>
internal sealed class Jabberd2Server : XmppServer
{
    private const string RouterUser = "jabberd";

    private ServerProcess? router;

    private Jabberd2Server(XmppServerOptions options)
        : base(options, "jabberd2")
    {
    }

    public static async Task<Jabberd2Server> StartAsync(XmppServerOptions options)
    {
        Programs.Require("jabberd2-router", "jabberd2-s2s", "setpriv");
        var server = new Jabberd2Server(options);
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

    protected override IEnumerable<IPEndPoint> EndPoints => [ServerEndPoint];

    // Its resolver, libudns, takes the server and the port from these two variables (udns's dns_init.c).
    protected override async Task<ServerProcess> LaunchAsync()
    {
        router = await ServerProcess.StartAsync("jabberd2-router " + Domain, "jabberd2-router", ["-c", Path.Combine(Folder, "router.xml")], Folder);
        await router.WaitForPortAsync(ComponentEndPoint);
        return await ServerProcess.StartAsync(
            "jabberd2-s2s " + Domain,
            "jabberd2-s2s",
            ["-c", Path.Combine(Folder, "s2s.xml")],
            Folder,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["NAMESERVERS"] = Options.Dns.Address.ToString(),
                ["RES_OPTIONS"] = $"port:{Options.Dns.Port}",
            });
    }

    protected override async ValueTask StoppedAsync()
    {
        if (router is not null)
            await router.DisposeAsync();
        router = null;
    }

    private void Write()
    {
        File.WriteAllText(Path.Combine(Folder, "users.xml"), $"<users><user><name>{RouterUser}</name><secret>{XmppServerOptions.Password}</secret></user></users>\n");
        File.WriteAllText(Path.Combine(Folder, "filter.xml"), "<rules/>\n");
        File.WriteAllText(Path.Combine(Folder, "router.xml"), Router());
        File.WriteAllText(Path.Combine(Folder, "s2s.xml"), S2S());
    }

    private string Router() =>
        $"""
        <router>
          <id>router</id>
          <pidfile>{Folder}/router.pid</pidfile>
          <log type='stdout'/>
          <local>
            <ip>{ComponentEndPoint.Address}</ip>
            <port>{ComponentEndPoint.Port}</port>
            <users>{Folder}/users.xml</users>
            <secret>{XmppServerOptions.Password}</secret>
          </local>
          <check><interval>60</interval></check>
          <io><max_fds>256</max_fds><access><order>allow,deny</order></access></io>
          <aliases/>
          <aci><acl type='all'><user>{RouterUser}</user></acl><filter>{Folder}/filter.xml</filter></aci>
        </router>
        """;

    private string S2S() =>
        $"""
        <s2s>
          <id>s2s</id>
          <pidfile>{Folder}/s2s.pid</pidfile>
          <router>
            <ip>{ComponentEndPoint.Address}</ip>
            <port>{ComponentEndPoint.Port}</port>
            <user>{RouterUser}</user>
            <pass>{XmppServerOptions.Password}</pass>
          </router>
          <log type='stdout'/>
          <local>
            <ip>{ServerEndPoint.Address}</ip>
            <port>{ServerEndPoint.Port}</port>
            <secret>secret of {Domain}</secret>
            {(Options.Tls ? $"<pemfile>{Options.Certificate.CombinedFile}</pemfile>" : "")}
          </local>
          <io><max_fds>256</max_fds><limits><stanzasize>262144</stanzasize></limits></io>
          <check><interval>60</interval><queue>20</queue><retry>0</retry><idle>86400</idle><keepalive>0</keepalive><dnscache>300</dnscache></check>
          <lookup><srv>xmpp-server</srv><bad-host-timeout>1</bad-host-timeout></lookup>
          <security><require_tls>{(Options is { Tls: true, RequireTls: true } ? 1 : 0)}</require_tls></security>
        </s2s>
        """;
}
