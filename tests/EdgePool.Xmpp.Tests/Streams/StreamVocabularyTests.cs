using System.Buffers;
using System.Text;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Xmpp.Tests.Streams;

// The names that logs, metrics and the wire rely on.
public class StreamVocabularyTests
{
    [Fact]
    public void EndReasons_Texts_AreStable() => Assert.Equal(
        "peer-closed connection-lost connect-failed service-absent dns-failed negotiation-timeout stanza-timeout write-timeout acknowledgement-timeout idle-timeout keep-alive-timeout stream-error-received malformed-stream"
        + " limit-exceeded protocol-violation improper-addressing host-unknown tls-failed tls-not-offered tls-refused tls-unavailable tls-version-too-low certificate-missing"
        + " certificate-untrusted certificate-wrong-name certificate-pin-mismatch certificate-key-changed certificate-tlsa-missing certificate-tlsa-unavailable certificate-tlsa-mismatch not-authorized sasl-rejected dialback-invalid dialback-failed verification-done no-allowed-method"
        + " partner-not-allowed policy-violation invalid-from conflict connection-limit resource-constraint rate-exceeded policy-changed certificate-expired retired shutdown"
        + " internal-error",
        string.Join(' ', Enum.GetValues<StreamEndReason>().Select(r => r.ToText())));

    [Fact]
    public void StreamErrors_WireNames_AreThoseOfTheRfc() => Assert.Equal( // RFC 6120 4.9.3
        "bad-format bad-namespace-prefix conflict connection-timeout host-gone host-unknown improper-addressing internal-server-error invalid-from"
        + " invalid-namespace invalid-xml not-authorized not-well-formed policy-violation remote-connection-failed reset resource-constraint restricted-xml"
        + " see-other-host system-shutdown undefined-condition unsupported-encoding unsupported-feature unsupported-stanza-type unsupported-version",
        string.Join(' ', Enum.GetValues<StreamErrorCondition>().Select(c => c.WireName())));

    [Fact]
    public void StreamError_Write_ReadsBack()
    {
        var output = new ArrayBufferWriter<byte>();
        new StreamError(StreamErrorCondition.SeeOtherHost, "a <b> & 'c'").WriteTo(output);
        var read = StreamError.Read(Transcript.ReadElement(Encoding.UTF8.GetString(output.WrittenSpan)));
        Assert.Equal(new StreamError(StreamErrorCondition.SeeOtherHost, "a <b> & 'c'"), read);
    }

    [Theory] // POLICY.md section 1
    [InlineData("any", true, false, true, true, true)]
    [InlineData("sasl", true, true, true, false, false)]
    [InlineData("sasl+tls-dialback", true, true, true, true, false)]
    [InlineData("tls-dialback", true, true, false, true, false)]
    [InlineData("tcp-dialback", false, false, false, false, true)]
    public void Terms_Questions_FollowTheMethods(string name, bool offersTls, bool requiresTls, bool sasl, bool tlsDialback, bool tcpDialback)
    {
        var terms = Terms.Parse(name);
        Assert.Equal((offersTls, requiresTls, sasl, tlsDialback, tcpDialback),
            (terms.OffersTls, terms.RequiresTls, terms.AllowsSasl, terms.AllowsDialback(tls: true), terms.AllowsDialback(tls: false)));
    }

    [Fact]
    public void Terms_TrustedCertificateRequired_NoPlainDialback()
    {
        var terms = Terms.Any with { RequireTrustedCertificate = true };
        Assert.True(terms.RequiresTls);
        Assert.False(terms.AllowsDialback(tls: false));
        Assert.True(terms.AllowsDialback(tls: true));
    }
}
