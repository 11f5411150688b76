using EdgePool.Edge.Certificates;
using EdgePool.Edge.Routing;
using EdgePool.Edge.Telemetry;
using EdgePool.Edge.Transport;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Partners;

/// <summary>What peers' certificates have to be under the policy of now, and the alarms about their keys.</summary>
internal sealed class PeerTrust(EdgeOptions options, LivePolicy policy, RouteTable routes, PeerKeys keys, TimeProvider time, ILogger log)
{
    /// <summary>The keys that are remembered.</summary>
    public PeerKeys Keys => keys;

    /// <summary>What the certificate of <paramref name="domain"/> has to be.</summary>
    public CertificateDemand DemandFor(DomainName domain)
    {
        if (routes.Local(domain)?.BackEnd is BackEndOptions.Server server)
            return new CertificateDemand(server.Trust);
        if (policy.Current.Find(domain) is not { } partner)
            return new CertificateDemand(options.Trust);
        var demand = new CertificateDemand(partner.Trust ?? options.Trust, partner.Certificates) { OwnAnchors = partner.Trust is { System: false } };
        return partner.Certificates.RefusesChanges && keys.Read(domain.Ascii) is { } known
            ? demand with { Known = [.. known.Keys.Select(k => k.Key)] }
            : demand;
    }

    /// <summary>
    /// A stream with a partner is about to be authenticated, by whatever method: remembers the key that it shows, and raises the alarm when that is another
    /// than before. False: policy does not take the change. A peer that shows no certificate has nothing to be compared.
    /// </summary>
    public bool Admits(long stream, DomainName domain, PeerCertificate shown)
    {
        if (shown.Key is not { } key)
            return true;
        var now = time.GetUtcNow();
        var partner = policy.Current.Find(domain);
        var seen = new PeerKey(key, LogText.Of(shown.Issuer), shown.Expires, now, now);
        SayExpiry(domain, seen, keys.Read(domain.Ascii)?.Keys.FirstOrDefault(k => k.Key.Equals(key)));
        var alarm = keys.See(domain.Ascii, IsStranger(partner), seen, refuseChanges: partner?.Certificates.RefusesChanges ?? false);
        if (alarm is not null)
            Log(stream, domain, alarm);
        return alarm is not { Kind: PeerKeyAlarmKind.KeyRefused };
    }

    /// <summary>A certificate was refused for its key when the name was to be proven.</summary>
    public void Refused(long stream, PeerCertificate shown, UnexpectedKey unexpected)
    {
        var partner = policy.Current.Find(unexpected.Domain);
        var known = keys.Read(unexpected.Domain.Ascii) is { Keys: [var last, ..] } ? last : null;
        var pinned = unexpected.Verdict is CertificateVerdict.PinMismatch;
        var alarm = new PeerKeyAlarm(
            time.GetUtcNow(),
            pinned ? PeerKeyAlarmKind.PinMismatch : PeerKeyAlarmKind.KeyRefused,
            !pinned ? known?.Key : partner is { Certificates.Pins: [var first, ..] } ? first : null,
            pinned ? string.Empty : known?.Issuer ?? string.Empty,
            shown.Key,
            LogText.Of(shown.Issuer));
        keys.Refuse(unexpected.Domain.Ascii, IsStranger(partner), alarm);
        Log(stream, unexpected.Domain, alarm);
    }

    /// <summary>Says what TLSA records make of a peer's certificate, where it turns on them.</summary>
    public void SayTlsa(long stream, PeerCertificate shown, TlsaFindings found)
    {
        var (domain, text) = (found.Domain, LogText.Of(found.ToText()));
        switch (shown.Proves(domain))
        {
            case CertificateVerdict.Valid when shown.IsVouchedFor(domain):
                PeerKeyLog.TlsaVouches(log, domain.Ascii, text, shown.TlsaText(), stream);
                break;
            case CertificateVerdict.TlsaMismatch:
                PeerKeyLog.TlsaMismatch(log, domain.Ascii, text, shown.TlsaText(), stream);
                break;
            case CertificateVerdict.TlsaUnavailable:
                PeerKeyLog.TlsaUnavailable(log, domain.Ascii, text, shown.TlsaText(), stream);
                break;
            case CertificateVerdict.TlsaMissing or CertificateVerdict.Untrusted or CertificateVerdict.WrongName:
                PeerKeyLog.TlsaMissing(log, domain.Ascii, text, shown.TlsaText(), stream);
                break;
            default:
                break;
        }
    }

    /// <summary>Each stage of a certificate's end is said once, when a stream is authenticated with it: a renewal that a partner has missed is ours to suffer.</summary>
    private void SayExpiry(DomainName domain, PeerKey seen, PeerKey? before)
    {
        var stage = CertificateExpiries.At(seen.Expires, seen.LastSeen);
        var said = before is not null && before.Expires == seen.Expires ? CertificateExpiries.At(before.Expires, before.LastSeen) : CertificateExpiry.Far;
        if (stage <= said)
            return;
        var level = stage == CertificateExpiry.Within30Days ? LogLevel.Information : LogLevel.Warning;
        var days = (seen.Expires - seen.LastSeen).Days;
        PeerKeyLog.CertificateExpires(log, level, domain.Ascii, seen.Issuer, seen.Expires, days);
    }

    private static bool IsStranger(Partner? partner) => partner?.Domain is null;

    private void Log(long stream, DomainName domain, PeerKeyAlarm alarm)
    {
        var (shown, before) = (alarm.Shown?.Text ?? "unreadable", alarm.Before?.Text ?? "unreadable");
        switch (alarm.Kind)
        {
            case PeerKeyAlarmKind.KeyChanged:
                PeerKeyLog.KeyChanged(log, domain.Ascii, shown, alarm.IssuerShown, before, alarm.IssuerBefore, stream);
                break;
            case PeerKeyAlarmKind.KeyRefused:
                PeerKeyLog.KeyRefused(log, domain.Ascii, shown, alarm.IssuerShown, before, alarm.IssuerBefore, stream);
                break;
            case PeerKeyAlarmKind.IssuerChanged:
                PeerKeyLog.IssuerChanged(log, domain.Ascii, alarm.IssuerShown, alarm.IssuerBefore, shown, stream);
                break;
            default:
                PeerKeyLog.PinMismatch(log, domain.Ascii, shown, alarm.IssuerShown, before, stream);
                break;
        }
    }
}
