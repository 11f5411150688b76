using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Edge.Advertising;
using Xunit;

namespace EdgePool.Edge.Tests.Advertising;

/// <summary>What partners see against what the topology says, as a table. A line is <c>NAME TYPE DATA @TTL</c>; names are below contoso.example.</summary>
public sealed class RecordCheckTests
{
    private const string Service = "_xmpp-server._tcp SRV 10 0 5269 a @300";
    private const string Host = "a A 203.0.113.1 @300";
    private const string Good = Service + "; " + Host;

    [Theory]
    [InlineData(Good, "")]
    [InlineData(Host, "Missing _xmpp-server._tcp.contoso.example SRV: 10 0 5269 a.contoso.example. is missing")]
    [InlineData(Service, "Missing a.contoso.example A: 203.0.113.1 is missing | DanglingHost a.contoso.example A: SRV records lead to it, and it has no address")]
    [InlineData("_xmpp-server._tcp SRV 10 0 5222 a @300; " + Host, "WrongPort _xmpp-server._tcp.contoso.example SRV: port 5222 at a.contoso.example, where the topology says 5269")]
    [InlineData("_xmpp-server._tcp SRV 20 5 5269 a @300; " + Host, "WrongPriority _xmpp-server._tcp.contoso.example SRV: priority 20 and weight 5 of a.contoso.example, where the topology says 10 and 0")]
    [InlineData(Good + "; a A 203.0.113.9 @300", "Surplus a.contoso.example A: 203.0.113.9 is there, and the topology does not name it")]
    [InlineData(Good + "; a AAAA 2001:db8::1 @300", "Surplus a.contoso.example AAAA: 2001:db8::1 is there, and the topology does not name it")]
    [InlineData(Good + "; _xmpps-server._tcp SRV 10 0 5270 a @300", "Surplus _xmpps-server._tcp.contoso.example SRV: 10 0 5270 a.contoso.example. is there, and the topology does not name it")]
    [InlineData(
        Good + "; _xmpp-server._tcp SRV 30 0 5269 old @300",
        "Surplus _xmpp-server._tcp.contoso.example SRV: 30 0 5269 old.contoso.example. is there, and the topology does not name it | DanglingHost old.contoso.example A: SRV records lead to it, and it has no address")]
    [InlineData(Service + "; a CNAME b @300; b A 203.0.113.1 @300", "Alias a.contoso.example A: it is an alias of b.contoso.example | Alias a.contoso.example AAAA: it is an alias of b.contoso.example")]
    [InlineData("_xmpp-server._tcp SRV 10 0 5269 a @3600; " + Host, "LongLived _xmpp-server._tcp.contoso.example SRV: 10 0 5269 a.contoso.example. may be kept for 3600 s, where the topology promises 300 s")]
    [InlineData("_xmpp-server._tcp SRV 10 0 5269 a @17; " + Host, "")] // a resolver that has had it for a while
    public void Findings_OfOneServer(string found, string expected) => Assert.Equal(expected, Findings(Good, found));

    [Fact]
    public void Findings_ServersThatDiffer_IsASplitView()
    {
        var findings = RecordCheck.Findings(Records(Good), [View("inside", Good), View("outside", Good.Replace("203.0.113.1", "10.0.0.1", StringComparison.Ordinal))]);

        var split = Assert.Single(findings, finding => finding.Fault == RecordFault.SplitView);
        Assert.Equal("inside: 203.0.113.1; outside: 10.0.0.1", split.What);
    }

    // A server that is not there is told once, and is no other view.
    [Fact]
    public void Findings_DeadServer_IsUnansweredAlone()
    {
        var question = (DnsName.Parse("a.contoso.example"), DnsType.A);
        var dead = new ServerView("dead", new Dictionary<(DnsName Name, DnsType Type), DnsAnswer> { [question] = DnsAnswer.Failed(question.Item1, DnsFailure.Timeout) });

        var finding = Assert.Single(RecordCheck.Findings(Records(Good), [View("ours", Good), dead]));

        Assert.Equal((RecordFault.Unanswered, "dead"), (finding.Fault, finding.Server));
    }

    // Authorities that others add are theirs.
    [Fact]
    public void Findings_FurtherAuthority_IsNone()
        => Assert.Equal("", Findings(Good + "; @ CAA ca.example @300", Good + "; @ CAA ca.example @300; @ CAA other.example @300"));

    private static string Findings(string wanted, string found)
        => string.Join(" | ", RecordCheck.Findings(Records(wanted), [View("ns", found, Records(wanted))]).Select(finding => $"{finding.Fault} {finding.Name} {finding.Type}: {finding.What}"));

    /// <summary>What a server says that has these records.</summary>
    private static ServerView View(string server, string zone, IReadOnlyCollection<DnsRecord>? wanted = null)
    {
        var records = Records(zone);
        var answers = new Dictionary<(DnsName Name, DnsType Type), DnsAnswer>();
        var view = new ServerView(server, answers);
        foreach (var question in RecordCheck.Asked(wanted ?? Records(Good)))
        {
            answers[question] = Answer(records, question.Name, question.Type);
        }

        foreach (var question in RecordCheck.AskedNext(view))
        {
            answers[question] = Answer(records, question.Name, question.Type);
        }

        return view;
    }

    private static DnsAnswer Answer(IReadOnlyCollection<DnsRecord> records, DnsName name, DnsType type)
    {
        var canonical = records.OfType<CnameRecord>().FirstOrDefault(alias => alias.Name.Equals(name))?.Target ?? name;
        var found = records.Where(record => record.Name.Equals(canonical) && record.Type == type).ToList();
        return new DnsAnswer { Outcome = found.Count > 0 ? DnsOutcome.Records : DnsOutcome.NameError, CanonicalName = canonical, Records = [.. found] };
    }

    private static IReadOnlyCollection<DnsRecord> Records(string text) => [.. text.Split("; ").Select(Record)];

    private static DnsRecord Record(string line)
    {
        var words = line.Split(' ');
        var ttl = uint.Parse(words[^1].AsSpan(1), null);
        var name = Name(words[0]);
        return words[1] switch
        {
            "SRV" => new SrvRecord(name, ttl, ushort.Parse(words[2], null), ushort.Parse(words[3], null), ushort.Parse(words[4], null), Name(words[5])),
            "CNAME" => new CnameRecord(name, ttl, Name(words[2])),
            "CAA" => new CaaRecord(name, ttl, 0, "issue", words[2]),
            _ => new AddressRecord(name, ttl, IPAddress.Parse(words[2])),
        };
    }

    private static DnsName Name(string label) => DnsName.Parse(label == "@" ? "contoso.example" : $"{label}.contoso.example");
}
