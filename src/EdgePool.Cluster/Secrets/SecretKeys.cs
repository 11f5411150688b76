using System.Security.Cryptography;

namespace EdgePool.Cluster.Secrets;

/// <summary>
/// The keys that the nodes hold in a file, and no store has: the first seals secrets, each opens them, so that the key itself can be changed node by node. Never shown.
/// </summary>
public sealed class SecretKeys
{
    /// <summary>The newest, and those of two changes before it.</summary>
    public const int Most = 3;

    /// <summary>Bytes of a key (AES-256).</summary>
    public const int Bytes = 32;

    private readonly (string Id, byte[] Key)[] keys;

    private SecretKeys((string Id, byte[] Key)[] keys) => this.keys = keys;

    /// <summary>The name of the key that seals: it tells nothing of the key.</summary>
    public string SealingId => keys[0].Id;

    /// <summary>The keys of a file's text: one a line in base64, newest first; null, and why, where it is something else. No key is part of a reason.</summary>
    public static SecretKeys? Parse(string text, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = text.TrimEnd('\n', '\r').Split('\n').Select(static line => line.TrimEnd('\r')).ToArray();
        problem = lines.Length > Most ? $"it has {lines.Length} lines, and {Most} keys at most are known, newest first" : null;
        if (problem is not null)
        {
            return null;
        }

        var read = new List<(string, byte[])>();
        foreach (var (index, line) in lines.Index())
        {
            var key = new byte[Bytes];
            if (!Convert.TryFromBase64String(line, key, out var length) || length != Bytes)
            {
                problem = $"line {index + 1} is no key: {Bytes} bytes in base64";
                return null;
            }

            read.Add((IdOf(key), key));
        }

        problem = read.DistinctBy(static key => key.Item1, StringComparer.Ordinal).Count() < read.Count ? "a key is there twice" : null;
        return problem is null ? new SecretKeys([.. read]) : null;
    }

    /// <summary>The text of a file with one new key.</summary>
    /// <param name="key"><see cref="Bytes"/> bytes that nobody can guess.</param>
    public static string Write(ReadOnlySpan<byte> key) => Convert.ToBase64String(key) + "\n";

    /// <summary>The names of the keys alone.</summary>
    public override string ToString() => string.Join(", ", keys.Select(static key => key.Id));

    internal byte[]? Find(string id) => keys.FirstOrDefault(key => string.Equals(key.Id, id, StringComparison.Ordinal)).Key;

    private static string IdOf(byte[] key) => Convert.ToHexStringLower(SHA256.HashData([.. "edgepool secret key\0"u8, .. key]).AsSpan(0, 8));
}
