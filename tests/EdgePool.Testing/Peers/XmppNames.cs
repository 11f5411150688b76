using System.Xml;
using System.Xml.Linq;
using System.Xml.XPath;

namespace EdgePool.Testing.Peers;

/// <summary>The prefixes that a script may use without declaring them.</summary>
public static class XmppNames
{
    public static readonly XNamespace Stream = "http://etherx.jabber.org/streams";
    public static readonly XNamespace Server = "jabber:server";
    public static readonly XNamespace Client = "jabber:client";
    public static readonly XNamespace Component = "jabber:component:accept";
    public static readonly XNamespace Dialback = "jabber:server:dialback";
    public static readonly XNamespace Tls = "urn:ietf:params:xml:ns:xmpp-tls";
    public static readonly XNamespace Sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
    public static readonly XNamespace Bind = "urn:ietf:params:xml:ns:xmpp-bind";
    public static readonly XNamespace StreamErrors = "urn:ietf:params:xml:ns:xmpp-streams";
    public static readonly XNamespace StanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";

    public static readonly XNamespace StreamManagement = "urn:xmpp:sm:3";

    private static readonly XmlNamespaceManager Resolver = NewResolver();

    /// <summary>
    /// Whether the element is what the pattern says: an XSLT pattern of XPath 1.0 such as <c>db:result[@type='valid']</c> or
    /// <c>iq[@type='error']/error/stanzas:item-not-found</c>. A step without prefix matches any namespace.
    /// Prefixes: stream, server, client, component, db, tls, sasl, bind, streams, stanzas, sm.
    /// </summary>
    /// <remarks>A path speaks of the element and what is inside it: the first step is the element itself.</remarks>
    public static bool Matches(XElement element, string pattern)
    {
        var expression = "self::" + string.Join('/', Steps(pattern).Select(AnyNamespace));
        return element.XPathSelectElement(expression, Resolver) is not null;
    }

    private static string AnyNamespace(string step)
    {
        var bracket = step.IndexOf('[', StringComparison.Ordinal);
        var name = bracket < 0 ? step : step[..bracket];
        var rest = bracket < 0 ? "" : step[bracket..];
        return name.Contains(':', StringComparison.Ordinal) || name is "*" ? step : $"*[local-name()='{name}']{rest}";
    }

    private static IEnumerable<string> Steps(string pattern)
    {
        var (from, depth) = (0, 0);
        char quote = default;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (quote != default)
                quote = c == quote ? default : quote;
            else if (c is '\'' or '"')
                quote = c;
            else if (c is '[' or ']')
                depth += c == '[' ? 1 : -1;
            else if (c == '/' && depth == 0)
            {
                yield return pattern[from..i];
                from = i + 1;
            }
        }

        yield return pattern[from..];
    }

    private static XmlNamespaceManager NewResolver()
    {
        var names = new XmlNamespaceManager(new NameTable());
        names.AddNamespace("stream", Stream.NamespaceName);
        names.AddNamespace("server", Server.NamespaceName);
        names.AddNamespace("client", Client.NamespaceName);
        names.AddNamespace("component", Component.NamespaceName);
        names.AddNamespace("db", Dialback.NamespaceName);
        names.AddNamespace("tls", Tls.NamespaceName);
        names.AddNamespace("sasl", Sasl.NamespaceName);
        names.AddNamespace("bind", Bind.NamespaceName);
        names.AddNamespace("streams", StreamErrors.NamespaceName);
        names.AddNamespace("stanzas", StanzaErrors.NamespaceName);
        names.AddNamespace("sm", StreamManagement.NamespaceName);
        return names;
    }
}
