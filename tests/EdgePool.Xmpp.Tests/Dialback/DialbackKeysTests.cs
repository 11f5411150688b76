using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using Xunit;

namespace EdgePool.Xmpp.Tests.Dialback;

// XEP-0185.
public class DialbackKeysTests
{
    [Theory]
    [InlineData("DB-01", "d14lb4ck43v3r", "capulet.example", "montague.example", "417GAF25", "225cc5aa6a071133249d25fef42ae516fc7a86c523aa1c6980a7f73e784c972d")]
    [InlineData("XEP-0220 2.1.1", "s3cr3tf0rd14lb4ck", "montague.example", "capulet.example", "D60000229F", "b4835385f37fe2895af6c196b59097b16862406db80559900d96bf6fa7d23df3")]
    [InlineData("XEP-0185 3", "s3cr3tf0rd14lb4ck", "xmpp.example.com", "example.org", "D60000229F", "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643")]
    public void KeyFor_Vector_IsThatOfTheSpecification(string id, string secret, string receiving, string originating, string streamId, string key)
    {
        var keys = new DialbackKeys(secret);
        Assert.True(key == keys.KeyFor(Domain(receiving), Domain(originating), streamId), id);
        Assert.True(keys.IsValid(Domain(receiving), Domain(originating), streamId, key), id);
    }

    [Fact]
    public void KeyFor_FieldsThatConcatenateAlike_DifferentKeys() // DB-02, CVE-2016-0756
    {
        var keys = new DialbackKeys("secret");
        var key = keys.KeyFor(Domain("ab.example"), Domain("c.example"), "1");
        Assert.NotEqual(key, keys.KeyFor(Domain("ab.exampl"), Domain("ec.example"), "1"));
        Assert.NotEqual(keys.KeyFor(Domain("ab"), Domain("c.example"), "1"), keys.KeyFor(Domain("a"), Domain("bc.example"), "1"));
        Assert.NotEqual(keys.KeyFor(Domain("a"), Domain("b.example1"), "2"), keys.KeyFor(Domain("a"), Domain("b.example"), "12"));
        Assert.False(keys.IsValid(Domain("c.example"), Domain("ab.example"), "1", key));
    }

    [Fact]
    public void IsValid_AnyOtherText_False() // DB-03
    {
        var keys = new DialbackKeys("secret");
        var (receiving, originating) = (Domain("a.example"), Domain("b.example"));
        var key = keys.KeyFor(receiving, originating, "S");
        Assert.False(keys.IsValid(receiving, originating, "S", key[..^1] + (key[^1] == '0' ? '1' : '0')));
        Assert.False(keys.IsValid(receiving, originating, "S", key.ToUpperInvariant()));
        Assert.False(keys.IsValid(receiving, originating, "S", key + " "));
        Assert.False(keys.IsValid(receiving, originating, "S", ""));
        Assert.False(keys.IsValid(receiving, originating, "s", key));
        Assert.False(new DialbackKeys("other").IsValid(receiving, originating, "S", key));
    }

    [Fact]
    public void IsValid_OtherNodeAndRotatedSecret_True() // DB-31
    {
        var (receiving, originating) = (Domain("a.example"), Domain("b.example"));
        var old = new DialbackKeys("old").KeyFor(receiving, originating, "S");
        var rotated = new DialbackKeys("new", "old");
        Assert.True(rotated.IsValid(receiving, originating, "S", old));
        Assert.True(rotated.IsValid(receiving, originating, "S", rotated.KeyFor(receiving, originating, "S")));
        Assert.NotEqual(old, rotated.KeyFor(receiving, originating, "S"));
        Assert.False(new DialbackKeys("new").IsValid(receiving, originating, "S", old));
    }

    [Fact]
    public void KeyFor_OtherSpelling_SameKey()
        => Assert.Equal(
            new DialbackKeys("x").KeyFor(Domain("bücher.example"), Domain("B.Example."), "S"),
            new DialbackKeys("x").KeyFor(Domain("xn--bcher-kva.example"), Domain("b.example"), "S"));

    [Fact]
    public void Secret_Empty_Refused()
    {
        Assert.Throws<ArgumentException>(() => new DialbackKeys(""));
        Assert.Throws<ArgumentException>(() => new DialbackKeys("x", ""));
    }

    [Fact]
    public void Outcome_Default_IsNotValid() => Assert.Equal(DialbackVerdict.Error, default(DialbackOutcome).Verdict);

    private static DomainName Domain(string text) => DomainName.Parse(text);
}
