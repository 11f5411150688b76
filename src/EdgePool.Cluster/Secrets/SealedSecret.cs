using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgePool.Cluster.Secrets;

/// <summary>A secret as it lies in a store or on a disk: AES-256-GCM under a key of the nodes, a nonce of its own, and bound to its name.</summary>
/// <param name="Key">The name of the key, see <see cref="SecretKeys"/>.</param>
/// <param name="Nonce">12 bytes, drawn anew at each sealing: of 2^32 sealings under one key, the chance of two alike is below 2^-32 (NIST SP 800-38D section 8.3).</param>
/// <param name="Text">The sealed text with its tag of 16 bytes behind it.</param>
internal sealed record SealedSecret(string Key, byte[] Nonce, byte[] Text)
{
    private const int TagBytes = 16;
    private const int NonceBytes = 12;

    /// <summary>Seals.</summary>
    public static byte[] Seal(string name, string text, SecretKeys keys)
    {
        var (plain, nonce) = (Encoding.UTF8.GetBytes(text), RandomNumberGenerator.GetBytes(NonceBytes));
        var sealedText = new byte[plain.Length + TagBytes];
        using var cipher = new AesGcm(keys.Find(keys.SealingId)!, TagBytes);
        cipher.Encrypt(nonce, plain, sealedText.AsSpan(0, plain.Length), sealedText.AsSpan(plain.Length), Encoding.UTF8.GetBytes(name));
        CryptographicOperations.ZeroMemory(plain);
        return JsonSerializer.SerializeToUtf8Bytes(new SealedSecret(keys.SealingId, nonce, sealedText), SealedSecretJson.Default.SealedSecret);
    }

    /// <summary>Opens.</summary>
    /// <exception cref="SecretException">It was sealed under another key, under another name, or it was altered.</exception>
    public static string Open(string name, ReadOnlySpan<byte> bytes, SecretKeys keys)
    {
        var read = Read(bytes) ?? throw new SecretException($"the secret '{name}' in the store is damaged, or a newer EdgePool wrote it: run that one, or restore the store");
        var key = keys.Find(read.Key)
            ?? throw new SecretException($"the secret '{name}' in the store is sealed under the key {read.Key}, and this node's key file has {keys}: bring the key file of the other nodes here (mode 600)");
        var plain = new byte[read.Text.Length - TagBytes];
        try
        {
            using var cipher = new AesGcm(key, TagBytes);
            cipher.Decrypt(read.Nonce, read.Text.AsSpan(0, plain.Length), read.Text.AsSpan(plain.Length), plain, Encoding.UTF8.GetBytes(name));
            return Encoding.UTF8.GetString(plain);
        }
        catch (AuthenticationTagMismatchException fault)
        {
            throw new SecretException($"the secret '{name}' in the store was altered by somebody who has not the key: restore the store, and see who may write to it", fault);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static SealedSecret? Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, SealedSecretJson.Default.SealedSecret) is { Key: not null, Nonce.Length: NonceBytes, Text.Length: > TagBytes } read ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A secret of the store cannot be used. The message is one line that says what to do, without a word of the secret.</summary>
public sealed class SecretException(string message, Exception? cause = null) : Exception(message, cause);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SealedSecret))]
internal sealed partial class SealedSecretJson : JsonSerializerContext;
