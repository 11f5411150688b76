namespace EdgePool.Server.Management.Wire;

/// <summary>What was negotiated with a partner's domains.</summary>
/// <param name="Domains">Those that something is remembered of.</param>
internal sealed record NegotiationList(IReadOnlyList<DomainNegotiations> Domains)
{
    /// <summary>To which pools its domains come; null: the node is alone, or nothing was seen.</summary>
    public IReadOnlyList<DomainArrivals>? Arrivals { get; init; }
}

/// <summary>Where a partner's domain was seen in the last two hours.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Pools">The pools, the last one first.</param>
/// <param name="Finding">What is to be said of it; null: it goes where our SRV records send it, as far as the node knows.</param>
internal sealed record DomainArrivals(string Domain, IReadOnlyList<ArrivalView> Pools, string? Finding);

/// <summary>A domain at a pool.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Came">When it last opened a stream there.</param>
/// <param name="Seen">When it last was seen to have one.</param>
internal sealed record ArrivalView(string Pool, DateTimeOffset Came, DateTimeOffset Seen);

/// <summary>What was negotiated with one domain; null for a way that was never gone.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Inbound">Streams that it opened, or that were opened in its name.</param>
/// <param name="Outbound">Streams that we opened to it.</param>
/// <param name="Verification">Questions to its authoritative server about dialback keys.</param>
internal sealed record DomainNegotiations(string Domain, WayView? Inbound, WayView? Outbound, WayView? Verification);

/// <summary>What came of negotiations of one kind since the node started.</summary>
/// <param name="Successes">How many succeeded.</param>
/// <param name="Failures">How many failed, or had succeeded and broke off.</param>
/// <param name="FailuresInARow">How many of them since the last success.</param>
/// <param name="LastSuccess">The last that succeeded.</param>
/// <param name="LastFailure">The last that failed or broke off.</param>
internal sealed record WayView(long Successes, long Failures, long FailuresInARow, NegotiationView? LastSuccess, NegotiationView? LastFailure);

/// <summary>One negotiation.</summary>
internal sealed record NegotiationView
{
    /// <summary>When it was authenticated, or ended.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Our domain and theirs, <c>local-remote</c>.</summary>
    public required string Pair { get; init; }

    /// <summary>The stream's number in the log; 0: it came to none.</summary>
    public required long Stream { get; init; }

    /// <summary>The peer's address and port; null: there was no connection.</summary>
    public string? Address { get; init; }

    /// <summary>The target that it led to; null: the peer opened it.</summary>
    public string? Target { get; init; }

    /// <summary>The TLS version; null: without TLS.</summary>
    public string? Tls { get; init; }

    /// <summary>The cipher suite; null: without TLS.</summary>
    public string? Cipher { get; init; }

    /// <summary>The peer's certificate; null: it showed none.</summary>
    public PeerCertificateView? Certificate { get; init; }

    /// <summary>The features that the peer offered.</summary>
    public required IReadOnlyList<string> Features { get; init; }

    /// <summary>How it was authenticated; null: it was not.</summary>
    public string? Method { get; init; }

    /// <summary>The steps in their order.</summary>
    public required IReadOnlyList<StepView> Steps { get; init; }

    /// <summary>Why it failed or broke off, such as <c>certificate-untrusted</c>; null: it did not.</summary>
    public string? Cause { get; init; }

    /// <summary>What exactly.</summary>
    public required string Detail { get; init; }

    /// <summary>What to do about it; null: nothing is wrong.</summary>
    public string? Remedy { get; init; }
}

/// <summary>One step.</summary>
/// <param name="Step">Which, such as <c>secured</c>.</param>
/// <param name="Milliseconds">The time since the step before.</param>
/// <param name="Detail">What came of it.</param>
internal sealed record StepView(string Step, double Milliseconds, string Detail);

/// <summary>A certificate that a peer showed.</summary>
/// <param name="Subject">Its subject.</param>
/// <param name="Issuer">Its issuer.</param>
/// <param name="Hash">SHA-256 of its SubjectPublicKeyInfo, base64: what <c>trust.pins</c> takes; null: its key cannot be read.</param>
/// <param name="Expires">When it expires.</param>
/// <param name="Verdict">What it proves of the domain, such as <c>Valid</c>; null: nobody had to know.</param>
/// <param name="Names">DNS names in it, the first 16; none where it proves the domain.</param>
internal sealed record PeerCertificateView(string Subject, string Issuer, string? Hash, DateTimeOffset Expires, string? Verdict, IReadOnlyList<string> Names);
