namespace EdgePool.Xmpp.Framing;

/// <summary>
/// What one top-level element may cost, checked before memory is committed. The defaults carry their reason:
/// before authentication those of ejabberd 26.04; afterwards half of Prosody's S2S default.
/// </summary>
/// <param name="ElementBytes">Bytes of one top-level element, first <c>&lt;</c> to last <c>&gt;</c>.</param>
/// <param name="Elements">XML elements in one top-level element, itself included.</param>
/// <param name="Depth">Nesting inside the top-level element; itself is 1.</param>
/// <param name="Attributes">Attributes of one element, namespace declarations included.</param>
/// <param name="NamespaceDeclarations">Namespace declarations of one element.</param>
/// <param name="AttributeValueBytes">Raw bytes of one attribute value.</param>
/// <param name="NameBytes">Bytes of one qualified name.</param>
/// <param name="NamespaceBytes">Bytes of one namespace name.</param>
/// <param name="LanguageBytes">Bytes of one <c>xml:lang</c>.</param>
/// <param name="WhitespaceBytes">Contiguous white space between top-level elements.</param>
public sealed record FramerLimits(
    int ElementBytes,
    int Elements,
    int Depth = 64,
    int Attributes = 64,
    int NamespaceDeclarations = 32,
    int AttributeValueBytes = 16_384,
    int NameBytes = 256,
    int NamespaceBytes = 1_024,
    int LanguageBytes = 64,
    int WhitespaceBytes = 65_536)
{
    /// <summary>Before the peer is authenticated: 8 192 bytes, 32 elements.</summary>
    public static FramerLimits Unauthenticated { get; } = new(ElementBytes: 8_192, Elements: 32);

    /// <summary>Afterwards: 262 144 bytes, 10 000 elements (RFC 6120 section 13.12 demands at least 10 000 bytes).</summary>
    public static FramerLimits Authenticated { get; } = new(ElementBytes: 262_144, Elements: 10_000);
}
