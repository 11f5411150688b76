using EdgePool.Policy.Documents;

namespace EdgePool.Policy.Partners;

/// <summary>Compiles the gateway's document.</summary>
internal static class GatewayCompiler
{
    /// <summary>Compiles.</summary>
    public static Gateway Compile(GatewayDocument written, PolicyDocument document, DocumentProblems problems)
    {
        DocumentNames.Check(document.Kind, document.Name, problems);
        var defaults = Gateway.Default;
        var gateway = new Gateway
        {
            ConnectionLimit = written.ConnectionLimit ?? defaults.ConnectionLimit,
            PartnerConnectionLimit = written.PartnerConnectionLimit ?? defaults.PartnerConnectionLimit,
            StreamEstablishmentTimeout = written.StreamEstablishmentTimeout ?? defaults.StreamEstablishmentTimeout,
            StreamInactivityTimeout = written.StreamInactivityTimeout ?? defaults.StreamInactivityTimeout,
            KeepAliveInterval = written.KeepAliveInterval ?? defaults.KeepAliveInterval,
            SubscriptionRefreshInterval = written.SubscriptionRefreshInterval ?? defaults.SubscriptionRefreshInterval,
            EnableLoggingAllMessageBodies = written.EnableLoggingAllMessageBodies ?? defaults.EnableLoggingAllMessageBodies,
            Rate = RateCompiler.Compile(written.Rate, "rate", problems),
            MaxStanzaBytes = written.MaxStanzaBytes,
            Source = document,
        };
        if (gateway.KeepAliveInterval >= gateway.StreamInactivityTimeout)
        {
            problems.Error(
                "keepAliveInterval",
                $"keepAliveInterval ({Quantity.Text(gateway.KeepAliveInterval)}) is not below streamInactivityTimeout ({Quantity.Text(gateway.StreamInactivityTimeout)})",
                "shorten the interval or lengthen the timeout: a stream must not end for silence before it was asked for life");
        }

        if (written.PartnerConnectionLimit > gateway.ConnectionLimit)
        {
            problems.Warn(
                "partnerConnectionLimit",
                "no partner can have more streams than connectionLimit",
                "raise connectionLimit or lower partnerConnectionLimit");
        }

        if (gateway.EnableLoggingAllMessageBodies)
        {
            problems.Warn(
                "enableLoggingAllMessageBodies",
                "what people write to each other goes into the log",
                "switch it off when the fault is found");
        }

        return gateway;
    }
}
