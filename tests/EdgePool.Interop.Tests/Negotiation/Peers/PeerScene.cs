using System.Collections.Concurrent;
using System.Threading.Channels;
using System.Xml.Linq;
using EdgePool.Interop.Tests.Nodes;
using EdgePool.Interop.Tests.Partners;
using EdgePool.Interop.Tests.Servers;
using EdgePool.Testing.Certificates;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Negotiation.Peers;

/// <summary>
/// One edge, and one Prosody, one ejabberd and a few jabberd2 that serve a domain for each cell. What a kind of server gives is measured once, by the first test
/// that asks: a message each way for every domain, a few domains at a time.
/// </summary>
public sealed class PeerScene : IAsyncDisposable
{
    // Under the edge's limits per address: every peer comes from loopback.
    private const int DomainsAtATime = 8;
    private const int Authenticated = 1003;
    private const int EndedForPeersFault = 1011;
    private const int EndedUnauthenticated = 1012;
    private const int TargetFailed = 1020;

    private readonly List<IAsyncDisposable> parts = [];
    private readonly TestCertificateAuthority ours = new("Authority of the edge");
    private readonly TestCertificateAuthority theirs = new("Authority of partners");
    private readonly Lazy<Task> started;
    private readonly Dictionary<ServerKind, Lazy<Task<IReadOnlyDictionary<PeerCell, string>>>> measured;
    private readonly Dictionary<string, System.Net.IPAddress> addresses;
    private readonly Dictionary<string, ComponentClient> components = [];
    private readonly ConcurrentDictionary<string, ChannelWriter<Arrival>> heard = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim turns = new(DomainsAtATime);
    private BindServer dns = null!;
    private EdgeProcess edge = null!;

    public PeerScene()
    {
        started = new(StartAsync);
        measured = Enum.GetValues<ServerKind>().ToDictionary(kind => kind, kind => new Lazy<Task<IReadOnlyDictionary<PeerCell, string>>>(() => MeasureAsync(kind)));
        addresses = Domains.GroupBy(ProcessOf, StringComparer.Ordinal)
            .SelectMany(process => process.Zip(Enumerable.Repeat(LoopbackAddresses.Next(), process.Count())))
            .ToDictionary(pair => pair.First.Domain, pair => pair.Second, StringComparer.Ordinal);
    }

    // Both directions of a cell share its domain.
    private static IEnumerable<PeerCell> Domains => PeerCell.All.Where(c => c.Direction is Direction.Inbound && PeerExpectation.Of(c).Text is not PeerExpectation.Cannot);

    /// <summary>What became of every cell of a kind of server that can do it.</summary>
    public Task<IReadOnlyDictionary<PeerCell, string>> MeasuredAsync(ServerKind kind) => measured[kind].Value;

    public async ValueTask DisposeAsync()
    {
        if (components.Count > 0)
        {
            var account = await edge.StopAsync();
            Assert.True(account is { Balances: true, InFlight: 0 }, account.ToString());
        }

        foreach (var part in Enumerable.Reverse(parts))
            await part.DisposeAsync();
        ours.Dispose();
        theirs.Dispose();
        turns.Dispose();
    }

    // As client, jabberd2 shows one certificate for all its domains: it gets a process for each.
    private static string ProcessOf(PeerCell cell) => cell.Server is ServerKind.Jabberd2 ? $"{cell.Server}-{cell.Shown}" : $"{cell.Server}";

    private static IEnumerable<(string Domain, Carrier Carrier, bool ServerAuthOnly)> LocalDomains =>
        from carrier in Enum.GetValues<Carrier>()
        from serverAuthOnly in new[] { true, false }
        select (PeerCell.LocalDomainOf(serverAuthOnly, carrier), carrier, serverAuthOnly);

    private async Task StartAsync()
    {
        var edgeAt = LoopbackAddresses.Next();
        dns = Keep(await BindServer.StartAsync(
        [
            .. addresses.Values.Append(edgeAt).Distinct().Select(address => $"{address}. A {address}"),
            .. LocalDomains.Select(d => Record(d.Domain, d.Carrier, 5269, edgeAt)),
            .. Domains.Select(d => Record(d.Domain, d.Carrier, d.Carrier is Carrier.DirectTls ? 5270 : 5269, addresses[d.Domain])),
        ]));
        edge = Keep(await EdgeProcess.StartAsync(new EdgeSetup
        {
            Address = edgeAt,
            Dns = dns.EndPoint,
            Certificates = [Ours(serverAuthOnly: true), Ours(serverAuthOnly: false)],
            Domains = [.. LocalDomains.Select(d => new LocalDomain(d.Domain))],
            Partners = [.. Domains.Select(d => d.Partner)],
            TrustedCa = theirs.RootFile,
            Pending = TimeSpan.FromSeconds(30),
        }));
        foreach (var (domain, _, _) in LocalDomains)
        {
            var component = Keep(await ComponentClient.ConnectAsync(edge.Setup.Internal, domain, EdgeSetup.ComponentSecret));
            component.Answer = stanza => Note(atPartner: false, stanza, address: "from");
            components.Add(domain, component);
        }
    }

    private static string Record(string domain, Carrier carrier, int port, System.Net.IPAddress target) =>
        $"{(carrier is Carrier.DirectTls ? "_xmpps-server" : "_xmpp-server")}._tcp.{domain}. SRV 10 10 {port} {target}.";

    private IssuedCertificate Ours(bool serverAuthOnly) => ours.Issue(
        LeafRequest.For([.. LocalDomains.Where(d => d.ServerAuthOnly == serverAuthOnly).Select(d => d.Domain)]) with { Usage = serverAuthOnly ? LeafUsage.ServerOnly : LeafUsage.Both });

    private IssuedCertificate Theirs(Shown shown, params string[] domains)
    {
        var good = LeafRequest.For(domains);
        return theirs.Issue(shown switch
        {
            Shown.ServerAuthOnly => good with { Usage = LeafUsage.ServerOnly },
            Shown.SelfSigned => good with { SelfSigned = true },
            Shown.Expired => good with { NotBefore = TimeSpan.FromDays(-90), NotAfter = TimeSpan.FromDays(-1) },
            Shown.WrongName => good with { DnsNames = ["elsewhere.example"], CommonName = domains[0] },
            _ => good,
        });
    }

    private async Task<IReadOnlyDictionary<PeerCell, string>> MeasureAsync(ServerKind kind)
    {
        await started.Value;
        var results = new ConcurrentDictionary<PeerCell, string>();
        var processes = await Task.WhenAll(Domains.Where(d => d.Server == kind).GroupBy(ProcessOf, StringComparer.Ordinal)
            .Select(async process => (Server: Keep(await StartServerAsync(kind, [.. process])), Domains: process)));
        await Task.WhenAll(processes.Select(process => kind is ServerKind.Jabberd2
            ? InTurnAsync(process.Domains, domain => ExchangeAsync(process.Server, domain, results))
            : Task.WhenAll(process.Domains.Select(domain => ExchangeAsync(process.Server, domain, results)))));
        return results;
    }

    // Pairs that wait for one DNS answer share a stream of jabberd2, and one refusal ends it for all.
    private static async Task InTurnAsync(IEnumerable<PeerCell> domains, Func<PeerCell, Task> exchange)
    {
        foreach (var domain in domains)
            await exchange(domain);
    }

    private Task<XmppServer> StartServerAsync(ServerKind kind, IReadOnlyList<PeerCell> domains)
    {
        var own = $"{kind}.example".ToLowerInvariant();
        var options = new XmppServerOptions
        {
            Domain = own,
            Address = addresses[domains[0].Domain],
            Dns = dns.EndPoint,
            Certificate = kind is ServerKind.Jabberd2 ? Theirs(domains[0].Shown, [.. domains.Select(d => d.Domain)]) : Theirs(Shown.BothUsages, own),
            TrustedCa = ours.RootFile,
            DirectTls = true,
            FurtherDomains = [.. domains.Select(d => new ServedDomain(d.Domain, Theirs(d.Shown, d.Domain)))],
        };
        return PartnerScenario.ServerAsync(kind, options);
    }

    // A message in, then one out.
    private async Task ExchangeAsync(XmppServer server, PeerCell inbound, ConcurrentDictionary<PeerCell, string> results)
    {
        await turns.WaitAsync();
        try
        {
            var arrivals = Channel.CreateUnbounded<Arrival>();
            heard[inbound.Domain] = arrivals.Writer;
            await using StanzaClient alice = inbound.Server is ServerKind.Jabberd2
                ? await server.ConnectComponentAsync(inbound.Domain)
                : await server.ConnectAsync(domain: inbound.Domain);
            alice.Answer = stanza => Note(atPartner: true, stanza, address: "to");
            var (them, us) = ($"alice@{inbound.Domain}/test", $"bot@{inbound.LocalDomain}");

            await alice.SendAsync($"<message from='{them}' to='{us}' id='in' type='chat'><body>in</body></message>");
            results[inbound] = await InboundAsync(inbound, arrivals.Reader);

            var outbound = inbound with { Direction = Direction.Outbound };
            await components[inbound.LocalDomain].SendAsync($"<message from='{us}' to='{them}' id='out' type='chat'><body>out</body></message>");
            results[outbound] = await OutboundAsync(outbound, arrivals.Reader);
        }
        finally
        {
            turns.Release();
        }
    }

    // It arrives, or the peer gives it back to alice; then the edge's log says how the stream came up, or why it ended.
    private async Task<string> InboundAsync(PeerCell cell, ChannelReader<Arrival> arrivals)
    {
        if (await ArrivalAsync(arrivals, cell, "in") is { AtPartner: false, IsError: false })
            return Method(await edge.FindAsync(e => e.Id == Authenticated && IsOf(cell, e), $"{cell} is authenticated"));
        var end = await edge.FindAsync(e => e.Id is EndedForPeersFault or EndedUnauthenticated && IsOf(cell, e), $"{cell} has ended");
        Assert.DoesNotContain(edge.Events, e => e.Id == Authenticated && IsOf(cell, e));
        return end["reason"];
    }

    // The stream comes up and it arrives, or the first attempt fails; what waits for the next attempt is given back in the end, and the ledger will say so.
    private async Task<string> OutboundAsync(PeerCell cell, ChannelReader<Arrival> arrivals)
    {
        var first = await edge.FindAsync(
            e => (e.Id == Authenticated && IsOf(cell, e)) || (e.Id == TargetFailed && e["pair"] == PairOf(cell)), $"{cell} is authenticated, or its target has failed");
        if (first.Id == TargetFailed)
            return first["reason"];
        var arrival = await ArrivalAsync(arrivals, cell, "out");
        Assert.True(arrival is { AtPartner: true, IsError: false }, arrival.ToString());
        return Method(first);
    }

    private static string PairOf(PeerCell cell) => $"{cell.LocalDomain}-{cell.Domain}";

    private bool IsOf(PeerCell cell, EdgeEvent e) => e["pair"] == PairOf(cell) && edge.IsInbound(e) == cell.Direction is Direction.Inbound;

    private static string Method(EdgeEvent up)
    {
        Assert.NotEqual("none", up["tls"]);
        return up["method"] switch { "SaslExternal" => PeerExpectation.External, "DialbackOverTls" => PeerExpectation.Dialback, var other => other };
    }

    private async Task<Arrival> ArrivalAsync(ChannelReader<Arrival> arrivals, PeerCell cell, string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        try
        {
            while (true)
            {
                if (await arrivals.ReadAsync(patience.Token) is var arrival && arrival.Id == id)
                    return arrival;
            }
        }
        catch (OperationCanceledException e)
        {
            throw edge.Process.Failure($"let the message of {cell} neither arrive nor come back", e);
        }
    }

    private string? Note(bool atPartner, XElement stanza, string address)
    {
        var jid = stanza.Attribute(address)?.Value ?? "";
        var domain = jid[(jid.IndexOf('@', StringComparison.Ordinal) + 1)..].Split('/')[0];
        if (stanza.Name.LocalName == "message" && heard.TryGetValue(domain, out var writer))
            writer.TryWrite(new Arrival(atPartner, stanza.Attribute("id")?.Value ?? "", stanza.Attribute("type")?.Value == "error"));
        return null;
    }

    private T Keep<T>(T part)
        where T : IAsyncDisposable
    {
        lock (parts)
            parts.Add(part);
        return part;
    }

    /// <summary>A message that one side has received.</summary>
    private sealed record Arrival(bool AtPartner, string Id, bool IsError);
}
