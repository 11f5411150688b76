using EdgePool.Xmpp.Dialback;

namespace EdgePool.Edge.Dialback;

/// <summary>Where the secrets of our dialback keys can be read anew while the node runs. Called by one thread at a time.</summary>
public interface IDialbackSecretSource
{
    /// <summary>Reads and checks all of them.</summary>
    DialbackSecretReading Read();
}

/// <summary>What was read.</summary>
/// <param name="Secrets">The secrets; null when there is a problem.</param>
/// <param name="Problems">What keeps them from being used, each with its remedy and without a word of any secret.</param>
public sealed record DialbackSecretReading(DialbackSecrets? Secrets, IReadOnlyList<string> Problems);
