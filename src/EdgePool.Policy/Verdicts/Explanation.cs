namespace EdgePool.Policy.Verdicts;

/// <summary>One part of a decision.</summary>
/// <param name="Part">Which: <c>organisation</c>, <c>site</c>, <c>partner</c>, <c>negotiation</c>, <c>access policy</c>, <c>local user</c>, <c>consent</c>, <c>stanza rule</c>, <c>route</c>.</param>
/// <param name="Value">What was found, in words.</param>
/// <param name="Reason">What this part alone says.</param>
/// <param name="Document">The document that decided: <c>Partner/partner.example</c>; null: a default, or nothing written.</param>
/// <param name="Version">That document's version.</param>
public sealed record ExplanationPart(string Part, string Value, VerdictReason Reason, string? Document, long? Version);

/// <summary>A decision part by part, in the order in which it is taken.</summary>
/// <param name="Parts">The parts; all of them, also behind the first that refuses.</param>
/// <param name="Verdict">The reason of the first part that refuses, or <see cref="VerdictReason.Allowed"/>.</param>
public sealed record Explanation(IReadOnlyList<ExplanationPart> Parts, VerdictReason Verdict)
{
    /// <summary>The partner is only observed: what the verdict refuses passes all the same.</summary>
    public bool Observed { get; init; }
}
