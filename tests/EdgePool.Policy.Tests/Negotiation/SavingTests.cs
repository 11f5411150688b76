using EdgePool.Policy.Negotiation;
using EdgePool.Policy.Partners;
using Xunit;

namespace EdgePool.Policy.Tests.Negotiation;

/// <summary>POLICY.md section 1, "saving": what an operator is told of each row that cannot be saved, or only as Lync reads it.</summary>
public sealed class SavingTests
{
    [Theory]
    [InlineData("row 5", NegotiationMode.NotSupported, NegotiationMode.Required, true, false, NegotiationNote.SaslNeedsTls)]
    [InlineData("row 6", NegotiationMode.NotSupported, NegotiationMode.Required, false, false, NegotiationNote.SaslWithoutTls)]
    [InlineData("row 11", NegotiationMode.NotSupported, NegotiationMode.Optional, true, false, NegotiationNote.SaslNeedsTls)]
    [InlineData("row 12", NegotiationMode.NotSupported, NegotiationMode.Optional, false, false, NegotiationNote.SaslNeedsTls)]
    [InlineData("row 14", NegotiationMode.Required, NegotiationMode.NotSupported, false, false, NegotiationNote.NoMethod)]
    [InlineData("row 16", NegotiationMode.Optional, NegotiationMode.NotSupported, false, false, NegotiationNote.NoMethod)]
    [InlineData("row 18", NegotiationMode.NotSupported, NegotiationMode.NotSupported, false, false, NegotiationNote.NoMethod)]
    [InlineData("row 6 compat", NegotiationMode.NotSupported, NegotiationMode.Required, false, true, NegotiationNote.SaslWithoutTls)]
    [InlineData("row 12 compat", NegotiationMode.NotSupported, NegotiationMode.Optional, false, true, NegotiationNote.SaslNeedsTls)]
    [InlineData("row 14 compat", NegotiationMode.Required, NegotiationMode.NotSupported, false, true, NegotiationNote.NoMethod)]
    [InlineData("row 16 compat", NegotiationMode.Optional, NegotiationMode.NotSupported, false, true, NegotiationNote.NoMethod)]
    [InlineData("row 18 compat", NegotiationMode.NotSupported, NegotiationMode.NotSupported, false, true, NegotiationNote.NoMethod)]
    public void Row_ThatIsNotValid_IsRefusedWithTheReasonAndARemedy(
        string row, NegotiationMode tls, NegotiationMode sasl, bool dialback, bool compat, NegotiationNote why)
    {
        var compilation = Compile(tls, sasl, dialback, compat);

        Assert.Null(compilation.Snapshot);
        var problem = Assert.Single(compilation.Problems);
        Assert.Equal((row, ProblemSeverity.Error, "partners[0].saslNegotiation"), (row, problem.Severity, problem.Path));
        Assert.Equal((why.Describe(), why.Remedy()), (problem.What, problem.Remedy));
    }

    [Theory]
    [InlineData("row 5", NegotiationMode.Required)]
    [InlineData("row 11", NegotiationMode.Optional)]
    public void Row_WithSaslAndWithoutTls_IsAcceptedInCompatWithAWarning(string row, NegotiationMode sasl)
    {
        var compilation = Compile(NegotiationMode.NotSupported, sasl, dialback: true, compat: true);

        Assert.NotNull(compilation.Snapshot);
        var problem = Assert.Single(compilation.Problems);
        Assert.Equal((row, ProblemSeverity.Warning, NegotiationNote.SaslNeedsTls.Describe()), (row, problem.Severity, problem.What));
    }

    private static PolicyCompilation Compile(NegotiationMode tls, NegotiationMode sasl, bool dialback, bool compat) => PolicyCompiler.Compile(
        [new PartnerDocument { Domain = "p1.example", TlsNegotiation = tls, SaslNegotiation = sasl, SupportDialback = dialback, LyncCompat = compat }], []);
}
