using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Yaml;
using Xunit;

namespace EdgePool.Server.Tests.Documents;

/// <summary>What <c>get</c> writes, <c>apply</c> reads as the same.</summary>
public sealed class YamlRoundTripTests
{
    [Theory]
    [InlineData("{}", "{}\n")]
    [InlineData("""{"a":1,"b":true,"c":"x"}""", "a: 1\nb: true\nc: x\n")]
    [InlineData("""{"a":"1","b":"true","c":"","d":"no","e":"1e3","f":"null"}""", "a: \"1\"\nb: \"true\"\nc: \"\"\nd: \"no\"\ne: \"1e3\"\nf: \"null\"\n")]
    [InlineData("""{"a":["x","z"],"b":[],"c":{}}""", "a:\n  - x\n  - z\nb: []\nc: {}\n")]
    [InlineData("""{"a":{"b":{"c":"x: y"}}}""", "a:\n  b:\n    c: \"x: y\"\n")]
    [InlineData("""{"a":[{"b":1,"c":[{"d":2}]},{"b":3}]}""", "a:\n  - b: 1\n    c:\n      - d: 2\n  - b: 3\n")]
    [InlineData("""{"a":"one\ntwo\n"}""", "a: |\n  one\n  two\n")]
    [InlineData("""{"a":"one\ntwo"}""", "a: \"one\\ntwo\"\n")]
    [InlineData("""{"a":"@sales","b":"*","c":"a #b","d":"a\u2028b","e":"é","f":"a\\b"}""", "a: \"@sales\"\nb: \"*\"\nc: \"a #b\"\nd: \"a\\u2028b\"\ne: \"é\"\nf: \"a\\\\b\"\n")]
    public void Write_Json_IsTheYamlThatPeopleWrite(string json, string yaml)
    {
        using var document = JsonDocument.Parse(json);

        Assert.Equal(yaml, YamlWriter.Write(document.RootElement));
        Assert.Equal(json, Unescaped(Read(yaml)));
    }

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var random = new Random(20261121);
        for (var i = 0; i < 2_000; i++)
        {
            var json = Unescaped(JsonElement.Parse(Some(random, depth: 0).ToJsonString()));
            using var document = JsonDocument.Parse(json);
            var yaml = YamlWriter.Write(document.RootElement);

            Assert.Equal(json, Unescaped(Read(yaml)));
        }
    }

    private static JsonElement Read(string yaml)
    {
        var problems = new ProblemList("f");
        var root = YamlFile.Parse(yaml is "{}\n" ? "{}" : yaml, problems);
        Assert.True(problems.InOrder.Count == 0, string.Join("\n", problems.InOrder) + "\n" + yaml);
        return YamlToJson.Convert(root!);
    }

    private static string Unescaped(JsonElement element)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            element.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.ToArray()).Replace("\u2028", "\\u2028", StringComparison.Ordinal);
    }

    private static JsonObject Some(Random random, int depth)
    {
        var made = new JsonObject();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            made["k" + Text(random)] = Value(random, depth + 1);
        }

        return made;
    }

    private static JsonNode Value(Random random, int depth) => (random.Next(depth > 3 ? 3 : 5)) switch
    {
        0 => JsonValue.Create(random.Next(-5, 100_000)),
        1 => JsonValue.Create(random.Next(2) == 0),
        2 => JsonValue.Create(Text(random)),
        3 => new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => Value(random, depth + 1))]),
        _ => Some(random, depth),
    };

    private static string Text(Random random)
    {
        const string Letters = "ab0-:# ,[]{}&*!|>'\"%@`?\n\t.~é\u2028\u00a0=";
        return new string([.. Enumerable.Range(0, random.Next(8)).Select(_ => Letters[random.Next(Letters.Length)])]);
    }
}
