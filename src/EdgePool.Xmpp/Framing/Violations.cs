using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.Framing;

/// <summary>Every refusal of the framer, made once: a hostile peer costs no memory.</summary>
internal static class Violations
{
    internal static readonly FramingViolation InvalidCharacter = NotWellFormed("a character that XML does not allow, or malformed UTF-8");
    internal static readonly FramingViolation Name = NotWellFormed("not a qualified name");
    internal static readonly FramingViolation Markup = NotWellFormed("'<' begins no tag");
    internal static readonly FramingViolation Tag = NotWellFormed("an unexpected character inside a tag");
    internal static readonly FramingViolation AttributeSeparator = NotWellFormed("no white space before an attribute");
    internal static readonly FramingViolation AttributeSyntax = NotWellFormed("an attribute without '=' or quotes");
    internal static readonly FramingViolation LessThanInValue = NotWellFormed("'<' in an attribute value");
    internal static readonly FramingViolation DuplicateAttribute = NotWellFormed("the same attribute twice");
    internal static readonly FramingViolation EndTag = NotWellFormed("an end tag that does not match its start tag");
    internal static readonly FramingViolation EndTagWithoutStart = NotWellFormed("an end tag before the stream header");
    internal static readonly FramingViolation CdataEndInText = NotWellFormed("']]>' in text");
    internal static readonly FramingViolation CdataSection = NotWellFormed("'<![' that begins no CDATA section inside an element");
    internal static readonly FramingViolation Reference = NotWellFormed("a malformed character or entity reference");
    internal static readonly FramingViolation MisplacedDeclaration = NotWellFormed("an XML declaration that is not at the start");
    internal static readonly FramingViolation Declaration = NotWellFormed("a malformed XML declaration");
    internal static readonly FramingViolation DeclaredVersion = NotWellFormed("an XML version other than 1.0");
    internal static readonly FramingViolation TextBeforeHeader = NotWellFormed("text before the stream header");
    internal static readonly FramingViolation UnboundPrefix = NotWellFormed("a prefix without declaration");
    internal static readonly FramingViolation ReservedNamespace = NotWellFormed("a reserved prefix or namespace declared");
    internal static readonly FramingViolation EmptyPrefixBinding = NotWellFormed("a prefix bound to no namespace");
    internal static readonly FramingViolation DeclaredEncoding = new(StreamErrorCondition.UnsupportedEncoding, "an encoding other than UTF-8");
    internal static readonly FramingViolation Comment = Restricted("a comment");
    internal static readonly FramingViolation ProcessingInstruction = Restricted("a processing instruction");
    internal static readonly FramingViolation DocumentType = Restricted("a document type or markup declaration");
    internal static readonly FramingViolation UnknownEntity = Restricted("an entity other than the five predefined");
    internal static readonly FramingViolation TextBetweenElements = new(StreamErrorCondition.BadFormat, "text between top-level elements");
    internal static readonly FramingViolation NestedHeader = new(StreamErrorCondition.BadFormat, "a second stream header");
    internal static readonly FramingViolation PrefixedStanza = new(StreamErrorCondition.BadNamespacePrefix, "a top-level element with a prefix for the content namespace");
    internal static readonly FramingViolation ElementBytes = new(StreamErrorCondition.PolicyViolation, "a top-level element of too many bytes", StanzaTooBig: true);
    internal static readonly FramingViolation Elements = Policy("too many elements in one top-level element");
    internal static readonly FramingViolation Depth = Policy("elements nested too deep");
    internal static readonly FramingViolation Attributes = Policy("too many attributes on one element");
    internal static readonly FramingViolation NamespaceDeclarations = Policy("too many namespace declarations on one element");
    internal static readonly FramingViolation AttributeValueBytes = Policy("an attribute value of too many bytes");
    internal static readonly FramingViolation NameBytes = Policy("a name of too many bytes");
    internal static readonly FramingViolation DeclarationBytes = Policy("an XML declaration of too many bytes");
    internal static readonly FramingViolation WhitespaceBytes = Policy("too much white space between top-level elements");
    internal static readonly FramingViolation MergedAttribute = Policy("attributes of one name in two content namespaces");

    private static FramingViolation NotWellFormed(string detail) => new(StreamErrorCondition.NotWellFormed, detail);

    private static FramingViolation Restricted(string detail) => new(StreamErrorCondition.RestrictedXml, detail);

    private static FramingViolation Policy(string detail) => new(StreamErrorCondition.PolicyViolation, detail);
}
