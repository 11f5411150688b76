namespace EdgePool.Xmpp.Streams;

/// <summary>Something that servers in use do against, or beyond, the specifications, and what is made of it here. <c>COMPAT: name</c> in the code marks the place.</summary>
/// <param name="Name">Lower case, hyphenated; stable.</param>
/// <param name="Servers">Who does it, with versions.</param>
/// <param name="Tolerated">What is taken, or done, for their sake.</param>
/// <param name="Never">What is not, whoever asks.</param>
/// <param name="Source">Where it is told: a specification, a project's issue.</param>
public sealed record Quirk(string Name, string Servers, string Tolerated, string Never, string Source)
{
    /// <summary>Tolerated only with partners whose document lists it under <c>compat</c>; null: with everybody, for it costs no security.</summary>
    public PartnerQuirk? ByPartner { get; init; }
}

/// <summary>The quirks that a partner's document may list under <c>compat</c>: none is tolerated unasked.</summary>
public enum PartnerQuirk
{
    /// <summary>Elements of dialback with the prefix <c>db</c> on a stream whose header does not declare it.</summary>
    UnboundDbPrefix,
}
