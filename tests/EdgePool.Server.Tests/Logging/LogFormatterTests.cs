using System.Text.Json;
using EdgePool.Server.Logging;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EdgePool.Server.Tests.Logging;

public sealed class LogFormatterTests
{
    private static readonly DateTimeOffset Time = new(2026, 6, 1, 12, 0, 0, 123, TimeSpan.FromHours(2));

    [Fact]
    public void Format_Text_IsTimeLevelIdNameAndValues()
        => Assert.Equal(
            "2026-06-01T10:00:00.123Z info 1003 Authenticated stream=7 pair=\"contoso.example to partner.example\" wait=00:00:01.5000000",
            LogFormatter.Format(Line(("Stream", 7L), ("Pair", "contoso.example to partner.example"), ("Wait", TimeSpan.FromSeconds(1.5))), LogFormat.Text));

    [Fact]
    public void Format_TextWithoutValues_GivesTheMessage()
        => Assert.Equal("2026-06-01T10:00:00.123Z info 1003 Authenticated message=\"the message\"", LogFormatter.Format(Line(), LogFormat.Text));

    [Theory]
    [InlineData("line\nbreak\r\n2026 info 1 Forged")]
    [InlineData("quote\" key=value")]
    [InlineData("\u001b[31mred")]
    [InlineData("\u202egnp.exe")]
    [InlineData("\u2028separator")]
    public void Format_HostileValue_StaysOneQuotedPrintableWord(string value)
    {
        var line = LogFormatter.Format(Line(("Detail", value)), LogFormat.Text);

        Assert.DoesNotContain(line, letter => char.IsControl(letter) || letter is '\u202e' or '\u2028');
        Assert.Matches("^[^ ]+ info 1003 Authenticated detail=(\"([^\"]|\\\\\")*\"|[^ \"=]+)$", line);
        using var json = JsonDocument.Parse(LogFormatter.Format(Line(("Detail", value)), LogFormat.Json));
        Assert.DoesNotContain(json.RootElement.GetProperty("values").GetProperty("detail").GetString()!, char.IsControl);
    }

    [Theory]
    [InlineData(256, false)]
    [InlineData(257, true)]
    [InlineData(100_000, true)]
    public void Format_LongValue_IsCutAt256Bytes(int length, bool cut)
    {
        using var json = JsonDocument.Parse(LogFormatter.Format(Line(("Detail", new string('x', length))), LogFormat.Json));
        var shown = json.RootElement.GetProperty("values").GetProperty("detail").GetString()!;

        Assert.Equal((Math.Min(length, 256), cut), (shown.TrimEnd('…').Length, shown.EndsWith('…')));
    }

    [Fact]
    public void Format_Json_HasEveryPartWithItsType()
    {
        using var json = JsonDocument.Parse(LogFormatter.Format(
            Line(("Stream", 7L), ("Detail", "it's"), ("Nothing", null), ("Yes", true)) with { Exception = new InvalidOperationException("boom\n") }, LogFormat.Json));
        var root = json.RootElement;

        Assert.Equal("info", root.GetProperty("level").GetString());
        Assert.Equal(1003, root.GetProperty("id").GetInt32());
        Assert.Equal("Authenticated", root.GetProperty("event").GetString());
        Assert.Equal("EdgePool.Edge.Streams", root.GetProperty("category").GetString());
        Assert.Equal(7, root.GetProperty("values").GetProperty("stream").GetInt64());
        Assert.Equal("it's", root.GetProperty("values").GetProperty("detail").GetString());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("values").GetProperty("nothing").ValueKind);
        Assert.True(root.GetProperty("values").GetProperty("yes").GetBoolean());
        Assert.Equal("InvalidOperationException: boom\\n", root.GetProperty("exception").GetString());
    }

    private static LogLine Line(params (string Key, object? Value)[] values) => new(
        Time,
        LogLevel.Information,
        "EdgePool.Edge.Streams",
        new EventId(1003, "Authenticated"),
        "the message",
        [.. values.Select(value => KeyValuePair.Create(value.Key, value.Value)), KeyValuePair.Create<string, object?>(LogLine.Template, "{Stream}")],
        Exception: null);
}
