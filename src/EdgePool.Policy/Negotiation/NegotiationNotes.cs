namespace EdgePool.Policy.Negotiation;

/// <summary>The texts of the negotiation vocabulary.</summary>
public static class NegotiationNotes
{
    /// <summary>What is the matter, in one sentence without a full stop.</summary>
    public static string Describe(this NegotiationNote note) => note switch
    {
        NegotiationNote.DialbackIdle => "dialback is on but will never be used, because TLS and SASL are both required",
        NegotiationNote.SaslNeedsTls => "SASL works over TLS alone, and these settings let streams go without TLS, so negotiations may fail",
        NegotiationNote.DialbackBelowSasl => "dialback is on but will not be used, because SASL is required",
        NegotiationNote.DialbackOnly => "dialback is the only method: the partner's identity is as safe as its DNS",
        NegotiationNote.PlainDialbackOnly => "dialback without TLS is the only method: streams are neither encrypted nor safe from a forged DNS",
        NegotiationNote.SaslWithoutTls => "SASL is required but needs TLS, which is not supported here, and dialback is off: no stream could authenticate",
        NegotiationNote.NoMethod => "neither SASL nor dialback can be used: no stream could authenticate",
        _ => throw new ArgumentOutOfRangeException(nameof(note), note, message: null),
    };

    /// <summary>What to do about it.</summary>
    public static string Remedy(this NegotiationNote note) => note switch
    {
        NegotiationNote.DialbackIdle => "set saslNegotiation: Optional to let dialback step in, or supportDialback: false",
        NegotiationNote.SaslNeedsTls => "set tlsNegotiation: Required, or saslNegotiation: NotSupported with supportDialback: true",
        NegotiationNote.DialbackBelowSasl => "set saslNegotiation: Optional to let dialback step in, or lyncCompat: true to read the settings as Lync did",
        NegotiationNote.DialbackOnly => "set saslNegotiation: Optional if the partner has a certificate",
        NegotiationNote.PlainDialbackOnly => "set tlsNegotiation: Optional or Required if the partner can do TLS",
        NegotiationNote.SaslWithoutTls => "set tlsNegotiation: Required, or saslNegotiation: NotSupported with supportDialback: true",
        NegotiationNote.NoMethod => "set saslNegotiation: Optional with tlsNegotiation: Required, or supportDialback: true",
        _ => throw new ArgumentOutOfRangeException(nameof(note), note, message: null),
    };
}
