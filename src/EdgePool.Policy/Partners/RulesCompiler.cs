using System.Buffers;
using System.Globalization;
using System.Text;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Tables;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Partners;

/// <summary>Compiles a partner's written rules.</summary>
/// <param name="problems">Takes what is wrong.</param>
/// <param name="path">Where the rules are.</param>
/// <param name="shared">Rules compiled before, to be used again; null: none.</param>
internal sealed class RulesCompiler(DocumentProblems problems, string path, SharedRules? shared)
{
    private const int LongestNamespace = 1_024;
    private static readonly SearchValues<char> NoNamespaceLetters = SearchValues.Create(" \t\r\n<>\"");

    /// <summary>Compiles; most partners have none and share one.</summary>
    public StanzaRules Compile(RulesDocument? written, PartnerType type)
    {
        var preset = type is PartnerType.Federated ? StanzaRules.Default : ForPublic;
        if (written is null)
        {
            return preset;
        }

        if (shared?.Find(written.Raw, type) is { } known)
        {
            return known;
        }

        var rules = new StanzaRules
        {
            Messages = written.Messages ?? preset.Messages,
            Presence = written.Presence ?? true,
            Iq = written.Iq is null ? preset.Iq : Allowed(written.Iq, path + ".iq"),
            AllowedPayloads = written.Payloads?.Allow is { } allow ? Allowed(allow, path + ".payloads.allow") : null,
            DeniedPayloads = written.Payloads?.Deny is { } deny ? Namespaces(deny, path + ".payloads.deny") : null,
            Action = Action(written.Payloads),
            LocalUsers = Users(written.LocalUsers, path + ".localUsers"),
            DenyLocalUsers = Users(written.DenyLocalUsers, path + ".denyLocalUsers"),
            StripStatus = StripStatus(written.StripStatus, type),
            SecurityLabel = written.SecurityLabel ?? SecurityLabelRule.Ignore,
        };
        if (problems.All.Count == 0)
        {
            shared?.Add(written.Raw, type, rules);
        }

        return rules;
    }

    private static StanzaRules ForPublic { get; } = StanzaRules.Default with { StripStatus = true };

    private PayloadAction Action(PayloadsDocument? written)
    {
        if (written is { Allow: not null, Deny: not null })
        {
            problems.Error(
                path + ".payloads",
                "allow and deny are both written",
                "keep allow, which lets nothing else through, or deny, which lets all else through");
        }

        return written?.Action ?? PayloadAction.Strip;
    }

    private bool StripStatus(bool? written, PartnerType type)
    {
        var isPublic = type is not PartnerType.Federated;
        if (isPublic && written is false)
        {
            problems.Error(path + ".stripStatus", "status notes never go to public partners", "remove stripStatus, or write partnerType: Federated");
        }

        return isPublic || (written ?? false);
    }

    /// <summary>Namespaces let through: none of those that never cross may be among them.</summary>
    private NamespaceSet Allowed(IReadOnlyList<string> written, string at)
    {
        for (var i = 0; i < written.Count; i++)
        {
            if (!written[i].EndsWith('*') && StanzaRules.ForbiddenPayloads.Contains(Encoding.UTF8.GetBytes(written[i])))
            {
                problems.Error(
                    DocumentProblems.Item(at, i),
                    $"{ShownText.Of(written[i])} steers a client or an account and never crosses between domains",
                    "remove it");
            }
        }

        return Namespaces(written, at);
    }

    private NamespaceSet Namespaces(IReadOnlyList<string> written, string at)
    {
        CheckLength(written, at);
        for (var i = 0; i < written.Count; i++)
        {
            if (!IsNamespace(written[i]))
            {
                problems.Error(
                    DocumentProblems.Item(at, i),
                    $"'{ShownText.Of(written[i])}' is no namespace name",
                    "write it as in the specification, such as urn:xmpp:ping; a * may stand at its end");
            }
        }

        return new NamespaceSet([.. written.Distinct(StringComparer.Ordinal)]);
    }

    private static bool IsNamespace(string text)
        => text.Length is > 0 and <= LongestNamespace
            && !text.AsSpan().ContainsAny(NoNamespaceLetters)
            && (text.IndexOf('*', StringComparison.Ordinal) is var star && (star < 0 || star == text.Length - 1));

    private UserSet? Users(IReadOnlyList<string>? written, string at)
    {
        if (written is null)
        {
            return null;
        }

        CheckLength(written, at);
        var users = new List<Jid>();
        var domains = new List<DomainName>();
        for (var i = 0; i < written.Count; i++)
        {
            if (written[i].StartsWith('@') && DomainName.TryParse(written[i].AsSpan(1), out var domain))
            {
                domains.Add(domain);
            }
            else if (Jid.TryParse(written[i], out var user) && user.IsBare)
            {
                users.Add(user);
            }
            else
            {
                problems.Error(
                    DocumentProblems.Item(at, i),
                    $"'{ShownText.Of(written[i])}' is neither a user nor a domain of users",
                    "write a bare address such as user@contoso.example, or @contoso.example for all of its users");
            }
        }

        return new UserSet(users, domains);
    }

    private void CheckLength(IReadOnlyList<string> written, string at)
    {
        if (written.Count > DocumentReader.MostRules)
        {
            problems.Error(
                at,
                string.Create(CultureInfo.InvariantCulture, $"the list has {written.Count} entries"),
                "write at most 256; a * at the end of a namespace, or @domain, stands for many");
        }
    }
}

/// <summary>
/// Rules that were compiled without a word, by their text: in one compilation thousands of partners have the same, and one copy of them stays in the processor's
/// caches. Bounded; beyond, rules are compiled one by one.
/// </summary>
internal sealed class SharedRules
{
    private const int Most = 4_096;

    private readonly Dictionary<(string Raw, PartnerType Type), StanzaRules> rules = [];

    public StanzaRules? Find(string? raw, PartnerType type) => raw is null ? null : rules.GetValueOrDefault((raw, type));

    public void Add(string? raw, PartnerType type, StanzaRules compiled)
    {
        if (raw is not null && rules.Count < Most)
        {
            rules.TryAdd((raw, type), compiled);
        }
    }
}
