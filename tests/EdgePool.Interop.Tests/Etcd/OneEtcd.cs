namespace EdgePool.Interop.Tests.Etcd;

/// <summary>One member for all tests of a class; where etcd is absent, each of them is skipped.</summary>
public sealed class OneEtcd : IAsyncLifetime
{
    private EtcdServers? servers;

    internal EtcdServers Servers
    {
        get
        {
            EdgePool.Interop.Tests.Servers.Programs.Require("etcd", "setpriv");
            return servers!;
        }
    }

    public async ValueTask InitializeAsync() => servers = File.Exists("/usr/bin/etcd") ? await EtcdServers.StartAsync(1) : null;

    public ValueTask DisposeAsync() => servers?.DisposeAsync() ?? default;
}
