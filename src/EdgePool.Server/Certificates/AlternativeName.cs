using System.Runtime.InteropServices;

namespace EdgePool.Server.Certificates;

/// <summary>The kinds of names in a subjectAltName extension (RFC 5280 section 4.2.1.6). The text is that of the CLI.</summary>
internal enum NameKind
{
    /// <summary>dNSName: a host or a domain, bare.</summary>
    Dns,

    /// <summary>otherName id-on-dnsSRV (RFC 4985), such as <c>_xmpp-server.contoso.example</c>.</summary>
    Service,

    /// <summary>otherName id-on-xmppAddr (RFC 6120 section 13.7.1.4), such as <c>contoso.example</c>.</summary>
    Xmpp,

    /// <summary>iPAddress.</summary>
    Address,

    /// <summary>uniformResourceIdentifier.</summary>
    Uri,

    /// <summary>rfc822Name.</summary>
    Email,

    /// <summary>Anything else: the value is its tag or object identifier.</summary>
    Other,
}

/// <summary>One name of a certificate or request.</summary>
/// <param name="Kind">What kind of name.</param>
/// <param name="Value">Its text; A-labels in the kinds that are ASCII.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AlternativeName(NameKind Kind, string Value)
{
    /// <summary><c>DNS:contoso.example</c>, <c>SRV:_xmpp-server.contoso.example</c>, <c>XMPP:contoso.example</c>.</summary>
    public override string ToString() => $"{Label}:{Value}";

    private string Label => Kind switch
    {
        NameKind.Dns => "DNS",
        NameKind.Service => "SRV",
        NameKind.Xmpp => "XMPP",
        NameKind.Address => "IP",
        NameKind.Uri => "URI",
        NameKind.Email => "email",
        _ => "other",
    };
}
