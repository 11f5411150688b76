using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Dialback;
using Xunit;

namespace EdgePool.Xmpp.Tests.Dialback;

// XEP-0185 with rotation: DB-31.
public class DialbackSecretsTests
{
    private static readonly DomainName Receiving = DomainName.Parse("a.example");
    private static readonly DomainName Originating = DomainName.Parse("b.example");

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(DialbackSecrets.Most, true)]
    [InlineData(DialbackSecrets.Most + 1, false)]
    public void Secrets_UpToTheLimit_AreTaken(int count, bool taken)
    {
        var secrets = Enumerable.Range(0, count).Select(number => new string('s', number + 1)).ToArray();
        if (taken)
            Assert.Equal(count, new DialbackSecrets(secrets).Count);
        else
            Assert.Throws<ArgumentException>(() => new DialbackSecrets(secrets));
    }

    [Fact]
    public void Secrets_OneEmptyOrTwice_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new DialbackSecrets("one", ""));
        Assert.Throws<ArgumentException>(() => new DialbackSecrets("one", "two", "one"));
    }

    [Fact]
    public void DB31_Rotation_TheNewestMakesAndEachVerifies()
    {
        var keys = new DialbackKeys("first");
        var first = KeyOf(keys);
        keys.Replace(new DialbackSecrets("second", "first"));
        var second = KeyOf(keys);
        Assert.NotEqual(first, second);
        Assert.Equal((true, true), (Verifies(keys, first), Verifies(keys, second)));
        keys.Replace(new DialbackSecrets("third", "second", "first"));
        Assert.Equal((true, true, true), (Verifies(keys, first), Verifies(keys, second), Verifies(keys, KeyOf(keys))));
        keys.Replace(new DialbackSecrets("fourth", "third", "second"));
        Assert.Equal((false, true), (Verifies(keys, first), Verifies(keys, second)));
    }

    [Fact]
    public void CountKept_OfThoseBefore_TellsWhoseKeysAreVoid()
    {
        var before = new DialbackSecrets("second", "first");
        Assert.Equal(2, new DialbackSecrets("third", "second", "first").CountKept(before));
        Assert.Equal(1, new DialbackSecrets("third", "second").CountKept(before));
        Assert.Equal(0, new DialbackSecrets("third").CountKept(before));
        Assert.True(before.IsSame(new DialbackSecrets("second", "first")));
        Assert.False(before.IsSame(new DialbackSecrets("first", "second")));
        Assert.False(before.IsSame(new DialbackSecrets("second")));
    }

    [Fact]
    public void Text_OfSecrets_IsTheirNumber() => Assert.Equal("2 secrets", new DialbackSecrets("hunter2", "hunter1").ToString());

    private static string KeyOf(DialbackKeys keys) => keys.KeyFor(Receiving, Originating, "S");

    private static bool Verifies(DialbackKeys keys, string key) => keys.IsValid(Receiving, Originating, "S", key);
}
