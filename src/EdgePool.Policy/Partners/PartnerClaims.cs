using EdgePool.Policy.Tables;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Policy.Partners;

/// <summary>Whose each domain is: it belongs to one partner, or to us. Of two partners that claim it the first has it.</summary>
internal sealed class PartnerClaims(int capacity, IReadOnlySet<DomainName> localDomains, CompilationProblems problems)
{
    private readonly List<PartnerDraft> drafts = new(capacity);
    private readonly List<Partner> partners = new(capacity);
    private readonly List<string> documents = new(capacity);
    private readonly Utf8Table<Partner>.Builder owners = new(capacity);
    private int open = -1;

    /// <summary>The partners, in their order.</summary>
    public IReadOnlyList<Partner> Partners => partners;

    public int Domains => owners.Count;

    /// <summary>Takes a partner in.</summary>
    /// <param name="draft">The partner.</param>
    /// <param name="document">Its document's name for paths; empty for the node's own file.</param>
    public void Add(PartnerDraft draft, string document)
    {
        drafts.Add(draft);
        partners.Add(draft.Partner);
        documents.Add(document);
        if (draft.IsOpen)
        {
            ClaimOpen();
        }

        if (draft.Partner.Domain is { } primary)
        {
            Claim(primary, draft, additional: -1);
        }

        for (var i = 0; i < draft.Partner.AdditionalDomains.Count; i++)
        {
            Claim(draft.Partner.AdditionalDomains[i], draft, i);
        }
    }

    public Utf8Table<Partner> Table() => owners.Build();

    private void Claim(DomainName domain, PartnerDraft draft, int additional)
    {
        if (localDomains.Contains(domain))
        {
            Error(additional, $"{domain} is a local domain", "remove it here or under domains: a domain is either ours or a partner's");
            return;
        }

        if (!owners.TryAdd(domain.Utf8, draft.Partner, out var owner))
        {
            // Looking for the place takes time, and what is not told needs none.
            var place = problems.IsFull ? "" : PlaceOf(domain, owner!);
            Error(additional, $"{domain} is already at {place}", "keep it once: a domain belongs to one partner");
        }
    }

    private void ClaimOpen()
    {
        if (open >= 0)
        {
            Error(additional: -1, $"'*' is already at {Full(open, drafts[open].Path)}", "keep one '*' partner");
            return;
        }

        open = drafts.Count - 1;
    }

    private string PlaceOf(DomainName domain, Partner owner)
    {
        var number = partners.FindIndex(partner => ReferenceEquals(partner, owner));
        var draft = drafts[number];
        if (domain.Equals(owner.Domain))
        {
            return Full(number, draft.Path);
        }

        var index = 0;
        while (!owner.AdditionalDomains[index].Equals(domain))
        {
            index++;
        }

        return Full(number, draft.PathOf(index));
    }

    private void Error(int additional, string what, string remedy)
    {
        var draft = drafts[^1];
        problems.Error(Full(drafts.Count - 1, additional < 0 ? draft.Path : draft.PathOf(additional)), what, remedy);
    }

    private string Full(int number, string path) => (documents[number], path) switch
    {
        ("", _) => path,
        (var document, "") => document,
        var (document, _) => $"{document}: {path}",
    };
}
