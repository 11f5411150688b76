using System.Text;
using System.Xml.Linq;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

// RFC 6120 sections 4.4, 4.9.1, 5.3.3 and 6.3.5: whenever we end a stream of ours, an honest peer can parse what we say, also when its answer was under way.
public class OutboundFarewellTests
{
    private const string Proceed = "C: <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    private const string Success = "C: <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
    private const string Header = "C: <stream:stream id='R' from='p1.example' to='edge.example' version='1.0'>";
    private const string Dialback = "C: <stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>";

    private static readonly string[] ToTls =
        ["start:", Header, "C: <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>", Proceed, "tls: p1.example", Header];

    private static readonly string[] BySasl =
    [
        .. ToTls,
        "C: <stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>",
        "C: <challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", Success, Header, "C: <stream:features/>",
    ];

    private static readonly string[] ByDialback = [.. ToTls, Dialback, "C: <db:result from='p1.example' to='edge.example' type='valid'/>"];

    private static readonly string[] ToVerify = [.. ToTls, Dialback, "C: <db:verify from='p1.example' to='edge.example' id='s7' type='valid'/>"];

    [Fact]
    public void Close_InEveryState_ParsesAtAnHonestPeer()
    {
        var seen = new HashSet<OutboundState>();
        foreach (var (dialogue, goal) in new (string[], OutboundGoal?)[]
        {
            (BySasl, null), (ByDialback, null), (ToVerify, new OutboundGoal.Verify(OutboundDialogue.Pair, "s7", "KEY")),
        })
        {
            for (var length = 0; length <= dialogue.Length; length++)
            {
                var crossing = length < dialogue.Length && dialogue[length] is Proceed or Success;
                foreach (var reason in new[] { StreamEndReason.PolicyChanged, StreamEndReason.NegotiationTimeout, StreamEndReason.PeerClosed })
                    seen.Add(AssertParses(dialogue[..length], goal, reason, crossing && reason is not StreamEndReason.PeerClosed));
            }
        }

        Assert.Equal(Enum.GetValues<OutboundState>().Order(), seen.Order());
    }

    [Theory]
    [InlineData(Proceed)]
    [InlineData(Success)]
    public void Close_WhileTheAnswerMayBeUnderWay_SaysNothing(string answer)
    {
        var stream = Before(answer).Negotiation;

        Assert.Equal(["* close policy-changed"], Transcript.Render(stream.Close(StreamEndReason.PolicyChanged, new StreamError(StreamErrorCondition.PolicyViolation), "")));
        Assert.Empty(stream.OnElement(Transcript.ReadElement(Transcript.Argument(answer))));
    }

    [Theory] // RFC 6120 section 4.4: who has ended its stream has not begun another
    [InlineData(Proceed)]
    [InlineData(Success)]
    public void PeerClosed_InPlaceOfTheAnswer_IsAnsweredByTheEnd(string answer)
        => Assert.Equal(
            ["S: </stream:stream>", "* close peer-closed"],
            Transcript.Render(Before(answer).Negotiation.Close(StreamEndReason.PeerClosed, null, "")));

    [Theory] // RFC 6120 section 4.9.1.1: so is who has said something else in its place
    [InlineData(Proceed)]
    [InlineData(Success)]
    public void Violation_InPlaceOfTheAnswer_StreamError(string answer)
        => Assert.Equal(
            ["S: <stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>", "* close malformed-stream"],
            Transcript.Render(Before(answer).Negotiation.OnViolation(new FramingViolation(StreamErrorCondition.NotWellFormed, ""))));

    /// <summary>Ends the stream behind these inputs and reads what it sent since the peer's parser last began anew. Gives the state that it was ended in.</summary>
    private static OutboundState AssertParses(string[] inputs, OutboundGoal? goal, StreamEndReason reason, bool crossing)
    {
        var dialogue = new OutboundDialogue(Terms.Any, goal);
        var sent = new StringBuilder();
        foreach (var effect in inputs.SelectMany(dialogue.Feed))
            sent = effect is NegotiationEffect.StartTls or NegotiationEffect.Restart ? new StringBuilder() : sent.Append(Said(effect));
        var state = dialogue.Negotiation.State;
        var error = reason is StreamEndReason.PeerClosed ? null : new StreamError(StreamErrorCondition.PolicyViolation);
        var farewell = string.Concat(dialogue.Negotiation.Close(reason, error, "").Select(Said));
        if (farewell.Length > 0)
            Assert.Equal("stream", XDocument.Parse(sent + farewell).Root!.Name.LocalName);
        if (crossing)
            Assert.Empty(farewell); // the peer's next parser, or its TLS, would have it first
        return state;
    }

    private static string Said(NegotiationEffect effect) => effect switch
    {
        NegotiationEffect.Send send => Encoding.UTF8.GetString(send.Xml.Span),
        NegotiationEffect.Close close => Encoding.UTF8.GetString(close.Farewell.Span),
        _ => "",
    };

    private static OutboundDialogue Before(string answer)
    {
        var dialogue = new OutboundDialogue(Terms.Any);
        foreach (var line in BySasl.TakeWhile(line => line != answer))
            dialogue.Feed(line);
        return dialogue;
    }
}
