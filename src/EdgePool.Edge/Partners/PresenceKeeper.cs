using System.Buffers;
using EdgePool.Cluster.Documents;
using EdgePool.Edge.BackEnds;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Edge.Partners;

/// <summary>
/// Sees to it that no contact stays shown as available: what a partner's users show ours is asked for again before
/// <see cref="Gateway.SubscriptionRefreshInterval"/> ends (a probe from the viewer), and shown as unavailable when that does not help, when policy shuts the
/// contact out, when the partner cannot be reached, or, the other way, when the back end of our own user is gone. Safe from any thread.
/// </summary>
/// <remarks>
/// With a journal that holds over a restart, however the node ended: who was shown before it is asked for at once, and whoever does not answer is shown as unavailable.
/// Without one, what was shown before is remembered by nobody until it is shown again.
/// </remarks>
internal sealed class PresenceKeeper(
    PresenceTable table, PresenceMemory? memory, StanzaPolicy policy, RouteTable routes, ComponentSessions components, Ledger ledger, TimeProvider time, TimeSpan patience)
{
    /// <summary>Probes, and farewells, sent at one <see cref="Tick"/>: what a queue takes easily.</summary>
    public const int AtOnce = 1_000;

    /// <summary>Questions to those who were shown before the start, at one <see cref="Tick"/>: they wait for streams that are not up yet, and leave room for others.</summary>
    public const int RestoredAtOnce = 100;

    private const long Told = long.MinValue;

    // Components that are not connected, and since when; used by Tick alone.
    private readonly Dictionary<DomainName, long> away = [];

    /// <summary>Contacts shown.</summary>
    public int Count => table.Count;

    /// <summary>How the journal of who is shown does; null: there is none.</summary>
    public JournalState? Journal => memory?.State;

    /// <summary>Takes over who was shown before this node started.</summary>
    /// <exception cref="StoreException">The journal cannot be read.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        if (memory is null)
            return;
        await memory.StartAsync(cancellation);
        PolicyChanged(policy.Live.Current);
    }

    /// <summary>Brings the rest to the journal.</summary>
    public Task StopAsync(TimeSpan journalPatience) => memory?.StopAsync(journalPatience) ?? Task.CompletedTask;

    /// <summary>Presence is on its way to whom it is for.</summary>
    public void Note(in Passage passage, in StanzaFrame stanza, JidSpan from, JidSpan to)
    {
        if (passage.Partner is not { } partner || !to.Resource.IsEmpty)
            return;
        var side = SideOf(in passage);
        var addresses = Addresses(side, from, to);
        if (stanza.Type.IsEmpty)
        {
            if (table.Show(side, addresses, partner.Name) is { } evicted && !TrySend(evicted.Contact, evicted.Viewer, "unavailable"u8, out _))
                ledger.ErrorLost();
        }
        else if (stanza.Type.SequenceEqual("unavailable"u8))
        {
            Hide(side, addresses, hasResource: !from.Resource.IsEmpty);
        }
    }

    /// <summary>Presence was refused. Who is shown and says that it leaves, leaves.</summary>
    public void NoteRefused(in Passage passage, in StanzaFrame stanza, JidSpan from, JidSpan to)
    {
        if (!to.Resource.IsEmpty || !stanza.Type.SequenceEqual("unavailable"u8))
            return;
        var side = SideOf(in passage);
        if (from.Resource.IsEmpty)
            table.LeaveAll(side, Addresses(side, from, to));
        else
            table.Leave(side, Addresses(side, from, to));
    }

    // RFC 6121 section 4.3.2: a server answers for a user who has no resource any more with the bare address.
    private void Hide(PresenceSide side, AddressPair addresses, bool hasResource)
    {
        if (hasResource)
            table.Hide(side, addresses);
        else
            table.HideAll(side, addresses);
    }

    /// <summary>The local user's consent is gone: the two see each other no more.</summary>
    public void ConsentGone(byte[] localBare, byte[] remoteBare)
        => table.LeaveWhere(partner: null, shown => shown.LocalBare.SequenceEqual(localBare) && shown.RemoteBare.SequenceEqual(remoteBare));

    /// <summary>That pair's stream did not come up for longer than a stanza waits for it.</summary>
    public void RouteGone(DomainPair pair)
    {
        if (routes.IsLocal(pair.Remote))
            table.LeaveWhere(partner: null, shown => shown.Side == PresenceSide.Outward && Between(shown, pair.Remote, pair.Local));
        else
            table.LeaveWhere(partner: null, shown => shown.Side == PresenceSide.Inward && Between(shown, pair.Local, pair.Remote));
    }

    /// <summary>Another policy is in force: whoever may not be shown any more leaves.</summary>
    public void PolicyChanged(PolicySnapshot now)
    {
        var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
        var presence = new ArrayBufferWriter<byte>();
        var refused = new HashSet<ShownPresence>(ReferenceEqualityComparer.Instance);
        foreach (var shown in table.All(partner: null))
        {
            presence.ResetWrittenCount();
            Write(presence, shown.Contact, shown.Viewer, default);
            if (framer.Read(presence.WrittenSpan, out _, out var stanza) != FrameStatus.Element || policy.Rejudge(now, in stanza).Reason != VerdictReason.Allowed)
                refused.Add(shown);
        }

        if (refused.Count > 0)
            table.LeaveWhere(partner: null, refused.Contains);
    }

    /// <summary>Once a second: asks, says farewell, looks after the back ends.</summary>
    public void Tick()
    {
        var interval = (policy.Live.Current.Gateway ?? Gateway.Default).SubscriptionRefreshInterval;
        foreach (var component in routes.Components)
            LookAfter(component.Pair.Remote);
        foreach (var shown in table.ToConfirm(RestoredAtOnce))
            Confirm(shown);
        table.LeaveUnconfirmed(patience * 2); // a stream to ask on may take that long, and one to answer on
        foreach (var shown in table.ToAsk(interval, AtOnce))
            TrySend(shown.LocalBare, shown.RemoteBare, "probe"u8, out _);
        foreach (var shown in table.ToLeave(interval, AtOnce))
        {
            if (!TrySend(shown.Contact, shown.Viewer, "unavailable"u8, out var worthAnotherTry) && worthAnotherTry)
                table.Return(shown);
        }

        memory?.Wake();
    }

    private void Confirm(ShownPresence shown)
    {
        var inward = shown.Side == PresenceSide.Inward;
        if (inward && DomainName.TryParse(shown.LocalDomain, out var viewers) && routes.Component(viewers) is not null && !components.IsConnected(viewers))
        {
            table.Asked(shown, sent: false); // the answer would reach nobody yet
            return;
        }

        var sent = TrySend(inward ? shown.LocalBare : shown.RemoteBare, inward ? shown.RemoteBare : shown.LocalBare, "probe"u8, out var worthAnotherTry);
        table.Asked(shown, sent || !worthAnotherTry);
    }

    private void LookAfter(DomainName component)
    {
        if (components.IsConnected(component))
        {
            away.Remove(component);
            return;
        }

        if (!away.TryGetValue(component, out var since))
            away[component] = since = time.GetTimestamp();
        if (since == Told || time.GetElapsedTime(since) < patience)
            return;
        away[component] = Told;
        table.LeaveWhere(partner: null, shown => shown.Side == PresenceSide.Outward && shown.LocalDomain.SequenceEqual(component.Utf8));
    }

    private static bool Between(ShownPresence shown, DomainName local, DomainName remote)
        => shown.LocalDomain.SequenceEqual(local.Utf8) && shown.RemoteDomain.SequenceEqual(remote.Utf8);

    private static PresenceSide SideOf(in Passage passage) => passage.Direction == Direction.FromPartner ? PresenceSide.Inward : PresenceSide.Outward;

    private static AddressPair Addresses(PresenceSide side, JidSpan from, JidSpan to)
        => side == PresenceSide.Inward ? new AddressPair(to.Bare, from.Full) : new AddressPair(from.Full, to.Bare);

    // False: it cannot wait there now; there is no use in trying again where no route leads.
    private bool TrySend(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, ReadOnlySpan<byte> type, out bool worthAnotherTry)
    {
        worthAnotherTry = false;
        if (!JidSpan.TryParse(from, out var sender) || !JidSpan.TryParse(to, out var receiver) || routes.Find(sender.Domain, receiver.Domain) is not { } route)
            return false;
        var presence = new ArrayBufferWriter<byte>(64 + from.Length + to.Length);
        Write(presence, from, to, type);
        worthAnotherTry = true;
        if (!route.Queue.EnqueueOwn(presence.WrittenSpan))
            return false;
        ledger.ErrorSent();
        route.Queue.Flush();
        return true;
    }

    private static void Write(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, ReadOnlySpan<byte> type)
    {
        output.Write("<presence from='"u8);
        XmlEscape.WriteAttributeValue(output, from);
        output.Write("' to='"u8);
        XmlEscape.WriteAttributeValue(output, to);
        if (!type.IsEmpty)
        {
            output.Write("' type='"u8);
            output.Write(type);
        }

        output.Write("'/>"u8);
    }
}
