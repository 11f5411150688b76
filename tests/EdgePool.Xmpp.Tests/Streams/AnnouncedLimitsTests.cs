using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

// XEP-0478.
public class AnnouncedLimitsTests
{
    private static readonly AnnouncedLimits Strangers = new(8_192, 30);
    private static readonly AnnouncedLimits Partners = new(262_144, 300);

    private static string Limits(string children) => $"<limits xmlns='urn:xmpp:stream-limits:0'>{children}</limits>";

    [Theory]
    [InlineData("<max-bytes>65536</max-bytes><idle-seconds>300</idle-seconds>", 65_536, 300)]
    [InlineData("<idle-seconds> 60 </idle-seconds>", null, 60)]
    [InlineData("<max-bytes>10000</max-bytes>", 10_000, null)]
    [InlineData("<max-bytes>9999</max-bytes><idle-seconds>9</idle-seconds>", 10_000, 10)] // RFC 6120 section 13.12
    [InlineData("<max-bytes>0</max-bytes><idle-seconds>0</idle-seconds>", 10_000, 10)]
    [InlineData("<max-bytes>-1</max-bytes><idle-seconds>1e3</idle-seconds>", null, null)]
    [InlineData("<max-bytes>4294967296</max-bytes><idle-seconds/>", null, null)]
    [InlineData("<max-bytes xmlns='urn:evil'>65536</max-bytes>", null, null)]
    [InlineData("", null, null)]
    public void Read_Children_NumbersOfNoLessThanTheLeast(string children, int? bytes, int? seconds)
        => Assert.Equal(new AnnouncedLimits(bytes, seconds), AnnouncedLimits.Read(Transcript.ReadElement($"<stream:features>{Limits(children)}</stream:features>")));

    [Fact]
    public void Read_NoLimits_Null() => Assert.Null(AnnouncedLimits.Read(Transcript.ReadElement("<stream:features><limits xmlns='urn:evil'/></stream:features>")));

    // Before SASL those of strangers; where dialback is offered no further features may follow, so they are the partner's.
    [Theory]
    [InlineData("sasl", "<max-bytes>8192</max-bytes><idle-seconds>30</idle-seconds>")]
    [InlineData("sasl+tls-dialback", "<max-bytes>262144</max-bytes><idle-seconds>300</idle-seconds>")]
    public void Features_UnderTls_CarryTheLimitsThatWillHold(string terms, string expected)
    {
        var dialogue = new InboundDialogue(new FakeRules().Partner("p1.example", Terms.Parse(terms)), directTls: true, announce: Announce)
            .Begin("tls: p1.example");
        Assert.Contains(Limits(expected), Text(dialogue.Negotiation.OnHeader(Transcript.ReadHeader("<stream:stream from='p1.example' to='edge.example' version='1.0'>"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Features_BehindSasl_CarryThePartners()
    {
        var dialogue = new InboundDialogue(new FakeRules().Partner("p1.example", Terms.SaslOnly), directTls: true, announce: Announce)
            .Begin("tls: p1.example", "C: <stream:stream from='p1.example' to='edge.example' version='1.0'>", "C: <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
        Assert.Contains(Limits("<max-bytes>262144</max-bytes><idle-seconds>300</idle-seconds>"), Text(dialogue.Negotiation.OnHeader(Transcript.ReadHeader("<stream:stream from='p1.example' to='edge.example' version='1.0'>"))), StringComparison.Ordinal);
    }

    [Fact]
    public void PeerLimits_LastFeatures_Count()
    {
        var dialogue = new OutboundDialogue(Terms.SaslOnly, directTls: true);
        dialogue.Feed("start:");
        dialogue.Feed("tls: p1.example");
        dialogue.Feed("C: <stream:stream id='R' from='p1.example' version='1.0'>");
        dialogue.Feed($"C: <stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>{Limits("<max-bytes>10000</max-bytes>")}</stream:features>");
        Assert.Equal(new AnnouncedLimits(10_000, null), dialogue.Negotiation.PeerLimits);
        dialogue.Feed("C: <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        dialogue.Feed("C: <stream:stream id='R2' from='p1.example' version='1.0'>");
        dialogue.Feed($"C: <stream:features>{Limits("<max-bytes>131072</max-bytes><idle-seconds>120</idle-seconds>")}</stream:features>");
        Assert.Equal(new AnnouncedLimits(131_072, 120), dialogue.Negotiation.PeerLimits);
    }

    private static AnnouncedLimits Announce(DomainPair? pair) => pair is null ? Strangers : Partners;

    private static string Text(IEnumerable<NegotiationEffect> effects) => string.Concat(Transcript.Render(effects));
}
