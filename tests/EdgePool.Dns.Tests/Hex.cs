namespace EdgePool.Dns.Tests;

/// <summary>Octets written as hexadecimal digits, with spaces where they help the eye.</summary>
internal static class Hex
{
    public static byte[] Parse(string text) => Convert.FromHexString(text.Replace(" ", string.Empty, StringComparison.Ordinal));
}
