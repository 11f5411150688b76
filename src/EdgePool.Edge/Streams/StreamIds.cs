using System.Security.Cryptography;

namespace EdgePool.Edge.Streams;

/// <summary>Stream ids: 128 bits of the system's generator, never reused (RFC 6120 section 4.7.3: unpredictable, unique).</summary>
internal static class StreamIds
{
    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
