using EdgePool.Server.Cli.Documents;
using Xunit;

namespace EdgePool.Server.Tests.Documents;

public sealed class LineDiffTests
{
    [Theory]
    [InlineData("", "", "")]
    [InlineData("a\nb\n", "a\nb\n", "")]
    [InlineData("", "a\nb\n", "+a|+b")]
    [InlineData("a\n", "", "-a")]
    [InlineData("a\nb\nc\n", "a\nx\nc\n", " a|-b|+x| c")]
    [InlineData("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\n6\n7\n", " 4| 5| 6|+7")]
    [InlineData("0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n1\n2\n3\n4\n5\n6\n7\n8\ny\n", "-0|+x| 1| 2| 3|…| 6| 7| 8|-9|+y")]
    [InlineData("a\nb\n", "b\na\n", "-a| b|+a")]
    public void Of_TwoTexts_ShowsWhatDiffers(string before, string after, string expected)
        => Assert.Equal(expected, string.Join('|', LineDiff.Of(before, after)));

    [Fact]
    public void Of_VeryLongTexts_StaysCheap()
    {
        var before = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"a{i}\n"));
        var after = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"b{i}\n"));

        Assert.Equal(20_000, LineDiff.Of(before, after).Count);
    }
}
