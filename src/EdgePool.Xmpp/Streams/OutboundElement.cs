using EdgePool.Xmpp.Stanzas;

namespace EdgePool.Xmpp.Streams;

/// <summary>What an element on a stream that we opened means to its negotiation.</summary>
internal enum OutboundElement
{
    Unsupported,
    Stanza,
    StreamError,
    Features,
    TlsProceed,
    TlsFailure,
    SaslChallenge,
    SaslSuccess,
    SaslFailure,
    DialbackResult,
    DialbackVerify,
    Management,
}

/// <summary>Tells elements apart by (namespace, local name), never by prefix.</summary>
internal static class OutboundElements
{
    public static OutboundElement Classify(XmlElement element) => element.Namespace switch
    {
        XmppNamespaces.Server => element.Name is "message" or "presence" or "iq" ? OutboundElement.Stanza : OutboundElement.Unsupported,
        XmppNamespaces.Streams => element.Name switch
        {
            "error" => OutboundElement.StreamError,
            "features" => OutboundElement.Features,
            _ => OutboundElement.Unsupported,
        },
        XmppNamespaces.StreamManagement => OutboundElement.Management,
        XmppNamespaces.Tls => element.Name switch
        {
            "proceed" => OutboundElement.TlsProceed,
            "failure" => OutboundElement.TlsFailure,
            _ => OutboundElement.Unsupported,
        },
        XmppNamespaces.Sasl => element.Name switch
        {
            "challenge" => OutboundElement.SaslChallenge,
            "success" => OutboundElement.SaslSuccess,
            "failure" => OutboundElement.SaslFailure,
            _ => OutboundElement.Unsupported,
        },
        XmppNamespaces.Dialback => element.Name switch
        {
            "result" => OutboundElement.DialbackResult,
            "verify" => OutboundElement.DialbackVerify,
            _ => OutboundElement.Unsupported,
        },
        _ => OutboundElement.Unsupported,
    };
}
