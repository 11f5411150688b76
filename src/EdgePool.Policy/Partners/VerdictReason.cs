namespace EdgePool.Policy.Partners;

/// <summary>Why policy lets a stream or stanza pass, or not. A closed vocabulary: logs, metrics and texts share it.</summary>
public enum VerdictReason
{
    /// <summary>It may pass.</summary>
    Allowed,

    /// <summary>The domain belongs to no partner and federation is closed.</summary>
    UnknownDomain,

    /// <summary>The partner is switched off.</summary>
    PartnerDisabled,
}
