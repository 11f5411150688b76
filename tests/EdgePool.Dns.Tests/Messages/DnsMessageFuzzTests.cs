using System.Diagnostics;
using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Testing.Dns;

namespace EdgePool.Dns.Tests.Messages;

/// <summary>Whatever octets come in: no exception, bounded work, and what is taken can be written and taken again.</summary>
public sealed class DnsMessageFuzzTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void TryParse_RandomOctets_NeverThrows(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 20_000; i++)
        {
            var octets = new byte[random.Next(200)];
            random.NextBytes(octets);
            if (octets.Length > 12)
            {
                // Small counts, so that some go deep.
                octets.AsSpan(4, 8).Clear();
                octets[5] = (byte)random.Next(2);
                octets[7] = (byte)random.Next(4);
            }

            Check(octets);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void TryParse_MutatedMessages_NeverThrows(int seed)
    {
        var random = new Random(seed);
        var valid = ScriptedDnsServer.Octets(Valid());
        var taken = 0;
        for (var i = 0; i < 30_000; i++)
        {
            var octets = valid.AsSpan().ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                octets[random.Next(octets.Length)] = Odd(random);
            }

            taken += Check(octets[..(random.Next(4) == 0 ? random.Next(octets.Length) : octets.Length)]) ? 1 : 0;
        }

        Assert.InRange(taken, 1000, 29_000);
    }

    [Fact]
    public void TryParse_LongestMessages_StayBounded()
    {
        // 65,535 octets of pointers, of labels and of records: no more than a few milliseconds each. The generous limit is for slow machines.
        byte[][] worst = [Filled(0xC0, 0x0C), Filled(0x01, 0x61), Filled(0x3F, 0x3F), Filled(0x00, 0x00), RecordsWithDeepNames()];
        var watch = Stopwatch.StartNew();
        foreach (var octets in worst)
        {
            Assert.Equal(DnsMessage.TryParse(octets, out _, out var error), error == DnsParseError.None);
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), watch.Elapsed.ToString());
    }

    private static byte Odd(Random random) => random.Next(4) switch
    {
        0 => 0xC0,
        1 => (byte)random.Next(64),
        2 => 0,
        _ => (byte)random.Next(256),
    };

    private static bool Check(byte[] octets)
    {
        var taken = DnsMessage.TryParse(octets, out var message, out var error);
        Assert.Equal(taken, error == DnsParseError.None);
        if (!taken)
        {
            return false;
        }

        var buffer = new byte[DnsMessage.MaxLength];
        Assert.True(message!.TryWrite(buffer, out var written));
        Assert.True(DnsMessage.TryParse(buffer.AsSpan(0, written), out var again, out error), error.ToString());
        Assert.Equal(message.Questions.AsEnumerable(), again.Questions);
        Assert.Equal(message.Answers.Select(record => (record.Name, record.Type, record.Ttl)), again.Answers.Select(record => (record.Name, record.Type, record.Ttl)));
        return true;
    }

    private static DnsMessage Valid()
    {
        var name = DnsName.Parse("_xmpp-server._tcp.p1.example");
        var host = DnsName.Parse("x.p1.example");
        return new DnsMessage
        {
            Id = 1,
            Flags = DnsFlags.Response,
            Questions = [new DnsQuestion(name, DnsType.SRV)],
            Answers = [new SrvRecord(name, 60, 1, 2, 5269, host), new SrvRecord(name, 60, 1, 2, 5269, name), new CnameRecord(host, 5, name)],
            Authorities = [new SoaRecord(DnsName.Parse("example"), 60, host, name, 1, 2, 3, 4, 5)],
            Additionals = [new TlsaRecord(name, 60, 3, 1, 1, new byte[] { 1, 2 }), new AddressRecord(host, 60, IPAddress.Loopback), new TxtRecord(host, 60, [new byte[] { 1, 2 }, new byte[] { 3 }])],
            Edns = new DnsEdns(1232),
        };
    }

    private static byte[] Filled(byte even, byte odd)
    {
        var octets = new byte[DnsMessage.MaxLength];
        for (var i = 12; i < octets.Length; i++)
        {
            octets[i] = i % 2 == 0 ? even : odd;
        }

        octets.AsSpan(4, 8).Fill(0xFF);
        return octets;
    }

    // Each owner points to the longest name: the most that a message can make us copy.
    private static byte[] RecordsWithDeepNames()
    {
        var name = string.Concat(Enumerable.Repeat("0161", 127)) + "00";
        var octets = new List<byte>(Hex.Parse("1234 8180 0001 0fa0 0000 0000" + name + "0001 0001"));
        for (var i = 0; i < 4000; i++)
        {
            octets.AddRange(Hex.Parse("c00c 0001 0001 00000000 0004 7f000001"));
        }

        return [.. octets];
    }
}
