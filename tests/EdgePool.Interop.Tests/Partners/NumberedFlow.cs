using System.Globalization;
using System.Text;
using System.Xml.Linq;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Partners;

/// <summary>Messages that carry consecutive numbers from one sender to one receiver, and the judgement of what arrived.</summary>
internal static class NumberedFlow
{
    private const int Batch = 50;

    /// <summary>Sends the numbers from <paramref name="first"/> on.</summary>
    public static async Task SendAsync(StanzaClient sender, string from, string to, int count, int first = 0)
    {
        var text = new StringBuilder();
        for (var i = first; i < first + count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"<message from='{from}' to='{to}' type='chat' id='n{i}'><body>{i}</body></message>");
            if ((i - first) % Batch == Batch - 1 || i == first + count - 1)
            {
                await sender.SendAsync(text.ToString());
                text.Clear();
            }
        }
    }

    /// <summary>Receives the numbers and fails at the first that is lost, doubled, out of order or an error.</summary>
    public static async Task ReceiveAsync(StanzaClient receiver, string from, int count, int first = 0)
    {
        for (var expected = first; expected < first + count;)
        {
            XElement stanza;
            try
            {
                stanza = await receiver.ReceiveAsync();
            }
            catch (DialogueException e)
            {
                throw new DialogueException($"message {expected} of {first}..{first + count - 1} from {from} did not come: {e.Message}", e);
            }

            if (stanza.Name.LocalName != "message" || stanza.Attribute("from")?.Value != from)
                continue;
            if (Number(stanza) is not { } number)
                throw new DialogueException($"waiting for message {expected}, received {stanza.ToString(SaveOptions.DisableFormatting)}");
            if (number != expected)
                throw new DialogueException($"from {from}: message {number} came where {expected} was due: lost, doubled or out of order");
            expected++;
        }
    }

    /// <summary>The number a message carries; null when it is an error or no such message.</summary>
    public static int? Number(XElement stanza) =>
        stanza.Attribute("type")?.Value != "error"
        && stanza.Elements().FirstOrDefault(e => e.Name.LocalName == "body") is { } body
        && int.TryParse(body.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
