using EdgePool.Cluster.Etcd.Messages;
using Google.Protobuf;

namespace EdgePool.Cluster.Consents;

/// <summary>A batch of changes as it waits on a disk and goes to an owner.</summary>
internal static class ConsentCodec
{
    public static byte[] Write(IReadOnlyList<ConsentChange> changes) => new PendingConsents { Changes = { changes.Select(Write) } }.ToByteArray();

    /// <exception cref="InvalidProtocolBufferException">It is no batch.</exception>
    public static ConsentChange[] Read(ReadOnlySpan<byte> batch) => [.. PendingConsents.Parser.ParseFrom(batch).Changes.Select(Read)];

    private static PendingConsent Write(ConsentChange change)
    {
        var (local, remote) = ConsentBatch.Pair(change);
        var written = new PendingConsent { Local = local, Remote = remote, Waited = change.Waited };
        if (change is ConsentChange.Given(var consent))
        {
            written.Given = new ConsentRecord { Partner = consent.Partner, Since = consent.Since.ToUnixTimeMilliseconds() };
        }
        else
        {
            written.RevokedAt = ((ConsentChange.Revoked)change).At.ToUnixTimeMilliseconds();
        }

        return written;
    }

    private static ConsentChange Read(PendingConsent change)
        => change.Given is { } given
            ? new ConsentChange.Given(new Consent(change.Local, change.Remote, given.Partner, DateTimeOffset.FromUnixTimeMilliseconds(given.Since))) { Waited = change.Waited }
            : new ConsentChange.Revoked(change.Local, change.Remote, DateTimeOffset.FromUnixTimeMilliseconds(change.RevokedAt)) { Waited = change.Waited };
}
