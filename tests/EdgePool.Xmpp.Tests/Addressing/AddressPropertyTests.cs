using System.Globalization;
using System.Text;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Xmpp.Tests.Addressing;

/// <summary>What holds for every input, over seeded random ones.</summary>
public sealed class AddressPropertyTests
{
    private const int Rounds = 20_000;

    private static readonly string[] Alphabet =
    [
        "a", "b", "z", "A", "I", "0", "9", "-", "--", "xn--", ".", "@", "/", " ", "[", "]", ":", "_", "l\u00B7l", "\u00E9", "e\u0301", "\u00DF", "\u0130",
        "\u0131", "\u03A3", "\u03C2", "\u0436", "\u0416", "\u05D0", "\u05D1", "\u0628", "\u0661", "\u06F1", "\u064B", "\u200C", "\u200D", "\u094D",
        "\u0915", "\u0958", "\u0345", "\u0344", "\u1FB7", "\u13A0", "\uAB70", "\u1E9E", "\u212A", "\u212B", "\u2126", "\uFF21", "\uFF0E", "\uFF0F",
        "\uFF20", "\uFF61", "\uFF76", "\uFF9E", "\u3000", "\u3002", "\u30FB", "\u30A2", "\u4E00", "\uF900", "\uD55C", "\u1100", "\u1161", "\u11A8",
        "\U0001F600", "\U00010400", "\U0001D15E", "\uFB01", "\u2163", "\u0149", "\u01C5", "\u037E", "\u1FEF", "\u0387", "\u0340", "\uFE0F", "\u00AD",
        "\uFFFE", "\u0378", "\u0301", "\u0316", "xn--bcher-kva", "example",
    ];

    [Fact]
    public void TryParse_RandomText_EnforcesToItself()
    {
        var random = new Random(7622);
        var accepted = 0;
        for (var i = 0; i < Rounds; i++)
        {
            accepted += AssertSettled(Encoding.UTF8.GetBytes(RandomAddress(random))) ? 1 : 0;
        }

        Assert.InRange(accepted, Rounds / 20, Rounds);
    }

    [Fact]
    public void TryParse_EveryCodePointInEveryPart_EnforcesToItself()
    {
        foreach (var c in Enumerable.Range(0, 0x30000).Where(static c => Rune.IsValid(c) && !IsOneOfManyAlike(c)))
        {
            var rune = new Rune(c).ToString();
            AssertSettled(Encoding.UTF8.GetBytes(rune + "@a"));
            AssertSettled(Encoding.UTF8.GetBytes("x" + rune + "x"));
            AssertSettled(Encoding.UTF8.GetBytes("a/" + rune));
        }
    }

    [Fact]
    public void TryParse_RandomOctets_NeverThrows()
    {
        var random = new Random(8264);
        var buffer = new byte[64];
        for (var i = 0; i < Rounds * 5; i++)
        {
            var octets = buffer.AsSpan(0, random.Next(buffer.Length));
            random.NextBytes(octets);
            AssertSettled(octets);
        }
    }

    // Mutations of good addresses get deeper than noise does.
    [Fact]
    public void TryParse_MutatedAddress_NeverThrows()
    {
        var random = new Random(8265);
        for (var i = 0; i < Rounds; i++)
        {
            var octets = Encoding.UTF8.GetBytes("j\u00FCliet@xn--bcher-kva.b\u00FCcher.example/my \U0001F600");
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                octets[random.Next(octets.Length)] = (byte)random.Next(256);
            }

            AssertSettled(octets);
        }
    }

    [Theory]
    [InlineData("continuation", new byte[] { (byte)'a', 0x80 })]
    [InlineData("overlong-slash", new byte[] { (byte)'a', 0xC0, 0xAF })]
    [InlineData("overlong-nul", new byte[] { (byte)'a', 0xC0, 0x80 })]
    [InlineData("surrogate", new byte[] { (byte)'a', 0xED, 0xA0, 0x80 })]
    [InlineData("beyond-unicode", new byte[] { (byte)'a', 0xF4, 0x90, 0x80, 0x80 })]
    [InlineData("truncated", new byte[] { (byte)'a', 0xE3, 0x82 })]
    public void TryParse_NotUtf8_IsRefused(string id, byte[] part)
    {
        Assert.NotEmpty(id);
        Assert.False(JidSpan.TryParse([.. part, .. "@p1.example/r"u8], out _));
        Assert.False(JidSpan.TryParse([.. "a@"u8, .. part, .. "/r"u8], out _));
        Assert.False(JidSpan.TryParse([.. "a@p1.example/"u8, .. part], out _));
        Assert.False(DomainName.TryParse(part, out _));
    }

    // Where both take a name, our A-form is the one that UTS 46 gives, written by others.
    [Fact]
    public void DomainName_RandomLabels_EncodeAsTheRuntimeDoes()
    {
        var random = new Random(3492);
        var mapping = new IdnMapping { UseStd3AsciiRules = true };
        var blocks = new[] { (0xE0, 0x17F), (0x3B1, 0x3C9), (0x430, 0x44F), (0x5D0, 0x5EA), (0x904, 0x939), (0x3041, 0x3096), (0x4E00, 0x9FFF), (0x20000, 0x2A6DF) };
        var compared = 0;
        for (var i = 0; i < Rounds; i++)
        {
            var (first, last) = blocks[random.Next(blocks.Length)];
            var label = string.Concat(Enumerable.Range(0, random.Next(1, 15)).Select(_ => new Rune(random.Next(first, last + 1)).ToString()));
            if (DomainName.TryParse(label + ".example", out var domain))
            {
                Assert.Equal(mapping.GetAscii(domain.Unicode), domain.Ascii);
                Assert.Equal(domain.Unicode, mapping.GetUnicode(domain.Ascii));
                compared++;
            }
        }

        Assert.InRange(compared, Rounds / 2, Rounds);
    }

    [Fact]
    public void TryParse_CanonicalAscii_AllocatesNothing()
    {
        byte[][] addresses = [.. "juliet@capulet.example/ph|capulet.example|192.0.2.1|a.b-c+d=e@x-y.z1.example/My Phone/@2"
            .Split('|').Select(Encoding.UTF8.GetBytes)];
        foreach (var address in addresses)
        {
            Assert.True(JidSpan.TryParse(address, out var first));
            Assert.True(first.Full == (ReadOnlySpan<byte>)address);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _ = JidSpan.TryParse(addresses[i % addresses.Length], out _);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    /// <summary>Inside of the large blocks, where one letter is treated as the next.</summary>
    private static bool IsOneOfManyAlike(int c)
        => c is > 0x3410 and < 0x4DB0 or > 0x4E10 and < 0x9FF0 or > 0xAC20 and < 0xD790 or > 0xE010 and < 0xF8F0 or > 0x17010 and < 0x18AE0
            or > 0x20010 and < 0x2A6D0 or > 0x2A710 and < 0x2EBD0;

    private static string RandomAddress(Random random)
        => Part(random, 4) + (random.Next(2) == 0 ? "@" : "") + Part(random, 3) + (random.Next(2) == 0 ? "/" + Part(random, 4) : "");

    private static string Part(Random random, int most)
        => string.Concat(Enumerable.Range(0, random.Next(1, most)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));

    /// <summary>Refused, or canonical: the canonical form gives itself, octet by octet, and so does the owning form in both spellings.</summary>
    private static bool AssertSettled(ReadOnlySpan<byte> utf8)
    {
        if (!JidSpan.TryParse(utf8, out var jid))
        {
            return false;
        }

        if (!JidSpan.TryParse(jid.Full, out var again) || !jid.Full.SequenceEqual(again.Full) || !jid.Domain.SequenceEqual(again.Domain))
        {
            Assert.Fail(Convert.ToHexString(utf8));
        }

        Assert.InRange(jid.Local.Length, 0, 1023);
        Assert.InRange(jid.Domain.Length, 1, 1023);
        Assert.InRange(jid.Resource.Length, 0, 1023);
        var owned = Jid.From(jid);
        Assert.Equal(owned, Jid.Parse(owned.ToString()));
        Assert.Equal(owned, Jid.Parse(owned.Unicode));
        return true;
    }
}
