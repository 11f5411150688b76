using System.Buffers;
using System.Net;
using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Documents;

/// <summary>What documents may be called, and the one spelling of each name.</summary>
internal static class DocumentNames
{
    /// <summary>What the name of a grant to all users of a domain begins with.</summary>
    public const string AllUsersOf = "*@";

    private const int LongestWord = 64;
    private static readonly SearchValues<char> WordLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>The canonical name; null, with an error, when the kind has no such name.</summary>
    public static string? Check(string kind, string name, DocumentProblems problems) => kind switch
    {
        DocumentKinds.Organisation => Only(DocumentKinds.OrganisationName, name, problems),
        DocumentKinds.Gateway => Only(DocumentKinds.GatewayName, name, problems),
        DocumentKinds.Topology => Only(DocumentKinds.TopologyName, name, problems),
        DocumentKinds.Partner => string.Equals(name, PartnerDocument.AnyDomain, StringComparison.Ordinal) ? name : Domain(name, "", problems)?.Ascii,
        DocumentKinds.AccessPolicy => AccessPolicy(name, problems),
        DocumentKinds.Grant => Grant(name, problems),
        _ => null,
    };

    /// <summary>A domain that may be a partner's; null, with an error, when it is none.</summary>
    public static DomainName? Domain(string? text, string path, DocumentProblems problems)
    {
        if (string.IsNullOrEmpty(text))
        {
            problems.Error(path, "there is no domain", "write a domain, such as partner.example");
            return null;
        }

        if (text.Contains('*', StringComparison.Ordinal))
        {
            problems.Error(
                path,
                $"'{ShownText.Of(text)}' is not one domain",
                "list each domain by itself; the partner '*' alone opens federation to every domain");
            return null;
        }

        if (!DomainName.TryParse(text, out var domain) || domain.Ascii[0] == '[' || IPAddress.TryParse(domain.Ascii, out _))
        {
            problems.Error(
                path,
                $"'{ShownText.Of(text)}' is not a domain name",
                "write a fully qualified name, such as partner.example (RFC 7622 section 3.2)");
            return null;
        }

        return domain;
    }

    /// <summary>A word of ours, for sites and tags.</summary>
    public static bool IsWord(ReadOnlySpan<char> word)
        => word.Length is > 0 and <= LongestWord && !word.ContainsAnyExcept(WordLetters);

    private static string? Only(string one, string name, DocumentProblems problems)
    {
        if (string.Equals(name, one, StringComparison.Ordinal))
        {
            return name;
        }

        problems.Error("", "there is one document of this kind", $"name it '{one}'");
        return null;
    }

    private static string? AccessPolicy(string name, DocumentProblems problems)
    {
        if (string.Equals(name, Access.AccessPolicy.GlobalName, StringComparison.Ordinal)
            || (name.StartsWith(Access.AccessPolicy.SitePrefix, StringComparison.Ordinal) && IsWord(name.AsSpan(Access.AccessPolicy.SitePrefix.Length)))
            || (name.StartsWith(Access.AccessPolicy.TagPrefix, StringComparison.Ordinal) && IsWord(name.AsSpan(Access.AccessPolicy.TagPrefix.Length))))
        {
            return name;
        }

        problems.Error(
            "",
            "this is no name for an access policy",
            "write global, site:NAME or tag:NAME, with letters, digits, '-', '_' and '.', at most 64");
        return null;
    }

    private static string? Grant(string name, DocumentProblems problems)
    {
        if (name.StartsWith(AllUsersOf, StringComparison.Ordinal))
        {
            return Domain(name[AllUsersOf.Length..], "", problems) is { } domain ? AllUsersOf + domain.Ascii : null;
        }

        if (Jid.TryParse(name, out var user) && user.IsBare && user.Local is not null)
        {
            return user.ToString();
        }

        problems.Error("", "a grant is to a user or to all users of a domain", "name it user@contoso.example or *@contoso.example");
        return null;
    }
}
