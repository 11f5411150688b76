namespace EdgePool.Cluster.Consents;

/// <summary>A local user's consent to hear from a contact. At most one of a pair of addresses.</summary>
/// <param name="Local">The bare JID of the local user, canonical.</param>
/// <param name="Remote">The bare JID of the contact, canonical.</param>
/// <param name="Partner">The partner that the contact's domain belonged to when it was given.</param>
/// <param name="Since">When it was given; kept to the millisecond, in UTC.</param>
public sealed record Consent(string Local, string Remote, string Partner, DateTimeOffset Since);

/// <summary>One line of the journal.</summary>
public abstract record ConsentChange
{
    private ConsentChange()
    {
    }

    /// <summary>
    /// It waited, on a disk or on its way, while others may have gone on: it counts only where it is newer than what the journal has of the pair. What did not wait counts as the newest.
    /// </summary>
    public bool Waited { get; init; }

    /// <summary>The consent stands from now on; it takes the place of the pair's former one.</summary>
    /// <param name="Consent">The consent.</param>
    public sealed record Given(Consent Consent) : ConsentChange;

    /// <summary>The pair's consent is gone. No fault where there was none.</summary>
    /// <param name="Local">The bare JID of the local user, canonical.</param>
    /// <param name="Remote">The bare JID of the contact, canonical.</param>
    /// <param name="At">When; kept to the millisecond, in UTC. The journal remembers it for <see cref="Documents.StoreLimits.RevocationTime"/>.</param>
    public sealed record Revoked(string Local, string Remote, DateTimeOffset At = default) : ConsentChange;
}
