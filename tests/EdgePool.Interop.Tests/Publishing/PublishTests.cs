using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Zones;
using EdgePool.Interop.Tests.Operators;

namespace EdgePool.Interop.Tests.Publishing;

/// <summary>'edgepool dns publish' against the real primary servers: RFC 2136 with TSIG.</summary>
public sealed class PublishTests
{
    private static readonly string[] Published =
    [
        "_xmpp-server._tcp.contoso.example SRV: 10 0 5269 edge-a.contoso.example. 120, 20 7 5269 edge-b.contoso.example. 120",
        "_xmpps-server._tcp.contoso.example SRV: 10 0 5270 edge-a.contoso.example. 120",
        "_xmpp-server._tcp.chat.contoso.example SRV: 10 0 5269 edge-a.contoso.example. 120, 20 7 5269 edge-b.contoso.example. 120",
        "edge-a.contoso.example A: 203.0.113.10 120, 203.0.113.11 120",
        "edge-a.contoso.example AAAA: 2001:db8::10 120",
        "edge-b.contoso.example A: 198.51.100.10 120",
        "_5269._tcp.edge-a.contoso.example TLSA: 3 1 1 00000000000000000000000000000000000000000000000000000000000000ff 120",
        "contoso.example CAA: 0 issue \"ca.example\" 120",
    ];

    [Theory]
    [InlineData(PrimaryKind.Bind)]
    [InlineData(PrimaryKind.Knot)]
    public async Task Publish_EmptyZone_HasTheRecordsAndThenNothingToDo(PrimaryKind kind)
    {
        await using var primary = await PrimaryServer.StartAsync(kind);
        var shell = Shell(primary);
        var file = TopologyFile.Write(primary.Folder, primary.EndPoint);

        var dry = await shell.DoAsync($"dns publish -f {file} --dry-run");
        Assert.Contains("+ _xmpp-server._tcp.contoso.example. 120 IN SRV 10 0 5269 edge-a.contoso.example.", dry);
        Assert.Empty(await RecordsAsync(primary));
        await shell.DoAsync($"dns publish -f {file} --key {primary.KeyFile}");

        Assert.Equal(Published, await RecordsAsync(primary));
        Assert.Contains("it is as the topology says", await shell.DoAsync($"dns publish -f {file} --key {primary.KeyFile}"));
    }

    // Lifetimes, weights and addresses change, and a set goes in part: by the same file again.
    [Theory]
    [InlineData(PrimaryKind.Bind)]
    [InlineData(PrimaryKind.Knot)]
    public async Task Publish_ChangedTopology_ChangesWhatIsThere(PrimaryKind kind)
    {
        await using var primary = await PrimaryServer.StartAsync(kind);
        await using var node = await EdgeWithStore.StartAsync();
        await node.PublishAsync(TopologyFile.Write(primary.Folder, primary.EndPoint));
        await node.Operator.DoAsync($"dns publish --key {primary.KeyFile}");
        await node.PublishAsync(TopologyFile.Write(
            primary.Folder, primary.EndPoint, ("ttl: 2m", "ttl: 1m"), ("weight: 7", "weight: 9"), ("203.0.113.11, ", ""), ("directTlsPort: 5270, ", ""), ("edge-b.contoso.example", "edge-c.contoso.example")));

        await node.Operator.DoAsync($"dns publish --key {primary.KeyFile}");

        // What an earlier version of the topology named and this one does not is gone.
        Assert.Equal(
            [
                "_xmpp-server._tcp.contoso.example SRV: 10 0 5269 edge-a.contoso.example. 60, 20 9 5269 edge-c.contoso.example. 60",
                "_xmpp-server._tcp.chat.contoso.example SRV: 10 0 5269 edge-a.contoso.example. 60, 20 9 5269 edge-c.contoso.example. 60",
                "edge-a.contoso.example A: 203.0.113.10 60",
                "edge-a.contoso.example AAAA: 2001:db8::10 60",
                "edge-c.contoso.example A: 198.51.100.10 60",
                "_5269._tcp.edge-a.contoso.example TLSA: 3 1 1 00000000000000000000000000000000000000000000000000000000000000ff 60",
                "contoso.example CAA: 0 issue \"ca.example\" 60",
            ],
            await RecordsAsync(primary));
    }

    [Theory]
    [InlineData(PrimaryKind.Bind)]
    [InlineData(PrimaryKind.Knot)]
    public async Task Publish_RecordsOfOthers_AreShownAndNothingIsChanged(PrimaryKind kind)
    {
        await using var primary = await PrimaryServer.StartAsync(
            kind, "_xmpp-server._tcp.contoso.example. SRV 5 5 5269 old.contoso.example.", "old.contoso.example. A 203.0.113.99", "contoso.example. CAA 0 issue \"other.example\"");
        var shell = Shell(primary);
        var file = TopologyFile.Write(primary.Folder, primary.EndPoint);

        var (code, said) = await shell.AskAsync($"dns publish -f {file} --key {primary.KeyFile}");
        Assert.Equal(1, code);
        Assert.Contains("! _xmpp-server._tcp.contoso.example. 300 IN SRV 5 5 5269 old.contoso.example.: no version of the topology has named it", said);
        Assert.Equal(["_xmpp-server._tcp.contoso.example SRV: 5 5 5269 old.contoso.example. 300", "contoso.example CAA: 0 issue \"other.example\" 300"], await RecordsAsync(primary));

        await shell.DoAsync($"dns publish -f {file} --key {primary.KeyFile} --take-over");
        Assert.Equal([.. Published[..^1], "contoso.example CAA: 0 issue \"ca.example\" 120, 0 issue \"other.example\" 120"], await RecordsAsync(primary));
    }

    [Theory]
    [InlineData(PrimaryKind.Bind, "unknown key", "does not know the key")]
    [InlineData(PrimaryKind.Knot, "unknown key", "does not know the key")]
    [InlineData(PrimaryKind.Bind, "other secret", "has another secret under the key's name")]
    [InlineData(PrimaryKind.Knot, "other secret", "has another secret under the key's name")]
    [InlineData(PrimaryKind.Bind, "open key", "is open to other users")]
    public async Task Publish_KeyThatDoesNotServe_SaysWhyAndChangesNothing(PrimaryKind kind, string how, string expected)
    {
        await using var primary = await PrimaryServer.StartAsync(kind);
        var key = Path.Combine(primary.Folder, "mine.key");
        PrimaryServer.WriteKey(key, how == "unknown key" ? "nobody" : "edgepool", "b3RoZXIgc2VjcmV0IG9mIHRoZSB0ZXN0cywgbm90IGl0");
        if (how == "open key")
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        var (code, said) = await Shell(primary).AskAsync($"dns publish -f {TopologyFile.Write(primary.Folder, primary.EndPoint)} --key {key}");

        Assert.NotEqual(0, code);
        Assert.Contains(expected, said, StringComparison.Ordinal);
        Assert.Empty(await RecordsAsync(primary));
    }

    // A name that is an alias takes no other records; servers pass an update over in silence (RFC 2136 section 3.4.2.2).
    [Theory]
    [InlineData(PrimaryKind.Bind)]
    [InlineData(PrimaryKind.Knot)]
    public async Task Publish_HostThatIsAnAlias_IsRefused(PrimaryKind kind)
    {
        await using var primary = await PrimaryServer.StartAsync(kind, "edge-b.contoso.example. CNAME ns.contoso.example.");

        var (code, said) = await Shell(primary).AskAsync($"dns publish -f {TopologyFile.Write(primary.Folder, primary.EndPoint)} --key {primary.KeyFile} --take-over");

        Assert.Equal(1, code);
        Assert.Contains("! edge-b.contoso.example is an alias of ns.contoso.example", said);
    }

    // What is published is what the check finds; what is then altered by hand it names.
    [Theory]
    [InlineData(PrimaryKind.Bind)]
    [InlineData(PrimaryKind.Knot)]
    public async Task Check_BeforeAndAfterPublishing(PrimaryKind kind)
    {
        await using var primary = await PrimaryServer.StartAsync(kind);
        await using var other = await PrimaryServer.StartAsync(PrimaryKind.Bind, "_xmpp-server._tcp.contoso.example. SRV 10 0 5222 gone.contoso.example.");
        var shell = Shell(primary);
        var file = TopologyFile.Write(primary.Folder, primary.EndPoint);
        var check = $"dns check -f {file} --authoritative {primary.EndPoint} --resolver {primary.EndPoint}";

        var (before, missing) = await shell.AskAsync(check);
        await shell.DoAsync($"dns publish -f {file} --key {primary.KeyFile}");
        var (after, good) = await shell.AskAsync(check);
        var (split, views) = await shell.AskAsync($"dns check -f {file} --authoritative {primary.EndPoint} --resolver {other.EndPoint}");

        Assert.Equal((1, 0, 1), (before, after, split));
        Assert.Contains("Missing  " + primary.EndPoint, missing);
        Assert.Contains("all is as the topology says", good);
        Assert.Contains("SplitView  _xmpp-server._tcp.contoso.example SRV: ", views);
        Assert.Contains($"DanglingHost  {other.EndPoint} (resolver): gone.contoso.example", views);
    }

    private static EdgeOperator Shell(PrimaryServer primary) => new(Path.Combine(primary.Folder, "no.sock"));

    /// <summary>What the primary answers for every name that the topology could have, without those that it has nothing for.</summary>
    private static async Task<IReadOnlyList<string>> RecordsAsync(PrimaryServer primary)
    {
        (string Name, DnsType Type)[] asked =
        [
            ("_xmpp-server._tcp.contoso.example", DnsType.SRV), ("_xmpps-server._tcp.contoso.example", DnsType.SRV), ("_xmpp-server._tcp.chat.contoso.example", DnsType.SRV),
            ("edge-a.contoso.example", DnsType.A), ("edge-a.contoso.example", DnsType.AAAA), ("edge-b.contoso.example", DnsType.A), ("edge-c.contoso.example", DnsType.A),
            ("_5269._tcp.edge-a.contoso.example", DnsType.TLSA), ("contoso.example", DnsType.CAA),
        ];
        await using var resolver = new StubResolver(new StubResolverOptions { Servers = [primary.EndPoint] }, TimeProvider.System);
        var lines = new List<string>();
        foreach (var (name, type) in asked)
        {
            var answer = await resolver.QueryAsync(DnsName.Parse(name), type, TestContext.Current.CancellationToken);
            Assert.NotEqual(DnsOutcome.Failed, answer.Outcome);
            if (answer.Outcome is DnsOutcome.Records)
                lines.Add($"{name} {ZoneText.Type(type)}: {string.Join(", ", answer.Records.Select(record => $"{ZoneText.Data(record)} {record.Ttl}").Order(StringComparer.Ordinal))}");
        }

        return lines;
    }
}
