using System.Globalization;
using System.Text;
using EdgePool.Policy.Tables;
using Xunit;

namespace EdgePool.Policy.Tests.Tables;

public sealed class Utf8TableTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5_000)]
    public void TryGetValue_ManyKeys_FindsEachAndNoOther(int capacity)
    {
        var builder = new Utf8Table<string>.Builder(capacity);
        var keys = Enumerable.Range(0, 3_000).Select(n => new string('a', n % 40) + n.ToString(CultureInfo.InvariantCulture)).Append("").Append("é").ToList();
        Assert.All(keys, key => Assert.True(builder.TryAdd(Encoding.UTF8.GetBytes(key), key)));
        Assert.All(keys, key => Assert.False(builder.TryAdd(Encoding.UTF8.GetBytes(key), "other", out var present) || present != key));
        var table = builder.Build();

        Assert.Equal(keys.Count, table.Count);
        Assert.All(keys, key => Assert.True(table.TryGetValue(Encoding.UTF8.GetBytes(key), out var found) && found == key));
        Assert.All(keys, key => Assert.False(table.Contains(Encoding.UTF8.GetBytes(key + "x"))));
    }

    [Fact]
    public void Empty_AnyKey_IsNotThere()
    {
        Assert.False(Utf8Table<string>.Empty.Contains("a"u8));
        Assert.False(Utf8Table<string>.Empty.TryGetValue(""u8, out _));
    }

    [Theory]
    [InlineData("urn:a", true)]
    [InlineData("urn:ab", false)]
    [InlineData("urn:b:", true)]
    [InlineData("urn:b:1", true)]
    [InlineData("urn:b", false)]
    [InlineData("", false)]
    public void NamespaceSet_ExactAndPrefix_AreToldApart(string name, bool found)
        => Assert.Equal(found, new NamespaceSet(["urn:a", "urn:b:*"]).Contains(Encoding.UTF8.GetBytes(name)));

    [Fact]
    public void NamespaceSet_LongNames_AreFound()
    {
        var name = new string('n', 1_000);

        Assert.True(new NamespaceSet([name]).Contains(Encoding.UTF8.GetBytes(name)));
        Assert.False(new NamespaceSet([name]).Contains(Encoding.UTF8.GetBytes(name + "n")));
        Assert.True(new NamespaceSet(["*"]).Contains(""u8));
    }
}
