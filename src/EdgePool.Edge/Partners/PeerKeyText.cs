using System.Text.Json;
using System.Text.Json.Serialization;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.KnownPeers;
using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Partners;

/// <summary>What is remembered of a domain's keys as the journal keeps it: JSON, hashes in base64, times in ISO 8601.</summary>
internal static class PeerKeyText
{
    /// <summary>The body for the journal.</summary>
    public static string Write(PeerKeyState state, bool stranger) => JsonSerializer.Serialize(
        new WrittenPeer(
            stranger,
            [.. state.Keys.Select(k => new WrittenKey(k.Key.Text, k.Issuer, k.Expires, k.FirstSeen, k.LastSeen))],
            state.Alarms,
            state.LastAlarm is { } a ? new WrittenAlarm(a.At, a.Kind.ToText(), a.Before?.Text, a.IssuerBefore, a.Shown?.Text, a.IssuerShown) : null),
        WrittenPeerJson.Default.WrittenPeer);

    /// <summary>What a journal held.</summary>
    /// <exception cref="StoreException">It cannot be read. To go on without would be to take the next key for the first.</exception>
    public static (PeerKeyState State, bool Stranger) Read(KnownPeer known)
    {
        try
        {
            var peer = JsonSerializer.Deserialize(known.Body, WrittenPeerJson.Default.WrittenPeer) ?? throw new FormatException("it is null");
            var keys = peer.Keys.Take(PeerKeys.PerDomain).Select(Read);
            return (new PeerKeyState(known.Domain, [.. keys], peer.Alarms, peer.LastAlarm is { } alarm ? Read(alarm) : null), peer.Stranger);
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw new StoreException(
                StoreFault.Corrupt,
                $"what the store has of the keys of {known.Domain} cannot be read ({exception.Message}): restore the backup of the store",
                exception);
        }
    }

    private static PeerKey Read(WrittenKey? key)
        => key is null ? throw new FormatException("it has a key that is null") : new PeerKey(Hash(key.Key), key.Issuer, key.Expires, key.FirstSeen, key.LastSeen);

    private static PeerKeyAlarm Read(WrittenAlarm alarm) => new(
        alarm.At,
        Enum.GetValues<PeerKeyAlarmKind>().Where(kind => string.Equals(kind.ToText(), alarm.Kind, StringComparison.Ordinal)).Cast<PeerKeyAlarmKind?>().FirstOrDefault() ?? throw new FormatException("its alarm is of no known kind"),
        alarm.Before is { } before ? Hash(before) : null,
        alarm.IssuerBefore,
        alarm.Shown is { } shown ? Hash(shown) : null,
        alarm.IssuerShown);

    private static KeyHash Hash(string text) => KeyHash.TryParse(text, out var hash) ? hash : throw new FormatException("it has a hash that is none");
}

internal sealed record WrittenPeer(bool Stranger, IReadOnlyList<WrittenKey?> Keys, long Alarms, WrittenAlarm? LastAlarm);

internal sealed record WrittenKey(string Key, string Issuer, DateTimeOffset Expires, DateTimeOffset FirstSeen, DateTimeOffset LastSeen);

internal sealed record WrittenAlarm(DateTimeOffset At, string Kind, string? Before, string IssuerBefore, string? Shown, string IssuerShown);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(WrittenPeer))]
internal sealed partial class WrittenPeerJson : JsonSerializerContext;
