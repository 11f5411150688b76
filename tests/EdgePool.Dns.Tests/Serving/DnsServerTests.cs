using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;
using EdgePool.Dns.Serving;
using EdgePool.Testing.Dns;

namespace EdgePool.Dns.Tests.Serving;

// RFC 1034 section 4.3.2, RFC 2308 section 3, RFC 7766.
public sealed class DnsServerTests : IAsyncDisposable
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private readonly DnsServer server = DnsServer.Start(new DnsZones(Zone()), TimeProvider.System);
    private readonly StubResolver resolver;

    public DnsServerTests()
        => resolver = new StubResolver(new StubResolverOptions { Servers = [server.EndPoint] }, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await resolver.DisposeAsync();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("p1.example", DnsType.A, DnsOutcome.Records, 1)]
    [InlineData("P1.Example", DnsType.AAAA, DnsOutcome.Records, 1)]
    [InlineData("_xmpp-server._tcp.p1.example", DnsType.SRV, DnsOutcome.Records, 2)]
    [InlineData("alias.p1.example", DnsType.A, DnsOutcome.Records, 1)]
    [InlineData("alias.p1.example", DnsType.CNAME, DnsOutcome.Records, 1)]
    [InlineData("text.p1.example", DnsType.TXT, DnsOutcome.Records, 1)]
    [InlineData("p1.example", DnsType.SOA, DnsOutcome.Records, 1)]
    [InlineData("p1.example", DnsType.TXT, DnsOutcome.NoData, 0)]
    [InlineData("_tcp.p1.example", DnsType.SRV, DnsOutcome.NoData, 0)] // RFC 8020: a name with names below it exists
    [InlineData("nowhere.p1.example", DnsType.A, DnsOutcome.NameError, 0)]
    [InlineData("elsewhere.example", DnsType.A, DnsOutcome.Failed, 0)]
    [InlineData("example", DnsType.A, DnsOutcome.Failed, 0)]
    public async Task Server_AskedByTheStubResolver_AnswersFromItsZone(string name, DnsType type, DnsOutcome outcome, int count)
    {
        var answer = await resolver.QueryAsync(DnsName.Parse(name), type, Stop);

        Assert.Equal(outcome, answer.Outcome);
        Assert.Equal(count, answer.Records.Length);
        Assert.Equal(outcome == DnsOutcome.Failed ? DnsFailure.Refused : DnsFailure.None, answer.Failure);
    }

    [Fact]
    public async Task Server_AnswerTooLongForUdp_IsAskedForOverTcp()
    {
        var answer = await resolver.QueryAsync(DnsName.Parse("large.p1.example"), DnsType.TXT, Stop);

        Assert.Equal(40, answer.Records.Length);
    }

    [Fact]
    public async Task Server_ServiceOfTheZone_IsPlannedWithItsAddresses()
    {
        var service = new XmppServiceResolver(resolver, TimeProvider.System);

        var plan = Assert.IsType<ServicePlan.Targets>(await service.ResolveAsync("p1.example", Stop));
        var addresses = await service.ResolveAllAddressesAsync(plan.Ordered[0], Stop);

        Assert.Equal(["x1.p1.example:5269", "x2.p1.example:5270"], plan.Ordered.Select(target => target.ToString()));
        Assert.Equal([IPEndPoint.Parse("127.0.0.5:5269")], addresses.EndPoints);
    }

    [Theory]
    [InlineData("0000 8000 0001 0000 0000 0000", "")] // a response is never answered
    [InlineData("1234 0000 0001 0000 0000", "")] // shorter than a header
    [InlineData("1234 0000 0001 0000 0000 0000", "1234 8001 0000 0000 0000 0000")] // FORMERR
    [InlineData("1234 0000 0000 0000 0000 0000", "1234 8001 0000 0000 0000 0000")] // no question: FORMERR
    [InlineData("1234 2800 0001 0000 0000 0000 00 0006 0001", "1234 a804 0001 0000 0000 0000 00 0006 0001")] // UPDATE: NOTIMP
    [InlineData("1234 0000 0001 0000 0000 0000 00 0001 0003", "1234 8005 0001 0000 0000 0000 00 0001 0003")] // class CH: REFUSED
    [InlineData("1234 0000 0001 0000 0000 0000 02 7031 07 6578616d706c65 00 00fc 0001", "1234 8005 0001 0000 0000 0000 02 7031 07 6578616d706c65 00 00fc 0001")] // AXFR
    public void Responder_OddQuery_GetsNoneOrAnErrorCode(string query, string expected)
    {
        var responder = new DnsResponder(new DnsZones(Zone()));
        var buffer = new byte[DnsMessage.MaxLength];

        var answered = responder.TryRespond(Hex.Parse(query), overUdp: true, buffer, out var written);

        Assert.Equal(expected.Length != 0, answered);
        Assert.Equal(expected.Replace(" ", string.Empty, StringComparison.Ordinal), Convert.ToHexStringLower(buffer.AsSpan(0, written)));
    }

    [Fact]
    public void Responder_UnknownEdnsVersion_SaysBadVersion()
    {
        var query = new DnsMessage { Id = 7, Questions = [new DnsQuestion(DnsName.Parse("p1.example"), DnsType.A)], Edns = new DnsEdns(1232, Version: 1) };
        var buffer = new byte[DnsMessage.MaxLength];

        Assert.True(new DnsResponder(new DnsZones(Zone())).TryRespond(ScriptedDnsServer.Octets(query), overUdp: true, buffer, out var written));

        Assert.True(DnsMessage.TryParse(buffer.AsSpan(0, written), out var response, out _));
        Assert.Equal(DnsResponseCode.BadVersion, response.ResponseCode);
    }

    [Theory]
    [InlineData(0, 512)]
    [InlineData(100, 512)]
    [InlineData(900, 900)]
    [InlineData(65535, 1232)]
    public void Responder_TooLongForTheAskersDatagram_Truncates(int payloadSize, int limit)
    {
        var query = new DnsMessage
        {
            Questions = [new DnsQuestion(DnsName.Parse("large.p1.example"), DnsType.TXT)],
            Edns = payloadSize == 0 ? null : new DnsEdns((ushort)payloadSize),
        };
        var buffer = new byte[DnsMessage.MaxLength];

        Assert.True(new DnsResponder(new DnsZones(Zone())).TryRespond(ScriptedDnsServer.Octets(query), overUdp: true, buffer, out var written));

        Assert.True(written <= limit);
        Assert.True(DnsMessage.TryParse(buffer.AsSpan(0, written), out var response, out _));
        Assert.True(response.IsTruncated);
        Assert.Empty(response.Answers);
    }

    [Fact]
    public async Task Server_MoreConnectionsThanItsLimit_ClosesTheNext()
    {
        await using var small = DnsServer.Start(new DnsZones(Zone()), TimeProvider.System, new DnsServerOptions { MaxConnections = 2 });
        using var first = await ConnectAsync(small.EndPoint);
        using var second = await ConnectAsync(small.EndPoint);
        await AskAsync(first);
        await AskAsync(second);
        using var third = await ConnectAsync(small.EndPoint);

        Assert.Equal(0, await third.ReceiveAsync(new byte[1], SocketFlags.None, Stop));
        await AskAsync(first);
    }

    [Theory]
    [InlineData("0000")]
    [InlineData("0001 00")]
    [InlineData("ffff 00")]
    public async Task Server_BadLengthPrefix_ClosesTheConnection(string octets)
    {
        using var connection = await ConnectAsync(server.EndPoint);

        await connection.SendAsync(Hex.Parse(octets), SocketFlags.None, Stop);

        Assert.Equal(0, await ReceiveOrResetAsync(connection));
    }

    [Fact]
    public async Task Server_OddDatagrams_GoesOnAnswering()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            var datagram = new byte[random.Next(600)];
            random.NextBytes(datagram);
            await socket.SendToAsync(datagram, SocketFlags.None, server.EndPoint, Stop);
        }

        var answer = await resolver.QueryAsync(DnsName.Parse("p1.example"), DnsType.A, Stop);

        Assert.Equal(DnsOutcome.Records, answer.Outcome);
    }

    [Fact]
    public async Task Server_ZonesReplaced_AnswersFromTheNew()
    {
        var zones = new DnsZones(Zone());
        await using var other = DnsServer.Start(zones, TimeProvider.System);
        await using var asker = new StubResolver(new StubResolverOptions { Servers = [other.EndPoint] }, TimeProvider.System);

        zones.Replace(DnsZone.Create("p2.example", new AddressRecord(DnsName.Parse("p2.example"), 60, IPAddress.Loopback)));

        Assert.Equal(DnsOutcome.Records, (await asker.QueryAsync(DnsName.Parse("p2.example"), DnsType.A, Stop)).Outcome);
        Assert.Equal(DnsFailure.Refused, (await asker.QueryAsync(DnsName.Parse("p1.example"), DnsType.A, Stop)).Failure);
    }

    [Fact]
    public void Zone_RecordOutsideOrBesideAnAlias_IsOurBug()
    {
        var inside = DnsName.Parse("a.p1.example");
        Assert.Throws<ArgumentException>(() => DnsZone.Create("p1.example", new CnameRecord(DnsName.Parse("p2.example"), 60, inside)));
        Assert.Throws<ArgumentException>(
            () => DnsZone.Create("p1.example", new CnameRecord(inside, 60, inside), new AddressRecord(inside, 60, IPAddress.Loopback)));
    }

    private static DnsZone Zone()
    {
        var apex = DnsName.Parse("p1.example");
        var service = DnsName.Parse("_xmpp-server._tcp.p1.example");
        var large = DnsName.Parse("large.p1.example");
        ReadOnlyMemory<byte> text = Encoding.ASCII.GetBytes(new string('x', 100));
        return DnsZone.Create(
            "p1.example",
            [
                new AddressRecord(apex, 300, IPAddress.Parse("127.0.0.4")),
                new AddressRecord(apex, 300, IPAddress.IPv6Loopback),
                new SrvRecord(service, 300, 20, 0, 5270, DnsName.Parse("x2.p1.example")),
                new SrvRecord(service, 300, 10, 0, 5269, DnsName.Parse("x1.p1.example")),
                new AddressRecord(DnsName.Parse("x1.p1.example"), 300, IPAddress.Parse("127.0.0.5")),
                new CnameRecord(DnsName.Parse("alias.p1.example"), 300, apex),
                new TxtRecord(DnsName.Parse("text.p1.example"), 300, [text]),
                .. Enumerable.Range(0, 40).Select(_ => new TxtRecord(large, 300, [text])),
            ]);
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint endPoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endPoint, Stop);
        return socket;
    }

    private static async Task AskAsync(Socket connection)
    {
        var query = new DnsMessage { Id = 9, Questions = [new DnsQuestion(DnsName.Parse("p1.example"), DnsType.A)] };
        await connection.SendAsync(ScriptedDnsServer.Framed(ScriptedDnsServer.Octets(query)), SocketFlags.None, Stop);
        var response = new byte[512];
        Assert.True(await connection.ReceiveAsync(response, SocketFlags.None, Stop) > 2);
    }

    // A connection closed with unread octets ends in a reset.
    private static async Task<int> ReceiveOrResetAsync(Socket connection)
    {
        try
        {
            return await connection.ReceiveAsync(new byte[1], SocketFlags.None, Stop);
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }
}
