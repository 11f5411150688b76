using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Embedded;

/// <summary>Readings and writes of consents. Each runs inside a transaction.</summary>
internal static class ConsentRows
{
    /// <summary>The next consents after a pair, in the order of pairs; fewer than <paramref name="atMost"/>: these are the last.</summary>
    public static IReadOnlyList<Consent> After(Database database, string? partner, string local, string remote, int atMost)
    {
        var consents = new List<Consent>(atMost);
        using var rows = partner is null
            ? database.Query(
                "SELECT local, remote, partner, since FROM consent WHERE (local, remote) > (?1, ?2) ORDER BY local, remote LIMIT ?3", local, remote, atMost)
            : database.Query(
                "SELECT local, remote, partner, since FROM consent WHERE partner = ?4 AND (local, remote) > (?1, ?2) ORDER BY local, remote LIMIT ?3",
                local,
                remote,
                atMost,
                partner);
        while (rows.Read())
        {
            // Neighbours share their user and often their partner: one string for both.
            var last = consents.Count > 0 ? consents[^1] : null;
            consents.Add(new Consent(
                Shared(rows.GetString(0), last?.Local),
                rows.GetString(1),
                Shared(rows.GetString(2), last?.Partner),
                DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(3))));
        }

        return consents;
    }

    /// <summary>All changes of a batch that <see cref="ConsentBatch"/> has let pass, or none.</summary>
    /// <param name="database">Where.</param>
    /// <param name="changes">The batch.</param>
    /// <param name="ownership">See <see cref="IOwnedConsents"/>; empty: nobody owns anything.</param>
    /// <param name="limits">How much there may be.</param>
    /// <param name="now">What was revoked long enough before is forgotten.</param>
    public static Refusal? Append(Database database, IReadOnlyList<ConsentChange> changes, IReadOnlyList<Condition> ownership, StoreLimits limits, DateTimeOffset now)
    {
        // The room is known before the first row changes, so that a refusal needs no rollback.
        var plan = ConsentPlan.Of(ConsentBatch.LastOfEach(changes), pair => StateOf(database, pair));
        var state = StoreState.Read(database);
        if ((Fenced(database, ownership) ?? NoRoom(database, plan, state, limits)) is { } refusal)
        {
            return refusal;
        }

        foreach (var owned in ownership)
        {
            database.Execute(
                "INSERT INTO ownership (owned, token) VALUES (?1, ?2) ON CONFLICT (owned) DO UPDATE SET token = excluded.token", owned.Key, owned.Created.GetValueOrDefault());
        }

        foreach (var (local, remote, before, after) in plan.Changes)
        {
            Put(database, (local, remote), before, after);
        }

        var revoked = state.Revoked + plan.GrowthOfRevoked;
        (state with { Consents = state.Consents + plan.Growth, Revoked = revoked - Forget(database, revoked - limits.MaxRevocations, now - limits.RevocationTime) }).Write(database);
        return plan.Outcome;
    }

    private static PairState StateOf(Database database, (string Local, string Remote) pair)
    {
        using var given = database.Query("SELECT partner, since FROM consent WHERE local = ?1 AND remote = ?2", pair.Local, pair.Remote);
        if (given.Read())
        {
            return new PairState(new Consent(pair.Local, pair.Remote, given.GetString(0), DateTimeOffset.FromUnixTimeMilliseconds(given.GetInt64(1))), null);
        }

        using var revoked = database.Query("SELECT at FROM revoked WHERE local = ?1 AND remote = ?2", pair.Local, pair.Remote);
        return revoked.Read() ? new PairState(null, DateTimeOffset.FromUnixTimeMilliseconds(revoked.GetInt64(0))) : default;
    }

    private static Refusal? Fenced(Database database, IReadOnlyList<Condition> ownership)
        => ownership.FirstOrDefault(owned => database.Scalar("SELECT coalesce(max(token), 0) FROM ownership WHERE owned = ?1", owned.Key) > owned.Created) is { } lost
            ? ConsentBatch.FencedOff(lost)
            : null;

    private static Refusal? NoRoom(Database database, ConsentPlan plan, StoreState state, StoreLimits limits)
        => plan.Growth > 0 && state.Consents + plan.Growth > limits.MaxConsents
            ? ConsentBatch.Full(limits)
            : plan.GrowthOfPartners().FirstOrDefault(
                partner => partner.Value > 0 && database.Scalar("SELECT count(*) FROM consent WHERE partner = ?1", partner.Key) + partner.Value > limits.MaxConsentsOfPartner)
                is { Key: { } full } ? ConsentBatch.PartnerFull(full, limits) : null;

    private static void Put(Database database, (string Local, string Remote) pair, PairState before, PairState after)
    {
        if (after.Standing is { } consent)
        {
            database.Execute(
                """
                INSERT INTO consent (local, remote, partner, since) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (local, remote) DO UPDATE SET partner = excluded.partner, since = excluded.since
                """,
                pair.Local,
                pair.Remote,
                consent.Partner,
                consent.Since.ToUnixTimeMilliseconds());
        }
        else if (before.Standing is not null)
        {
            database.Execute("DELETE FROM consent WHERE local = ?1 AND remote = ?2", pair.Local, pair.Remote);
        }

        if (after.Revoked is { } at)
        {
            database.Execute(
                "INSERT INTO revoked (local, remote, at) VALUES (?1, ?2, ?3) ON CONFLICT (local, remote) DO UPDATE SET at = excluded.at",
                pair.Local,
                pair.Remote,
                at.ToUnixTimeMilliseconds());
        }
        else if (before.Revoked is not null)
        {
            database.Execute("DELETE FROM revoked WHERE local = ?1 AND remote = ?2", pair.Local, pair.Remote);
        }
    }

    // What is older than is remembered, and of the rest the oldest where they are too many; says how many.
    private static long Forget(Database database, long tooMany, DateTimeOffset before)
    {
        database.Execute("DELETE FROM revoked WHERE at < ?1", before.ToUnixTimeMilliseconds());
        var forgotten = database.Scalar("SELECT changes()");
        if (tooMany > forgotten)
        {
            database.Execute("DELETE FROM revoked WHERE (local, remote) IN (SELECT local, remote FROM revoked ORDER BY at LIMIT ?1)", tooMany - forgotten);
            forgotten = tooMany;
        }

        return forgotten;
    }

    private static string Shared(string text, string? other) => text.Equals(other, StringComparison.Ordinal) ? other : text;
}
