using EdgePool.Edge.Telemetry;
using Xunit;

namespace EdgePool.Edge.Tests.Telemetry;

// POL-26: what a peer says never makes a second line, colours or a turned direction.
public sealed class LogTextTests
{
    [Theory]
    [InlineData("empty", "", "")]
    [InlineData("plain", "a b é 日", "a b é 日")]
    [InlineData("POL-26 line feed", "x\n2026-11-21 AUTH OK p2.example", "x\\n2026-11-21 AUTH OK p2.example")]
    [InlineData("POL-26 carriage return", "x\r\ny", "x\\r\\ny")]
    [InlineData("POL-26 escape", "\u001b[31mred", "\\u{1b}[31mred")]
    [InlineData("tab", "a\tb", "a\\tb")]
    [InlineData("backslash", "a\\nb", "a\\\\nb")]
    [InlineData("NEL", "a\u0085b", "a\\u{85}b")]
    [InlineData("line separator", "a\u2028b\u2029", "a\\u{2028}b\\u{2029}")]
    [InlineData("right-to-left override", "a\u202eb", "a\\u{202e}b")]
    [InlineData("zero width joiner", "a\u200db", "a\\u{200d}b")]
    [InlineData("private use", "\ue000", "\\u{e000}")]
    [InlineData("delete", "\u007f", "\\u{7f}")]
    [InlineData("tag character", "\U000e0041", "\\u{e0041}")]
    public void Of_Text_IsOnePrintableLine(string id, string text, string shown) => Assert.True(shown == LogText.Of(text), id + ": " + LogText.Of(text));

    [Fact]
    public void Of_LoneSurrogate_IsShownAsTheReplacement() => Assert.Equal("a\ufffdb", LogText.Of("a\ud800b"));

    [Fact]
    public void Of_Null_IsEmpty() => Assert.Equal("", LogText.Of(null));

    [Theory]
    [InlineData('x', 256, false)]
    [InlineData('x', 257, true)]
    [InlineData('é', 128, false)]
    [InlineData('é', 129, true)]
    [InlineData('日', 85, false)]
    [InlineData('日', 86, true)]
    public void Of_LongText_IsCutAt256Bytes(char filler, int count, bool cut)
    {
        var shown = LogText.Of(new string(filler, count));

        Assert.Equal(cut ? new string(filler, count - 1) + "…" : new string(filler, count), shown);
    }
}
