using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using EdgePool.Server.Demo;
using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Peers;
using EdgePool.Testing.Certificates;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Interop.Tests.Pools;

/// <summary>
/// What stands around a <see cref="PoolOfProcesses"/> of three nodes: a partner, fabrikam.example, that opens streams to them, and a component at each. The nodes' files are those
/// of the pool, with the partner's authority added and the component let in without TLS.
/// </summary>
internal sealed class PoolPartner : IAsyncDisposable
{
    public const string Domain = "fabrikam.example";
    public const string User = "sink@" + LocalDomain;
    private const string LocalDomain = "contoso.example";
    private const string Secret = "a secret of some length";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly PoolOfProcesses pool;
    private readonly DemoCertificates certificates = new(TimeProvider.System);
    private readonly DemoPartner partner;
    private readonly IPAddress[] addresses;
    private readonly List<DemoComponent> components = [];
    private readonly Dictionary<int, DemoComponent> current = [];
    private readonly ConcurrentDictionary<int, TaskCompletionSource> greetings = new();
    private NumberedFlow[] flows = [];
    private int opened;

    private PoolPartner(PoolOfProcesses pool)
    {
        this.pool = pool;
        partner = new DemoPartner(DomainName.Parse(Domain), certificates, new Arriving(this));
        addresses = [.. Enumerable.Range(1, 3).Select(Write)];
    }

    /// <summary>Starts the pool and its nodes, and waits until it is whole.</summary>
    /// <param name="pool">Without nodes yet.</param>
    /// <param name="terms">Of <c>edgepool partner add</c>, for the partner.</param>
    public static async Task<PoolPartner> StartAsync(PoolOfProcesses pool, string terms)
    {
        var around = new PoolPartner(pool);
        try
        {
            var (code, said) = await PoolOfProcesses.RunAsync($"cluster secrets init -c {pool.FileOf(1)}");
            Assert.True(code == 0, said);
            for (var node = 1; node <= 3; node++)
            {
                await pool.RunNodeAsync(node);
            }

            await pool.UntilAsync(1, whole => whole is { Nodes.Count: 3, Problems.Count: 0 });
            await pool.OperatorOf(1).DoAsync("policy set global --enable-federation-access --enable-xmpp-access");
            await pool.OperatorOf(1).DoAsync($"partner add {Domain} --partner-type Federated {terms}");
            for (var node = 1; node <= 3; node++)
            {
                await pool[node].WaitForLogAsync(" 2030 PolicyInForce revision=2 partners=1", Patience);
            }

            for (var node = 1; node <= 3; node++)
            {
                await around.ConnectAsync(node);
            }

            return around;
        }
        catch
        {
            await around.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects the component to a node, anew when that was started again.</summary>
    public async Task ConnectAsync(int node)
        => components.Add(current[node] = await DemoComponent.ConnectAsync(new IPEndPoint(addresses[node - 1], 23456), DomainName.Parse(LocalDomain), Secret, new Arriving(this), default));

    /// <summary>So many flows, each from a user of the partner to one of ours; the components take them in.</summary>
    public NumberedFlow[] NewFlows(int count)
        => flows = [.. Enumerable.Range(0, count).Select(static number => new NumberedFlow(FormattableString.Invariant($"flow{number}@{Domain}/load"), $"sink@{LocalDomain}", TimeProvider.System))];

    /// <summary>Where the edge can connect.</summary>
    public IPEndPoint EndPoint => partner.EndPoint;

    /// <summary>The user of the partner that speaks on the stream which <see cref="TryOpenAsync"/> opens next.</summary>
    public string NextContact => FormattableString.Invariant($"open{Volatile.Read(ref opened) + 1}@{Domain}");

    /// <summary>A user of ours at a node writes to one of the partner's.</summary>
    public ValueTask WriteAsync(int node, string user, string contact)
        => current[node].Stream.WriteAsync(Encoding.UTF8.GetBytes($"<message from='{user}' to='{contact}'><body>here</body></message>"), CancellationToken.None);

    /// <summary>Likewise; the task that it returns completes when the partner has it.</summary>
    public async Task<Task> WriteOutAsync(int node)
    {
        var number = Interlocked.Increment(ref opened);
        var arrived = greetings.GetOrAdd(number, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await WriteAsync(node, FormattableString.Invariant($"open{number}@{LocalDomain}"), "sink@" + Domain);
        return arrived.Task;
    }

    /// <summary>
    /// Opens a stream to a node and sends a message on it. A stream that has a place is one whose message arrives: one that has none is authenticated too, and ended then.
    /// </summary>
    /// <returns>Null: it has no place, or the node is not there.</returns>
    public async Task<PeerStream?> TryOpenAsync(int node)
    {
        var number = Interlocked.Increment(ref opened);
        var arrived = greetings.GetOrAdd(number, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            var stream = await partner.OpenAsync(new IPEndPoint(addresses[node - 1], 5269), DomainName.Parse(LocalDomain), patience.Token);
            var greeting = FormattableString.Invariant($"<message from='open{number}@{Domain}' to='sink@{LocalDomain}'><body>here</body></message>");
            await stream.WriteAsync(Encoding.UTF8.GetBytes(greeting), patience.Token);
            await Task.WhenAny(arrived.Task, stream.Ended).WaitAsync(patience.Token);
            return arrived.Task.IsCompleted ? stream : null;
        }
        catch (Exception fault) when (fault is DemoException or IOException or InvalidOperationException) // the last: ended before the message
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var component in components)
        {
            await component.DisposeAsync();
        }

        await partner.DisposeAsync();
        certificates.Dispose();
    }

    private IPAddress Write(int node)
    {
        var folder = Path.GetDirectoryName(pool.FileOf(node))!;
        var text = File.ReadAllText(pool.FileOf(node));
        text = text.Replace("clients: { ca: [internal-ca.pem] }", "allowPlain: loopback", StringComparison.Ordinal) + "\ntrust: { ca: [partners-ca.pem] }\n";
        File.WriteAllText(pool.FileOf(node), text);
        File.WriteAllText(Path.Combine(folder, "partners-ca.pem"), certificates.Root.ExportCertificatePem() + "\n");
        if (node == 1)
        {
            var edge = certificates.Issue(LocalDomain);
            using var key = edge.GetECDsaPrivateKey()!;
            File.WriteAllText(Path.Combine(folder, "edge.pem"), edge.ExportCertificatePem() + "\n");
            PrivateFile.Write(Path.Combine(folder, "edge.key"), key.ExportPkcs8PrivateKeyPem() + "\n");
        }

        return IPAddress.Parse(Regex.Match(text, @"""(?<address>[\d.]+):5269""", RegexOptions.ExplicitCapture, Patience).Groups["address"].Value);
    }

    private void Receive(in StanzaFrame stanza)
    {
        if (stanza.Type.SequenceEqual("error"u8))
        {
            return; // an answer to what our users wrote
        }

        var name = Encoding.UTF8.GetString(stanza.From[..stanza.From.IndexOf((byte)'@')]);
        if (name.StartsWith("open", StringComparison.Ordinal))
        {
            greetings[int.Parse(name["open".Length..], CultureInfo.InvariantCulture)].TrySetResult();
        }
        else if (name.StartsWith("flow", StringComparison.Ordinal))
        {
            flows[int.Parse(name["flow".Length..], CultureInfo.InvariantCulture)].Receive(stanza.Bytes);
        }
    }

    private sealed class Arriving(PoolPartner around) : IStanzaReceiver
    {
        public void Receive(in StanzaFrame stanza) => around.Receive(in stanza);

        public ValueTask EndBatchAsync(PeerStream stream, CancellationToken cancellation) => ValueTask.CompletedTask;
    }
}
