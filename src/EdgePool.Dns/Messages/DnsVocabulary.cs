namespace EdgePool.Dns.Messages;

/// <summary>Resource record types (IANA registry "Resource Record (RR) TYPEs"); a type not named here is kept as its number.</summary>
public enum DnsType
{
    /// <summary>No type.</summary>
    None = 0,

    /// <summary>IPv4 address (RFC 1035).</summary>
    A = 1,

    /// <summary>Name server (RFC 1035).</summary>
    NS = 2,

    /// <summary>Canonical name of an alias (RFC 1035).</summary>
    CNAME = 5,

    /// <summary>Start of authority (RFC 1035, RFC 2308).</summary>
    SOA = 6,

    /// <summary>Texts (RFC 1035).</summary>
    TXT = 16,

    /// <summary>IPv6 address (RFC 3596).</summary>
    AAAA = 28,

    /// <summary>Location of a service (RFC 2782).</summary>
    SRV = 33,

    /// <summary>EDNS pseudo-record (RFC 6891).</summary>
    OPT = 41,

    /// <summary>Certificate association (RFC 6698).</summary>
    TLSA = 52,

    /// <summary>Signature of a message: in the additional section only (RFC 8945).</summary>
    TSIG = 250,

    /// <summary>Incremental transfer: a question only (RFC 1995).</summary>
    IXFR = 251,

    /// <summary>Zone transfer: a question only (RFC 5936).</summary>
    AXFR = 252,

    /// <summary>All records: a question only (RFC 8482).</summary>
    ANY = 255,

    /// <summary>Authorities that may issue certificates (RFC 8659).</summary>
    CAA = 257,
}

/// <summary>Classes of records.</summary>
public enum DnsClass
{
    /// <summary>No class.</summary>
    None = 0,

    /// <summary>Internet.</summary>
    IN = 1,

    /// <summary>NONE: in an update, what must not be there, or a record that is to go (RFC 2136 sections 2.4 and 2.5).</summary>
    Absent = 254,

    /// <summary>ANY: in an update, whatever is there; and the class of a TSIG record.</summary>
    Any = 255,
}

/// <summary>Response codes (RFC 1035 section 4.1.1; above 15 with EDNS, RFC 6891).</summary>
public enum DnsResponseCode
{
    /// <summary>NOERROR.</summary>
    NoError = 0,

    /// <summary>FORMERR: the server did not understand the query.</summary>
    FormatError = 1,

    /// <summary>SERVFAIL.</summary>
    ServerFailure = 2,

    /// <summary>NXDOMAIN: the name does not exist.</summary>
    NameError = 3,

    /// <summary>NOTIMP.</summary>
    NotImplemented = 4,

    /// <summary>REFUSED by the server's policy.</summary>
    Refused = 5,

    /// <summary>YXDOMAIN: a name is there that must not be (RFC 2136).</summary>
    NameExists = 6,

    /// <summary>YXRRSET: records are there that must not be.</summary>
    RecordsExist = 7,

    /// <summary>NXRRSET: records that must be there are not, or are others.</summary>
    NoSuchRecords = 8,

    /// <summary>NOTAUTH: the server is not the zone's primary, or a message's signature does not hold (RFC 8945).</summary>
    NotAuthoritative = 9,

    /// <summary>NOTZONE: a name is outside the zone.</summary>
    NotInZone = 10,

    /// <summary>BADVERS: an EDNS version that the server does not know.</summary>
    BadVersion = 16,
}

/// <summary>The flag bits of a message's header (RFC 1035 section 4.1.1, RFC 4035 section 3).</summary>
[Flags]
public enum DnsFlags
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>CD: the asker checks DNSSEC itself.</summary>
    CheckingDisabled = 0x0010,

    /// <summary>AD: all data were validated by the answering resolver.</summary>
    AuthenticData = 0x0020,

    /// <summary>RA.</summary>
    RecursionAvailable = 0x0080,

    /// <summary>RD.</summary>
    RecursionDesired = 0x0100,

    /// <summary>TC: the message was cut to the transport's limit.</summary>
    Truncated = 0x0200,

    /// <summary>AA.</summary>
    AuthoritativeAnswer = 0x0400,

    /// <summary>QR: a response.</summary>
    Response = 0x8000,
}

/// <summary>Why a message was refused. A peer's fault is a value.</summary>
public enum DnsParseError
{
    /// <summary>The message is well formed.</summary>
    None,

    /// <summary>The message ends before what its counts or lengths announce.</summary>
    Incomplete,

    /// <summary>Octets follow the last record.</summary>
    TrailingOctets,

    /// <summary>A label type 01 or 10 (RFC 1035 section 4.1.4, RFC 6891 section 5).</summary>
    ReservedLabelType,

    /// <summary>A name of more than 255 octets.</summary>
    NameTooLong,

    /// <summary>A compression pointer that does not point back to an earlier name of the message's body.</summary>
    PointerNotBackward,

    /// <summary>A name with more than <see cref="DnsMessage.MaxPointersPerName"/> pointers.</summary>
    TooManyPointersInName,

    /// <summary>A message whose names take more than <see cref="DnsMessage.MaxPointerSteps"/> pointers together.</summary>
    TooManyPointersInMessage,

    /// <summary>A record's data are not as long as its type needs.</summary>
    RecordDataLength,

    /// <summary>More than one OPT record, or one outside the additional section, or with a name (RFC 6891 section 6.1.1).</summary>
    MisplacedOpt,
}
