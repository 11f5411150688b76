using System.Buffers;
using System.Buffers.Binary;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Peers;

/// <summary>
/// The stanzas between this node and one other, over all links to it, one after the other. On each link both sides say <c>Begin: session u64</c>; to that each answers
/// <c>BackEnd: connected u8 | taken u32 | domain</c> for each local domain, whether its back end is connected or in reach and how many stanzas have come for it, and <c>Ready: known u8</c>: whether it has
/// counted in that session before. What it has not, goes again; where it has not counted, what was under way is lost, for nobody can say what became of it.
/// </summary>
/// <remarks>
/// Links follow each other without overlap: <see cref="Begin"/>, then <see cref="Take"/> on the one reading path, then <see cref="End"/>. <see cref="GiveUp"/> does nothing
/// while there is a link. No stanza is sent before the other side is ready, and nothing acknowledged before it is heard.
/// </remarks>
internal sealed class PeerStanzas(string node, LinkedStanzas all)
{
    private const int BackEndBytes = 1 + sizeof(uint);

    private readonly Lock gate = new();
    private readonly Dictionary<DomainName, OutboundChannel> outbound = new(DomainNameComparer.Instance);
    private readonly Dictionary<DomainName, InboundChannel> inbound = new(DomainNameComparer.Instance);
    private readonly Dictionary<DomainName, (bool Connected, uint Taken)> told = new(DomainNameComparer.Instance);
    private volatile OutboundChannel[] sending = [];
    private volatile InboundChannel[] receiving = [];
    private volatile PeerLink? link;
    private volatile bool heard;
    private volatile bool ready;
    private Action? kick;
    private ulong session = all.NewSession();
    private ulong? theirs;
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
        bool last;
        lock (gate)
        {
            (link, heard, ready, last) = (null, false, false, retired);
            foreach (var channel in outbound.Values)
                channel.Route.Queue.Detach(kick!);
        }

        if (last)
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

    /// <summary>See <see cref="LinkedStanzas.Changed"/>.</summary>
    public void Changed(DomainName component)
    {
        lock (gate)
        {
            if (heard)
                Tell(component);
        }
    }

    /// <summary>Takes a frame; false: it is none of these, or broken, or out of turn.</summary>
    public bool Take(FrameKind kind, ReadOnlySpan<byte> body) => kind switch
    {
        FrameKind.Begin when !heard && body.Length == sizeof(ulong) => OnBegin(BinaryPrimitives.ReadUInt64BigEndian(body)),
        FrameKind.BackEnd when body.Length > BackEndBytes => OnBackEnd(body[0] != 0, BinaryPrimitives.ReadUInt32BigEndian(body[1..]), body[BackEndBytes..]),
        FrameKind.Ready when !ready && body.Length == 1 => OnReady(known: body[0] != 0),
        FrameKind.Stanzas when heard && body.Length > 0 && body.Length > 1 + body[0] + sizeof(uint) => OnStanzas(body.Slice(1, body[0]), body[(1 + body[0])..]),
        FrameKind.Handled when ready && body.Length > sizeof(uint) => OnHandled(BinaryPrimitives.ReadUInt32BigEndian(body), body[sizeof(uint)..]),
        _ => false,
    };

    /// <summary>Writes what is due: everything that is handled, or one frame of stanzas, each component in its turn.</summary>
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
                Tell(domain);
            link!.TrySend(FrameKind.Ready, [known ? (byte)1 : (byte)0]);
            heard = true;
        }

        foreach (var channel in receiving)
            channel.Resume();
        return true;
    }

    /// <summary>What does not fit on the link ends it: the other side does not read.</summary>
    private void Tell(DomainName component)
    {
        var taken = inbound.GetValueOrDefault(component)?.Taken ?? 0;
        Span<byte> head = stackalloc byte[BackEndBytes];
        head[0] = all.IsHere(component) ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(head[1..], taken);
        if (!link!.TrySend(FrameKind.BackEnd, head, component.Utf8))
            link.Cut("it does not read");
    }

    private bool OnBackEnd(bool connected, uint taken, ReadOnlySpan<byte> domain)
    {
        if (!DomainName.TryParse(domain, out var backEnd) || !all.Routes.IsLocal(backEnd))
            return true; // no concern of this node's: its configuration is another
        if (ready)
            Apply(backEnd, connected);
        else
            told[backEnd] = (connected, taken);
        return true;
    }

    private bool OnReady(bool known)
    {
        foreach (var (component, channel) in outbound)
        {
            if (!known)
                all.Lost(node, channel.Lose());
            else if (!channel.Resume(told.GetValueOrDefault(component).Taken))
                return Forget();
        }

        foreach (var (component, (connected, _)) in told)
            Apply(component, connected);
        foreach (var (component, channel) in outbound)
        {
            if (!told.ContainsKey(component))
                Close(channel);
        }

        ready = true;
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

    private void Apply(DomainName component, bool connected)
    {
        if (!outbound.TryGetValue(component, out var channel))
        {
            if (!connected)
                return;
            channel = new OutboundChannel(all.Routes.ToPeer(component), all.Bouncer, all.Ledger);
            lock (gate)
                outbound.Add(component, channel);
            sending = [.. sending, channel];
        }

        if (!connected)
        {
            Close(channel);
            return;
        }

        channel.Route.Queue.Attach(kick!);
        all.Routes.Elsewhere.Add(node, channel.Route, OfOtherPool);
    }

    /// <summary>The back end is not there: what waits for it goes where else it is, or is answered; what is under way is the other node's to answer.</summary>
    private void Close(OutboundChannel channel) => all.Detour.LeaveNode(channel.Route);

    private bool OnStanzas(ReadOnlySpan<byte> domain, ReadOnlySpan<byte> rest)
        => Inbound(domain) is { } channel && channel.Take(BinaryPrimitives.ReadUInt32BigEndian(rest), rest[sizeof(uint)..]);

    /// <summary>The channel of a local domain; null: it is none of ours.</summary>
    private InboundChannel? Inbound(ReadOnlySpan<byte> domain)
    {
        foreach (var known in receiving)
        {
            if (domain.SequenceEqual(known.Domain.Utf8))
                return known;
        }

        if (!DomainName.TryParse(domain, out var backEnd) || !all.Routes.IsLocal(backEnd))
            return null;
        var channel = new InboundChannel(backEnd, all.Routes, all.Bouncer, all.Ledger, () => link?.Wake());
        lock (gate)
            inbound.Add(backEnd, channel);
        receiving = [.. receiving, channel];
        return channel;
    }

    private bool OnHandled(uint h, ReadOnlySpan<byte> domain)
    {
        foreach (var channel in sending)
        {
            if (!domain.SequenceEqual(channel.Route.Pair.Remote.Utf8))
                continue;
            if (!channel.Acknowledge(h))
                return false;
            link?.Wake(); // the window is open again
            return true;
        }

        return false;
    }
}
