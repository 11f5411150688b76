using System.Buffers;
using System.Buffers.Binary;
using EdgePool.Edge.Routing;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Peers;

/// <summary>
/// The stanzas between this node and one other, over all links to it, one after the other. On each link both sides say <c>Begin: session u64</c>; to that each answers
/// <c>Channel: connected u8 | taken u32 | name</c> for each local domain, whether its back end is connected or in reach and how many stanzas have come for it; the same for each channel on which stanzas
/// for partners have come; and <c>Ready: known u8</c>: whether it has counted in that session before. What it has not, goes again; where it has not counted, what was under way is lost, for nobody can
/// say what became of it. A channel to a partner begins with its first stanzas, and ends with <c>Over: name</c>, to which <c>Channel</c> with 0 asks the side that sends.
/// </summary>
/// <remarks>
/// Links follow each other without overlap: <see cref="Begin"/>, then <see cref="Take"/> on the one reading path, then <see cref="End"/>. <see cref="GiveUp"/> does nothing
/// while there is a link. No stanza is sent before the other side is ready, and nothing acknowledged before it is heard.
/// </remarks>
internal sealed class PeerStanzas(string node, LinkedStanzas all)
{
    /// <summary>Channels to partners at one time; of the other side's, twice as many, for it hears late that one is over.</summary>
    public const int MostToPartners = 1024;

    private const int HeadBytes = 1 + sizeof(uint);

    private readonly Lock gate = new();
    private readonly Dictionary<ChannelName, OutboundChannel> outbound = [];
    private readonly Dictionary<ChannelName, InboundChannel> inbound = [];
    private readonly Dictionary<ChannelName, (bool Connected, uint Taken)> told = [];
    private volatile OutboundChannel[] sending = [];
    private volatile InboundChannel[] receiving = [];
    private volatile PeerLink? link;
    private volatile bool heard;
    private volatile bool ready;
    private Action? kick;
    private ulong session = all.NewSession();
    private ulong? theirs;
    private uint last;
    private int turn;
    private bool retired;

    /// <summary>The node is of another pool: it gets what this pool cannot deliver.</summary>
    public bool OfOtherPool { get; set; }

    /// <summary>A link is there, and nothing is read from it yet.</summary>
    public void Begin(PeerLink made)
    {
        lock (gate)
        {
            (link, kick) = (made, made.Wake);
            told.Clear();
            Span<byte> body = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(body, session);
            made.TrySend(FrameKind.Begin, body);
        }
    }

    /// <summary>The link is gone, and nobody reads or writes on it any more.</summary>
    public void End()
    {
        bool over;
        lock (gate)
        {
            (link, heard, ready, over) = (null, false, false, retired);
            foreach (var channel in outbound.Values)
                channel.Route.Queue.Detach(kick!);
        }

        if (over)
            Retire();
    }

    /// <summary>No link has come in time, or none will: what waits is answered, and so is what was under way, which may have arrived.</summary>
    public void GiveUp()
    {
        lock (gate)
        {
            if (link is not null)
                return;
            session++;
        }

        foreach (var channel in sending)
        {
            Close(channel);
            all.Lost(node, channel.Lose());
            Settle(channel);
        }
    }

    /// <summary>The node is no more.</summary>
    public void Retire()
    {
        lock (gate)
        {
            retired = true;
            if (link is not null)
                return; // its end goes on
        }

        GiveUp();
        foreach (var channel in sending)
            all.Routes.Release(channel.Route);
    }

    /// <summary>
    /// What waits on a partner's route goes over this link from now on, until <see cref="Drop"/> or the end of the node; null: there is no link, or it carries too many, or something waits that
    /// has come over a link itself.
    /// </summary>
    /// <param name="route">The route.</param>
    /// <param name="over">Called when it is free again.</param>
    public OutboundChannel? TryCarry(Route route, Action over)
    {
        lock (gate)
        {
            if (!ready || retired || outbound.Keys.Count(IsToPartner) >= MostToPartners)
                return null;
            var channel = new OutboundChannel(new ChannelName(route.Pair.Remote, route.Pair.Local, ++last), route, all.Bouncer, all.Ledger) { Over = over };
            if (!route.Queue.TryHold(channel))
                return null;
            outbound.Add(channel.Name, channel);
            sending = [.. sending, channel];
            route.Queue.Attach(kick!);
            return channel;
        }
    }

    /// <summary>The channel takes nothing more; it is over when all that it took has ended.</summary>
    public void Drop(OutboundChannel channel)
    {
        channel.Close();
        Settle(channel);
    }

    /// <summary>See <see cref="LinkedStanzas.Changed"/>.</summary>
    public void Changed(DomainName component)
    {
        lock (gate)
        {
            if (heard)
                Tell(new ChannelName(component));
        }
    }

    /// <summary>This node leaves service: what the other one sends to partners over it, it is to send another way.</summary>
    public void Leave()
    {
        lock (gate)
        {
            if (heard)
                TellOfPartners();
        }
    }

    /// <summary>Takes a frame; false: it is none of these, or broken, or out of turn.</summary>
    public bool Take(FrameKind kind, ReadOnlySpan<byte> body) => kind switch
    {
        FrameKind.Begin when !heard && body.Length == sizeof(ulong) => OnBegin(BinaryPrimitives.ReadUInt64BigEndian(body)),
        FrameKind.Channel when body.Length > HeadBytes => OnChannel(body[0] != 0, BinaryPrimitives.ReadUInt32BigEndian(body[1..]), body[HeadBytes..]),
        FrameKind.Ready when !ready && body.Length == 1 => OnReady(known: body[0] != 0),
        FrameKind.Stanzas when heard && body.Length > sizeof(ushort) && BinaryPrimitives.ReadUInt16BigEndian(body) is var length && body.Length > sizeof(ushort) + length + sizeof(uint)
            => OnStanzas(body.Slice(sizeof(ushort), length), body[(sizeof(ushort) + length)..]),
        FrameKind.Handled when ready && body.Length > sizeof(uint) => OnHandled(BinaryPrimitives.ReadUInt32BigEndian(body), body[sizeof(uint)..]),
        FrameKind.Over when heard => OnOver(body),
        _ => false,
    };

    /// <summary>Writes what is due: everything that is handled, or one frame of stanzas, each channel in its turn.</summary>
    public bool TryCompose(ArrayBufferWriter<byte> output)
    {
        var any = false;
        if (heard)
        {
            foreach (var channel in receiving)
                any |= channel.TryCompose(output);
        }

        if (any || !ready)
            return any;
        var channels = sending;
        for (var i = 0; i < channels.Length; i++)
        {
            var at = (turn + i) % channels.Length;
            if (!channels[at].TryCompose(output))
                continue;
            turn = at + 1;
            return true;
        }

        return false;
    }

    private bool OnBegin(ulong number)
    {
        lock (gate)
        {
            var known = number == theirs;
            if (!known)
            {
                inbound.Clear();
                receiving = [];
            }

            theirs = number;
            foreach (var domain in all.Routes.LocalDomains)
                Tell(new ChannelName(domain));
            TellOfPartners();
            link!.TrySend(FrameKind.Ready, [known ? (byte)1 : (byte)0]);
            heard = true;
        }

        foreach (var channel in receiving)
            channel.Resume();
        return true;
    }

    private static bool IsToPartner(ChannelName name) => name.From is not null;

    private void TellOfPartners()
    {
        foreach (var channel in inbound.Keys.Where(IsToPartner))
            Tell(channel);
    }

    /// <summary>What does not fit on the link ends it: the other side does not read.</summary>
    private void Tell(ChannelName name)
    {
        var taken = inbound.GetValueOrDefault(name)?.Taken ?? 0;
        Span<byte> head = stackalloc byte[HeadBytes];
        head[0] = (name.From is null ? all.IsHere(name.To) : !all.IsLeaving) ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(head[1..], taken);
        if (!link!.TrySend(FrameKind.Channel, head, name.Utf8.Span))
            link.Cut("it does not read");
    }

    private bool OnChannel(bool connected, uint taken, ReadOnlySpan<byte> called)
    {
        if (ChannelName.Read(called) is not { } name || (name.From is not null && told.Count > all.Routes.LocalDomains.Count() + (2 * MostToPartners)))
            return false;
        if (name.From is null && !all.Routes.IsLocal(name.To))
            return true; // no concern of this node's: its configuration is another
        if (ready)
            Apply(name, connected);
        else
            told[name] = (connected, taken);
        return true;
    }

    private bool OnReady(bool known)
    {
        var channels = sending;
        foreach (var channel in channels)
        {
            if (!known)
                all.Lost(node, channel.Lose());
            else if (!channel.Resume(told.GetValueOrDefault(channel.Name).Taken))
                return Forget();
        }

        foreach (var (name, (connected, _)) in told)
            Apply(name, connected);
        foreach (var channel in channels)
        {
            if (channel.Name.From is null && !told.ContainsKey(channel.Name))
                Close(channel);
        }

        lock (gate)
        {
            foreach (var channel in channels.Where(static channel => channel is { Name.From: not null, IsClosed: false }))
                channel.Route.Queue.Attach(kick!);
            ready = true;
        }

        Array.ForEach(channels, Settle);
        link?.Wake();
        return true;
    }

    /// <summary>The two do not agree on what was sent: the next link begins anew.</summary>
    private bool Forget()
    {
        lock (gate)
            session++;
        return false;
    }

    private void Apply(ChannelName name, bool connected)
    {
        OutboundChannel? channel;
        lock (gate)
        {
            channel = outbound.GetValueOrDefault(name);
            if (name.From is not null && channel is null)
                link?.TrySend(FrameKind.Over, name.Utf8.Span);
            if (channel is null)
            {
                if (!connected || name.From is not null)
                    return;
                channel = new OutboundChannel(name, all.Routes.ToPeer(name.To), all.Bouncer, all.Ledger);
                outbound.Add(name, channel);
                sending = [.. sending, channel];
            }
        }

        if (!connected)
        {
            Close(channel);
            Settle(channel);
        }

        if (!connected || name.From is not null)
            return;
        channel.Route.Queue.Attach(kick!);
        all.Detour.Enter(node, channel.Route, OfOtherPool);
    }

    /// <summary>
    /// The back end is not there: what waits for it goes where else it is, or is answered; what is under way is the other node's to answer. What waits for a partner waits for another way.
    /// </summary>
    private void Close(OutboundChannel channel)
    {
        if (channel.Name.From is null)
            all.Detour.LeaveNode(channel.Route);
        else
            channel.Close();
    }

    /// <summary>A channel to a partner that is over is forgotten, and its route is free.</summary>
    private void Settle(OutboundChannel channel)
    {
        if (channel.Name.From is null || !channel.IsOver)
            return;
        lock (gate)
        {
            if (!outbound.Remove(channel.Name))
                return;
            sending = Array.FindAll(sending, other => !ReferenceEquals(other, channel));
            link?.TrySend(FrameKind.Over, channel.Name.Utf8.Span);
        }

        channel.Route.Queue.Detach(kick!);
        channel.Route.Queue.Free(channel);
        channel.Over?.Invoke();
    }

    private bool OnStanzas(ReadOnlySpan<byte> name, ReadOnlySpan<byte> rest)
        => Inbound(name) is { } channel && channel.Take(BinaryPrimitives.ReadUInt32BigEndian(rest), rest[sizeof(uint)..]);

    /// <summary>The channel of that name; null: it leads to no back end of ours, or from none, or there are too many.</summary>
    private InboundChannel? Inbound(ReadOnlySpan<byte> called)
    {
        foreach (var known in receiving)
        {
            if (called.SequenceEqual(known.Name.Utf8.Span))
                return known;
        }

        if (ChannelName.Read(called) is not { } name || !all.Routes.IsLocal(name.From ?? name.To) || (IsToPartner(name) && receiving.Count(static channel => IsToPartner(channel.Name)) >= 2 * MostToPartners))
            return null;
        var channel = new InboundChannel(name, all.Routes, all.Bouncer, all.Ledger, () => link?.Wake());
        lock (gate)
            inbound.Add(name, channel);
        receiving = [.. receiving, channel];
        return channel;
    }

    private bool OnOver(ReadOnlySpan<byte> called)
    {
        if (ChannelName.Read(called) is not { From: not null } name)
            return false;
        lock (gate)
            inbound.Remove(name);
        receiving = Array.FindAll(receiving, channel => !channel.Name.Equals(name));
        return true;
    }

    private bool OnHandled(uint h, ReadOnlySpan<byte> name)
    {
        foreach (var channel in sending)
        {
            if (!name.SequenceEqual(channel.Name.Utf8.Span))
                continue;
            if (!channel.Acknowledge(h))
                return false;
            Settle(channel);
            link?.Wake(); // the window is open again
            return true;
        }

        return ChannelName.Read(name) is { From: not null }; // of a channel that is over: it was said twice
    }
}
