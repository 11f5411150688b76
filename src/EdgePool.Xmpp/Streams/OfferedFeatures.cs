using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Streams;

/// <summary>What a peer's <c>&lt;stream:features/&gt;</c> offer, as short names. The names are the peer's in part: escape them.</summary>
public static class OfferedFeatures
{
    /// <summary>Features that are named; the rest is left out.</summary>
    public const int Most = 16;

    /// <summary>
    /// For each child a name: <c>starttls</c>, <c>starttls (required)</c>, a SASL mechanism's own name, <c>dialback</c>, <c>bidi</c>, <c>sm:3</c>,
    /// <c>limits (max-bytes 262144, idle-seconds 600)</c> (XEP-0478), and of what is not known the element's name.
    /// </summary>
    public static IReadOnlyList<string> Read(XmlElement features)
    {
        ArgumentNullException.ThrowIfNull(features);
        return [.. features.Children.SelectMany(Names).Take(Most)];
    }

    private static IEnumerable<string> Names(XmlElement feature) => (feature.Namespace, feature.Name) switch
    {
        (XmppNamespaces.Tls, "starttls") => [feature.Child("required", XmppNamespaces.Tls) is null ? "starttls" : "starttls (required)"],
        (XmppNamespaces.Sasl, "mechanisms") => feature.Children.Where(child => child.Is("mechanism", XmppNamespaces.Sasl)).Select(child => child.Text.Trim()),
        (XmppNamespaces.DialbackFeature, "dialback") => ["dialback"],
        ("urn:xmpp:features:bidi", "bidi") => ["bidi"],
        ("urn:xmpp:sm:3", "sm") => ["sm:3"],
        ("urn:xmpp:stream-limits:0", "limits") => [Limits(feature)],
        _ => [feature.Name],
    };

    private static string Limits(XmlElement limits)
        => "limits (" + string.Join(", ", limits.Children.Select(child => $"{child.Name} {child.Text.Trim()}").Take(4)) + ")";
}
