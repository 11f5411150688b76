namespace EdgePool.Edge.Certificates;

/// <summary>How near a certificate's end is. In order: a later value is graver.</summary>
public enum CertificateExpiry
{
    /// <summary>30 days or more are left.</summary>
    Far,

    /// <summary>Less than 30 days are left: time to renew by hand.</summary>
    Within30Days,

    /// <summary>Less than 14 days are left: a renewal by machine has failed.</summary>
    Within14Days,

    /// <summary>Less than 3 days are left: a weekend, and partners refuse us.</summary>
    Within3Days,

    /// <summary>It is over.</summary>
    Expired,
}

/// <summary>The stages of expiry. Pure.</summary>
public static class CertificateExpiries
{
    /// <summary>The stage of a certificate that is valid until <paramref name="until"/>.</summary>
    public static CertificateExpiry At(DateTimeOffset until, DateTimeOffset now) => (until - now).TotalDays switch
    {
        < 0 => CertificateExpiry.Expired,
        < 3 => CertificateExpiry.Within3Days,
        < 14 => CertificateExpiry.Within14Days,
        < 30 => CertificateExpiry.Within30Days,
        _ => CertificateExpiry.Far,
    };
}
