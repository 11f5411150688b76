namespace EdgePool.Interop.Tests.Sites;

/// <summary>Names and ports of the two sites, their partners and what stands inside.</summary>
internal static class SiteNames
{
    public const string Prosody = "north.example";
    public const string Ejabberd = "south.example";

    /// <summary>A partner that trusts no certificate: it asks whoever the SRV records name first whether a dialback key is ours. No traffic is with it.</summary>
    public const string Distrustful = "west.example";

    /// <summary>The internal server; the local domains that it has are its components'.</summary>
    public const string Inside = "inside.contoso.example";

    /// <summary>A component's local domain that is at home at site B, and leaves by it.</summary>
    public const string OfB = "branch.contoso.example";

    public const int ComponentPort = 23456;
    public const int InternalPort = 23457;
    public const int PeerPort = 23458;

    public static IReadOnlyList<string> Partners { get; } = [Prosody, Ejabberd];

    /// <summary>The nodes of site A.</summary>
    public static IReadOnlyList<int> A { get; } = [1, 2];

    /// <summary>The nodes of site B.</summary>
    public static IReadOnlyList<int> B { get; } = [3, 4];

    public static IReadOnlyList<string> LocalDomains { get; } = [.. Partners.Select(GateFor), .. Partners.Select(ChatFor), OfB];

    public static bool IsA(int node) => A.Contains(node);

    /// <summary>The local domain of a component that one partner writes to.</summary>
    public static string GateFor(string partner) => $"gate-{partner.Split('.')[0]}.contoso.example";

    /// <summary>The local domain of the internal server that one partner writes to.</summary>
    public static string ChatFor(string partner) => $"chat-{partner.Split('.')[0]}.contoso.example";

    /// <summary>The domain at a partner that has to do with the component.</summary>
    public static string ToGateOf(string partner) => $"a.{partner}";

    /// <summary>The domain at a partner that has to do with the internal server.</summary>
    public static string ToChatOf(string partner) => $"b.{partner}";

    /// <summary>A partner's domains.</summary>
    public static IReadOnlyList<string> DomainsOf(string partner) => [partner, ToGateOf(partner), ToChatOf(partner)];
}
