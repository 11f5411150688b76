using EdgePool.Policy.Partners;

namespace EdgePool.Policy.Documents;

/// <summary>What a partner's stanzas may be, as an operator wrote it. A list that was not written is null; an empty list lets nothing through.</summary>
public sealed record RulesDocument
{
    /// <summary>Types of message. Default: all but groupchat.</summary>
    public IReadOnlyList<MessageKind>? Messages { get; init; }

    /// <summary>Presence of every type. Default true.</summary>
    public bool? Presence { get; init; }

    /// <summary>Namespaces that may be asked for by <c>iq</c> get and set; a trailing <c>*</c> stands for any ending. Default: <see cref="StanzaRules.DefaultIq"/>.</summary>
    public IReadOnlyList<string>? Iq { get; init; }

    /// <summary>What may be inside stanzas.</summary>
    public PayloadsDocument? Payloads { get; init; }

    /// <summary>The local users who may use this partner: bare JIDs, or <c>@domain</c>. Default: all.</summary>
    public IReadOnlyList<string>? LocalUsers { get; init; }

    /// <summary>The local users who may not; they win over <see cref="LocalUsers"/>.</summary>
    public IReadOnlyList<string>? DenyLocalUsers { get; init; }

    /// <summary>The status note is taken out of presence that goes to the partner. Default false; always so for public partners.</summary>
    public bool? StripStatus { get; init; }

    /// <summary>The rules as they stand in the body: partners with the same text have the same rules, and share them when compiled.</summary>
    internal string? Raw { get; init; }

    /// <summary>Whether messages need a security label (XEP-0258). Default <see cref="SecurityLabelRule.Ignore"/>.</summary>
    public SecurityLabelRule? SecurityLabel { get; init; }
}

/// <summary>Namespaces inside stanzas: one of the two lists.</summary>
public sealed record PayloadsDocument
{
    /// <summary>Nothing else may be inside.</summary>
    public IReadOnlyList<string>? Allow { get; init; }

    /// <summary>These may not be inside.</summary>
    public IReadOnlyList<string>? Deny { get; init; }

    /// <summary>What becomes of a message or presence that has one. Default <see cref="PayloadAction.Strip"/>.</summary>
    public PayloadAction? Action { get; init; }
}

/// <summary>Whom a partner's certificates must come from and whose keys they must have, as written.</summary>
public sealed record WrittenTrust
{
    /// <summary>The machine's roots count. Default: when no other is given.</summary>
    public bool? System { get; init; }

    /// <summary>Certificates in PEM; one text may hold several.</summary>
    public IReadOnlyList<string> Ca { get; init; } = [];

    /// <summary>Hashes of keys, see <see cref="KeyHash"/>: one of them must be in the chain. With <c>system: false</c> and no <see cref="Ca"/> the certificate's own key decides alone.</summary>
    public IReadOnlyList<string> Pins { get; init; } = [];

    /// <summary>The first key is remembered. Default false.</summary>
    public bool? FirstUse { get; init; }

    /// <summary>What becomes of another key than the one remembered. Default <see cref="KeyChange.Alarm"/>.</summary>
    public KeyChange? OnChange { get; init; }

    /// <summary>What TLSA records mean. Default <see cref="DaneUse.Off"/>.</summary>
    public DaneUse? Dane { get; init; }

    /// <summary>Something is written of what certificates must be, whoever issued them.</summary>
    public bool NamesKeys => Pins.Count > 0 || FirstUse is not null || OnChange is not null || Dane is not null;

    /// <summary>Something about roots is written, or nothing at all; else the node's roots are meant.</summary>
    public bool NamesRoots => System is not null || Ca.Count > 0 || !NamesKeys;
}
