using System.Globalization;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Service;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Edge.Transport;

/// <summary>What the DNS says of the certificates at one place of a domain's service.</summary>
/// <param name="Host">The host there: beside the domain, a name that the certificate may bear, for secure records lead there (RFC 7673 section 4.2). Null: no place is known.</param>
/// <param name="Answer">Its TLSA records, or why there are none.</param>
internal sealed record TlsaPlace(DomainName? Host, TlsaAnswer Answer);

/// <summary>What the DNS says of the certificates that prove a domain: of the place that we connected to, or, of a peer that connects to us, of all the domain's places.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Places">At least one; at most <see cref="TlsaLookup.MaxPlaces"/>.</param>
internal sealed record TlsaFindings(DomainName Domain, IReadOnlyList<TlsaPlace> Places)
{
    private const int ShownRecords = 8;

    /// <summary>Nothing could be found out.</summary>
    public static TlsaFindings Failed(DomainName domain, DnsFailure reason) => Of(domain, new TlsaAnswer.Failed(NameOf(domain), reason));

    /// <summary>DNSSEC vouches for nothing there.</summary>
    public static TlsaFindings Insecure(DomainName domain) => Of(domain, new TlsaAnswer.Insecure(NameOf(domain)));

    /// <summary>There is nothing.</summary>
    public static TlsaFindings Absent(DomainName domain) => Of(domain, new TlsaAnswer.Absent(NameOf(domain)));

    /// <summary>Whether some place could not be asked about: what it says may be what matches.</summary>
    public bool Incomplete => Places.Any(place => place.Answer is TlsaAnswer.Failed);

    /// <summary>The records that DNSSEC vouches for and that can be understood, each with its host.</summary>
    public IEnumerable<(DomainName? Host, TlsaRecord Record)> Usable
        => from place in Places
           from record in place.Answer is TlsaAnswer.Secure secure ? secure.Records.Where(TlsaRecords.IsUsable) : []
           select (place.Host, record);

    /// <summary>For the log, one part a place.</summary>
    public string ToText() => string.Join("; ", Places.Select(place => place.Answer switch
    {
        TlsaAnswer.Secure secure => string.Create(CultureInfo.InvariantCulture, $"{secure.Owner} has {Shown(secure)}"),
        TlsaAnswer.Absent { Owner.IsRoot: true } => "the configured address has none",
        TlsaAnswer.Absent { Proven: true } absent => $"{absent.Owner} has none, in a signed zone",
        TlsaAnswer.Absent absent => $"{absent.Owner} has none",
        TlsaAnswer.Insecure insecure => $"{insecure.Name} is not secured by DNSSEC",
        TlsaAnswer.Failed failed => $"{failed.Name} could not be asked for ({failed.Reason})",
        _ => throw new InvalidOperationException("an unknown answer"),
    }));

    private static string Shown(TlsaAnswer.Secure secure)
    {
        var shown = string.Join(", ", secure.Records.Take(ShownRecords).Select(record => record.IsUsable() ? record.ToText() : record.ToText() + " (not understood)"));
        return secure.Records.Length > ShownRecords ? string.Create(CultureInfo.InvariantCulture, $"{shown} and {secure.Records.Length - ShownRecords} more") : shown;
    }

    private static TlsaFindings Of(DomainName domain, TlsaAnswer answer) => new(domain, [new TlsaPlace(Host: null, answer)]);

    private static DnsName NameOf(DomainName domain) => DnsName.TryParse(domain.Ascii, out var name) ? name : DnsName.Root;
}
