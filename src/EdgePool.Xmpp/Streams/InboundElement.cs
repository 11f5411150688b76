using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Streams;

/// <summary>What an element on an accepted stream means to its negotiation.</summary>
internal enum InboundElement
{
    Unsupported,
    Stanza,
    StreamError,
    StartTls,
    Compress,
    Bidi,
    Auth,
    Response,
    Abort,
    DialbackResult,
    DialbackVerify,
    DialbackAnswer,
    Management,
}

/// <summary>Tells elements apart by (namespace, local name), never by prefix.</summary>
internal static class InboundElements
{
    public static InboundElement Classify(XmlElement element) => element.Namespace switch
    {
        XmppNamespaces.Server => element.Name is "message" or "presence" or "iq" ? InboundElement.Stanza : InboundElement.Unsupported,
        XmppNamespaces.Streams => element.Name is "error" ? InboundElement.StreamError : InboundElement.Unsupported,
        XmppNamespaces.Tls => element.Name is "starttls" ? InboundElement.StartTls : InboundElement.Unsupported,
        XmppNamespaces.Compress => element.Name is "compress" ? InboundElement.Compress : InboundElement.Unsupported,
        XmppNamespaces.Bidi => element.Name is "bidi" ? InboundElement.Bidi : InboundElement.Unsupported,
        XmppNamespaces.StreamManagement => InboundElement.Management,
        XmppNamespaces.Sasl => element.Name switch
        {
            "auth" => InboundElement.Auth,
            "response" => InboundElement.Response,
            "abort" => InboundElement.Abort,
            _ => InboundElement.Unsupported,
        },
        XmppNamespaces.Dialback => element.Name switch
        {
            "result" or "verify" when element["type"] is not null => InboundElement.DialbackAnswer,
            "result" => InboundElement.DialbackResult,
            "verify" => InboundElement.DialbackVerify,
            _ => InboundElement.Unsupported,
        },
        _ => InboundElement.Unsupported,
    };
}
