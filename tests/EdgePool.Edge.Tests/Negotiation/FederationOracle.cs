namespace EdgePool.Edge.Tests.Negotiation;

/// <summary>What a stanza from one side to the other comes to.</summary>
/// <param name="Method">How the pair is authenticated; null: it is refused.</param>
/// <param name="Initiating">Why, in the log of the side that opens the stream; empty where it has no reason of its own.</param>
/// <param name="Receiving">Why, in the log of the side that takes the stream; a failed lookup of the key begins with <c>lookup</c>.</param>
internal sealed record Forecast(string? Method, string Initiating = "", string Receiving = "")
{
    public const string External = "SaslExternal";
    public const string DialbackOverTls = "DialbackOverTls";
    public const string Dialback = "DialbackOverTcp";

    public override string ToString() => Method ?? $"refused ({Initiating}; {(Receiving.Length == 0 ? "not noticed" : Receiving)})";
}

/// <summary>
/// Foretells what becomes of a stanza between two sides from their settings alone, by RFC 6120, RFC 7590, XEP-0178 and XEP-0220; it knows nothing of how
/// EdgePool negotiates. Where a specification leaves the choice, the strict side of it is taken, and said.
/// </summary>
internal static class FederationOracle
{
    /// <summary>The initiating entity <paramref name="i"/> opens a stream to the receiving entity <paramref name="r"/>.</summary>
    public static Forecast Foretell(FederationSide i, FederationSide r)
    {
        // Who has no method at all for a domain does not federate with it: as initiating entity it asks nobody, as receiving
        // entity it refuses the header (RFC 6120 section 4.9.3.14, policy-violation).
        if (!i.HasMethod)
            return new Forecast(Method: null, "not-allowed");
        if (!r.HasMethod)
            return new Forecast(Method: null, "stream-error-received", "partner-not-allowed");

        // RFC 6120 section 5.3.1: TLS needs a certificate of the receiving entity. One that insists on what it cannot offer, or has nothing else to offer,
        // ends the stream.
        var offered = OffersTls(r);
        if (!offered && (r.Tls is SideTls.Required || !r.Dialback))
            return Hopeless(i.Tls is SideTls.Required || !i.Dialback ? "tls-not-offered" : null, "tls-unavailable");
        return i.Tls is not SideTls.Off && offered ? UnderTls(i, r) : Plain(i, r);
    }

    // RFC 6120 section 4.3.2: features come right behind the header, also those that offer nothing; the receiving entity's stream error comes behind them.
    // So an initiating entity that finds nothing in them to go on with has gone before it hears of the error.
    private static Forecast Hopeless(string? initiating, string receiving) => new(Method: null, initiating ?? "stream-error-received", receiving);

    // RFC 6120 section 13.8.2 has no SASL mechanism for S2S without TLS: what is left is dialback (XEP-0220 section 2.1.1).
    private static Forecast Plain(FederationSide i, FederationSide r)
    {
        // RFC 6120 section 5.3.1: for an initiating entity too TLS may be mandatory.
        if (i.Tls is SideTls.Required || !i.Dialback)
            return new Forecast(Method: null, "tls-not-offered");

        // XEP-0220 section 2.5: policy-violation, where TLS is mandatory before dialback; so too where there is no dialback here, though the stream's
        // namespace tells that it is known (section 2.4.1).
        if (r.Tls is SideTls.Required || !r.Dialback)
            return new Forecast(Method: null, "dialback-failed", "dialback policy-violation");
        return Verified(i, r, Forecast.Dialback);
    }

    private static Forecast UnderTls(FederationSide i, FederationSide r)
    {
        // RFC 6120 section 13.7.2: the initiating entity checks the certificate of the receiving one. RFC 7590 section 3.4: one that proves nothing still
        // encrypts, and dialback may follow; without dialback, the connection ends.
        var receivingProven = r.Certificate is SideCertificate.Valid;
        if (!receivingProven && !i.Dialback)
            return new Forecast(Method: null, "certificate-untrusted");

        // XEP-0178 section 3, step 9: EXTERNAL is offered to whose certificate matches the header's 'from'; for others dialback goes on, or the stream ends.
        var initiatingProven = i.Certificate is SideCertificate.Valid;
        if (!initiatingProven && !r.Dialback)
        {
            return Hopeless(i.Dialback ? null : "no-allowed-method", i.Certificate is SideCertificate.Missing ? "certificate-missing" : "certificate-untrusted");
        }

        // RFC 6120 section 6.3.4 with 13.7.2: SASL EXTERNAL rests on TLS in which each has proven its name to the other.
        if (initiatingProven && receivingProven)
            return new Forecast(Forecast.External);
        if (!i.Dialback)
            return new Forecast(Method: null, "no-allowed-method");
        return r.Dialback ? Verified(i, r, Forecast.DialbackOverTls) : new Forecast(Method: null, "dialback-failed", "dialback policy-violation");
    }

    // XEP-0220 section 2.1.2: the receiving server asks the authoritative server of the sender's domain, here the initiating side again. Section 2.5, step 3:
    // who demands TLS before dialback demands it of this stream too. A certificate that proves nothing is no hindrance: both sides do dialback.
    // Section 2.5: whatever failed, the answer is an error, and never valid.
    private static Forecast Verified(FederationSide i, FederationSide r, string method)
    {
        var offered = OffersTls(i);
        var secured = offered && r.Tls is not SideTls.Off;
        if (!secured && r.Tls is SideTls.Required)
            return new Forecast(Method: null, "dialback-failed", "lookup tls-not-offered");
        if (!offered && i.Tls is SideTls.Required)
            return new Forecast(Method: null, "dialback-failed", "lookup stream-error-received");
        return !secured && i.Tls is SideTls.Required
            ? new Forecast(Method: null, "dialback-failed", "lookup dialback policy-violation")
            : new Forecast(method);
    }

    private static bool OffersTls(FederationSide receiving) => receiving.Tls is not SideTls.Off && receiving.Certificate is not SideCertificate.Missing;
}
