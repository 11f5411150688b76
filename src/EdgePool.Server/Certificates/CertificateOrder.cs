namespace EdgePool.Server.Certificates;

/// <summary>What a certificate is asked for, checked: see <see cref="OrderForm"/> for what is written.</summary>
internal sealed record CertificateOrder
{
    /// <summary>The name under which the request is kept: the stem of its files.</summary>
    public required string Name { get; init; }

    /// <summary>The key to make.</summary>
    public required KeyKind Key { get; init; }

    /// <summary>The subject's fields.</summary>
    public required SubjectFields Subject { get; init; }

    /// <summary>The subject's alternative names, the first the most important.</summary>
    public required IReadOnlyList<AlternativeName> Names { get; init; }

    /// <summary>Ask for clientAuth beside serverAuth.</summary>
    public required bool ClientAuth { get; init; }
}

/// <summary>The fields of a subject. Public authorities take the common name from the alternative names and leave the rest out; private ones copy them.</summary>
internal sealed record SubjectFields
{
    /// <summary>CN, at most 64 characters.</summary>
    public string? CommonName { get; init; }

    /// <summary>O, at most 64 characters.</summary>
    public string? Organisation { get; init; }

    /// <summary>OU, at most 64 characters.</summary>
    public string? Unit { get; init; }

    /// <summary>C: two letters (ISO 3166).</summary>
    public string? Country { get; init; }

    /// <summary>ST, at most 128 characters.</summary>
    public string? State { get; init; }

    /// <summary>L, at most 128 characters.</summary>
    public string? City { get; init; }
}
