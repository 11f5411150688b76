namespace EdgePool.Policy.Partners;

/// <summary>What the TLSA records of a partner's domain (DANE: RFC 6698, 7671, 7673) mean for its certificate. They never stand in for pins, nor for an authority of the partner's own.</summary>
public enum DaneUse
{
    /// <summary>Nothing; they are not asked for.</summary>
    Off,

    /// <summary>A certificate that no trusted root vouches for counts where they vouch for it.</summary>
    Allow,

    /// <summary>No certificate counts that they do not vouch for.</summary>
    Require,
}
