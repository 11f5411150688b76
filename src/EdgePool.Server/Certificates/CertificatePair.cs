using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgePool.Edge;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Files;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Server.Certificates;

/// <summary>A certificate file and the key that goes with it, as read.</summary>
/// <param name="File">The certificate's file.</param>
/// <param name="KeyFile">The key's; the same where the key is in it too.</param>
/// <param name="Chain">The file's certificates in its order; ours first.</param>
internal sealed record CertificatePair(string File, string KeyFile, IReadOnlyList<X509Certificate2> Chain)
{
    private const UnixFileMode OthersRead = UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Our own certificate.</summary>
    public X509Certificate2 Leaf => Chain[0];

    /// <summary>True when it proves a domain to a partner, as <see cref="EdgeCertificate.Proves"/> says.</summary>
    public bool Proves(DomainName domain) => new EdgeCertificate(Leaf, []).Proves(domain);

    /// <summary>Reads and joins; null, with an error, where there is no certificate to speak of. A bad key is an error too, but the certificate can still be judged.</summary>
    public static CertificatePair? Read(string file, string keyFile, Findings findings)
    {
        var certificateText = Text(file, findings);
        if (certificateText is null)
        {
            return null;
        }

        if (PemCertificates.TryRead(certificateText) is not { Count: > 0 } chain)
        {
            findings.Error(
                CertificateRule.NoCertificate,
                $"{Shown.Of(file, 200)} holds no certificate in PEM",
                "put our own certificate first, in PEM; 'cert import' makes such a file of any answer");
            return null;
        }

        var same = string.Equals(file, keyFile, StringComparison.Ordinal);
        if (!same && (System.IO.File.GetUnixFileMode(file) & OthersWrite) is not UnixFileMode.None)
        {
            findings.Warn(CertificateRule.WritableByOthers, $"other users may replace {Shown.Of(file, 200)}", $"chmod 644 {Shown.Of(file, 200)}");
        }

        CheckKey(chain[0], keyFile, same ? certificateText : Text(keyFile, findings), findings);
        return new CertificatePair(file, keyFile, chain);
    }

    private static void CheckKey(X509Certificate2 leaf, string keyFile, string? keyText, Findings findings)
    {
        if (keyText is null)
        {
            return;
        }

        var shown = Shown.Of(keyFile, 200);
        if ((System.IO.File.GetUnixFileMode(keyFile) & (OthersRead | OthersWrite)) is not UnixFileMode.None)
        {
            findings.Error(CertificateRule.OpenKey, $"the key {shown} is open to other users", $"chmod 600 {shown}");
        }

        var fault = PemKeys.Read(leaf, keyText, out var withKey);
        withKey?.Dispose();
        switch (fault)
        {
            case PemKeyFault.Absent:
                findings.Error(
                    CertificateRule.UnusableKey,
                    $"{shown} holds no private key in PEM",
                    "name the file with -----BEGIN PRIVATE KEY----- in it with --key, or key: in the node's file");
                break;
            case PemKeyFault.Encrypted:
                findings.Error(
                    CertificateRule.UnusableKey,
                    $"the key {shown} is encrypted",
                    "store it decrypted, readable by the service alone: openssl pkey -in OLD -out NEW; chmod 600 NEW");
                break;
            case PemKeyFault.Unusable:
                findings.Error(
                    CertificateRule.UnusableKey,
                    $"the key {shown} is neither a usable RSA nor ECDSA key",
                    "ask for a new certificate: edgepool cert request");
                break;
            case PemKeyFault.Mismatch:
                findings.Error(
                    CertificateRule.KeyMismatch,
                    $"the key {shown} does not belong to the first certificate",
                    "name the key that it was issued for, and put our own certificate before its intermediates");
                break;
        }
    }

    private static string? Text(string file, Findings findings)
    {
        if (DiskFile.Read(file, out var fault) is { } bytes)
        {
            return Encoding.Latin1.GetString(bytes);
        }

        findings.Error(CertificateRule.Unreadable, fault!.What, fault.Remedy);
        return null;
    }
}
