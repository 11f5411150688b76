using System.Diagnostics;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Serving;
using EdgePool.Dns.Tests.Messages;

namespace EdgePool.Dns.Tests.Serving;

/// <summary>Hostile questions to a server of ours, which internal servers' networks can reach. What is no message is answered with its error, or not at all; nothing is looked up for it.</summary>
public sealed class HostileQueryTests
{
    private const string Refusal = "1234 8001 0000 0000 0000 0000"; // FORMERR, and nothing of what was asked

    private readonly CountingAuthority authority = new();

    [Theory]
    [InlineData("DNS-01 pointer to itself", "1234 0000 0001 0000 0000 0000 c00c 0021 0001")]
    [InlineData("DNS-02 forward pointer", "1234 0000 0001 0000 0000 0000 c020 0021 0001")]
    [InlineData("DNS-02 two pointers to each other", "1234 0000 0002 0000 0000 0000 c012 0021 0001 c00c 0021 0001")]
    [InlineData("DNS-02 pointer past the end", "1234 0000 0001 0000 0000 0000 ffff 0021 0001")]
    [InlineData("DNS-02 pointer into the header", "1234 0000 0001 0000 0000 0000 c000 0021 0001")]
    [InlineData("DNS-04 label type 40", "1234 0000 0001 0000 0000 0000 4061 00 0021 0001")]
    [InlineData("DNS-04 label type 80", "1234 0000 0001 0000 0000 0000 8061 00 0021 0001")]
    [InlineData("DNS-04 label of 0 in the middle", "1234 0000 0001 0000 0000 0000 0161 00 0162 00 0021 0001")]
    [InlineData("DNS-06 QDCOUNT 65535", "1234 0000 ffff 0000 0000 0000 0161 00 0021 0001")]
    [InlineData("DNS-06 ARCOUNT 65535", "1234 0000 0001 0000 0000 ffff 0161 00 0021 0001")]
    [InlineData("two questions", "1234 0000 0002 0000 0000 0000 0161 00 0021 0001 0162 00 0021 0001")]
    public void Respond_NoMessage_IsAFormatErrorAndNothingIsLookedUp(string id, string query)
    {
        Assert.True(Refusal.Replace(" ", "", StringComparison.Ordinal) == Respond(Hex.Parse(query)), id);
        Assert.Equal(0, authority.Lookups);
    }

    // DNS-03 (CVE-2026-69184): names that cost much are given up at their limits, long before they cost anything.
    [Fact]
    public void Respond_DNS03_ChainsOfPointers_IsRefusedInUnderAMillisecond()
    {
        var query = DnsMessageTests.PointerChain(2_000, records: 500);
        query[2] = query[3] = 0; // no response

        var best = Enumerable.Range(0, 50).Min(_ =>
        {
            var since = Stopwatch.GetTimestamp();
            Assert.StartsWith("12348001", Respond(query), StringComparison.Ordinal);
            return Stopwatch.GetElapsedTime(since);
        });

        Assert.InRange(best, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, authority.Lookups);
    }

    // DNS-07: who answers answers talks to another server for ever.
    [Theory]
    [InlineData("1234 8000 0001 0000 0000 0000 0161 00 0021 0001")]
    [InlineData("1234 8580 0001 0000 0000 0000 0161 00 0021 0001")]
    public void Respond_DNS07_ToAResponse_IsNothing(string query) => Assert.Empty(Respond(Hex.Parse(query)));

    /// <summary>In hexadecimal.</summary>
    private string Respond(byte[] query)
    {
        var buffer = new byte[DnsMessage.MaxLength];
        return new DnsResponder(authority).TryRespond(query, overUdp: true, buffer, out var written) ? Convert.ToHexStringLower(buffer.AsSpan(0, written)) : "";
    }

    private sealed class CountingAuthority : IDnsAuthority
    {
        public int Lookups { get; private set; }

        public AuthorityAnswer Lookup(DnsName name, DnsType type)
        {
            Lookups++;
            return new AuthorityAnswer(AuthorityOutcome.NotOurs, [], null);
        }
    }
}
