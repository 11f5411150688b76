using System.Text;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Framing;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Telemetry;

/// <summary>Logs what users write to each other, where the gateway's <c>enableLoggingAllMessageBodies</c> demands it: whoever relays asks that first.</summary>
internal sealed class BodyLog(ILogger log)
{
    /// <summary>Logs a message that goes on; nothing when it has no body. The addresses are canonical.</summary>
    public void Write(in StanzaFrame message, JidSpan from, JidSpan to)
    {
        if (!log.IsEnabled(LogLevel.Information))
            return;
        var element = message.ToElement();
        if (element.Child("body", element.Namespace) is { } body)
            MessageLog.Body(log, Shown(message.Id), Shown(from.Full), Shown(to.Full), LogText.Of(body.Text));
    }

    private static string Shown(ReadOnlySpan<byte> utf8) => LogText.Of(Encoding.UTF8.GetString(utf8));
}
