using System.Text;
using EdgePool.Edge;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Server.Management.Documents;

/// <summary>Asks the policy in force about a stanza, and adds the way that it would take from this node.</summary>
internal sealed class Decision(EdgeNode node, IConsents consents)
{
    /// <summary>The decision part by part.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="stanza">The stanza; its own addresses are not looked at.</param>
    public Explanation Explain(PolicySnapshot policy, Jid from, Jid to, in StanzaFrame stanza)
    {
        var fromUs = policy.IsLocal(from.Domain);
        if (fromUs == policy.IsLocal(to.Domain))
        {
            return policy.Explain(from, to, StanzaKind.Message, consents);
        }

        var (local, remote) = fromUs ? (from, to) : (to, from);
        var direction = fromUs ? Direction.ToPartner : Direction.FromPartner;
        if (!JidSpan.TryParse(Encoding.UTF8.GetBytes(local.Unicode), out var localSpan) || !JidSpan.TryParse(Encoding.UTF8.GetBytes(remote.Unicode), out var remoteSpan))
        {
            throw new InvalidOperationException("a canonical address does not read back");
        }

        var explained = policy.Explain(direction, policy.Find(remote.Domain), in stanza, localSpan, remoteSpan, consents);
        return explained with { Parts = [.. explained.Parts, new ExplanationPart("route", Route(direction, local.Domain, remote.Domain), VerdictReason.Allowed, Document: null, Version: null)] };
    }

    private string Route(Direction direction, DomainName local, DomainName remote)
    {
        var way = direction is Direction.ToPartner
            ? Find(stream => stream.Kind is StreamKind.PartnerOutbound && stream.Pairs.Contains(new DomainPair(local, remote)))
            : Find(stream => IsBackEndOf(stream, local));
        return (way, direction) switch
        {
            ({ } stream, _) => FormattableString.Invariant($"stream {stream.Number} to {stream.Peer}, {stream.Kind}, TLS {stream.Tls}"),
            (null, Direction.ToPartner) => $"no stream to {remote} at the moment: one is opened when a stanza comes",
            _ => $"no back end of {local} is connected at the moment",
        };
    }

    private static bool IsBackEndOf(StreamInfo stream, DomainName local)
        => stream.Kind is StreamKind.Component or StreamKind.InternalOutbound && stream.Pairs.Any(pair => pair.Remote.Equals(local) || pair.Local.Equals(local));

    private StreamInfo? Find(Predicate<StreamInfo> wanted) => node.Streams.All.FirstOrDefault(stream => stream.State is "established" && wanted(stream));
}
