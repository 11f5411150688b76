using EdgePool.Policy.Partners;

namespace EdgePool.Edge.Partners;

/// <summary>A key that a domain was authenticated with.</summary>
/// <param name="Key">Its hash.</param>
/// <param name="Issuer">The issuer of its certificate, fit for a log.</param>
/// <param name="Expires">When the certificate seen last for it expires.</param>
/// <param name="FirstSeen">When it was seen first.</param>
/// <param name="LastSeen">When a stream was authenticated with it last.</param>
public sealed record PeerKey(KeyHash Key, string Issuer, DateTimeOffset Expires, DateTimeOffset FirstSeen, DateTimeOffset LastSeen);

/// <summary>What is the matter with a peer's key.</summary>
public enum PeerKeyAlarmKind
{
    /// <summary>Another key than before; it was accepted.</summary>
    KeyChanged,

    /// <summary>Another key than before; it was refused.</summary>
    KeyRefused,

    /// <summary>The key is known, and another issuer vouches for it.</summary>
    IssuerChanged,

    /// <summary>The key is none of those that policy has pinned; it was refused.</summary>
    PinMismatch,
}

/// <summary>Texts of <see cref="PeerKeyAlarmKind"/>: those that the log's messages begin with.</summary>
public static class PeerKeyAlarmKinds
{
    /// <summary>The stable text, such as <c>peer-key-changed</c>.</summary>
    public static string ToText(this PeerKeyAlarmKind kind) => kind switch
    {
        PeerKeyAlarmKind.KeyChanged => "peer-key-changed",
        PeerKeyAlarmKind.KeyRefused => "peer-key-refused",
        PeerKeyAlarmKind.IssuerChanged => "peer-issuer-changed",
        PeerKeyAlarmKind.PinMismatch => "pin-mismatch",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, message: null),
    };
}

/// <summary>An alarm about a peer's key.</summary>
/// <param name="At">When it was raised.</param>
/// <param name="Kind">What is the matter.</param>
/// <param name="Before">The key seen last, or a key that is pinned; null: none that could be read.</param>
/// <param name="IssuerBefore">Its issuer; empty for a pin.</param>
/// <param name="Shown">The key that was shown; null: it cannot be read.</param>
/// <param name="IssuerShown">Its issuer, fit for a log.</param>
public sealed record PeerKeyAlarm(DateTimeOffset At, PeerKeyAlarmKind Kind, KeyHash? Before, string IssuerBefore, KeyHash? Shown, string IssuerShown);

/// <summary>What is remembered of a domain's keys.</summary>
/// <param name="Domain">The domain, A-labels.</param>
/// <param name="Keys">The key seen last comes first; at most <see cref="PeerKeys.PerDomain"/>.</param>
/// <param name="Alarms">Alarms since the domain was seen first.</param>
/// <param name="LastAlarm">The last of them.</param>
public sealed record PeerKeyState(string Domain, IReadOnlyList<PeerKey> Keys, long Alarms, PeerKeyAlarm? LastAlarm)
{
    /// <summary>When it was heard of last, with a key that was taken or with one that was not.</summary>
    internal DateTimeOffset LastSeen => Keys is [var last, ..] && !(LastAlarm?.At > last.LastSeen) ? last.LastSeen : LastAlarm?.At ?? default;
}
