namespace EdgePool.Policy.Partners;

/// <summary>What becomes of a partner's certificate whose key is another than the one remembered.</summary>
public enum KeyChange
{
    /// <summary>It counts, and an alarm is raised.</summary>
    Alarm,

    /// <summary>It proves nothing, and an alarm is raised.</summary>
    Refuse,
}

/// <summary>What a partner's certificate must be beside ending in trusted roots and naming the domain. Nothing here takes the place of either but <see cref="Dane"/>.</summary>
public sealed record CertificateRules
{
    /// <summary>Keys that may be pinned for one partner.</summary>
    public const int MostPins = 16;

    /// <summary>Nothing written.</summary>
    public static CertificateRules Default { get; } = new();

    /// <summary>A TLS client may show a certificate for servers alone, as public authorities issue them; false: it must be for clients.</summary>
    public bool AllowServerAuthOnly { get; init; } = true;

    /// <summary>A TLS client may show a certificate for clients alone: only from an authority of the partner's own.</summary>
    public bool AllowClientAuthOnly { get; init; }

    /// <summary>One of these is the key of the certificate or of an authority above it; empty: any key will do.</summary>
    public IReadOnlyList<KeyHash> Pins { get; init; } = [];

    /// <summary>The key seen first is the one to compare with, under <see cref="OnChange"/>.</summary>
    public bool FirstUse { get; init; }

    /// <summary>What becomes of a changed key. Without <see cref="FirstUse"/> always <see cref="KeyChange.Alarm"/>.</summary>
    public KeyChange OnChange { get; init; }

    /// <summary>What TLSA records mean.</summary>
    public DaneUse Dane { get; init; }

    /// <summary>A key that is not remembered proves nothing once one is.</summary>
    public bool RefusesChanges => FirstUse && OnChange is KeyChange.Refuse;

    /// <summary>By what is said, not by which list says it: each compilation makes the lists anew.</summary>
    public bool Equals(CertificateRules? other)
        => other is not null
        && (AllowServerAuthOnly, AllowClientAuthOnly, FirstUse, OnChange, Dane) == (other.AllowServerAuthOnly, other.AllowClientAuthOnly, other.FirstUse, other.OnChange, other.Dane)
        && Pins.SequenceEqual(other.Pins);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(AllowServerAuthOnly, AllowClientAuthOnly, FirstUse, OnChange, Dane, Pins.Count);
}
