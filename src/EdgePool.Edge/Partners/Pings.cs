using System.Collections.Concurrent;
using System.Text;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Streams;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Partners;

/// <summary>
/// Our own pings to partners' servers (XEP-0199) and their answers, which end here: one outstanding for each pair of domains. An answer counts only with the
/// id that was sent, from the very domain that was asked to the one that asked, as the result or error of an <c>iq</c>; who may send for a domain is the stream's gate's business.
/// </summary>
internal sealed class Pings(RouteTable routes)
{
    private readonly ConcurrentDictionary<DomainPair, string> outstanding = new();

    /// <summary>Pings that wait for their answer.</summary>
    public int Outstanding => outstanding.Count;

    /// <summary>Asks the pair's remote server, if a stream of ours to it is up; false when none is.</summary>
    public bool TrySend(DomainPair pair)
    {
        if (routes.Known(pair) is not { Queue.HasStream: true } route)
            return false;
        var id = StreamIds.New();
        outstanding[pair] = id;
        if (!route.Queue.EnqueueOwn(Encoding.UTF8.GetBytes($"<iq type='get' id='{id}' from='{Text(pair.Local)}' to='{Text(pair.Remote)}'><ping xmlns='urn:xmpp:ping'/></iq>")))
            return false;
        route.Queue.Flush();
        return true;
    }

    /// <summary>The pair has no stream any more that an answer could come on.</summary>
    public void Forget(DomainPair pair) => outstanding.TryRemove(pair, out _);

    /// <summary>True when a stanza is the answer to a ping of ours, which is outstanding no longer: nobody else is to have it.</summary>
    public bool Takes(in StanzaFrame stanza, in JidSpan from, in JidSpan to)
    {
        if (stanza.Kind != StanzaKind.Iq || !IsDomain(from) || !IsDomain(to) || !IsAnswer(stanza.Type))
            return false;
        if (!DomainName.TryParse(from.Domain, out var remote) || !DomainName.TryParse(to.Domain, out var local))
            return false;
        var pair = new DomainPair(local, remote);
        return outstanding.TryGetValue(pair, out var id)
            && stanza.Id.SequenceEqual(Encoding.ASCII.GetBytes(id))
            && outstanding.TryRemove(new KeyValuePair<DomainPair, string>(pair, id));
    }

    private static string Text(DomainName domain) => Encoding.UTF8.GetString(domain.Utf8);

    private static bool IsDomain(JidSpan jid) => jid.Full.Length == jid.Domain.Length;

    private static bool IsAnswer(ReadOnlySpan<byte> type) => type.SequenceEqual("result"u8) || type.SequenceEqual("error"u8);
}
