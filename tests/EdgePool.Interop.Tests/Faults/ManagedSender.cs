using System.Globalization;
using System.Net;
using System.Xml.Linq;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>
/// A server that writes its flow on streams under stream management (XEP-0198). What was not acknowledged on a stream that ended in order it writes again on the next one; what
/// was not on one that broke it keeps, as Prosody does, which answers its users then.
/// </summary>
internal sealed class ManagedSender(ServerIdentity identity, string to, IReadOnlyList<IPEndPoint> nodes, NumberedFates fates, Action<XElement> take, int rate)
    : Caller(nodes, fates, take, rate)
{
    private const string Request = "<r xmlns='urn:xmpp:sm:3'/>";

    private readonly Lock gate = new();
    private readonly Queue<int> unacknowledged = new();
    private uint handled;
    private uint taken;

    /// <summary>Acknowledges what it cannot have been sent: the other side's fault.</summary>
    public bool Overcounted { get; private set; }

    /// <summary>Messages written a second time.</summary>
    public int Repeated { get; private set; }

    protected override Task OpenAsync(ScriptedPeer peer) => identity.OpenAsync(peer, to);

    protected override string Begin()
    {
        lock (gate)
        {
            (handled, taken) = (0, 0);
            Repeated += unacknowledged.Count;
            return Fates.TextOf(unacknowledged) + Request;
        }
    }

    protected override string OnWrite(int first, int count)
    {
        lock (gate)
        {
            for (var number = first; number < first + count; number++)
                unacknowledged.Enqueue(number);
        }

        return Request;
    }

    protected override string? OnElement(XElement element)
    {
        if (element.Name == XmppNames.StreamManagement + "a")
            OnHandled(uint.Parse(element.Attribute("h")!.Value, NumberStyles.None, CultureInfo.InvariantCulture));
        else if (element.Name == XmppNames.StreamManagement + "r")
            return string.Create(CultureInfo.InvariantCulture, $"<a xmlns='urn:xmpp:sm:3' h='{taken}'/>");
        else if (element.Name.Namespace == XmppNames.Server)
            taken++;
        return null;
    }

    protected override void OnEnded(bool orderly)
    {
        lock (gate)
        {
            if (orderly)
                return;
            Fates.Keep(unacknowledged);
            unacknowledged.Clear();
        }
    }

    private void OnHandled(uint h)
    {
        lock (gate)
        {
            Overcounted |= h - handled > unacknowledged.Count;
            for (; handled != h && unacknowledged.TryDequeue(out _); handled++)
            {
                // Acknowledged.
            }
        }
    }
}
