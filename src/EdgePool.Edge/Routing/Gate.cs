using System.Collections.Immutable;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Routing;

/// <summary>What a stream's gate says of the two domains of a stanza: a route, an answer to the sender, or the end of the stream.</summary>
internal readonly record struct Admission
{
    public Route? Route { get; private init; }

    public BounceReason Bounce { get; private init; }

    public StreamErrorCondition? EndsStream { get; private init; }

    public static Admission Allow(Route route) => new() { Route = route };

    public static Admission Refuse(BounceReason reason) => new() { Bounce = reason };

    public static Admission End(StreamErrorCondition condition) => new() { EndsStream = condition };
}

/// <summary>
/// Decides by the domains of <c>from</c> and <c>to</c> what a stream may bring. Immutable: when a stream gains or loses a pair, it gets a new gate.
/// Addresses arrive in canonical form, so two spellings of one domain get one answer.
/// </summary>
internal abstract class Gate(RouteTable routes)
{
    /// <summary>The route from one domain to the other, or <c>remote-server-not-found</c>; none for a domain whose partner policy refuses by now.</summary>
    protected Admission ByRoute(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
        => routes.IsServed(from) && routes.Find(from, to) is { } route ? Admission.Allow(route) : Admission.Refuse(BounceReason.RemoteServerNotFound);

    public abstract Admission Admit(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to);

    /// <summary>The domain in whose name we answer a sender whose target is no address at all; null: the stream may not send for that domain.</summary>
    public abstract DomainName? AnsweringFor(ReadOnlySpan<byte> from);
}

/// <summary>The gate of an S2S stream: what the domain pairs authenticated on it allow (RFC 6120 sections 8.1.1.2 and 8.1.2.2).</summary>
/// <param name="routes">Where stanzas can go.</param>
/// <param name="pairs">The pairs authenticated on the stream.</param>
/// <param name="serves">True for a domain that the listener answers for.</param>
/// <param name="bounceUnserved">
/// An internal server that writes to a domain of no partner gets an answer for that stanza; a partner that writes to a domain which is not ours has its
/// stream ended.
/// </param>
internal sealed class PairGate(RouteTable routes, ImmutableArray<DomainPair> pairs, Func<DomainName, bool> serves, bool bounceUnserved) : Gate(routes)
{
    public override Admission Admit(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        var knownSender = false;
        foreach (var pair in pairs)
        {
            if (!from.SequenceEqual(pair.Remote.Utf8))
                continue;
            knownSender = true;
            if (to.SequenceEqual(pair.Local.Utf8))
                return ByRoute(from, to);
        }

        if (!knownSender)
            return Admission.End(StreamErrorCondition.InvalidFrom);
        if (DomainName.TryParse(to, out var target) && serves(target))
            return Admission.End(StreamErrorCondition.ImproperAddressing);
        return bounceUnserved ? Admission.Refuse(BounceReason.RemoteServerNotFound) : Admission.End(StreamErrorCondition.HostUnknown);
    }

    public override DomainName? AnsweringFor(ReadOnlySpan<byte> from)
    {
        foreach (var pair in pairs)
        {
            if (from.SequenceEqual(pair.Remote.Utf8))
                return pair.Local;
        }

        return null;
    }
}

/// <summary>The gate of a component: it speaks for its own domain alone, to whom there is a route (XEP-0114).</summary>
internal sealed class ComponentGate(RouteTable routes, DomainName component) : Gate(routes)
{
    public override Admission Admit(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
        => from.SequenceEqual(component.Utf8) ? ByRoute(from, to) : Admission.End(StreamErrorCondition.InvalidFrom);

    public override DomainName? AnsweringFor(ReadOnlySpan<byte> from) => from.SequenceEqual(component.Utf8) ? component : null;
}
