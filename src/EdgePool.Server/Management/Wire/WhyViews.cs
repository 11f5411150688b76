using System.Text.Json.Serialization;

namespace EdgePool.Server.Management.Wire;

/// <summary>A question: would this pass?</summary>
/// <param name="From">The sender's address.</param>
/// <param name="To">The receiver's address.</param>
/// <param name="Kind"><c>message</c>, <c>message:TYPE</c>, <c>presence</c>, <c>presence:TYPE</c>, <c>iq</c> or <c>iq:NAMESPACE</c>.</param>
internal sealed record WhyRequest(string From, string To, string Kind) : IRequest
{
    /// <inheritdoc/>
    [JsonIgnore]
    public bool IsComplete => this is { From: not null, To: not null, Kind: not null };
}

/// <summary>The answer, part by part.</summary>
/// <param name="From">The sender's address, canonical.</param>
/// <param name="To">The receiver's address, canonical.</param>
/// <param name="Kind">As it was asked for.</param>
/// <param name="Passes">It would be handed on.</param>
/// <param name="Observed">It would be refused, but the partner is only observed.</param>
/// <param name="Verdict">The verdict's name.</param>
/// <param name="What">The verdict in words.</param>
/// <param name="Remedy">What to do about it; empty when it passes.</param>
/// <param name="Version">The version of the policy that was asked.</param>
/// <param name="Parts">The decision in the order in which it is taken.</param>
internal sealed record WhyReply(
    string From, string To, string Kind, bool Passes, bool Observed, string Verdict, string What, string Remedy, long Version, IReadOnlyList<WhyPart> Parts);

/// <summary>One part of a decision.</summary>
/// <param name="Part">Which.</param>
/// <param name="Value">What was found.</param>
/// <param name="Passes">This part alone would let it pass.</param>
/// <param name="Verdict">What this part alone says.</param>
/// <param name="Document">The document that decided; null: nobody wrote one.</param>
/// <param name="Version">That document's version.</param>
internal sealed record WhyPart(string Part, string Value, bool Passes, string Verdict, string? Document, long? Version);

/// <summary>The last refusals of a partner, newest first.</summary>
/// <param name="Partner">The partner.</param>
/// <param name="Refusals">At most 32.</param>
internal sealed record RefusalList(string Partner, IReadOnlyList<RefusalView> Refusals);

/// <summary>A stanza or stream that was refused.</summary>
/// <param name="At">When.</param>
/// <param name="Direction"><c>in</c>: from the partner; <c>out</c>: to it.</param>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver.</param>
/// <param name="Kind">What it was.</param>
/// <param name="Observed">It passed all the same: the partner is only observed.</param>
/// <param name="Verdict">The verdict's name.</param>
/// <param name="What">The verdict in words.</param>
/// <param name="Remedy">What to do about it.</param>
/// <param name="Document">The document that the refusal rests on; null: a default.</param>
/// <param name="DocumentVersion">That document's version.</param>
/// <param name="Version">The version of the policy that refused it.</param>
internal sealed record RefusalView(
    DateTimeOffset At,
    string Direction,
    string From,
    string To,
    string Kind,
    bool Observed,
    string Verdict,
    string What,
    string Remedy,
    string? Document,
    long? DocumentVersion,
    long Version);

/// <summary>A page of consents.</summary>
/// <param name="Consents">By local, then remote address.</param>
/// <param name="More">There are others behind the last one.</param>
/// <param name="Total">All that stand, of every partner.</param>
internal sealed record ConsentList(IReadOnlyList<ConsentView> Consents, bool More, int Total);

/// <summary>A local user's consent to hear from a contact of a public provider.</summary>
/// <param name="Local">The local user.</param>
/// <param name="Remote">The contact.</param>
/// <param name="Partner">The partner that it was given under.</param>
/// <param name="Since">Since when.</param>
internal sealed record ConsentView(string Local, string Remote, string Partner, DateTimeOffset Since);
