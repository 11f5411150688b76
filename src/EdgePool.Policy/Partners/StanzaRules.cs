using EdgePool.Policy.Tables;

namespace EdgePool.Policy.Partners;

/// <summary>The types of a message (RFC 6121 section 5.2.2).</summary>
public enum MessageKind
{
    /// <summary>One-to-one.</summary>
    Chat,

    /// <summary>A single message; also every message without a type, or with one that nobody knows.</summary>
    Normal,

    /// <summary>News and alerts.</summary>
    Headline,

    /// <summary>A room's.</summary>
    Groupchat,

    /// <summary>What comes back.</summary>
    Error,
}

/// <summary>Whether messages need a security label (XEP-0258).</summary>
public enum SecurityLabelRule
{
    /// <summary>Labels are not looked at.</summary>
    Ignore,

    /// <summary>A message without one label is refused.</summary>
    Required,
}

/// <summary>What becomes of a message or presence that holds a payload which may not cross. Requests by <c>iq</c> are always refused.</summary>
public enum PayloadAction
{
    /// <summary>The child that holds it is left out.</summary>
    Strip,

    /// <summary>The stanza is refused.</summary>
    Refuse,
}

/// <summary>Whether a partner's rules act or only count.</summary>
public enum PartnerMode
{
    /// <summary>What is not allowed is refused.</summary>
    Enforce,

    /// <summary>What is not allowed is counted and shown, and passes.</summary>
    Observe,
}

/// <summary>What a partner's stanzas may be, as it is enforced, in both directions. Immutable.</summary>
public sealed record StanzaRules
{
    /// <summary>What may be asked for where nothing is written.</summary>
    public static NamespaceSet DefaultIq { get; } = new(
    [
        "http://jabber.org/protocol/disco#info",
        "http://jabber.org/protocol/disco#items",
        "urn:xmpp:ping",
        "vcard-temp",
        "jabber:iq:version",
        "jabber:iq:last",
        "urn:xmpp:time",
        "http://jabber.org/protocol/pubsub",
    ]);

    /// <summary>
    /// What steers a client or an account and never crosses between domains, whatever a partner's rules say: rosters, registration, privacy lists, old
    /// authentication, blocking, carbons, commands, archives, push, privileges, delegation, components' own.
    /// </summary>
    public static NamespaceSet ForbiddenPayloads { get; } = new(
    [
        "jabber:iq:roster",
        "jabber:iq:register",
        "jabber:iq:privacy",
        "jabber:iq:auth",
        "urn:xmpp:blocking",
        "urn:xmpp:carbons:2",
        "http://jabber.org/protocol/commands",
        "urn:xmpp:mam:*",
        "urn:xmpp:push:0",
        "urn:xmpp:privilege:*",
        "urn:xmpp:delegation:*",
        "jabber:component:*",
    ]);

    /// <summary>One-to-one messages and presence, service discovery, ping, vCard, and what tells of versions and times.</summary>
    public static StanzaRules Default { get; } = new();

    /// <summary>Types of message that pass.</summary>
    public IReadOnlyList<MessageKind> Messages
    {
        get;
        init
        {
            field = value;
            messageMask = value.Aggregate(0, (mask, kind) => mask | (1 << (int)kind));
        }
    }
    = [MessageKind.Chat, MessageKind.Normal, MessageKind.Headline, MessageKind.Error];

    /// <summary>Presence passes.</summary>
    public bool Presence { get; init; } = true;

    /// <summary>Namespaces that may be asked for.</summary>
    public NamespaceSet Iq { get; init; } = DefaultIq;

    /// <summary>What else may be inside; null: everything.</summary>
    public NamespaceSet? AllowedPayloads { get; init; }

    /// <summary>What may not be inside; null: nothing but <see cref="ForbiddenPayloads"/>.</summary>
    public NamespaceSet? DeniedPayloads { get; init; }

    /// <summary>What becomes of a message or presence with a payload that may not cross.</summary>
    public PayloadAction Action { get; init; }

    /// <summary>The local users who may use the partner; null: all.</summary>
    public UserSet? LocalUsers { get; init; }

    /// <summary>The local users who may not; wins.</summary>
    public UserSet? DenyLocalUsers { get; init; }

    /// <summary>The status note is taken out of presence that goes to the partner.</summary>
    public bool StripStatus { get; init; }

    /// <summary>Whether messages need a label.</summary>
    public SecurityLabelRule SecurityLabel { get; init; }

    private readonly int messageMask = DefaultMessages;

    private const int DefaultMessages
        = (1 << (int)MessageKind.Chat) | (1 << (int)MessageKind.Normal) | (1 << (int)MessageKind.Headline) | (1 << (int)MessageKind.Error);

    /// <summary>Messages of that type pass.</summary>
    public bool Allows(MessageKind kind) => (messageMask & (1 << (int)kind)) != 0;
}
