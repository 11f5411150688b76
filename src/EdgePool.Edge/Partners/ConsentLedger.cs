using System.Diagnostics.CodeAnalysis;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Verdicts;
using EdgePool.Xmpp.Addressing;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Partners;

/// <summary>
/// The consents of this deployment's users (POLICY.md section 4), for operators: what stands, page by page, and its revocation. Behind it a table that the
/// stanza path asks and a journal that outlives the node.
/// </summary>
public sealed class ConsentLedger
{
    /// <summary>The longest page.</summary>
    public const int LongestPage = 1_000;

    private readonly IConsentJournal journal;
    private readonly JournalWriter<ConsentChange> writer;
    private readonly ILogger log;

    internal ConsentLedger(IConsentJournal journal, TimeProvider time, Random random, ILogger log, ConsentLimits limits)
    {
        (this.journal, this.log) = (journal, log);
        Table = new ConsentTable(limits, time);
        writer = new JournalWriter<ConsentChange>(
            Table, journal.AppendAsync, new JournalMessages(ConsentLog.ConsentsNotWritten, ConsentLog.ConsentsWritten, ConsentLog.ConsentsLost), time, random, log);
    }

    /// <summary>All that stand.</summary>
    public int Count => Table.Count;

    /// <summary>How the journal does.</summary>
    public JournalState State => writer.State;

    /// <summary>What policy asks.</summary>
    public IConsents Standing => Table;

    internal ConsentTable Table { get; }

    /// <summary>A page of what stands.</summary>
    /// <param name="partner">Only what was given under this partner; null: all.</param>
    /// <param name="after">The last pair of the page before, bare JIDs; null: the first page.</param>
    /// <param name="atMost">The length of the page, at most <see cref="LongestPage"/>.</param>
    public ConsentPage List(string? partner, (string Local, string Remote)? after, int atMost)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(atMost, LongestPage);
        return Table.List(partner, after, atMost);
    }

    /// <summary>Revokes a consent, in force at once; false when there is none, or an address is no JID.</summary>
    /// <param name="local">The local user; any spelling, its resource is not looked at.</param>
    /// <param name="remote">The contact, likewise.</param>
    public bool Revoke(string local, string remote)
        => TryParse(local, out var localBare) && TryParse(remote, out var remoteBare) && Table.Revoke(localBare, remoteBare);

    /// <summary>Takes over what the journal holds, and brings to it whatever changes.</summary>
    /// <exception cref="StoreException">The journal cannot be read.</exception>
    internal async Task StartAsync(CancellationToken cancellation)
    {
        if (!await Table.LoadAsync(journal, cancellation))
            ConsentLog.ConsentsTooMany(log);
        ConsentLog.ConsentsLoaded(log, Table.Count);
        Table.Changed = writer.Wake;
        writer.Start();
    }

    /// <summary>Brings the rest to the journal.</summary>
    internal async Task StopAsync(TimeSpan patience)
    {
        await writer.StopAsync(patience);
        await writer.DisposeAsync();
    }

    private static bool TryParse(string address, [NotNullWhen(true)] out byte[]? bare)
    {
        bare = JidSpan.TryParse(System.Text.Encoding.UTF8.GetBytes(address), out var jid) ? jid.Bare.ToArray() : null;
        return bare is not null;
    }
}
