namespace EdgePool.Server.Management.Wire;

/// <summary>What a node remembers of the keys of a partner's domains.</summary>
/// <param name="Domains">Those that something is remembered of.</param>
internal sealed record KeyList(IReadOnlyList<DomainKeys> Domains);

/// <summary>What is remembered of one domain's keys.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Keys">The key seen last comes first.</param>
/// <param name="Alarms">Alarms since the domain was seen first.</param>
/// <param name="LastAlarm">The last of them; null: there was none.</param>
internal sealed record DomainKeys(string Domain, IReadOnlyList<KeyView> Keys, long Alarms, KeyAlarmView? LastAlarm);

/// <summary>A key that streams were authenticated with.</summary>
/// <param name="Hash">SHA-256 of its SubjectPublicKeyInfo, base64: what <c>trust.pins</c> takes.</param>
/// <param name="Issuer">The issuer of its certificate.</param>
/// <param name="Expires">When the certificate seen last expires.</param>
/// <param name="FirstSeen">When it was seen first.</param>
/// <param name="LastSeen">When it was seen last.</param>
internal sealed record KeyView(string Hash, string Issuer, DateTimeOffset Expires, DateTimeOffset FirstSeen, DateTimeOffset LastSeen);

/// <summary>An alarm about a key.</summary>
/// <param name="At">When.</param>
/// <param name="Kind"><c>peer-key-changed</c>, <c>peer-key-refused</c>, <c>peer-issuer-changed</c> or <c>pin-mismatch</c>.</param>
/// <param name="Before">The key before, or one that is pinned.</param>
/// <param name="IssuerBefore">Its issuer; empty for a pin.</param>
/// <param name="Shown">The key that was shown.</param>
/// <param name="IssuerShown">Its issuer.</param>
internal sealed record KeyAlarmView(DateTimeOffset At, string Kind, string? Before, string IssuerBefore, string? Shown, string IssuerShown);
