using System.Security.Cryptography;
using System.Text;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Xmpp.Dialback;

/// <summary>
/// Makes and checks dialback keys by XEP-0185, so that any node with the secret verifies a key that another made. Immutable: a rotation is a
/// new value that knows the old secret as a previous one for as long as keys made by it may come back.
/// </summary>
public sealed class DialbackKeys
{
    private readonly byte[][] hmacKeys;

    /// <summary>Keys of a secret.</summary>
    /// <param name="secret">Makes the keys; not empty.</param>
    /// <param name="previous">Secrets whose keys are still good.</param>
    /// <exception cref="ArgumentException">A secret is empty.</exception>
    public DialbackKeys(string secret, params IEnumerable<string> previous)
    {
        ArgumentNullException.ThrowIfNull(previous);
        hmacKeys = [.. previous.Prepend(secret).Select(HmacKey)];
    }

    /// <summary>The key: 64 lower-case hexadecimal digits.</summary>
    /// <param name="receiving">The domain that the key is sent to.</param>
    /// <param name="originating">The domain that the key speaks for.</param>
    /// <param name="streamId">The id that the receiving server gave the stream.</param>
    public string KeyFor(DomainName receiving, DomainName originating, string streamId)
        => Convert.ToHexStringLower(HMACSHA256.HashData(hmacKeys[0], Message(receiving, originating, streamId)));

    /// <summary>True when the key is one that we, or another node with the secret, made for exactly these. Takes the same time for every wrong key of the right length.</summary>
    /// <param name="receiving">The domain that the key was sent to.</param>
    /// <param name="originating">The domain that the key speaks for.</param>
    /// <param name="streamId">The stream's id.</param>
    /// <param name="key">The key as it came, white space around it removed.</param>
    public bool IsValid(DomainName receiving, DomainName originating, string streamId, string key)
    {
        var given = Encoding.UTF8.GetBytes(key);
        var message = Message(receiving, originating, streamId);
        var valid = false;
        foreach (var hmacKey in hmacKeys)
        {
            var expected = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(hmacKey, message)));
            valid |= CryptographicOperations.FixedTimeEquals(expected, given);
        }

        return valid;
    }

    private static byte[] HmacKey(string secret)
    {
        ArgumentException.ThrowIfNullOrEmpty(secret);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret))));
    }

    // A domain holds no space, so the fields cannot run into each other (XEP-0185 section 2).
    private static byte[] Message(DomainName receiving, DomainName originating, string streamId)
    {
        ArgumentNullException.ThrowIfNull(receiving);
        ArgumentNullException.ThrowIfNull(originating);
        return Encoding.UTF8.GetBytes($"{receiving.Ascii} {originating.Ascii} {streamId}");
    }
}
