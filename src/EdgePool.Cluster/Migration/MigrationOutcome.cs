namespace EdgePool.Cluster.Migration;

/// <summary>How far a migration is.</summary>
/// <param name="What">What is carried over at the moment, in the plural: <c>documents</c> or <c>consents</c>.</param>
/// <param name="Done">How many of them.</param>
/// <param name="Total">How many there are; null: that is known at the end.</param>
public sealed record MigrationProgress(string What, long Done, long? Total);

/// <summary>What a migration has done.</summary>
/// <param name="Revision">Of the pool's documents: the embedded store's.</param>
/// <param name="Documents">How many documents were written, deleted ones with a history among them; 0: all were there.</param>
/// <param name="Versions">How many versions of them.</param>
/// <param name="Consents">How many consents were read; those that were there already were not written again.</param>
/// <param name="ConsentsLeft">True: the pool's users have given or revoked consents since an earlier migration, so the pool's consents were left as they are.</param>
public sealed record MigrationOutcome(long Revision, int Documents, int Versions, int Consents, bool ConsentsLeft);
