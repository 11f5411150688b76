using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Xmpp.Tests.Addressing;

/// <summary>RFC 3492 section 7.1, the samples in lower case, and inputs that no encoder gives.</summary>
public sealed class PunycodeTests
{
    [Theory]
    [InlineData("A", "\u0644\u064A\u0647\u0645\u0627\u0628\u062A\u0643\u0644\u0645\u0648\u0634\u0639\u0631\u0628\u064A\u061F", "egbpdaj6bu4bxfgehfvwxn")]
    [InlineData("B", "\u4ED6\u4EEC\u4E3A\u4EC0\u4E48\u4E0D\u8BF4\u4E2D\u6587", "ihqwcrb4cv8a8dqg056pqjye")]
    [InlineData("C", "\u4ED6\u5011\u7232\u4EC0\u9EBD\u4E0D\u8AAA\u4E2D\u6587", "ihqwctvzc91f659drss3x8bo0yb")]
    [InlineData("D", "pro\u010Dprost\u011Bnemluv\u00ED\u010Desky", "proprostnemluvesky-uyb24dma41a")]
    [InlineData("E", "\u05DC\u05DE\u05D4\u05D4\u05DD\u05E4\u05E9\u05D5\u05D8\u05DC\u05D0\u05DE\u05D3\u05D1\u05E8\u05D9\u05DD\u05E2\u05D1\u05E8\u05D9\u05EA", "4dbcagdahymbxekheh6e0a7fei0b")]
    [InlineData("K", "t\u1EA1isaoh\u1ECDkh\u00F4ngth\u1EC3ch\u1EC9n\u00F3iti\u1EBFngvi\u1EC7t", "tisaohkhngthchnitingvit-kjcr8268qyxafd2f1b9g")]
    [InlineData("L", "3\u5E74b\u7D44\u91D1\u516B\u5148\u751F", "3b-ww4c5e180e575a65lsy2b")]
    [InlineData("M", "\u5B89\u5BA4\u5948\u7F8E\u6075-with-super-monkeys", "-with-super-monkeys-pc58ag80a8qai00g7n9n")]
    [InlineData("astral", "a\U0001F600", "a-jv3s")]
    public void Punycode_Sample_GoesBothWays(string id, string label, string encoded)
    {
        Assert.NotEmpty(id);
        Assert.True(Punycode.TryEncode(UnicodeText.CodePoints(label), out var actual));
        Assert.Equal(encoded, actual);
        Assert.True(Punycode.TryDecode(encoded, out var decoded));
        Assert.Equal(label, decoded);
    }

    [Theory]
    [InlineData("bad-digit", "bcher-k_a")]
    [InlineData("upper-case", "bcher-KVA")]
    [InlineData("truncated", "bcher-kv")]
    [InlineData("overflow", "99999999")]
    [InlineData("weight-overflow", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("beyond-unicode", "9999999a")]
    [InlineData("too-long", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void TryDecode_NotPunycode_IsRefused(string id, string encoded)
    {
        Assert.NotEmpty(id);
        Assert.False(Punycode.TryDecode(encoded, out _));
    }

    [Fact]
    public void TryEncode_LongerThanALabel_IsRefused()
        => Assert.False(Punycode.TryEncode(Enumerable.Repeat(0x4E00, 64).ToArray(), out _));
}
