using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using EdgePool.Cluster.Etcd;
using EdgePool.Cluster.Etcd.Calls;
using EdgePool.Cluster.Etcd.Messages;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace EdgePool.Interop.Tests.Pools;

/// <summary>
/// The etcd that cluster-config/pool/etcd ships for production: three members with their files, in which addresses and folders alone are others, and with users as
/// cluster-config/README.md makes them.
/// </summary>
internal sealed class ProductionEtcd : IAsyncDisposable
{
    private const int Members = 3;
    private const int ClientPort = 2379;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string folder;
    private readonly IPAddress[] addresses = [.. Enumerable.Range(0, Members).Select(static _ => LoopbackAddresses.Next())];
    private readonly ServerProcess?[] processes = new ServerProcess?[Members];

    private ProductionEtcd(string folder) => this.folder = folder;

    /// <summary>The endpoints as the shipped files of nodes write them.</summary>
    public string Endpoints => string.Join(", ", addresses.Select(static address => $"\"https://{address}:{ClientPort}\""));

    /// <summary>Starts all members; nobody but those whom the authority vouches for is served.</summary>
    public static async Task<ProductionEtcd> StartAsync(string folder, TestCertificateAuthority authority)
    {
        Programs.Require("etcd", "setpriv");
        var etcd = new ProductionEtcd(folder);
        etcd.WriteFiles();
        etcd.Certify(authority, authority);
        try
        {
            await Task.WhenAll(Enumerable.Range(1, Members).Select(etcd.StartMemberAsync));
            return etcd;
        }
        catch
        {
            await etcd.DisposeAsync();
            throw;
        }
    }

    /// <summary>New certificates for all members, and new authorities to judge others by; in force when a member is started again.</summary>
    public void Certify(TestCertificateAuthority issuer, params TestCertificateAuthority[] trusted)
    {
        for (var member = 1; member <= Members; member++)
        {
            var issued = issuer.Issue(new LeafRequest { CommonName = $"etcd-{member}", Addresses = [addresses[member - 1], IPAddress.Loopback] }); // members call from there
            var place = Directory.CreateDirectory(PlaceOf(member)).FullName;
            File.WriteAllText(Path.Combine(place, "etcd-ca.pem"), string.Concat(trusted.Select(static one => File.ReadAllText(one.RootFile))));
            File.Copy(issued.CertificateFile, Path.Combine(place, "member.pem"), overwrite: true);
            PrivateFile.Write(Path.Combine(place, "member.key"), File.ReadAllText(issued.KeyFile));
        }
    }

    /// <summary>Ends all members, and starts them with the files of now.</summary>
    public async Task RestartAsync()
    {
        foreach (var process in processes.OfType<ServerProcess>())
        {
            await process.KillAsync();
            await process.DisposeAsync();
        }

        await Task.WhenAll(Enumerable.Range(1, Members).Select(StartMemberAsync));
    }

    /// <summary>etcd's users from now on: root, and these, whose role may read and write what is under the prefix.</summary>
    public async Task EnableUsersAsync(EtcdOptions options, params string[] users)
    {
        var asked = options with { Endpoints = [new Uri($"https://{addresses[0]}:{ClientPort}")] };
        using var caller = new GrpcCaller(new EtcdConnections(asked, Patience, TimeProvider.System), TimeProvider.System);
        async Task Ask(string what, params object[] fields)
            => await caller.AskAsync(asked.Endpoints[0], "etcdserverpb.Auth/" + what, Message(fields), Empty.Parser, 4096, Patience, TestContext.Current.CancellationToken);

        await LedAsync(caller, asked.Endpoints[0]);
        await Ask("RoleAdd", "edgepool");
        await Ask("RoleGrantPermission", "edgepool", Message(2L, options.Prefix, options.Prefix[..^1] + (char)(options.Prefix[^1] + 1)));
        foreach (var (user, role) in users.Select(static user => (user, "edgepool")).Append(("root", "root")))
        {
            await Ask("UserAdd", user, "", Message(1L));
            await Ask("UserGrantRole", user, role);
        }

        await Ask("AuthEnable");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes.OfType<ServerProcess>())
        {
            await process.KillAsync();
            await process.DisposeAsync();
        }
    }

    private static async Task LedAsync(GrpcCaller caller, Uri member)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await caller.AskAsync(member, "etcdserverpb.KV/Range", Message("/"), RangeResponse.Parser, 4096, Patience, TestContext.Current.CancellationToken);
                return;
            }
            catch (EtcdException) when (TimeProvider.System.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>A message of the interface for operators, of which EdgePool knows nothing: fields 1, 2, 3… as texts, numbers or messages.</summary>
    private static Empty Message(params object[] fields)
    {
        using var bytes = new MemoryStream();
        using (var writer = new CodedOutputStream(bytes, leaveOpen: true))
        {
            for (var i = 0; i < fields.Length; i++)
            {
                writer.WriteTag(i + 1, fields[i] is long ? WireFormat.WireType.Varint : WireFormat.WireType.LengthDelimited);
                switch (fields[i])
                {
                    case long number:
                        writer.WriteInt64(number);
                        break;
                    case IMessage message:
                        writer.WriteMessage(message);
                        break;
                    default:
                        writer.WriteString((string)fields[i]);
                        break;
                }
            }
        }

        return Empty.Parser.ParseFrom(bytes.ToArray());
    }

    private static string Shipped(int member, [CallerFilePath] string here = "")
        => File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, string.Create(CultureInfo.InvariantCulture, $"../../../cluster-config/pool/etcd/member-{member}.yaml")));

    private string PlaceOf(int member) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"etcd-{member}"));

    private void WriteFiles()
    {
        for (var member = 1; member <= Members; member++)
        {
            var place = Directory.CreateDirectory(PlaceOf(member)).FullName;
            var text = Shipped(member).Replace("/var/lib/etcd/edgepool", Path.Combine(place, "data"), StringComparison.Ordinal).Replace("/etc/etcd", place, StringComparison.Ordinal);
            text = Enumerable.Range(1, Members).Aggregate(
                text, (whole, one) => whole.Replace(string.Create(CultureInfo.InvariantCulture, $"10.0.1.{one}:"), $"{addresses[one - 1]}:", StringComparison.Ordinal));
            File.WriteAllText(Path.Combine(place, "member.yaml"), text);
        }
    }

    private async Task StartMemberAsync(int member)
    {
        var started = await ServerProcess.StartAsync($"etcd-{member}", "etcd", ["--config-file", Path.Combine(PlaceOf(member), "member.yaml")], PlaceOf(member));
        processes[member - 1] = started;
        await started.WaitForPortAsync(new IPEndPoint(addresses[member - 1], ClientPort));
    }
}
