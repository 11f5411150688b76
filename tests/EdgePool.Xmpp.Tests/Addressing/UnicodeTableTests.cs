using System.Globalization;
using System.Text;
using EdgePool.Xmpp.Addressing;
using Xunit;

namespace EdgePool.Xmpp.Tests.Addressing;

/// <summary>The derived tables against totals of the derivation (RFC 8264 section 8, RFC 5892 section 2) and against the runtime.</summary>
public sealed class UnicodeTableTests
{
    private static readonly int[] CodePoints = Enumerable.Range(0, 0x110000).ToArray();

    [Theory]
    [InlineData(nameof(PrecisClass.Disallowed), 140383)]
    [InlineData(nameof(PrecisClass.Valid), 134975)]
    [InlineData(nameof(PrecisClass.FreeformOnly), 13382)]
    [InlineData(nameof(PrecisClass.ContextJ), 2)]
    [InlineData(nameof(PrecisClass.ContextO), 25)]
    [InlineData(nameof(PrecisClass.Unassigned), 825345)]
    public void PrecisClasses_OfUnicode15_HaveTheDerivedTotals(string name, int expected)
    {
        var wanted = Enum.Parse<PrecisClass>(name);
        Assert.Equal(expected, CodePoints.Count(c => UnicodeProperties.PrecisClassOf(c) == wanted));
    }

    [Fact]
    public void IdnaValid_OfUnicode15_HasTheDerivedTotal()
        => Assert.Equal(133523, CodePoints.Count(UnicodeProperties.IsIdnaValid));

    // Whatever PRECIS permits in an identifier is its own compatibility decomposition (RFC 8264 section 9.17, HasCompat), but for exceptions.
    [Fact]
    public void Valid_EveryCodePoint_IsStableUnderNfkc()
        => Assert.DoesNotContain(CodePoints, c => UnicodeProperties.PrecisClassOf(c) == PrecisClass.Valid
            && !new Rune(c).ToString().IsNormalized(NormalizationForm.FormKC));

    [Fact]
    public void IdnaValid_EveryCodePoint_IsALetterADigitAMarkOrTheHyphen()
        => Assert.DoesNotContain(CodePoints, c => c != '-' && c is not (0x06FD or 0x06FE or 0x0F0B or 0x3007)
            && UnicodeProperties.IsIdnaValid(c) && !IsLetterDigit(new Rune(c)));

    // The runtime's simple mapping leaves U+0130 alone as well.
    [Fact]
    public void ToLower_EveryAssignedCodePoint_IsTheRuntimesInvariantMapping()
        => Assert.DoesNotContain(CodePoints, c => IsAssigned(c) && UnicodeProperties.ToLower(c) != Rune.ToLowerInvariant(new Rune(c)).Value);

    [Fact]
    public void MapWidth_EveryAssignedCodePoint_IsAStepTowardsNfkc()
        => Assert.DoesNotContain(CodePoints, c => IsAssigned(c) && UnicodeProperties.MapWidth(c) != c
            && new Rune(UnicodeProperties.MapWidth(c)).ToString().Normalize(NormalizationForm.FormKC)
                != new Rune(c).ToString().Normalize(NormalizationForm.FormKC));

    [Fact]
    public void UnicodeSupport_OfTheTestProcess_IsComplete() => Assert.Null(UnicodeSupport.FindFault());

    private static bool IsAssigned(int c) => Rune.IsValid(c) && UnicodeProperties.PrecisClassOf(c) != PrecisClass.Unassigned;

    private static bool IsLetterDigit(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
}
