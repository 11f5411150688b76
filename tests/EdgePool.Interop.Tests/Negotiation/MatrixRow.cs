using EdgePool.Interop.Tests.Nodes;

namespace EdgePool.Interop.Tests.Negotiation;

/// <summary>What a partner's server is able and willing to do.</summary>
public enum PeerAbility
{
    /// <summary>TLS, a certificate that we trust, SASL EXTERNAL and dialback; it insists on nothing.</summary>
    Everything,

    /// <summary>As <see cref="Everything"/>, but its certificate comes from an authority that we do not know.</summary>
    Unproven,

    /// <summary>Dialback without TLS, and nothing else.</summary>
    Plain,

    /// <summary>SASL EXTERNAL over TLS, and nothing else.</summary>
    ExternalOnly,

    /// <summary>As <see cref="Everything"/>, but without SASL EXTERNAL. Prosody alone can be made so.</summary>
    DialbackOnly,
}

/// <summary>A row of the negotiation matrix that can be saved, as it is read strictly or as Lync reads it, and how its streams are to be authenticated.</summary>
/// <param name="Id">The row's number; <c>compat</c> behind it where the partner has <c>lyncCompat</c>.</param>
/// <param name="Tls">tlsNegotiation.</param>
/// <param name="Sasl">saslNegotiation.</param>
/// <param name="Dialback">supportDialback.</param>
/// <param name="Best">The best method that the row and each <see cref="PeerAbility"/> allow, in its order; null: none, no stream may come up.</param>
internal sealed record MatrixRow(string Id, string Tls, string Sasl, bool Dialback, params IReadOnlyList<string?> Best)
{
    private const string Required = "Required";
    private const string Optional = "Optional";
    private const string NotSupported = "NotSupported";
    private const string? None = null;
    private const string External = "SaslExternal";
    private const string OverTls = "DialbackOverTls";
    private const string OverTcp = "DialbackOverTcp";

    /// <summary>The rows that can be saved. Strict and compatible readings are told apart only where they differ.</summary>
    public static IReadOnlyList<MatrixRow> All { get; } =
    [
        //  row         TLS           SASL          dialback  Everything  Unproven  Plain    ExternalOnly  DialbackOnly
        new("1",        Required,     Required,     true,     External,   None,     None,    External,     None),
        new("2",        Required,     Required,     false,    External,   None,     None,    External,     None),
        new("3",        Optional,     Required,     true,     External,   None,     None,    External,     None),
        new("3compat",  Optional,     Required,     true,     External,   OverTls,  OverTcp, External,     OverTls),
        new("4",        Optional,     Required,     false,    External,   None,     None,    External,     None),
        new("5compat",  NotSupported, Required,     true,     OverTcp,    OverTcp,  OverTcp, None,         OverTcp),
        new("7",        Required,     Optional,     true,     External,   OverTls,  None,    External,     OverTls),
        new("8",        Required,     Optional,     false,    External,   None,     None,    External,     None),
        new("9",        Optional,     Optional,     true,     External,   OverTls,  OverTcp, External,     OverTls),
        new("10",       Optional,     Optional,     false,    External,   None,     None,    External,     None),
        new("11compat", NotSupported, Optional,     true,     OverTcp,    OverTcp,  OverTcp, None,         OverTcp),
        new("13",       Required,     NotSupported, true,     OverTls,    OverTls,  None,    None,         OverTls),
        new("15",       Optional,     NotSupported, true,     OverTls,    OverTls,  OverTcp, None,         OverTls),
        new("17",       NotSupported, NotSupported, true,     OverTcp,    OverTcp,  OverTcp, None,         OverTcp),
    ];

    /// <summary>The row's streams may use TLS.</summary>
    public bool HasTls => Tls is not NotSupported;

    /// <summary>Each row with each peer that it can do something with: row, peer, method.</summary>
    public static TheoryData<string, PeerAbility, string> Met => MetBy(AnyServer);

    /// <summary>Each row with each peer that it cannot do anything with.</summary>
    public static TheoryData<string, PeerAbility> Unmet => UnmetBy(AnyServer);

    /// <summary>As <see cref="Met"/>, with peers that Prosody alone can be.</summary>
    public static TheoryData<string, PeerAbility, string> MetWithoutExternal => MetBy([PeerAbility.DialbackOnly]);

    /// <summary>As <see cref="Unmet"/>, with peers that Prosody alone can be.</summary>
    public static TheoryData<string, PeerAbility> UnmetWithoutExternal => UnmetBy([PeerAbility.DialbackOnly]);

    /// <summary>What any server can be.</summary>
    public static IReadOnlyList<PeerAbility> AnyServer { get; } = [PeerAbility.Everything, PeerAbility.Unproven, PeerAbility.Plain, PeerAbility.ExternalOnly];

    /// <summary>The row with this id.</summary>
    public static MatrixRow Of(string id) => All.Single(row => row.Id == id);

    /// <summary>The domain of a partner on this row whose server can do this.</summary>
    public static string DomainOf(string row, PeerAbility peer) => $"{peer.ToString().ToLowerInvariant()}.row{row}.example";

    /// <summary>The partners on this row, as an operator writes them.</summary>
    public IEnumerable<PartnerSetup> Partners() => Enum.GetValues<PeerAbility>().Select(peer => new PartnerSetup(DomainOf(Id, peer))
    {
        Tls = Tls,
        Sasl = Sasl,
        Dialback = Dialback,
        LyncCompat = Id.EndsWith("compat", StringComparison.Ordinal),
    });

    private static TheoryData<string, PeerAbility, string> MetBy(IEnumerable<PeerAbility> peers) => new(
        from row in All
        from peer in peers
        where row.Best[(int)peer] is not None
        select (row.Id, peer, row.Best[(int)peer]!));

    private static TheoryData<string, PeerAbility> UnmetBy(IEnumerable<PeerAbility> peers) => new(
        from row in All
        from peer in peers
        where row.Best[(int)peer] is None
        select (row.Id, peer));
}
