using System.Text;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Xmpp.Dialback;

/// <summary>
/// Makes and checks dialback keys by XEP-0185, so that any node with the secret verifies a key that another made. Whoever owns the secrets (a file, a store)
/// swaps them whole; each key is made or checked by one reading of them. Safe from any thread.
/// </summary>
public sealed class DialbackKeys
{
    private DialbackSecrets secrets;

    /// <summary>Keys of these secrets.</summary>
    public DialbackKeys(DialbackSecrets secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        this.secrets = secrets;
    }

    /// <summary>Keys of a secret.</summary>
    /// <param name="secret">Makes the keys; not empty.</param>
    /// <param name="previous">Secrets whose keys are still good.</param>
    /// <exception cref="ArgumentException">See <see cref="DialbackSecrets"/>.</exception>
    public DialbackKeys(string secret, params IEnumerable<string> previous)
        : this(new DialbackSecrets(previous.Prepend(secret)))
    {
    }

    /// <summary>The secrets in force.</summary>
    public DialbackSecrets Secrets => Volatile.Read(ref secrets);

    /// <summary>From now on these make and verify keys.</summary>
    public void Replace(DialbackSecrets next)
    {
        ArgumentNullException.ThrowIfNull(next);
        Volatile.Write(ref secrets, next);
    }

    /// <summary>The key: 64 lower-case hexadecimal digits.</summary>
    /// <param name="receiving">The domain that the key is sent to.</param>
    /// <param name="originating">The domain that the key speaks for.</param>
    /// <param name="streamId">The id that the receiving server gave the stream.</param>
    public string KeyFor(DomainName receiving, DomainName originating, string streamId) => Secrets.Sign(Message(receiving, originating, streamId));

    /// <summary>True when the key is one that we, or another node with the secret, made for exactly these. Takes the same time for every wrong key of the right length.</summary>
    /// <param name="receiving">The domain that the key was sent to.</param>
    /// <param name="originating">The domain that the key speaks for.</param>
    /// <param name="streamId">The stream's id.</param>
    /// <param name="key">The key as it came, white space around it removed.</param>
    public bool IsValid(DomainName receiving, DomainName originating, string streamId, string key)
        => Secrets.Verify(Message(receiving, originating, streamId), Encoding.UTF8.GetBytes(key));

    // A domain holds no space, so the fields cannot run into each other (XEP-0185 section 2).
    private static byte[] Message(DomainName receiving, DomainName originating, string streamId)
    {
        ArgumentNullException.ThrowIfNull(receiving);
        ArgumentNullException.ThrowIfNull(originating);
        return Encoding.UTF8.GetBytes($"{receiving.Ascii} {originating.Ascii} {streamId}");
    }
}
