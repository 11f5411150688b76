using EdgePool.Testing.Logging;

namespace EdgePool.Edge.Tests.Negotiation;

/// <summary>Reads from both organisations' logs and components what became of stanzas in one direction.</summary>
internal sealed class FederationObserver(FederationScene scene, char initiating, char receiving)
{
    private readonly int before = scene.Logs[initiating].Events.Count;
    private readonly int beforeThere = scene.Logs[receiving].Events.Count;
    private ILookup<string, CollectedEvent> here = Array.Empty<CollectedEvent>().ToLookup(_ => "");
    private ILookup<string, CollectedEvent> there = Array.Empty<CollectedEvent>().ToLookup(_ => "");
    private List<CollectedEvent> faults = [];
    private HashSet<(string From, string To, string? Type)> received = [];

    /// <summary>Takes in what has come since.</summary>
    public void Look()
    {
        received = [.. scene.Received];
        here = ByPair(scene.Logs[initiating].Events.Skip(before));
        var events = scene.Logs[receiving].Events.Skip(beforeThere).ToList();
        there = ByPair(events);
        faults = events.FindAll(e => e.Id.Id == 1011);
    }

    /// <summary>What is known of a stanza; null: nothing is decided yet.</summary>
    public Forecast? Read(string from, string to)
    {
        var (outbound, inbound) = (here[$"{from}-{to}"].ToList(), there[$"{to}-{from}"].ToList());
        if (outbound.Find(e => e.Id.Id == 1003) is { } proven)
        {
            var taken = inbound.Find(e => e.Id.Id == 1003);
            return received.Contains((from, to, null)) && Equals(taken?.Values["Method"], proven.Values["Method"])
                ? new Forecast(proven.Values["Method"]!.ToString()) : null;
        }

        if (outbound.Find(e => e.Id.Id == 1020) is { } failed)
            return new Forecast(Method: null, (string)failed.Values["Reason"]!, Receiving(from, to, inbound));
        return received.Contains((to, from, "error")) ? new Forecast(Method: null, "not-allowed") : null;
    }

    private string Receiving(string from, string to, List<CollectedEvent> inbound)
    {
        if (inbound.Find(e => e.Id.Id == 1024) is { } refused)
            return $"dialback {refused.Values["Condition"]}";
        if (inbound.Exists(e => e.Id.Id == 1023))
            return $"lookup {inbound.Find(e => e.Id.Id == 1020)?.Values["Reason"] ?? "dialback policy-violation"}";
        return (string?)faults.Find(e => Names((string)e.Values["Detail"]!, from, to))?.Values["Reason"] ?? "";
    }

    private static bool Names(string detail, string from, string to) => detail.Split(' ') is var words && words.Contains(from) && words.Contains(to);

    private static ILookup<string, CollectedEvent> ByPair(IEnumerable<CollectedEvent> events)
        => events.Where(e => e.Id.Id is 1003 or 1020 or 1023 or 1024).ToLookup(e => (string)e.Values["Pair"]!, StringComparer.Ordinal);
}
