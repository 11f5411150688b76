using EdgePool.Policy.Negotiation;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Policy.Tests.Negotiation;

/// <summary>The 18 combinations of Lync Server 2013's "Negotiation settings for XMPP federated partners", and where we are stricter.</summary>
public sealed class NegotiationMatrixTests
{
    private const AuthenticationMethods None = AuthenticationMethods.None;
    private const AuthenticationMethods Sasl = AuthenticationMethods.SaslOverTls;
    private const AuthenticationMethods TlsDialback = AuthenticationMethods.TlsDialback;
    private const AuthenticationMethods TcpDialback = AuthenticationMethods.TcpDialback;
    private const string W1 = nameof(NegotiationNote.DialbackIdle);
    private const string W2 = nameof(NegotiationNote.SaslNeedsTls);
    private const string Below = nameof(NegotiationNote.DialbackBelowSasl);
    private const string Note = nameof(NegotiationNote.DialbackOnly);
    private const string OnlyPlain = nameof(NegotiationNote.PlainDialbackOnly);
    private const string E1 = nameof(NegotiationNote.SaslWithoutTls);
    private const string E2 = nameof(NegotiationNote.NoMethod);

    [Theory]
    [InlineData("row 1", 'R', 'R', true, Sasl, W1)]
    [InlineData("row 2", 'R', 'R', false, Sasl, "")]
    [InlineData("row 3", 'O', 'R', true, Sasl | TlsDialback | TcpDialback, W2)]
    [InlineData("row 4", 'O', 'R', false, Sasl, W2)]
    [InlineData("row 5", 'N', 'R', true, TcpDialback, W2)]
    [InlineData("row 6", 'N', 'R', false, None, E1)]
    [InlineData("row 7", 'R', 'O', true, Sasl | TlsDialback, "")]
    [InlineData("row 8", 'R', 'O', false, Sasl, "")]
    [InlineData("row 9", 'O', 'O', true, Sasl | TlsDialback | TcpDialback, W2)]
    [InlineData("row 10", 'O', 'O', false, Sasl, W2)]
    [InlineData("row 11", 'N', 'O', true, TcpDialback, W2)]
    [InlineData("row 12", 'N', 'O', false, None, W2)]
    [InlineData("row 13", 'R', 'N', true, TlsDialback, Note)]
    [InlineData("row 14", 'R', 'N', false, None, E2)]
    [InlineData("row 15", 'O', 'N', true, TlsDialback | TcpDialback, Note)]
    [InlineData("row 16", 'O', 'N', false, None, E2)]
    [InlineData("row 17", 'N', 'N', true, TcpDialback, OnlyPlain)]
    [InlineData("row 18", 'N', 'N', false, None, E2)]
    public void Rule_LyncCompat_IsTheDocumentedMatrix(string row, char tls, char sasl, bool dialback, AuthenticationMethods methods, string text)
        => AssertRuling(row, Settings(tls, sasl, dialback, compat: true), methods, text);

    [Theory]
    [InlineData("row 1", 'R', 'R', true, Sasl, W1)]
    [InlineData("row 2", 'R', 'R', false, Sasl, "")]
    [InlineData("row 3", 'O', 'R', true, Sasl, W2 + "," + Below)]
    [InlineData("row 4", 'O', 'R', false, Sasl, W2)]
    [InlineData("row 5", 'N', 'R', true, None, W2)]
    [InlineData("row 6", 'N', 'R', false, None, E1)]
    [InlineData("row 7", 'R', 'O', true, Sasl | TlsDialback, "")]
    [InlineData("row 8", 'R', 'O', false, Sasl, "")]
    [InlineData("row 9", 'O', 'O', true, Sasl | TlsDialback | TcpDialback, W2)]
    [InlineData("row 10", 'O', 'O', false, Sasl, W2)]
    [InlineData("row 11", 'N', 'O', true, None, W2)]
    [InlineData("row 12", 'N', 'O', false, None, W2)]
    [InlineData("row 13", 'R', 'N', true, TlsDialback, Note)]
    [InlineData("row 14", 'R', 'N', false, None, E2)]
    [InlineData("row 15", 'O', 'N', true, TlsDialback | TcpDialback, Note)]
    [InlineData("row 16", 'O', 'N', false, None, E2)]
    [InlineData("row 17", 'N', 'N', true, TcpDialback, OnlyPlain)]
    [InlineData("row 18", 'N', 'N', false, None, E2)]
    public void Rule_Strict_RequiredSaslExcludesDialback(string row, char tls, char sasl, bool dialback, AuthenticationMethods methods, string text)
        => AssertRuling(row, Settings(tls, sasl, dialback, compat: false), methods, text);

    [Theory]
    [CombinatorialSettings]
    public void Rule_AnySettings_FollowsTheStatedRule(char tls, char sasl, bool dialback)
    {
        var expected = None;
        expected |= tls != 'N' && sasl != 'N' ? Sasl : None;
        expected |= dialback && tls != 'N' && !(tls == 'R' && sasl == 'R') ? TlsDialback : None;
        expected |= dialback && tls != 'R' ? TcpDialback : None;

        Assert.Equal(expected, NegotiationMatrix.Rule(Settings(tls, sasl, dialback, compat: true)).Methods);
    }

    [Theory]
    [CombinatorialSettings]
    public void Rule_Strict_NeverAllowsMoreThanCompat(char tls, char sasl, bool dialback)
    {
        var strict = NegotiationMatrix.Rule(Settings(tls, sasl, dialback, compat: false)).Methods;
        var compat = NegotiationMatrix.Rule(Settings(tls, sasl, dialback, compat: true)).Methods;

        Assert.Equal(strict, strict & compat);
        Assert.True(sasl != 'R' || (strict & ~Sasl) == None, "SASL is required, yet dialback is among the methods");
    }

    [Fact]
    public void Notes_Each_HasATextAndARemedy()
        => Assert.All(Enum.GetValues<NegotiationNote>(), note =>
        {
            Assert.NotEmpty(note.Describe());
            Assert.NotEmpty(note.Remedy());
        });

    private static void AssertRuling(string row, NegotiationChoice settings, AuthenticationMethods methods, string text)
    {
        var ruling = NegotiationMatrix.Rule(settings);
        var told = ruling.Refusal is { } refusal ? refusal.ToString() : string.Join(',', ruling.Notes);

        Assert.Equal((row, methods, methods != None, text), (row, ruling.Methods, ruling.IsValid, told));
    }

    private static NegotiationChoice Settings(char tls, char sasl, bool dialback, bool compat) => new(Mode(tls), Mode(sasl), dialback, compat);

    private static NegotiationMode Mode(char letter) => letter switch
    {
        'R' => NegotiationMode.Required,
        'O' => NegotiationMode.Optional,
        _ => NegotiationMode.NotSupported,
    };

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class CombinatorialSettingsAttribute : Xunit.v3.DataAttribute
    {
        public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(
            System.Reflection.MethodInfo testMethod, Xunit.Sdk.DisposalTracker disposalTracker)
            => ValueTask.FromResult<IReadOnlyCollection<ITheoryDataRow>>(
                [.. from tls in "RON" from sasl in "RON" from dialback in new[] { true, false } select new TheoryDataRow<char, char, bool>(tls, sasl, dialback)]);

        public override bool SupportsDiscoveryEnumeration() => true;
    }
}
