using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using EdgePool.Testing.Peers;

namespace EdgePool.Edge.Tests.Negotiation;

/// <summary>The values behind the names in braces of one scenario, and lines in which they stand.</summary>
internal sealed class ScenarioTerms(string initiator, string receiver)
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal)
    {
        ["i"] = initiator,
        ["r"] = receiver,
        ["i in base64"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(initiator)),
    };

    /// <summary>What is said: a name without a value stands for itself from now on.</summary>
    public string Say(string text) => Regex.Replace(text, "{([^{}]+)}", match =>
    {
        values.TryAdd(match.Groups[1].Value, match.Groups[1].Value);
        return values[match.Groups[1].Value];
    });

    /// <summary>True when what is heard is what the line says; a name without a value takes what stands in its place.</summary>
    public bool Hears(string text, XElement heard)
    {
        // What else is offered has nothing to do with who the peer is: stream management (XEP-0198), both ways (XEP-0288), limits (XEP-0478).
        var known = new XElement(heard);
        known.Elements().Where(static e => e.Name.NamespaceName is "urn:xmpp:sm:3" or "urn:xmpp:features:bidi" or "urn:xmpp:stream-limits:0").Remove();
        return Equal(Parse(text), known);
    }

    /// <summary>A line as an element; a header without its end.</summary>
    public static XElement Parse(string text)
    {
        var closed = text.StartsWith("<stream:stream ", StringComparison.Ordinal) ? text[..^1] + "/>" : text;
        return XElement.Parse(string.Create(
            CultureInfo.InvariantCulture, $"<all xmlns='{XmppNames.Server}' xmlns:stream='{XmppNames.Stream}' xmlns:db='{XmppNames.Dialback}'>{closed}</all>")).Elements().Single();
    }

    private bool Equal(XElement expected, XElement heard)
        => expected.Name == heard.Name
            && Attributes(expected).Count == Attributes(heard).Count
            && Attributes(expected).TrueForAll(a => heard.Attribute(a.Name) is { } other && Equal(a.Value, other.Value))
            && expected.Elements().Count() == heard.Elements().Count()
            && expected.Elements().Zip(heard.Elements()).All(pair => Equal(pair.First, pair.Second))
            && (expected.HasElements || Equal(expected.Value, heard.Value));

    private bool Equal(string expected, string heard)
    {
        if (expected is not ['{', .. var name, '}'])
            return string.Equals(Say(expected), heard, StringComparison.Ordinal);
        if (values.TryAdd(name, heard))
            return heard.Length > 0;
        return string.Equals(values[name], heard, StringComparison.Ordinal);
    }

    // The header's language is not a scenario's business.
    private static List<XAttribute> Attributes(XElement element) => [.. element.Attributes().Where(a => !a.IsNamespaceDeclaration && a.Name != XNamespace.Xml + "lang" && a.Name != "db")];
}
