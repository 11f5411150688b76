using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Updating;

namespace EdgePool.Server.Advertising;

/// <summary>What operators read when an update was not made.</summary>
internal static class UpdateText
{
    /// <summary>What is wrong, and what to do.</summary>
    public static string Of(UpdateOutcome outcome, IPEndPoint server) => outcome.End switch
    {
        UpdateEnd.Refused => Refused(outcome.Code, server),
        UpdateEnd.NotProven => NotProven(outcome, server),
        UpdateEnd.TooLarge => "the update is longer than a message may be (65535 octets) — publish zone by zone, or fewer domains",
        UpdateEnd.TimedOut => $"{server} did not answer in time — it may have made the update: see with --dry-run",
        UpdateEnd.Unreachable => $"{server} cannot be reached by TCP, or broke off — open port 53 by TCP from here; if it broke off, see with --dry-run",
        _ => $"{server} answered something else — is it a DNS server that takes updates?",
    };

    private static string Refused(DnsResponseCode code, IPEndPoint server) => code switch
    {
        DnsResponseCode.NoSuchRecords or DnsResponseCode.RecordsExist or DnsResponseCode.NameExists or DnsResponseCode.NameError
            => "nothing was changed, as somebody else changed these records in between — look again with --dry-run",
        DnsResponseCode.Refused => $"{server} does not let this key change these records — grant it (BIND: update-policy; Knot: acl with action: update)",
        DnsResponseCode.NotAuthoritative => $"{server} is not the primary of this zone — correct primary: of the zone in the topology",
        DnsResponseCode.NotInZone => $"{server} says that a record is outside the zone — a part of the zone is delegated: add that part to dns: zones:",
        DnsResponseCode.NotImplemented => $"{server} takes no updates — include what 'edgepool dns zone' writes by hand",
        _ => $"{server} refused with {code} — see its log",
    };

    private static string NotProven(UpdateOutcome outcome, IPEndPoint server) => outcome.Signature switch
    {
        TsigVerdict.UnknownKey => $"{server} does not know the key — add it there under the same name, with hmac-sha256",
        TsigVerdict.OtherSecret => $"{server} has another secret under the key's name — bring the same file to both sides",
        TsigVerdict.ClockDiffers => $"the clock of {server} is more than five minutes from this one — set both by NTP",
        TsigVerdict.Unsigned when outcome.Code is DnsResponseCode.NoError => $"{server} claims to have made the update, but did not sign its answer — see with --dry-run whether it did, and who answers there",
        TsigVerdict.Unsigned => $"{server} refused with {outcome.Code}, without signing it — see its log: it may not know the key, or take no updates",
        _ => $"the answer of {server} is not signed by the key — somebody on the way alters it, or the secret is another there",
    };
}
