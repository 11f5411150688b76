using EdgePool.Dns.Updating;

namespace EdgePool.Dns.Tests.Updating;

/// <summary>Key files as BIND's tsig-keygen writes them, and what is no such file.</summary>
public sealed class TsigKeyTests
{
    private const string Secret = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

    [Theory]
    [InlineData("key \"edgepool\" {\n\talgorithm hmac-sha256;\n\tsecret \"" + Secret + "\";\n};\n")]
    [InlineData("# ours\n  // made in May\n/* and */ key edgepool { algorithm HMAC-SHA256; secret \"" + Secret + "\"; };")]
    [InlineData("key \"edgepool\" { algorithm hmac-sha256; secret \"//8DBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\"; };")]
    public void TryParse_KeyFile_IsTheKey(string text)
    {
        Assert.True(TsigKey.TryParse(text, out var key, out var problem), problem);
        Assert.Equal("edgepool", key.Name.ToString());
    }

    [Theory]
    [InlineData("", "it holds no key")]
    [InlineData(Secret, "it holds no key")]
    [InlineData("key \"a\" { algorithm hmac-md5; secret \"" + Secret + "\"; };", "its algorithm is not hmac-sha256")]
    [InlineData("key \"a..b\" { algorithm hmac-sha256; secret \"" + Secret + "\"; };", "the key's name is no domain name")]
    [InlineData("key \"a\" { algorithm hmac-sha256; secret \"AQID\"; };", "its secret is not base64 of 16")]
    [InlineData("key \"a\" { algorithm hmac-sha256; secret \"" + Secret + "x\"; };", "its secret is not base64")]
    [InlineData("key \"a\" { algorithm hmac-sha256; secret \"" + Secret + "\"; }; key \"b\" { algorithm hmac-sha256; secret \"" + Secret + "\"; };", "it holds no key")]
    public void TryParse_Other_SaysWhyWithoutTheSecret(string text, string expected)
    {
        Assert.False(TsigKey.TryParse(text, out _, out var problem));
        Assert.StartsWith(expected, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("AQID", problem, StringComparison.Ordinal);
    }
}
