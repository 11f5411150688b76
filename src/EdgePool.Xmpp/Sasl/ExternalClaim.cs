using System.Text;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Sasl;

/// <summary>What a peer claims to be in a SASL EXTERNAL exchange (XEP-0178 section 3, RFC 6120 section 6.4).</summary>
/// <param name="Fault">Why the exchange fails; null when it can go on.</param>
/// <param name="NeedsChallenge">The peer gave no initial response: ask for it.</param>
/// <param name="Identity">The authorization identity; null when the peer leaves it to the stream's <c>from</c>.</param>
internal readonly record struct ExternalClaim(SaslFailureCondition? Fault, bool NeedsChallenge, DomainName? Identity)
{
    private const string Mechanism = "EXTERNAL";

    /// <summary>Reads <c>&lt;auth mechanism='EXTERNAL'&gt;…&lt;/auth&gt;</c>: no text asks for a challenge, <c>=</c> is an empty response.</summary>
    public static ExternalClaim ReadAuth(XmlElement auth)
    {
        if (!string.Equals(auth["mechanism"], Mechanism, StringComparison.Ordinal))
            return new(SaslFailureCondition.InvalidMechanism, false, null);
        if (auth.Children.Any())
            return new(SaslFailureCondition.MalformedRequest, false, null);
        return auth.Text.Length == 0 ? new(null, NeedsChallenge: true, null) : ReadIdentity(auth.Text);
    }

    /// <summary>Reads <c>&lt;response&gt;…&lt;/response&gt;</c>: no text, or <c>=</c>, is an empty response.</summary>
    public static ExternalClaim ReadResponse(XmlElement response)
    {
        if (response.Children.Any())
            return new(SaslFailureCondition.MalformedRequest, false, null);
        return response.Text.Length == 0 ? default : ReadIdentity(response.Text);
    }

    // <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>cDEuZXhhbXBsZQ==</auth>
    // COMPAT: authzid-always. XEP-0178 section 3 asks for it for old servers' sake, and Prosody and ejabberd do the same.
    public static ReadOnlyMemory<byte> Auth(DomainName identity) => WireWriter.Compose(w => w
        .Markup("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>"u8)
        .Markup(Convert.ToBase64String(identity.Utf8)).Markup("</auth>"u8));

    public static ReadOnlyMemory<byte> Response(DomainName identity) => WireWriter.Compose(w => w
        .Markup("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"u8).Markup(Convert.ToBase64String(identity.Utf8)).Markup("</response>"u8));

    private static ExternalClaim ReadIdentity(string text)
    {
        if (string.Equals(text, "=", StringComparison.Ordinal))
            return default;
        if (!TryDecode(text, out var bytes))
            return new(SaslFailureCondition.IncorrectEncoding, false, null);
        return TryDomain(bytes, out var identity) ? new(null, false, identity) : new(SaslFailureCondition.InvalidAuthzid, false, null);
    }

    // RFC 4648 section 4, canonical: the BCL's decoder alone would let white space and stray bits through.
    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length / 4 * 3];
        if (text.Length % 4 != 0 || !Convert.TryFromBase64String(text, bytes, out var length))
            return false;
        bytes = bytes[..length];
        return string.Equals(Convert.ToBase64String(bytes), text, StringComparison.Ordinal);
    }

    private static bool TryDomain(byte[] bytes, out DomainName? domain)
    {
        domain = null;
        return System.Text.Unicode.Utf8.IsValid(bytes) && DomainName.TryParse(Encoding.UTF8.GetString(bytes), out domain);
    }
}
