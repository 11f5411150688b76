using System.Globalization;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

// Our two sides against each other, over the real framer: what one says, the other understands.
public class BothSidesTests
{
    [Theory] // POLICY.md section 1: the best way that both sides' terms allow
    [InlineData("sasl", "sasl", true, AuthenticationMethod.SaslExternal)]
    [InlineData("any", "sasl+tls-dialback", true, AuthenticationMethod.SaslExternal)]
    [InlineData("any", "any", false, AuthenticationMethod.DialbackOverTls)]
    [InlineData("tls-dialback", "any", true, AuthenticationMethod.DialbackOverTls)]
    [InlineData("any", "tls-dialback", true, AuthenticationMethod.DialbackOverTls)]
    [InlineData("any", "tcp-dialback", true, AuthenticationMethod.DialbackOverTcp)]
    [InlineData("tcp-dialback", "any", true, AuthenticationMethod.DialbackOverTcp)]
    [InlineData("any", "dialback-by-certificate", true, AuthenticationMethod.DialbackByCertificate)]
    public void Negotiation_BetweenTwoOfUs_AuthenticatesThePair(string ours, string theirs, bool proven, AuthenticationMethod method)
    {
        var edges = new TwoEdges(Terms.Parse(ours), Terms.Parse(theirs), proven);
        edges.Run();
        Assert.Equal((OutboundState.Authenticated, InboundState.Authenticated), (edges.Outbound.State, edges.Inbound.State));
        Assert.Equal(method, edges.Method);
        Assert.Equal([new DomainPair(DomainName.Parse("edge.example"), DomainName.Parse("p1.example"))], edges.Inbound.Pairs);
    }

    [Theory]
    [InlineData("sasl", "tls-dialback", true)]
    [InlineData("sasl", "sasl", false)]
    [InlineData("tls-dialback", "sasl", true)]
    [InlineData("tls-dialback", "tcp-dialback", true)]
    [InlineData("tcp-dialback", "sasl", true)]
    public void Negotiation_WithoutACommonWay_EndsUnauthenticated(string ours, string theirs, bool proven)
    {
        var edges = new TwoEdges(Terms.Parse(ours), Terms.Parse(theirs), proven);
        edges.Run();
        Assert.Equal(OutboundState.Closed, edges.Outbound.State);
        Assert.Empty(edges.Inbound.Pairs);
    }

    /// <summary>p1.example opens a stream to edge.example; dialback keys are verified by p1.example's own keys.</summary>
    private sealed class TwoEdges
    {
        private readonly DialbackKeys originatingKeys = new("secret of p1");
        private readonly Queue<(bool ToInbound, byte[] Bytes)> inFlight = new();
        private readonly bool proven;
        private readonly Wire toInbound;
        private readonly Wire toOutbound;

        public TwoEdges(NegotiationTerms ours, NegotiationTerms theirs, bool proven)
        {
            this.proven = proven;
            var pair = new DomainPair(DomainName.Parse("p1.example"), DomainName.Parse("edge.example"));
            Outbound = new OutboundNegotiation(new OutboundSettings(new OutboundGoal.Authenticate(pair), ours, originatingKeys));
            var streams = 0;
            Inbound = new InboundNegotiation(new NegotiationSettings(new FakeRules().Partner("p1.example", theirs), new DialbackKeys("secret of edge"),
                () => string.Create(CultureInfo.InvariantCulture, $"s{++streams}"), TlsAvailable: true));
            toInbound = new Wire(Inbound);
            toOutbound = new Wire(Outbound);
        }

        public OutboundNegotiation Outbound { get; }

        public InboundNegotiation Inbound { get; }

        public AuthenticationMethod? Method { get; private set; }

        public void Run()
        {
            Carry(fromInbound: false, Outbound.Start());
            while (inFlight.TryDequeue(out var flight))
                Carry(flight.ToInbound, (flight.ToInbound ? toInbound : toOutbound).Feed(flight.Bytes));
        }

        private void Carry(bool fromInbound, IEnumerable<NegotiationEffect> effects)
        {
            foreach (var effect in effects)
                Carry(fromInbound, effect);
        }

        private void Carry(bool fromInbound, NegotiationEffect effect)
        {
            switch (effect)
            {
                case NegotiationEffect.Send send:
                    inFlight.Enqueue((!fromInbound, send.Xml.ToArray()));
                    break;
                case NegotiationEffect.Close close:
                    inFlight.Enqueue((!fromInbound, close.Farewell.ToArray()));
                    break;
                case NegotiationEffect.StartTls when fromInbound:
                    Inbound.OnTlsEstablished(new FakeCertificate(proven ? "p1.example" : "untrusted"));
                    break;
                case NegotiationEffect.StartTls:
                    Carry(fromInbound: false, Outbound.OnTlsEstablished(new FakeCertificate(proven ? "edge.example" : "untrusted")));
                    break;
                case NegotiationEffect.VerifyKey verify:
                    var valid = originatingKeys.IsValid(verify.Pair.Local, verify.Pair.Remote, verify.StreamId, verify.Key);
                    Carry(fromInbound: true, Inbound.OnVerification(verify.Pair, verify.StreamId, valid ? DialbackOutcome.Valid : DialbackOutcome.Invalid));
                    break;
                case NegotiationEffect.Authenticated authenticated when fromInbound:
                    Method = authenticated.Method;
                    break;
            }
        }
    }
}
