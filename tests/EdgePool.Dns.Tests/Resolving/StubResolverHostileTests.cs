using System.Net;
using System.Net.Sockets;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Testing.Dns;

namespace EdgePool.Dns.Tests.Resolving;

// RFC 5452, RFC 7766, RFC 1035 section 4.2.
public sealed class StubResolverHostileTests : StubResolverFixture
{
    [Theory]
    [InlineData("DNS-01 answer's name points to itself", "c01c 0001 0001 0000003c 0004 c0000201")]
    [InlineData("DNS-02 answer's name points forward", "c0ff 0001 0001 0000003c 0004 c0000201")]
    [InlineData("DNS-04 reserved label type", "4000 0001 0001 0000003c 0004 c0000201")]
    [InlineData("DNS-06 the announced record is cut", "c00c 0001")]
    public async Task Query_AnswerIsNoMessage_FailsAtOnce(string id, string answerSection)
    {
        Server.OnUdp = query =>
        {
            var octets = ScriptedDnsServer.Octets(ScriptedDnsServer.Response(query) with { Edns = null });
            octets[7] = 1;
            return [[.. octets, .. Hex.Parse(answerSection)]];
        };

        var answer = await Resolver().QueryAsync(Name, DnsType.A, Stop);

        AssertFailed(DnsFailure.Malformed, answer);
        Assert.True(Time.Elapsed == TimeSpan.Zero, id);
    }

    public static TheoryData<string> Mismatches { get; } =
    [
        "DNS-07 id", "DNS-07 name", "DNS-07 type", "DNS-07 class", "DNS-07 case", "DNS-07 no question", "DNS-07 two questions",
        "DNS-07 a query", "DNS-07 an empty datagram", "DNS-07 one octet", "DNS-07 a header",
    ];

    [Theory]
    [MemberData(nameof(Mismatches))]
    public async Task Query_DatagramDoesNotAnswerIt_WaitsForTheTrueAnswer(string id)
    {
        Server.OnUdp = query => [Mismatch(id, query), ScriptedDnsServer.Octets(True(query))];

        AssertTrue(await Resolver().QueryAsync(Name, DnsType.A, Stop));

        Assert.Empty(Server.TcpQueries);
        Assert.Single(Server.UdpQueries);
    }

    [Trait("compat", "lower-case-question")]
    [Theory]
    [MemberData(nameof(Mismatches))]
    public async Task Query_NoDatagramAnswersIt_TimesOutOrAsksOverTcp(string id)
    {
        var sent = new SemaphoreSlim(0);
        Server.OnUdp = query => Sent(sent, Mismatch(id, query));
        Server.AnswersTcp(True);

        var asking = Resolver(options => options with { Attempts = 1 }).QueryAsync(Name, DnsType.A, Stop);
        await sent.WaitAsync(Stop);
        Time.Advance(TimeSpan.FromSeconds(2));

        // Only a datagram that errs in nothing but the case is reason to ask again, where the case proves nothing. Whether it was read before
        // the time was up is up to the kernel.
        var answer = await asking;
        if (id is "DNS-07 case" && answer.Outcome == DnsOutcome.Records)
        {
            Assert.Single(Server.TcpQueries);
            return;
        }

        AssertFailed(DnsFailure.Timeout, answer);
        Assert.Empty(Server.TcpQueries);
    }

    [Fact]
    public async Task Query_DNS07_DatagramFromAnotherPort_IsNotRead()
    {
        using var spoofer = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        Server.OnUdp = query =>
        {
            var spoofed = ScriptedDnsServer.Response(query, new AddressRecord(Name, 60, IPAddress.Parse("203.0.113.66")));
            spoofer.SendTo(ScriptedDnsServer.Octets(spoofed), Server.Askers[^1]);
            return [ScriptedDnsServer.Octets(True(query))];
        };

        AssertTrue(await Resolver().QueryAsync(Name, DnsType.A, Stop));
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(101, 1)]
    [InlineData(1000, 1)]
    public async Task Query_DNS08_FloodOfSpoofedDatagrams_AsksOverTcpAfter100(int spoofed, int overTcp)
    {
        Server.OnUdp = query => Enumerable.Range(0, spoofed)
            .Select(i => ScriptedDnsServer.Octets(True(query) with { Id = (ushort)(query.Id + 1 + i) }))
            .Append(ScriptedDnsServer.Octets(True(query)));
        Server.AnswersTcp(True);

        AssertTrue(await Resolver().QueryAsync(Name, DnsType.A, Stop));

        Assert.Equal(overTcp, Server.TcpQueries.Count);
    }

    [Fact]
    public async Task Query_ManyQuestions_ComeFromDifferentPortsWithDifferentIdsAndCase()
    {
        Server.AnswersUdp(True);
        var resolver = Resolver();

        for (var i = 0; i < 32; i++)
        {
            AssertTrue(await resolver.QueryAsync(DnsName.Parse($"name{i}.some-long-label.example"), DnsType.A, Stop));
        }

        Assert.True(Server.Askers.Select(asker => asker.Port).Distinct().Count() > 24);
        Assert.True(Server.UdpQueries.Select(query => query.Id).Distinct().Count() > 24);
        Assert.True(Server.UdpQueries.Select(query => query.Questions[0].Name.ToString()[^7..]).Distinct(StringComparer.Ordinal).Count() > 24);
    }

    [Fact]
    public async Task Query_DNS09_Truncated_IsAskedOverTcp()
    {
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query) with { Flags = DnsFlags.Response | DnsFlags.Truncated });
        Server.AnswersTcp(True);

        AssertTrue(await Resolver().QueryAsync(Name, DnsType.A, Stop));
    }

    [Theory]
    [InlineData("DNS-09 prefix 0", "0000", DnsFailure.Malformed)]
    [InlineData("DNS-09 prefix 1", "0001 00", DnsFailure.Malformed)]
    [InlineData("DNS-09 prefix 11", "000b 0000000000000000000000", DnsFailure.Malformed)]
    [InlineData("DNS-09 prefix 65535, then the end", "ffff 00", DnsFailure.Unreachable)]
    [InlineData("DNS-09 half a prefix, then the end", "00", DnsFailure.Unreachable)]
    [InlineData("DNS-09 the end", "", DnsFailure.Unreachable)]
    [InlineData("DNS-09 another question's answer", "000c 000081800000000000000000", DnsFailure.Malformed)]
    public async Task Query_DNS09_BadTcpAnswer_Fails(string id, string octets, DnsFailure failure)
    {
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query) with { Flags = DnsFlags.Response | DnsFlags.Truncated });
        Server.OnTcp = async (_, connection, stop) => await connection.SendAsync(Hex.Parse(octets), SocketFlags.None, stop);

        var answer = await Resolver(options => options with { Attempts = 1 }).QueryAsync(Name, DnsType.A, Stop);

        Assert.True(failure == answer.Failure, id + ": " + answer.Failure);
        Assert.Equal(TimeSpan.Zero, Time.Elapsed);
    }

    [Fact]
    public async Task Query_DNS09_LongestTcpAnswer_IsTaken()
    {
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query) with { Flags = DnsFlags.Response | DnsFlags.Truncated });
        Server.AnswersTcp(query =>
        {
            var response = True(query) with { Edns = null };
            var fill = DnsMessage.MaxLength - ScriptedDnsServer.Octets(response).Length - 12;
            return response with { Additionals = [new OpaqueRecord(Name, (DnsType)65280, DnsClass.IN, 0, new byte[fill])] };
        });

        AssertTrue(await Resolver().QueryAsync(Name, DnsType.A, Stop));
    }

    [Fact]
    public async Task Query_DNS09_SlowTcpSender_EndsAfter5Seconds()
    {
        var slow = new TaskCompletionSource();
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query) with { Flags = DnsFlags.Response | DnsFlags.Truncated });
        Server.OnTcp = async (query, connection, stop) =>
        {
            await connection.SendAsync(ScriptedDnsServer.Framed(ScriptedDnsServer.Octets(True(query))).AsMemory(0, 10), SocketFlags.None, stop);
            slow.SetResult();
            await Task.Delay(Timeout.Infinite, stop);
        };

        var asking = Resolver(options => options with { Attempts = 1 }).QueryAsync(Name, DnsType.A, Stop).AsTask();
        await slow.Task;
        Time.Advance(TimeSpan.FromMilliseconds(4999));
        Assert.False(asking.IsCompleted);
        Time.Advance(TimeSpan.FromMilliseconds(1));

        AssertFailed(DnsFailure.Timeout, await asking);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public async Task Query_TruncatedOverTcpToo_IsRefusedNotLooped(int attempts, bool valid)
    {
        Server.AnswersUdp(query => ScriptedDnsServer.Response(query) with { Flags = DnsFlags.Response | DnsFlags.Truncated });
        Server.AnswersTcp(query => True(query) with { Flags = DnsFlags.Response | DnsFlags.Truncated });
        if (!valid)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => Resolver(options => options with { Attempts = attempts }));
            return;
        }

        AssertFailed(DnsFailure.Malformed, await Resolver(options => options with { Attempts = attempts }).QueryAsync(Name, DnsType.A, Stop));
        Assert.Equal(attempts, Server.TcpQueries.Count);
    }

    [Fact]
    public async Task Query_RecordsOfOtherNames_AreNotTheAnswer()
    {
        Server.AnswersUdp(query => True(query) with
        {
            Answers = [new AddressRecord(DnsName.Parse("bank.example"), 60, Address), new AddressRecord(Name, 60, Address)],
            Additionals = [new AddressRecord(DnsName.Parse("other.example"), 60, Address)],
        });
        var resolver = Resolver();

        AssertTrue(await resolver.QueryAsync(Name, DnsType.A, Stop));

        Assert.Equal(1, resolver.CacheCount);
    }

    private static IEnumerable<byte[]> Sent(SemaphoreSlim sent, byte[] datagram)
    {
        yield return datagram;

        // Runs when the server asks for the next datagram: the first has been sent.
        sent.Release();
    }

    private static byte[] Mismatch(string id, DnsMessage query)
    {
        var answer = True(query);
        var question = query.Questions[0];
        return id switch
        {
            "DNS-07 an empty datagram" => [],
            "DNS-07 one octet" => [0],
            "DNS-07 a header" => ScriptedDnsServer.Octets(answer)[..DnsMessage.HeaderLength],
            _ => ScriptedDnsServer.Octets(id switch
            {
                "DNS-07 id" => answer with { Id = (ushort)(query.Id ^ 1) },
                "DNS-07 name" => answer with { Questions = [question with { Name = DnsName.Parse("p2.example") }] },
                "DNS-07 type" => answer with { Questions = [question with { Type = DnsType.AAAA }] },
                "DNS-07 class" => answer with { Questions = [question with { Class = (DnsClass)3 }] },
                "DNS-07 case" => answer with { Questions = [question with { Name = DnsName.Parse(SwapCase(question.Name.ToString())) }] },
                "DNS-07 no question" => answer with { Questions = [] },
                "DNS-07 two questions" => answer with { Questions = [question, question] },
                "DNS-07 a query" => answer with { Flags = DnsFlags.None },
                _ => throw new ArgumentOutOfRangeException(nameof(id)),
            }),
        };
    }

    private static string SwapCase(string text)
        => string.Concat(text.Select(letter => char.IsAsciiLetter(letter) ? (char)(letter ^ 0x20) : letter));
}
