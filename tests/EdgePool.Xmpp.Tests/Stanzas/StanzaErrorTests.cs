using System.Buffers;
using System.Text;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Tests.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Stanzas;

// RFC 6120 section 8.3.
public class StanzaErrorTests
{
    [Theory]
    [InlineData(StanzaKind.Message, "", true)]
    [InlineData(StanzaKind.Message, "chat", true)]
    [InlineData(StanzaKind.Message, "error", false)] // POL-10
    [InlineData(StanzaKind.Iq, "get", true)]
    [InlineData(StanzaKind.Iq, "set", true)]
    [InlineData(StanzaKind.Iq, "result", false)]
    [InlineData(StanzaKind.Iq, "error", false)]
    [InlineData(StanzaKind.Iq, "", true)] // section 8.2.3: bad-request is what such an IQ gets
    [InlineData(StanzaKind.Iq, "foo", true)]
    [InlineData(StanzaKind.Iq, "Result", true)]
    [InlineData(StanzaKind.Presence, "", false)]
    [InlineData(StanzaKind.Presence, "subscribe", false)]
    [InlineData(StanzaKind.None, "", false)]
    public void MayAnswer_ByKindAndType(StanzaKind kind, string type, bool expected)
        => Assert.Equal(expected, StanzaError.MayAnswer(kind, Encoding.UTF8.GetBytes(type)));

    [Fact]
    public void MayAnswer_PresenceWhenAsked()
    {
        Assert.True(StanzaError.MayAnswer(StanzaKind.Presence, "subscribe"u8, answerPresence: true));
        Assert.False(StanzaError.MayAnswer(StanzaKind.Presence, "error"u8, answerPresence: true));
    }

    [Fact]
    public void WriteBounce_Message_AsInTheRfc() => Assert.Equal(
        "<message from='b@edge.example' to='a@p1.example/r' id='1' type='error'><error type='wait'>"
        + "<remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
        Bounce(StanzaKind.Message, "a@p1.example/r", "b@edge.example", "1", StanzaErrorCondition.RemoteServerTimeout));

    [Fact]
    public void WriteBounce_WithoutIdWithText() => Assert.Equal(
        "<iq from='b@edge.example' to='a@p1.example' type='error'><error type='cancel'>"
        + "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>no</text></error></iq>",
        Bounce(StanzaKind.Iq, "a@p1.example", "b@edge.example", "", StanzaErrorCondition.ServiceUnavailable, "no"));

    [Theory] // XML-45, XML-46, XML-47
    [InlineData("a\"b'c")]
    [InlineData("x'/><message to='c@edge.example'>")]
    [InlineData("a\nb\tc\rd")]
    [InlineData("&lt;&#10;")]
    [InlineData("é😀\u2028")]
    public void WriteBounce_ValuesWithMarkup_SurviveAsValues(string value)
    {
        var parsed = Transcript.ReadElement(Bounce(StanzaKind.Message, "a@p1.example/" + value, "b@edge.example/" + value, value, StanzaErrorCondition.Gone, value));
        Assert.Equal((value, "a@p1.example/" + value, "b@edge.example/" + value), (parsed["id"], parsed["to"], parsed["from"]));
        Assert.Equal(value, parsed.Child("error", "jabber:server")!.Child("text", "urn:ietf:params:xml:ns:xmpp-stanzas")!.Text);
        Assert.Equal(StanzaErrorCondition.Gone, StanzaErrorConditionName.Read(parsed));
    }

    [Fact]
    public void WriteBounce_NotAStanza_IsOurBug()
        => Assert.Throws<ArgumentOutOfRangeException>(() => Bounce(StanzaKind.None, "a", "b", "c", StanzaErrorCondition.Gone));

    [Theory] // RFC 6120 8.3.3
    [InlineData(StanzaErrorCondition.JidMalformed, "jid-malformed", StanzaErrorType.Modify)]
    [InlineData(StanzaErrorCondition.RemoteServerNotFound, "remote-server-not-found", StanzaErrorType.Cancel)]
    [InlineData(StanzaErrorCondition.RemoteConnectionFailed, "remote-connection-failed", StanzaErrorType.Cancel)] // XEP-0220 section 2.5
    [InlineData(StanzaErrorCondition.RemoteServerTimeout, "remote-server-timeout", StanzaErrorType.Wait)]
    [InlineData(StanzaErrorCondition.ServiceUnavailable, "service-unavailable", StanzaErrorType.Cancel)]
    [InlineData(StanzaErrorCondition.ResourceConstraint, "resource-constraint", StanzaErrorType.Wait)]
    [InlineData(StanzaErrorCondition.PolicyViolation, "policy-violation", StanzaErrorType.Modify)]
    [InlineData(StanzaErrorCondition.NotAuthorized, "not-authorized", StanzaErrorType.Auth)]
    [InlineData(StanzaErrorCondition.Forbidden, "forbidden", StanzaErrorType.Auth)]
    public void Condition_NameAndUsualType(StanzaErrorCondition condition, string name, StanzaErrorType type)
        => Assert.Equal((name, type), (condition.WireName(), condition.UsualType()));

    private static string Bounce(StanzaKind kind, string to, string from, string id, StanzaErrorCondition condition, string? text = null)
    {
        var output = new ArrayBufferWriter<byte>();
        StanzaError.WriteBounce(output, kind, Encoding.UTF8.GetBytes(to), Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(id), condition, condition.UsualType(), text);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
