using EdgePool.Xmpp.Streams;

namespace EdgePool.Policy.Negotiation;

/// <summary>How far a partner's streams use a mechanism.</summary>
public enum NegotiationMode
{
    /// <summary>Nothing goes without it.</summary>
    Required,

    /// <summary>Used where the peer can.</summary>
    Optional,

    /// <summary>Never offered and never asked for.</summary>
    NotSupported,
}

/// <summary>The four settings of a partner that decide how its streams authenticate.</summary>
/// <param name="Tls">TLS on the stream.</param>
/// <param name="Sasl">SASL EXTERNAL with the peer's certificate (XEP-0178).</param>
/// <param name="Dialback">Server dialback (XEP-0220).</param>
/// <param name="LyncCompat">
/// The matrix as Lync Server 2013 reads it: dialback stays possible where SASL is required but TLS is not,
/// and SASL without TLS is accepted as long as dialback is left.
/// </param>
public readonly record struct NegotiationChoice(NegotiationMode Tls, NegotiationMode Sasl, bool Dialback, bool LyncCompat = false);

/// <summary>What an operator is told about a choice of settings. A closed vocabulary; the texts are <see cref="NegotiationNotes.Describe"/>.</summary>
public enum NegotiationNote
{
    /// <summary>Dialback is on, but can never happen, as both TLS and SASL are required.</summary>
    DialbackIdle,

    /// <summary>SASL needs TLS, and TLS is not certain.</summary>
    SaslNeedsTls,

    /// <summary>SASL is required, so the dialback that these settings would otherwise leave open is not used.</summary>
    DialbackBelowSasl,

    /// <summary>Dialback alone proves who the peer is: it is as strong as the DNS.</summary>
    DialbackOnly,

    /// <summary>Dialback without encryption is the only way in.</summary>
    PlainDialbackOnly,

    /// <summary>SASL without TLS cannot be, and dialback is off.</summary>
    SaslWithoutTls,

    /// <summary>Neither SASL nor dialback is on.</summary>
    NoMethod,
}

/// <summary>What the matrix answers: the ways to authenticate, or why there are none.</summary>
/// <param name="Methods">The allowed methods; none when refused.</param>
/// <param name="Refusal">Why the settings cannot be saved; null when they can.</param>
/// <param name="Notes">What the operator should know of settings that can be saved.</param>
public sealed record NegotiationRuling(
    AuthenticationMethods Methods,
    NegotiationNote? Refusal,
    IReadOnlyList<NegotiationNote> Notes)
{
    /// <summary>The settings can be used.</summary>
    public bool IsValid => Refusal is null;
}

/// <summary>
/// From a partner's settings to the ways its streams may authenticate. One rule gives all 18 combinations as Lync Server 2013 documents them;
/// two stricter decisions stand on top and yield to <see cref="NegotiationChoice.LyncCompat"/>: SASL that is required excludes dialback,
/// and SASL without TLS is refused even where dialback would be left.
/// </summary>
public static class NegotiationMatrix
{
    /// <summary>Rules on one combination.</summary>
    public static NegotiationRuling Rule(NegotiationChoice settings)
    {
        var sasl = settings.Sasl is not NegotiationMode.NotSupported;
        var tls = settings.Tls is not NegotiationMode.NotSupported;
        if (sasl && !tls && !(settings.LyncCompat && settings.Dialback))
        {
            return Refuse(SaslWithoutTls(settings));
        }

        var methods = MethodsOf(settings, sasl, tls);
        return methods is AuthenticationMethods.None
            ? Refuse(NegotiationNote.NoMethod)
            : new NegotiationRuling(methods, Refusal: null, NotesOn(settings, sasl));
    }

    private static AuthenticationMethods MethodsOf(NegotiationChoice settings, bool sasl, bool tls)
    {
        var onlySasl = settings.Sasl is NegotiationMode.Required
            && (settings.Tls is NegotiationMode.Required || !settings.LyncCompat);
        var dialback = settings.Dialback && !onlySasl;
        var methods = AuthenticationMethods.None;
        if (sasl && tls)
        {
            methods |= AuthenticationMethods.SaslOverTls;
        }

        if (dialback && tls)
        {
            methods |= AuthenticationMethods.TlsDialback;
        }

        if (dialback && settings.Tls is not NegotiationMode.Required)
        {
            methods |= AuthenticationMethods.TcpDialback;
        }

        return methods;
    }

    /// <summary>Required SASL that can never be met has one remedy, optional SASL another: the documented texts differ.</summary>
    private static NegotiationNote SaslWithoutTls(NegotiationChoice settings)
        => settings is { Sasl: NegotiationMode.Required, Dialback: false } ? NegotiationNote.SaslWithoutTls : NegotiationNote.SaslNeedsTls;

    private static List<NegotiationNote> NotesOn(NegotiationChoice settings, bool sasl)
    {
        var notes = new List<NegotiationNote>(2);
        if (sasl && settings.Tls is not NegotiationMode.Required)
        {
            notes.Add(NegotiationNote.SaslNeedsTls);
        }

        if (settings is { Dialback: true, Sasl: NegotiationMode.Required, Tls: NegotiationMode.Required })
        {
            notes.Add(NegotiationNote.DialbackIdle);
        }
        else if (settings is { Dialback: true, Sasl: NegotiationMode.Required, LyncCompat: false })
        {
            notes.Add(NegotiationNote.DialbackBelowSasl);
        }
        else if (!sasl)
        {
            notes.Add(settings.Tls is NegotiationMode.NotSupported ? NegotiationNote.PlainDialbackOnly : NegotiationNote.DialbackOnly);
        }

        return notes;
    }

    private static NegotiationRuling Refuse(NegotiationNote why) => new(AuthenticationMethods.None, why, []);
}
