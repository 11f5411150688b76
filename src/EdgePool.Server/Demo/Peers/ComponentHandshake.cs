using System.Text;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Components;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Demo.Peers;

/// <summary>The component's own side of XEP-0114: header, handshake, and the server's empty handshake back.</summary>
internal sealed class ComponentHandshake(DomainName domain, string secret) : IStreamNegotiation
{
    private const string Namespace = "jabber:component:accept";

    /// <summary>Our header.</summary>
    public IReadOnlyList<NegotiationEffect> Start() =>
        [Send($"<?xml version='1.0'?><stream:stream xmlns='{Namespace}' xmlns:stream='http://etherx.jabber.org/streams' to='{domain.Unicode}'>")];

    public IReadOnlyList<NegotiationEffect> OnHeader(StreamHeader header)
        => header.Id is { } id
            ? [Send($"<handshake>{ComponentNegotiation.Handshake(id, secret)}</handshake>")]
            : Close(StreamEndReason.MalformedStream, error: null, "a header without 'id'");

    public IReadOnlyList<NegotiationEffect> OnElement(XmlElement element)
        => element.Is("handshake", Namespace)
            ? [new NegotiationEffect.Authenticated(new DomainPair(domain, domain), AuthenticationMethod.ComponentHandshake)]
            : Close(StreamEndReason.StreamErrorReceived, error: null, element.Content.OfType<XmlElement>().FirstOrDefault()?.Name ?? element.Name);

    public IReadOnlyList<NegotiationEffect> OnViolation(FramingViolation violation)
        => Close(StreamEndReason.MalformedStream, new StreamError(violation.Condition), violation.Detail);

    public IReadOnlyList<NegotiationEffect> Close(StreamEndReason reason, StreamError? error, string detail) =>
        [new NegotiationEffect.Close(reason, error, detail) { Farewell = "</stream:stream>"u8.ToArray() }];

    private static NegotiationEffect.Send Send(string xml) => new(Encoding.UTF8.GetBytes(xml));
}
