namespace EdgePool.Edge.Partners;

/// <summary>How a journal does.</summary>
/// <param name="Pending">Changes that are not durable.</param>
/// <param name="FailingSince">Since when it takes nothing; null: it does.</param>
/// <param name="Failure">What it says.</param>
public sealed record JournalState(int Pending, DateTimeOffset? FailingSince, string Failure);
