using System.Security.Cryptography;
using System.Text;

namespace EdgePool.Xmpp.Dialback;

/// <summary>
/// The secrets of our dialback keys (XEP-0185), newest first: the newest makes keys, every one of them verifies. Immutable, and never shown. A rotation is a new value
/// that knows the secrets before as previous ones for as long as keys made by them may come back, which is minutes.
/// </summary>
public sealed class DialbackSecrets
{
    /// <summary>The newest, and those of two rotations before it.</summary>
    public const int Most = 3;

    private readonly byte[][] hmacKeys;

    /// <summary>Takes the secrets.</summary>
    /// <param name="newestFirst">1 to <see cref="Most"/>, none of them empty, no two alike.</param>
    /// <exception cref="ArgumentException">There is none, or one too many, or one is empty or there twice.</exception>
    public DialbackSecrets(params IEnumerable<string> newestFirst)
    {
        ArgumentNullException.ThrowIfNull(newestFirst);
        hmacKeys = [.. newestFirst.Select(HmacKey)];
        if (hmacKeys.Length is 0 or > Most)
            throw new ArgumentException($"there are {hmacKeys.Length} secrets", nameof(newestFirst));
        if (hmacKeys.DistinctBy(Convert.ToHexString, StringComparer.Ordinal).Count() < hmacKeys.Length)
            throw new ArgumentException("a secret is there twice", nameof(newestFirst));
    }

    /// <summary>How many there are.</summary>
    public int Count => hmacKeys.Length;

    /// <summary>How many of <paramref name="before"/> are still known: keys made by the others are void.</summary>
    public int CountKept(DialbackSecrets before)
    {
        ArgumentNullException.ThrowIfNull(before);
        return before.hmacKeys.Count(Knows);
    }

    /// <summary>The same secrets in the same order.</summary>
    public bool IsSame(DialbackSecrets other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return hmacKeys.Length == other.hmacKeys.Length && hmacKeys.Zip(other.hmacKeys).All(pair => CryptographicOperations.FixedTimeEquals(pair.First, pair.Second));
    }

    /// <summary>The number alone.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Count} secrets");

    /// <summary>A key by the newest secret, in lower-case hexadecimal digits.</summary>
    internal string Sign(ReadOnlySpan<byte> message) => Sign(hmacKeys[0], message);

    /// <summary>True when one of the secrets made the key. Takes the same time for every wrong key of the right length.</summary>
    internal bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> key)
    {
        var valid = false;
        foreach (var hmacKey in hmacKeys)
            valid |= CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Sign(hmacKey, message)), key);
        return valid;
    }

    private bool Knows(byte[] secret) => hmacKeys.Any(known => CryptographicOperations.FixedTimeEquals(known, secret));

    private static string Sign(byte[] hmacKey, ReadOnlySpan<byte> message) => Convert.ToHexStringLower(HMACSHA256.HashData(hmacKey, message));

    // XEP-0185 section 2: the hexadecimal text of the secret's hash is what keys the HMAC.
    private static byte[] HmacKey(string secret)
    {
        ArgumentException.ThrowIfNullOrEmpty(secret);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret))));
    }
}
