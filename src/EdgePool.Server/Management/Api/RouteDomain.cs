using EdgePool.Policy.Partners;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Wire;
using EdgePool.Xmpp.Addressing;
using Microsoft.AspNetCore.Http;

namespace EdgePool.Server.Management.Api;

/// <summary>The <c>{domain}</c> of a path.</summary>
internal static class RouteDomain
{
    /// <summary>The domain; null, and the answer is given, when it is none.</summary>
    public static async Task<DomainName?> ReadAsync(HttpContext context)
    {
        var written = (string)context.Request.RouteValues["domain"]!;
        if (DomainName.TryParse(written, out var domain))
        {
            return domain;
        }

        await Reply.FailAsync(context, StatusCodes.Status400BadRequest, new Failure(
            FailureCode.BadRequest, $"'{Shown.Of(written)}' is no domain", "name a domain of a partner's"));
        return null;
    }

    /// <summary>A partner's primary domain stands for all that it has; any other for itself.</summary>
    public static IReadOnlyList<DomainName> AllOf(PolicySnapshot policy, DomainName domain)
        => policy.Find(domain) is { Domain: { } primary } partner && primary.Equals(domain) ? [primary, .. partner.AdditionalDomains] : [domain];
}
