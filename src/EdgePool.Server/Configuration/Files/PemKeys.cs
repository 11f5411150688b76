using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Server.Configuration.Files;

/// <summary>Why a key cannot be used with a certificate.</summary>
internal enum PemKeyFault
{
    /// <summary>It can.</summary>
    None,

    /// <summary>There is no private key in the text.</summary>
    Absent,

    /// <summary>It needs a passphrase.</summary>
    Encrypted,

    /// <summary>It is broken, or of a kind that TLS here does not do.</summary>
    Unusable,

    /// <summary>It is another certificate's.</summary>
    Mismatch,
}

/// <summary>Private keys in PEM (RFC 7468).</summary>
internal static class PemKeys
{
    /// <summary>Joins a certificate with its key.</summary>
    public static PemKeyFault Read(X509Certificate2 certificate, string pem, out X509Certificate2? withKey)
    {
        withKey = null;
        if (pem.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            return PemKeyFault.Encrypted;
        }

        if (!pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            return PemKeyFault.Absent;
        }

        using var rsa = RSA.Create();
        using var ecdsa = ECDsa.Create();
        if (!TryImport(rsa, pem) && !TryImport(ecdsa, pem))
        {
            return PemKeyFault.Unusable;
        }

        try
        {
            withKey = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), pem);
            return PemKeyFault.None;
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            return PemKeyFault.Mismatch;
        }
    }

    private static bool TryImport(AsymmetricAlgorithm key, string pem)
    {
        try
        {
            key.ImportFromPem(pem);
            return true;
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            return false;
        }
    }
}
