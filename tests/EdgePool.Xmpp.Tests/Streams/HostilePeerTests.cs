using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

// Whatever a peer sends in whatever order: nothing throws, nothing is authenticated without proof, nothing comes after the close.
public class HostilePeerTests
{
    private const int Sequences = 10_000;

    private static readonly StreamHeader[] Headers =
    [
        .. new[]
        {
            "<stream:stream from='p1.example' to='edge.example' version='1.0'>",
            "<stream:stream from='p2.example' to='edge.example' version='1.0'>",
            "<stream:stream to='edge.example' version='1.0'>",
            "<stream:stream from='p1.example' to='edge2.example'>",
            "<stream:stream id='R' from='p1.example' version='1.0'>",
            "<stream:stream id='R' from='p1.example'>",
        }.Select(h => Transcript.ReadHeader(h)),
    ];

    private static readonly XmlElement[] Elements =
    [
        .. new[]
        {
            "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>",
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'/>",
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>cDEuZXhhbXBsZQ==</auth>",
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'/>",
            "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>=</response>",
            "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
            "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
            "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
            "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>",
            "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
            "<db:result from='p1.example' to='edge.example'>KEY</db:result>",
            "<db:result from='p2.example' to='edge.example'>KEY</db:result>",
            "<db:result from='p1.example' to='edge.example' type='valid'/>",
            "<db:result from='p2.example' to='edge.example' type='valid'/>",
            "<db:verify from='p1.example' to='edge.example' id='s1' type='valid'/>",
            "<db:verify from='p1.example' to='edge.example' id='s1'>KEY</db:verify>",
            "<stream:features/>",
            "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
            "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>",
            "<bidi xmlns='urn:xmpp:bidi'/>",
            "<x xmlns='urn:x'/>",
        }.Select(x => Transcript.ReadElement(x)),
    ];

    // Those that an honest peer would make: so that the sequences get somewhere.
    private static readonly XmlElement[] Moves = [Elements[0], Elements[1], Elements[2], Elements[5], Elements[12], Elements[16], Elements[18], Elements[19]];

    private static readonly string[] AllTerms = ["any", "sasl", "sasl+tls-dialback", "tls-dialback", "tcp-dialback", "trusted-tls-dialback", "dialback-by-certificate"];

    [Fact]
    public void Inbound_AnySequenceWithoutProof_NothingAuthenticated()
    {
        var random = new Random(1);
        for (var i = 0; i < Sequences; i++)
        {
            var terms = Terms.Parse(AllTerms[random.Next(AllTerms.Length)]);
            var dialogue = new InboundDialogue(new FakeRules().Partner("p1.example", terms).Partner("p2.example", terms), directTls: random.Next(2) == 0);
            var stream = dialogue.Negotiation;
            Play(random, () => stream.State is InboundState.Closed, () => stream.State is InboundState.AwaitingHeader or InboundState.AwaitingRestart, () => stream.State is InboundState.AwaitingTls,
                stream.OnHeader, stream.OnElement, effect => stream.OnVerification(effect.Pair, effect.StreamId,
                    random.Next(2) == 0 ? DialbackOutcome.Invalid : DialbackOutcome.Error(StanzaErrorCondition.RemoteServerTimeout)),
                () => stream.OnTlsEstablished(new FakeCertificate(random.Next(2) == 0 ? "untrusted" : "p3.example")));
            Assert.Empty(stream.Pairs);
        }
    }

    [Fact]
    public void Inbound_AnySequenceWithProofOfOne_OnlyThatOne()
    {
        var random = new Random(2);
        var proofs = 0;
        for (var i = 0; i < Sequences; i++)
        {
            var terms = Terms.Parse(AllTerms[random.Next(AllTerms.Length)]);
            var stream = new InboundDialogue(new FakeRules().Partner("p1.example", terms).Partner("p2.example", terms), directTls: random.Next(2) == 0).Negotiation;
            Play(random, () => stream.State is InboundState.Closed, () => stream.State is InboundState.AwaitingHeader or InboundState.AwaitingRestart, () => stream.State is InboundState.AwaitingTls,
                stream.OnHeader, stream.OnElement, effect => stream.OnVerification(effect.Pair, effect.StreamId,
                    effect.Pair.Remote.Ascii is "p2.example" ? DialbackOutcome.Valid : DialbackOutcome.Invalid),
                () => stream.OnTlsEstablished(new FakeCertificate("p2.example")));
            Assert.All(stream.Pairs, p => Assert.Equal("p2.example", p.Remote.Ascii));
            proofs += stream.Pairs.Count;
        }

        Assert.True(proofs > 100, $"the sequences reach authentication: {proofs}");
    }

    [Fact]
    public void Outbound_AnySequenceFromAnotherServer_NothingAuthenticated()
    {
        var random = new Random(3);
        var pair = new DomainPair(DomainName.Parse("edge.example"), DomainName.Parse("p4.example")); // for whom nobody in the vocabulary speaks
        for (var i = 0; i < Sequences; i++)
        {
            var terms = Terms.Parse(AllTerms[random.Next(AllTerms.Length)]);
            var stream = new OutboundNegotiation(new OutboundSettings(new OutboundGoal.Authenticate(pair), terms, new DialbackKeys("x"), random.Next(2) == 0));
            stream.Start();
            Play(random, () => stream.State is OutboundState.Closed, () => stream.State is OutboundState.AwaitingHeader, () => stream.State is OutboundState.AwaitingTls,
                stream.OnHeader, stream.OnElement, _ => [], () => stream.OnTlsEstablished(new FakeCertificate("p1.example")));
            Assert.NotEqual(OutboundState.Authenticated, stream.State);
        }
    }

    private static void Play(
        Random random,
        Func<bool> closed,
        Func<bool> headerDue,
        Func<bool> tlsDue,
        Func<StreamHeader, IReadOnlyList<NegotiationEffect>> onHeader,
        Func<XmlElement, IReadOnlyList<NegotiationEffect>> onElement,
        Func<NegotiationEffect.VerifyKey, IReadOnlyList<NegotiationEffect>> onVerify,
        Func<IReadOnlyList<NegotiationEffect>> onTls)
    {
        var asked = new Queue<NegotiationEffect.VerifyKey>();
        for (var step = 0; step < 12; step++)
        {
            var wasClosed = closed();
            var effects = random.Next(10) switch
            {
                < 9 when tlsDue() => onTls(),
                < 4 when asked.TryDequeue(out var verify) => onVerify(verify),
                < 9 when headerDue() => onHeader(Headers[random.Next(Headers.Length)]),
                < 7 => onElement(Moves[random.Next(Moves.Length)]),
                _ => onElement(Elements[random.Next(Elements.Length)]),
            };
            Assert.False(wasClosed && effects.Count > 0, "something after the close");
            Assert.True(effects.OfType<NegotiationEffect.Close>().Count() <= 1 && (!effects.OfType<NegotiationEffect.Close>().Any() || effects[^1] is NegotiationEffect.Close));
            foreach (var verify in effects.OfType<NegotiationEffect.VerifyKey>())
                asked.Enqueue(verify);
        }
    }
}
