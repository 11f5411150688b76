using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using Xunit;

namespace EdgePool.Policy.Tests.Verdicts;

/// <summary>Counts what verdicts allocate on this thread.</summary>
internal static class VerdictAllocations
{
    private const int Times = 2_000;

    /// <summary>Bytes for many verdicts on messages, presence and requests in both directions, all of which pass.</summary>
    public static long Measure(PolicySnapshot snapshot)
        => Of(snapshot, "<message type='chat' id='1'><body>x</body></message>"u8)
            + Of(snapshot, "<message type='chat' id='1'><body>x</body><active xmlns='http://jabber.org/protocol/chatstates'/><delay xmlns='urn:xmpp:delay' from='p.example'/></message>"u8)
            + Of(snapshot, "<presence><show>away</show><status>gone</status><c xmlns='http://jabber.org/protocol/caps'/></presence>"u8)
            + Of(snapshot, "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"u8);

    private static long Of(PolicySnapshot snapshot, ReadOnlySpan<byte> stanza)
    {
        var framer = StreamFramer.Inside(ContentNamespace.Server, FramerLimits.Authenticated);
        Assert.Equal(FrameStatus.Element, framer.Read(stanza, out _, out var frame));
        Assert.True(JidSpan.TryParse("alice@contoso.example/desk"u8, out var local) & JidSpan.TryParse("bob@p.example/phone"u8, out var remote));
        var before = 0L;
        for (var i = 0; i < Times; i++)
        {
            // The first half warms up.
            before = i == Times / 2 ? GC.GetAllocatedBytesForCurrentThread() : before;
            var partner = snapshot.Find(remote.Domain)!;
            if (!snapshot.Judge(Direction.FromPartner, partner, in frame, in local, in remote, Everybody.Instance).Passes
                || !snapshot.Judge(Direction.ToPartner, partner, in frame, in local, in remote, Everybody.Instance).Passes)
                return long.MaxValue;
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private sealed class Everybody : IConsents
    {
        public static readonly Everybody Instance = new();

        public bool Has(ReadOnlySpan<byte> localBare, ReadOnlySpan<byte> remoteBare) => true;
    }
}
