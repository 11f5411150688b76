using System.Text;
using EdgePool.Xmpp.StreamManagement;
using EdgePool.Xmpp.Streams;
using EdgePool.Xmpp.Tests.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.StreamManagement;

// XEP-0198 sections 3 to 6.
public sealed class ManagementNegotiationTests
{
    private readonly ManagementNegotiation negotiation = new();

    [Theory]
    [InlineData("<enable xmlns='urn:xmpp:sm:3'/>", false)]
    [InlineData("<enable xmlns='urn:xmpp:sm:3' resume='true' max='300'/>", true)]
    [InlineData("<enable xmlns='urn:xmpp:sm:3' resume='1'/>", true)]
    [InlineData("<enable xmlns='urn:xmpp:sm:3' resume='yes'/>", false)]
    public void Enable_WhereItWasOffered_IsTaken(string xml, bool resumable)
    {
        negotiation.Offer();

        Assert.Equal(new ManagementStep.Enable(resumable), Take(xml));
        Assert.Equal(ManagementState.On, negotiation.State);
        Assert.IsType<ManagementStep.Request>(Take("<r xmlns='urn:xmpp:sm:3'/>"));
        Assert.Equal(new ManagementStep.Answer(7), Take("<a xmlns='urn:xmpp:sm:3' h='7'/>"));
    }

    [Fact]
    public void Enable_BeforeItWasOffered_FailsOnceAndEndsTheStreamThen()
    {
        var failed = Assert.IsType<ManagementStep.Reply>(Take("<enable xmlns='urn:xmpp:sm:3'/>"));
        Assert.Equal("<failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>", Encoding.UTF8.GetString(failed.Xml.Span));

        Ends("<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>", StreamErrorCondition.PolicyViolation);
        Assert.Equal(ManagementState.Off, negotiation.State);
    }

    [Fact]
    public void Enable_Twice_EndsTheStream()
    {
        negotiation.Offer();
        Take("<enable xmlns='urn:xmpp:sm:3'/>");

        Ends("<enable xmlns='urn:xmpp:sm:3'/>", StreamErrorCondition.PolicyViolation);
    }

    [Theory]
    [InlineData("<enabled xmlns='urn:xmpp:sm:3'/>", null)]
    [InlineData("<enabled xmlns='urn:xmpp:sm:3' id='some'/>", null)]
    [InlineData("<enabled xmlns='urn:xmpp:sm:3' id='some' resume='true' max='60'/>", "some")]
    [InlineData("<enabled xmlns='urn:xmpp:sm:3' resume='true'/>", null)]
    [Trait("compat", "resume-without-id")]
    public void Request_TheyEnable_CountsAndMayBeResumed(string xml, string? id)
    {
        negotiation.Request();

        Assert.Equal(id, Assert.IsType<ManagementStep.Enabled>(Take(xml)).Id);
        Assert.Equal(ManagementState.On, negotiation.State);
    }

    [Fact]
    public void Request_AnIdTooLongToKeep_CannotBeResumed()
    {
        negotiation.Request();

        Assert.Equal(new ManagementStep.Enabled(null), Take($"<enabled xmlns='urn:xmpp:sm:3' id='{new string('x', ManagementMarkup.LongestId + 1)}' resume='true'/>"));
    }

    [Theory]
    [InlineData("", null, null)]
    [InlineData("max='90'", 90.0, null)]
    [InlineData("max='soon'", null, null)]
    [InlineData("max='-1' location='[::1]:5270'", null, "[::1]:5270")]
    [InlineData("max='4294967295' location=''", 4294967295.0, null)]
    public void Request_CanBeResumed_TheySayHowLongAndWhere(string attributes, double? seconds, string? location)
    {
        negotiation.Request();

        var enabled = Assert.IsType<ManagementStep.Enabled>(Take($"<enabled xmlns='urn:xmpp:sm:3' id='tok' resume='true' {attributes}/>"));

        Assert.Equal(("tok", seconds, location), (enabled.Id, enabled.AtMost?.TotalSeconds, enabled.Location));
    }

    [Fact]
    public void Request_TheyRefuse_NothingIsCounted()
    {
        negotiation.Request();

        Assert.IsType<ManagementStep.Refused>(Take("<failed xmlns='urn:xmpp:sm:3'/>"));
        Assert.Equal(new ManagementStep.Ignore("unsolicited-ack"), Take("<a xmlns='urn:xmpp:sm:3' h='0'/>"));
    }

    [Theory]
    [InlineData("<enabled xmlns='urn:xmpp:sm:3'/>")]
    [InlineData("<resumed xmlns='urn:xmpp:sm:3' previd='x' h='0'/>")]
    [InlineData("<failed xmlns='urn:xmpp:sm:3'/>")]
    [InlineData("<nonsense xmlns='urn:xmpp:sm:3'/>")]
    public void Answers_ThatNobodyAskedFor_EndTheStream(string xml)
    {
        negotiation.Offer();

        Ends(xml, StreamErrorCondition.PolicyViolation);
    }

    [Fact]
    public void Resume_WhereItWasOffered_AsksTheOwner()
    {
        negotiation.Offer();
        Assert.Equal(new ManagementStep.Resume("tok", 5), Take("<resume xmlns='urn:xmpp:sm:3' previd='tok' h='5'/>"));

        negotiation.Resume(can: false);
        Assert.Equal(new ManagementStep.Enable(false), Take("<enable xmlns='urn:xmpp:sm:3'/>"));
    }

    [Fact]
    public void Resume_WeAsked_ItGoesOnOrNot()
    {
        negotiation.RequestResumption();
        Assert.Equal(new ManagementStep.Resumed(9), Take("<resumed xmlns='urn:xmpp:sm:3' previd='tok' h='9'/>"));
        Assert.Equal(ManagementState.On, negotiation.State);

        var other = new ManagementNegotiation();
        other.RequestResumption();
        Assert.Equal(new ManagementStep.NotResumed(4), other.OnElement(Transcript.ReadElement("<failed xmlns='urn:xmpp:sm:3' h='4'/>")));
        other.Request();
        Assert.Equal(ManagementState.Requested, other.State);
    }

    [Theory]
    [InlineData("<a xmlns='urn:xmpp:sm:3'/>")]
    [InlineData("<a xmlns='urn:xmpp:sm:3' h=''/>")]
    [InlineData("<a xmlns='urn:xmpp:sm:3' h='-1'/>")]
    [InlineData("<a xmlns='urn:xmpp:sm:3' h='4294967296'/>")]
    [InlineData("<a xmlns='urn:xmpp:sm:3' h='1e3'/>")]
    [InlineData("<a xmlns='urn:xmpp:sm:3' h=' 1'/>")]
    public void Count_ThatIsNone_EndsTheStream(string xml)
    {
        negotiation.Request();
        Take("<enabled xmlns='urn:xmpp:sm:3'/>");

        Ends(xml, StreamErrorCondition.InvalidXml);
    }

    [Fact]
    public void Resume_WithoutAnId_IsNotFound()
    {
        negotiation.Offer();

        Assert.IsType<ManagementStep.Reply>(Take("<resume xmlns='urn:xmpp:sm:3' h='0'/>"));
        Assert.Equal(ManagementState.Offered, negotiation.State);
        Ends("<resume xmlns='urn:xmpp:sm:3' previd='x'/>", StreamErrorCondition.InvalidXml);
    }

    private ManagementStep Take(string xml) => negotiation.OnElement(Transcript.ReadElement(xml));

    private void Ends(string xml, StreamErrorCondition condition)
    {
        var end = Assert.IsType<ManagementStep.End>(Take(xml));
        Assert.Equal((StreamEndReason.ProtocolViolation, condition), (end.Reason, end.Error.Condition));
    }
}
