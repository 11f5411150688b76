using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Updating;

namespace EdgePool.Dns.Tests.Updating;

/// <summary>What an update changes, as a table: only what is ours, and nothing of others.</summary>
public sealed class UpdatePlanTests
{
    private static readonly DnsName Host = DnsName.Parse("edge-a.contoso.example");

    // Addresses by their last number; @60 is another lifetime. Expected: what the set becomes; "=": it stays; "!": a conflict.
    [Theory]
    [InlineData("1 2", "", "", false, "1 2")]
    [InlineData("1 2", "", "2 1", false, "=")]
    [InlineData("1 2", "", "1@60 2@60", false, "1 2")] // the lifetime changes
    [InlineData("1 2", "3", "1 3", false, "1 2")]
    [InlineData("1 2", "", "1 9", false, "!")]
    [InlineData("1 2", "", "1 9", true, "1 2")]
    [InlineData("", "1 2", "1 2", false, "")]
    [InlineData("", "1 2", "1 9", false, "9")] // ours goes, theirs stays
    [InlineData("", "1 2", "9", false, "=")] // the name is theirs now
    [InlineData("", "1 2", "9", true, "=")]
    [InlineData("", "1 2", "", false, "=")]
    public void Of_Addresses(string wanted, string formerly, string found, bool takeOver, string expected)
        => Assert.Equal(expected, Planned(Addresses(wanted), Addresses(formerly), Addresses(found), takeOver));

    // Others may say more of certificates than we do.
    [Theory]
    [InlineData("ca.example", "", "", "ca.example")]
    [InlineData("ca.example", "", "other.example", "ca.example other.example")]
    [InlineData("ca.example", "", "CA.example", "=")]
    [InlineData("new.example", "ca.example", "ca.example other.example", "new.example other.example")]
    public void Of_Authorities(string wanted, string formerly, string found, string expected)
        => Assert.Equal(expected, Planned(Authorities(wanted), Authorities(formerly), Authorities(found), takeOver: false));

    // RFC 2136 section 3.4.2.2: records added beside a CNAME are passed over in silence.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_Alias_IsAConflict(bool takeOver)
    {
        var plan = UpdatePlan.Of(Addresses("1"), [], [new FoundRecords(Host, DnsType.A, DnsName.Parse("x.example"), [])], takeOver);

        Assert.Empty(plan.Changes);
        Assert.Single(plan.Conflicts);
    }

    private static string Planned(IReadOnlyCollection<DnsRecord> wanted, IReadOnlyCollection<DnsRecord> formerly, IReadOnlyList<DnsRecord> found, bool takeOver)
    {
        var type = wanted.Concat(formerly).Concat(found).First().Type;
        var plan = UpdatePlan.Of(wanted, formerly, [new FoundRecords(Host, type, Alias: null, found)], takeOver);
        Assert.True(plan.Changes.Count + plan.Conflicts.Count <= 1);
        return plan.Conflicts.Count > 0 ? "!" : plan.Changes is [var change] ? string.Join(' ', change.After.Select(Short)) : "=";
    }

    private static string Short(DnsRecord record) => record is AddressRecord address ? $"{address.Address.GetAddressBytes()[3]}" : ((CaaRecord)record).Value;

    private static DnsRecord[] Addresses(string text)
        => [.. Split(text).Select(part => part.Split('@')).Select(part => new AddressRecord(Host, part.Length > 1 ? uint.Parse(part[1], null) : 300, new IPAddress([203, 0, 113, byte.Parse(part[0], null)])))];

    private static DnsRecord[] Authorities(string text) => [.. Split(text).Select(name => new CaaRecord(Host, 300, 0, "issue", name))];

    private static string[] Split(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
