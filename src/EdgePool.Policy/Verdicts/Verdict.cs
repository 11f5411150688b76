using System.Runtime.InteropServices;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Policy.Verdicts;

/// <summary>Which way a stanza goes.</summary>
public enum Direction
{
    /// <summary>From a partner to a local user.</summary>
    FromPartner,

    /// <summary>From a local user to a partner.</summary>
    ToPartner,
}

/// <summary>What policy says of a stanza.</summary>
/// <param name="Reason">Why it may pass or not.</param>
/// <param name="LeaveOut">The children that must not be handed on.</param>
/// <param name="Observed">It would be refused for <paramref name="Reason"/>, or lose payloads, but the partner is only observed: it passes.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Verdict(VerdictReason Reason, PayloadMask LeaveOut = default, bool Observed = false)
{
    /// <summary>The stanza is handed on.</summary>
    public bool Passes => Reason is VerdictReason.Allowed || Observed;
}

/// <summary>Who has consented to hear from whom: the ledger behind <see cref="Partners.PartnerType.PublicUnverified"/>. Asked on the stanza path: no lock, no allocation.</summary>
public interface IConsents
{
    /// <summary>The local user has taken up contact with the remote one. Both are canonical bare JIDs in UTF-8 with U-labels.</summary>
    bool Has(ReadOnlySpan<byte> localBare, ReadOnlySpan<byte> remoteBare);
}

/// <summary>Nobody has consented to anything: what a node without a store has.</summary>
public sealed class NoConsents : IConsents
{
    private NoConsents()
    {
    }

    /// <summary>The one instance; it has no state.</summary>
    public static NoConsents Instance { get; } = new();

    /// <inheritdoc/>
    public bool Has(ReadOnlySpan<byte> localBare, ReadOnlySpan<byte> remoteBare) => false;
}
