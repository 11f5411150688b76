using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Updating;
using EdgePool.Testing.Dns;
using EdgePool.Testing.Time;

namespace EdgePool.Dns.Tests.Updating;

/// <summary>RFC 2136 and RFC 8945: what the client sends, and which answers it believes.</summary>
public sealed class UpdateClientTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly DnsName KeyName = DnsName.Parse("edgepool.key");
    private static readonly DnsName Zone = DnsName.Parse("contoso.example");
    private static readonly DnsName Host = DnsName.Parse("edge-a.contoso.example");
    private static readonly AddressRecord Old = new(Host, 300, IPAddress.Parse("203.0.113.1"));
    private static readonly AddressRecord New = new(Host, 60, IPAddress.Parse("203.0.113.2"));

    private static readonly ZoneUpdate Update = new(Zone, [new RecordSetChange(Host, DnsType.A, [Old], [New]), new RecordSetChange(Host, DnsType.AAAA, [], [new AddressRecord(Host, 60, IPAddress.IPv6Loopback)])]);

    private readonly VirtualTimeProvider time = new();

    // RFC 2136 sections 2.4.2, 2.4.3, 2.5.1 and 2.5.2.
    [Fact]
    public void Message_HasWhatMustBeThereAndWhatChanges()
    {
        var message = Update.ToMessage(7);

        Assert.Equal((5, DnsType.SOA, Zone), (message.Opcode, message.Questions[0].Type, message.Questions[0].Name));
        Assert.Equal([Old with { Ttl = 0 }, new OpaqueRecord(Host, DnsType.AAAA, DnsClass.Absent, 0, ReadOnlyMemory<byte>.Empty)], message.Answers.AsEnumerable());
        Assert.Equal(
            [new OpaqueRecord(Host, DnsType.A, DnsClass.Any, 0, ReadOnlyMemory<byte>.Empty), New, Update.Changes[1].After[0]],
            message.Authorities.AsEnumerable());
    }

    [Fact]
    public async Task Send_SignedAndAnsweredByTheKey_IsMade()
    {
        await using var server = new ScriptedDnsServer();
        var verified = false;
        Answer(server, request => (verified = AnswerSigner.Verifies(request, Secret)) ? AnswerSigner.Sign(Reply(request), KeyName, Secret, AnswerSigner.MacOf(request), time.GetUtcNow()) : []);

        var outcome = await SendAsync(server);

        Assert.True(verified);
        Assert.Equal(new UpdateOutcome(UpdateEnd.Made, DnsResponseCode.NoError, TsigVerdict.Good), outcome);
    }

    [Theory]
    [InlineData(DnsResponseCode.NoSuchRecords)]
    [InlineData(DnsResponseCode.RecordsExist)]
    [InlineData(DnsResponseCode.Refused)]
    public async Task Send_RefusedByTheKey_SaysWhy(DnsResponseCode code)
    {
        await using var server = new ScriptedDnsServer();
        Answer(server, request => AnswerSigner.Sign(Reply(request) with { ResponseCode = code }, KeyName, Secret, AnswerSigner.MacOf(request), time.GetUtcNow()));

        Assert.Equal(new UpdateOutcome(UpdateEnd.Refused, code, TsigVerdict.Good), await SendAsync(server));
    }

    public static TheoryData<string, TsigVerdict> Forged => new()
    {
        { "unsigned", TsigVerdict.Unsigned },
        { "another secret", TsigVerdict.Wrong },
        { "another key's name", TsigVerdict.Wrong },
        { "another request's MAC", TsigVerdict.Wrong },
        { "altered behind the signature", TsigVerdict.Wrong },
        { "a record behind the signature", TsigVerdict.Unsigned },
        { "cut short", TsigVerdict.Wrong },
        { "six minutes old", TsigVerdict.ClockDiffers },
        { "BADTIME", TsigVerdict.ClockDiffers },
        { "BADKEY", TsigVerdict.UnknownKey },
        { "BADSIG", TsigVerdict.OtherSecret },
    };

    // An answer that the holder of the key did not write, to this request and now, proves nothing, whatever it says.
    [Theory]
    [MemberData(nameof(Forged))]
    public async Task Send_AnswerWithoutAGoodSignature_IsNotBelieved(string how, TsigVerdict expected)
    {
        await using var server = new ScriptedDnsServer();
        Answer(server, request => Forge(how, request));

        var outcome = await SendAsync(server);

        Assert.Equal((UpdateEnd.NotProven, expected), (outcome.End, outcome.Signature));
    }

    [Theory]
    [InlineData("another id")]
    [InlineData("a query's answer")]
    [InlineData("no message")]
    public async Task Send_NoAnswerToIt_IsMalformed(string how)
    {
        await using var server = new ScriptedDnsServer();
        Answer(server, request => how switch
        {
            "another id" => ScriptedDnsServer.Octets(Reply(request) with { Id = (ushort)(request.Id + 1) }),
            "a query's answer" => ScriptedDnsServer.Octets(Reply(request) with { Opcode = 0 }),
            _ => [.. Enumerable.Repeat((byte)0xFF, 40)],
        });

        Assert.Equal(UpdateEnd.Malformed, (await SendAsync(server)).End);
    }

    // An answer that is no message is none, whatever its header says; the same reader as the resolver's.
    [Theory]
    [InlineData("DNS-01 pointer to itself", "0001 0000 0000 0000 c00c 0006 0001")]
    [InlineData("DNS-02 forward pointer", "0001 0000 0000 0000 c020 0006 0001")]
    [InlineData("DNS-02 pointer into the header", "0001 0000 0000 0000 c000 0006 0001")]
    [InlineData("DNS-04 reserved label type", "0001 0000 0000 0000 4061 00 0006 0001")]
    [InlineData("DNS-06 ANCOUNT 65535", "0001 ffff 0000 0000 00 0006 0001")]
    [InlineData("DNS-06 ARCOUNT 65535", "0000 0000 0000 ffff")]
    public async Task Send_AnswerThatIsNoMessage_IsMalformed(string id, string behindFlags)
    {
        await using var server = new ScriptedDnsServer();
        Answer(server, request => [(byte)(request.Id >> 8), (byte)request.Id, 0xA8, 0x00, .. Hex.Parse(behindFlags)]);

        Assert.True(UpdateEnd.Malformed == (await SendAsync(server)).End, id);
    }

    // DNS-07: an answer to another question, another request or of another kind proves nothing, even where the key signed it.
    [Theory]
    [InlineData("DNS-07 id")]
    [InlineData("DNS-07 a request")]
    [InlineData("DNS-07 a query's answer")]
    public async Task Send_SignedAnswerThatIsNotToIt_IsMalformed(string id)
    {
        await using var server = new ScriptedDnsServer();
        Answer(server, request => AnswerSigner.Sign(
            id switch
            {
                "DNS-07 id" => Reply(request) with { Id = (ushort)(request.Id ^ 1) },
                "DNS-07 a request" => Reply(request) with { Flags = DnsFlags.None },
                _ => Reply(request) with { Opcode = 0 },
            },
            KeyName,
            Secret,
            AnswerSigner.MacOf(request),
            time.GetUtcNow()));

        Assert.Equal(UpdateEnd.Malformed, (await SendAsync(server)).End);
    }

    [Theory]
    [InlineData("DNS-09 prefix 0", "0000", UpdateEnd.Malformed)]
    [InlineData("DNS-09 prefix 1", "0001 00", UpdateEnd.Malformed)]
    [InlineData("DNS-09 prefix 11", "000b 0000000000000000000000", UpdateEnd.Malformed)]
    [InlineData("DNS-09 prefix 65535, then the end", "ffff 00", UpdateEnd.Unreachable)]
    [InlineData("DNS-09 half a prefix, then the end", "00", UpdateEnd.Unreachable)]
    public async Task Send_DNS09_BadTcpAnswer_Fails(string id, string octets, UpdateEnd expected)
    {
        await using var server = new ScriptedDnsServer();
        server.OnTcp = async (_, connection, stop) => await connection.SendAsync(Hex.Parse(octets), SocketFlags.None, stop);

        Assert.True(expected == (await SendAsync(server)).End, id);
        Assert.Equal(TimeSpan.Zero, time.Elapsed);
    }

    [Fact]
    public async Task Send_DNS09_SlowTcpSender_EndsWithItsPatience()
    {
        await using var server = new ScriptedDnsServer();
        var slow = new TaskCompletionSource();
        server.OnTcp = async (request, connection, stop) =>
        {
            await connection.SendAsync(ScriptedDnsServer.Framed(ScriptedDnsServer.Octets(Reply(request))).AsMemory(0, 10), SocketFlags.None, stop);
            slow.SetResult();
            await Task.Delay(Timeout.Infinite, stop);
        };
        var sending = SendAsync(server);
        await slow.Task;

        time.Advance(UpdateClient.Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(sending.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(UpdateEnd.TimedOut, (await sending).End);
    }

    [Fact]
    public async Task Send_ServerThatClosesOrIsNotThere_IsUnreachable()
    {
        var server = new ScriptedDnsServer();
        Assert.Equal(UpdateEnd.Unreachable, (await SendAsync(server)).End);
        await server.DisposeAsync();

        Assert.Equal(UpdateEnd.Unreachable, (await SendAsync(server)).End);
    }

    [Fact]
    public async Task Send_ServerThatStaysSilent_TimesOut()
    {
        await using var server = new ScriptedDnsServer();
        var asked = new TaskCompletionSource();
        server.OnTcp = (_, _, stop) =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.Infinite, stop);
        };
        var sending = SendAsync(server);
        await Task.WhenAny(asked.Task, sending);

        time.Advance(UpdateClient.Patience);

        Assert.Equal(UpdateEnd.TimedOut, (await sending).End);
    }

    // A message has 65535 octets.
    [Fact]
    public async Task Send_MoreThanAMessageHolds_IsNotSent()
    {
        await using var server = new ScriptedDnsServer();
        var many = Enumerable.Range(0, 4096).Select(i => New with { Address = new IPAddress([10, 0, (byte)(i / 256), (byte)i]) }).ToArray<DnsRecord>();

        var outcome = await new UpdateClient(new TsigKey(KeyName, Secret), time).SendAsync(server.EndPoint, new ZoneUpdate(Zone, [new RecordSetChange(Host, DnsType.A, [], many)]), default);

        Assert.Equal(UpdateEnd.TooLarge, outcome.End);
        Assert.Empty(server.TcpQueries);
    }

    private byte[] Forge(string how, DnsMessage request)
    {
        var (reply, mac, now) = (Reply(request), AnswerSigner.MacOf(request), time.GetUtcNow());
        switch (how)
        {
            case "unsigned":
                return ScriptedDnsServer.Octets(reply);
            case "another secret":
                return AnswerSigner.Sign(reply, KeyName, [.. Secret.Reverse()], mac, now);
            case "another key's name":
                return AnswerSigner.Sign(reply, DnsName.Parse("other.key"), Secret, mac, now);
            case "another request's MAC":
                return AnswerSigner.Sign(reply, KeyName, Secret, [.. mac.Reverse()], now);
            case "altered behind the signature":
                var octets = AnswerSigner.Sign(reply with { ResponseCode = DnsResponseCode.Refused }, KeyName, Secret, mac, now);
                octets[3] &= 0xF0;
                return octets;
            case "a record behind the signature":
                Assert.True(DnsMessage.TryParse(AnswerSigner.Sign(reply, KeyName, Secret, mac, now), out var signed, out _));
                return ScriptedDnsServer.Octets(signed with { Additionals = [.. signed.Additionals, New] });
            case "cut short":
                Assert.True(DnsMessage.TryParse(AnswerSigner.Sign(reply, KeyName, Secret, mac, now), out var whole, out _));
                var record = (OpaqueRecord)whole.Additionals[0];
                var data = record.Data.ToArray();
                data[22] = 16;
                return ScriptedDnsServer.Octets(whole with { Additionals = [record with { Data = (byte[])[.. data[..39], .. data[55..]] }] });
            case "six minutes old":
                return AnswerSigner.Sign(reply, KeyName, Secret, mac, now.AddMinutes(-6));
            case "BADTIME":
                return AnswerSigner.Sign(reply with { ResponseCode = DnsResponseCode.NotAuthoritative }, KeyName, Secret, mac, now, error: 18);
            default:
                var error = (ushort)(how == "BADKEY" ? 17 : 16);
                return AnswerSigner.Sign(reply with { ResponseCode = DnsResponseCode.NotAuthoritative }, KeyName, Secret, mac, now, error, withMac: false);
        }
    }

    private static DnsMessage Reply(DnsMessage request) => new() { Id = request.Id, Flags = DnsFlags.Response, Opcode = request.Opcode, Questions = request.Questions };

    private static void Answer(ScriptedDnsServer server, Func<DnsMessage, byte[]> answer)
        => server.OnTcp = async (request, connection, stop) => await connection.SendAsync(ScriptedDnsServer.Framed(answer(request)), SocketFlags.None, stop);

    private Task<UpdateOutcome> SendAsync(ScriptedDnsServer server) => new UpdateClient(new TsigKey(KeyName, Secret), time).SendAsync(server.EndPoint, Update, TestContext.Current.CancellationToken);
}
