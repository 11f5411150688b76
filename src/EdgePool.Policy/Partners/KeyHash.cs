using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgePool.Policy.Partners;

/// <summary>SHA-256 of a public key (SubjectPublicKeyInfo, RFC 7469 section 2.4): it stays the same when a certificate is renewed for the same key.</summary>
public sealed record KeyHash
{
    private KeyHash(string text) => Text = text;

    /// <summary>Base64, 44 characters.</summary>
    public string Text { get; }

    /// <summary>Reads base64, or 64 hexadecimal digits as <c>cert show</c> prints them.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out KeyHash? hash)
    {
        ArgumentNullException.ThrowIfNull(text);
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        var read = text.Length == 2 * SHA256.HashSizeInBytes
            ? Convert.FromHexString(text, bytes, out _, out var length) is System.Buffers.OperationStatus.Done
            : Convert.TryFromBase64String(text, bytes, out length);
        hash = read && length == SHA256.HashSizeInBytes ? new KeyHash(Convert.ToBase64String(bytes)) : null;
        return hash is not null;
    }

    /// <summary>The hash of a certificate's key.</summary>
    public static KeyHash Of(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return Of(certificate.PublicKey.ExportSubjectPublicKeyInfo());
    }

    /// <summary>The hash of a key.</summary>
    /// <param name="key">SubjectPublicKeyInfo, DER.</param>
    public static KeyHash Of(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return new KeyHash(Convert.ToBase64String(hash));
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
