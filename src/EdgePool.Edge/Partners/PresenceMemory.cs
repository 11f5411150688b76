using System.Text;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Presences;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Addressing;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Partners;

/// <summary>Between a <see cref="PresenceTable"/> and the journal that outlives the node: what was shown before is restored at the start, what changes is written down.</summary>
/// <remarks>Not guaranteed: what changed in the last second or two before the node lost power.</remarks>
internal sealed class PresenceMemory(IPresenceJournal journal, PresenceTable table, RouteTable routes, TimeProvider time, Random random, ILogger log)
{
    private readonly JournalWriter<PresenceChange> writer = new(
        table, journal.AppendShownAsync, new JournalMessages(PresenceLog.PresencesNotWritten, PresenceLog.PresencesWritten, PresenceLog.PresencesLost), time, random, log);

    /// <summary>How the journal does.</summary>
    public JournalState State => writer.State;

    /// <summary>Takes over what the journal holds, and writes from now on.</summary>
    /// <exception cref="StoreException">The journal cannot be read.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await foreach (var presence in journal.ReadShownAsync(cancellation))
            Restore(presence);
        PresenceLog.PresencesRestored(log, table.Count);
        writer.Start();
    }

    /// <summary>Writes what changed since.</summary>
    public void Wake()
    {
        if (table.Pending > 0)
            writer.Wake();
    }

    /// <summary>Writes the rest, for at most <paramref name="patience"/>.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        await writer.StopAsync(patience);
        await writer.DisposeAsync();
    }

    // A component need not answer for its users; that it is gone is seen.
    private void Restore(Presence presence)
    {
        var addresses = new AddressPair(Encoding.UTF8.GetBytes(presence.Local), Encoding.UTF8.GetBytes(presence.Remote));
        if (!JidSpan.TryParse(addresses.Local, out var local) || !JidSpan.TryParse(addresses.Remote, out _))
            return;
        var answers = !presence.Outward || !DomainName.TryParse(local.Domain, out var domain) || routes.Component(domain) is null;
        table.Restore(presence.Outward ? PresenceSide.Outward : PresenceSide.Inward, new AddressPairKey(addresses), presence.Partner, ask: answers);
    }
}
