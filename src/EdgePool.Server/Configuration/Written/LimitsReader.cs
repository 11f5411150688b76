using EdgePool.Edge;
using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration.Yaml;
using EdgePool.Xmpp.Framing;

namespace EdgePool.Server.Configuration.Written;

/// <summary>The numbers of the file: what is not written keeps the default, and the default carries its reason where it is defined.</summary>
internal static class LimitsReader
{
    private const int MostBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    /// <summary><c>limits</c>.</summary>
    public static StreamLimits Limits(MappingReader limits)
    {
        var defaults = new StreamLimits();
        return new StreamLimits
        {
            Unauthenticated = limits.Section("unauthenticated", keys => Framer(keys, defaults.Unauthenticated, leastBytes: 1_024)) ?? defaults.Unauthenticated,
            Authenticated = limits.Section("authenticated", keys => Framer(keys, defaults.Authenticated, PolicyCompiler.SmallestStanzaLimit)) ?? defaults.Authenticated,
            Connections = limits.Number("connections", 1, 1_000_000) ?? defaults.Connections,
            UnauthenticatedPerAddress = limits.Number("unauthenticatedPerAddress", 1, 1_000_000) ?? defaults.UnauthenticatedPerAddress,
            StreamsPerPair = limits.Number("streamsPerPair", 1, 1_000) ?? defaults.StreamsPerPair,
            Routes = limits.Number("routes", 1, 10_000_000) ?? defaults.Routes,
            VerificationsPerAddress = limits.Number("verificationsPerAddress", 1, 10_000) ?? defaults.VerificationsPerAddress,
            PendingStanzas = limits.Number("pendingStanzas", 0, 1_000_000) ?? defaults.PendingStanzas,
            PendingBytes = limits.Bytes("pendingBytes", 0, 1024 * 1024 * 1024) ?? defaults.PendingBytes,
            OutputBytes = limits.Bytes("outputBytes", 16 * 1024, 1024 * 1024 * 1024) ?? defaults.OutputBytes,
            UnacknowledgedStanzas = limits.Number("unacknowledgedStanzas", 1, 1_000_000) ?? defaults.UnacknowledgedStanzas,
            UnacknowledgedBytes = limits.Bytes("unacknowledgedBytes", 16 * 1024, 1024 * 1024 * 1024) ?? defaults.UnacknowledgedBytes,
            LostStreams = limits.Number("lostStreams", 0, 1_000_000) ?? defaults.LostStreams,
            LostStreamsPerPartner = limits.Number("lostStreamsPerPartner", 0, 1_000_000) ?? defaults.LostStreamsPerPartner,
            LostBytes = limits.Bytes("lostBytes", 0, 1024 * 1024 * 1024) ?? defaults.LostBytes,
        };
    }

    /// <summary><c>timeouts</c>.</summary>
    public static StreamTimeouts Timeouts(MappingReader timeouts)
    {
        var defaults = new StreamTimeouts();
        return new StreamTimeouts
        {
            Handshake = Time(timeouts, "handshake", defaults.Handshake),
            Authentication = Time(timeouts, "authentication", defaults.Authentication),
            Connect = Time(timeouts, "connect", defaults.Connect),
            Stanza = Time(timeouts, "stanza", defaults.Stanza),
            Idle = Time(timeouts, "idle", defaults.Idle),
            Superseded = Time(timeouts, "superseded", defaults.Superseded),
            Displaced = Time(timeouts, "displaced", defaults.Displaced),
            Verification = Time(timeouts, "verification", defaults.Verification),
            Pending = Time(timeouts, "pending", defaults.Pending),
            Stalled = Time(timeouts, "stalled", defaults.Stalled),
            Write = Time(timeouts, "write", defaults.Write),
            Acknowledgement = Time(timeouts, "acknowledgement", defaults.Acknowledgement),
            UserTimeout = Time(timeouts, "userTimeout", defaults.UserTimeout),
            Resumption = Time(timeouts, "resumption", defaults.Resumption),
            Comeback = Time(timeouts, "comeback", defaults.Comeback),
            Close = Time(timeouts, "close", defaults.Close),
            Drain = Time(timeouts, "drain", defaults.Drain),
            BackoffMin = Time(timeouts, "backoffMin", defaults.BackoffMin),
            BackoffMax = Time(timeouts, "backoffMax", defaults.BackoffMax),
        };
    }

    private static TimeSpan Time(MappingReader timeouts, string key, TimeSpan otherwise) => timeouts.Duration(key, Shortest, Longest) ?? otherwise;

    private static FramerLimits Framer(MappingReader keys, FramerLimits defaults, int leastBytes) => new(
        keys.Bytes("elementBytes", leastBytes, MostBytes) ?? defaults.ElementBytes,
        keys.Number("elements", 8, 1_000_000) ?? defaults.Elements,
        keys.Number("depth", 4, 1_024) ?? defaults.Depth,
        keys.Number("attributes", 8, 1_024) ?? defaults.Attributes,
        keys.Number("namespaceDeclarations", 4, 1_024) ?? defaults.NamespaceDeclarations,
        keys.Bytes("attributeValueBytes", 3_071, MostBytes) ?? defaults.AttributeValueBytes,
        keys.Bytes("nameBytes", 64, 65_536) ?? defaults.NameBytes,
        keys.Bytes("namespaceBytes", 128, 65_536) ?? defaults.NamespaceBytes,
        keys.Bytes("languageBytes", 16, 1_024) ?? defaults.LanguageBytes,
        keys.Bytes("whitespaceBytes", 1_024, MostBytes) ?? defaults.WhitespaceBytes);
}
