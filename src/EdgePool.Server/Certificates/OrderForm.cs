using EdgePool.Server.Configuration;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Server.Certificates;

/// <summary>Something in a form that cannot be asked for.</summary>
/// <param name="Option">The option that it was given by.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Remedy">What to write.</param>
internal sealed record OrderProblem(string Option, string What, string Remedy)
{
    public override string ToString() => $"{Option}: {What} — {Remedy}";
}

/// <summary>What is to be asked for, as options and answers give it. <see cref="TryOrder"/> makes the order of it, or tells everything that is wrong.</summary>
internal sealed record OrderForm
{
    private const int LongestFileName = 100;

    /// <summary>The friendly name; null: the first domain and the day.</summary>
    public string? Name { get; init; }

    public KeyKind Key { get; init; } = KeyKind.Rsa2048;

    public SubjectFields Subject { get; init; } = new();

    /// <summary>The domains to prove, each with all its names.</summary>
    public IReadOnlyList<DomainName> Domains { get; init; } = [];

    /// <summary>Further dNSNames, as written.</summary>
    public IReadOnlyList<string> Further { get; init; } = [];

    /// <summary>Add <c>sip.DOMAIN</c> for each domain, as Lync Server's own wizard did.</summary>
    public bool Sip { get; init; }

    /// <summary>Add SRVName and xmppAddr for each domain. Public authorities leave them out; partners that know them read them first.</summary>
    public bool XmppNames { get; init; } = true;

    public bool ClientAuth { get; init; } = true;

    /// <summary>The order; null when there are problems.</summary>
    /// <param name="today">For the name, where none is given.</param>
    /// <param name="problems">Everything that is wrong.</param>
    public CertificateOrder? TryOrder(DateTimeOffset today, out IReadOnlyList<OrderProblem> problems)
    {
        var found = new List<OrderProblem>();
        problems = found;
        var names = Names(found);
        var name = Name ?? DefaultName(today);
        if (!IsFileName(name))
        {
            found.Add(new(
                "--name",
                $"'{Shown.Of(name)}' is no name for files",
                "use letters, digits, '.', '_', '-' and spaces, at most 100, a letter or digit first"));
        }

        CheckSubject(found);
        return found.Count > 0
            ? null
            : new CertificateOrder
            {
                Name = name.Replace(' ', '-'),
                Key = Key,
                Subject = Subject with { CommonName = Subject.CommonName ?? CommonName(names), Country = Subject.Country?.ToUpperInvariant() },
                Names = names,
                ClientAuth = ClientAuth,
            };
    }

    /// <summary>The name that is taken where none is given.</summary>
    public string DefaultName(DateTimeOffset today)
        => (Domains is [var first, ..] ? first.Ascii[..Math.Min(first.Ascii.Length, LongestFileName - 11)] : "edge") + today.ToString(
            "'-'yyyy'-'MM'-'dd",
            System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Every name in the order of the extension: bare domains first, for some software reads the first alone.</summary>
    private List<AlternativeName> Names(List<OrderProblem> problems)
    {
        var names = new List<AlternativeName>(Domains.Select(domain => new AlternativeName(NameKind.Dns, domain.Ascii)));
        foreach (var written in Further)
        {
            if (DnsName(written) is { } further)
            {
                names.Add(new(NameKind.Dns, further));
            }
            else
            {
                problems.Add(new("--san", $"'{Shown.Of(written)}' is not a host name", "write a fully qualified name, such as edge.contoso.example"));
            }
        }

        names.AddRange(Sip ? Domains.Select(domain => new AlternativeName(NameKind.Dns, "sip." + domain.Ascii)) : []);
        if (XmppNames)
        {
            names.AddRange(Domains.Select(domain => new AlternativeName(NameKind.Service, "_xmpp-server." + domain.Ascii)));
            names.AddRange(Domains.Select(domain => new AlternativeName(NameKind.Xmpp, domain.Unicode)));
        }

        var distinct = names.Distinct().ToList();
        if (Domains.Count == 0)
        {
            problems.Add(new("--domain", "there is no domain to prove", "name the node's file with --config, or each domain with --domain"));
        }

        foreach (var address in Domains.Where(domain => domain.IsAddressLiteral))
        {
            problems.Add(new("--domain", $"{address} is an address", "federation proves names: write a domain"));
        }

        if (distinct.Count > AlternativeNames.Most)
        {
            problems.Add(new(
                "--san",
                $"{distinct.Count} names are more than partners read",
                $"ask for several certificates of at most {AlternativeNames.Most} names"));
        }

        return distinct;
    }

    /// <summary>The A-label form of a host name, which may begin with a wildcard label; null: it is none.</summary>
    private static string? DnsName(string written)
    {
        var wildcard = written.StartsWith("*.", StringComparison.Ordinal);
        return DomainName.TryParse(wildcard ? written.AsSpan(2) : written, out var host) && !host.IsAddressLiteral && host.Ascii.Contains('.', StringComparison.Ordinal)
            ? (wildcard ? "*." : "") + host.Ascii
            : null;
    }

    /// <summary>The first name that a common name has room for (RFC 5280, ub-common-name).</summary>
    private static string? CommonName(IEnumerable<AlternativeName> names)
        => names.Where(name => name.Kind is NameKind.Dns && name.Value.Length <= 64).Select(name => name.Value).FirstOrDefault();

    private void CheckSubject(List<OrderProblem> problems)
    {
        Length("--common-name", Subject.CommonName, 64);
        Length("--organisation", Subject.Organisation, 64);
        Length("--unit", Subject.Unit, 64);
        Length("--state", Subject.State, 128);
        Length("--city", Subject.City, 128);
        if (Subject.Country is { } country && !(country.Length == 2 && country.All(char.IsAsciiLetter)))
        {
            problems.Add(new("--country", $"'{Shown.Of(country)}' is not a country's code", "write two letters, such as GB or DE (ISO 3166)"));
        }

        void Length(string option, string? value, int longest)
        {
            if (value is not null && (value.Length > longest || string.IsNullOrWhiteSpace(value) || value.Any(char.IsControl)))
            {
                problems.Add(new(option, $"'{Shown.Of(value, 100)}' does not fit", $"write 1 to {longest} characters on one line, or leave it out"));
            }
        }
    }

    private static bool IsFileName(string name)
        => name.Length is > 0 and <= LongestFileName
            && char.IsAsciiLetterOrDigit(name[0])
            && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-' or ' ');
}
