using EdgePool.Edge.Telemetry;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Certificates;

/// <summary>
/// Puts certificates in force that have changed at their source, and says when ours come to their end.
/// </summary>
/// <remarks>
/// It looks every two seconds, for a certificate and its key are two files and neither names nor times of files tell reliably that both are new: the source's
/// fingerprint is of what they hold. Good ones are in force for the next handshake, whole; streams and handshakes under way keep theirs. Bad ones change nothing:
/// those in force stay, and once the same bad state is seen at two looks (between two renames it may be bad for a moment) or was asked for, one event says so.
/// Not guaranteed: that a state which lasts less than two seconds is ever seen.
/// </remarks>
internal sealed class CertificateWatchActor : ReceiveActor, IWithTimers
{
    /// <summary>How often the source is looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>How often expiry is looked at where there is no source.</summary>
    public static readonly TimeSpan ExpiryInterval = TimeSpan.FromHours(1);

    private readonly EdgeRuntime edge;
    private readonly ExpiryWatch expiry = new();
    private readonly ICertificateSource? source;
    private string? known;
    private string? bad;

    public CertificateWatchActor(EdgeRuntime edge)
    {
        this.edge = edge;
        source = edge.Options.CertificateSource;
        ReceiveAsync<Look>(look => OnLookAsync(look.Asked));
        ReceiveAsync<Rehearse>(_ => ShareContextsAsync());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Self.Tell(new Rehearse());
        Self.Tell(new Look(Asked: false));
        Timers.StartPeriodicTimer("look", new Look(Asked: false), source is null ? ExpiryInterval : Interval);
    }

    private async Task OnLookAsync(bool asked)
    {
        if (source is not null)
            await RereadAsync(source, asked);
        foreach (var (ours, stage) in expiry.Look(edge.Certificates.InForce, edge.Time.GetUtcNow()))
            Say(ours, stage);
    }

    private async Task RereadAsync(ICertificateSource from, bool asked)
    {
        var fingerprint = FingerprintOf(from, out var unreadable);
        if (string.Equals(fingerprint, known, StringComparison.Ordinal) && !asked)
            return;
        var reasons = unreadable ? [fingerprint] : await OfferAsync(from, fingerprint, asked);
        if (reasons.Count > 0)
            Refuse(reasons, fingerprint, asked);
    }

    /// <summary>A source that fails is a state like others: it is said once.</summary>
    private static string FingerprintOf(ICertificateSource from, out bool unreadable)
    {
        try
        {
            unreadable = false;
            return from.Fingerprint();
        }
        catch (Exception fault)
        {
            unreadable = true;
            return $"they cannot be read: {fault.Message}";
        }
    }

    /// <summary>Reads, judges and takes what is there; otherwise gives the reasons, and nothing has changed.</summary>
    private async Task<IReadOnlyList<string>> OfferAsync(ICertificateSource from, string fingerprint, bool asked)
    {
        try
        {
            var reading = from.Read();
            var reasons = reading.Problems.Count > 0
                ? reading.Problems
                : CertificateReplacement.Judge(edge.Certificates.InForce, reading.Certificates, edge.Options.LocalDomains, edge.Time.GetUtcNow());
            if (reasons.Count == 0)
                reasons = await TryAsync(reading.Certificates);
            if (reasons.Count == 0)
                await TakeAsync(reading.Certificates, fingerprint, asked);
            return reasons;
        }
        catch (Exception fault)
        {
            // Of the source or of the TLS library: whatever it is, those in force stay.
            return [$"they cannot be used: {fault.Message}"];
        }
    }

    private async Task<IReadOnlyList<string>> TryAsync(IReadOnlyList<EdgeCertificate> next)
    {
        var faults = new List<string>();
        foreach (var ours in next)
        {
            if (await TrialHandshake.FaultAsync(ours, edge.Time) is { } fault)
                faults.Add(fault);
        }

        return faults;
    }

    /// <summary>Handshakes until then, and where there is nothing to share, make a context each.</summary>
    private async Task ShareContextsAsync()
    {
        foreach (var ours in edge.Certificates.Prepared)
        {
            if (!await ContextRehearsal.ShareAsync(ours, edge.Time))
                CertificateLog.NoSharedContext(edge.Logs.Node, ours.Subject);
        }
    }

    private async Task TakeAsync(IReadOnlyList<EdgeCertificate> next, string fingerprint, bool asked)
    {
        var changed = !CertificateReplacement.IsSame(edge.Certificates.InForce, next);
        if (changed || edge.Certificates.Refused is not null)
        {
            edge.Certificates.Replace(next, edge.Time.GetUtcNow(), swap: changed);
            CertificateLog.CertificatesReplaced(edge.Logs.Node, next.Count, string.Join(", ", next.Select(ours => ours.Certificate.Subject)), End());
        }
        else if (asked)
        {
            CertificateLog.CertificatesUnchanged(edge.Logs.Node, End());
        }

        (known, bad) = (fingerprint, null);
        if (changed)
            await ShareContextsAsync();
    }

    private void Refuse(IReadOnlyList<string> reasons, string fingerprint, bool asked)
    {
        if (!asked && !string.Equals(bad, fingerprint, StringComparison.Ordinal))
        {
            bad = fingerprint;
            return;
        }

        (known, bad) = (fingerprint, null);
        edge.Certificates.Refuse(new CertificateRefusal(edge.Time.GetUtcNow(), reasons));
        CertificateLog.CertificatesRefused(edge.Logs.Node, string.Join("; ", reasons), End());
    }

    private void Say(EdgeCertificate ours, CertificateExpiry stage)
    {
        var until = ours.ValidUntil;
        if (stage is CertificateExpiry.Expired)
        {
            CertificateLog.CertificateExpired(edge.Logs.Node, ours.Certificate.Subject, until);
            return;
        }

        var level = stage is CertificateExpiry.Within3Days ? LogLevel.Error : LogLevel.Warning;
        var days = (int)(until - edge.Time.GetUtcNow()).TotalDays;
        CertificateLog.CertificateExpires(edge.Logs.Node, level, ours.Certificate.Subject, until, days);
    }

    /// <summary>When the first of those in force expires.</summary>
    private DateTimeOffset End() => edge.Certificates.InForce.Select(ours => ours.ValidUntil).DefaultIfEmpty().Min();

    /// <summary>Let handshakes share contexts.</summary>
    private sealed record Rehearse;

    /// <summary>Look at the source.</summary>
    /// <param name="Asked">An operator wants to know now.</param>
    internal sealed record Look(bool Asked);
}
