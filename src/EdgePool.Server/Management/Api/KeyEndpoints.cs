using EdgePool.Edge.Partners;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Listening;
using EdgePool.Server.Management.Wire;
using EdgePool.Xmpp.Addressing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgePool.Server.Management.Api;

/// <summary><c>/v1/keys</c>: the keys that partners have shown.</summary>
internal sealed class KeyEndpoints(ManagedNode node)
{
    /// <summary>Maps them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/keys/{domain}", ListAsync);
        routes.MapDelete("/v1/keys/{domain}", ForgetAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        if (await DomainAsync(context) is { } domain)
        {
            var states = DomainsWith(domain).Select(name => node.Node.PeerKeys.Read(name.Ascii)).OfType<PeerKeyState>();
            await Reply.OkAsync(context, new KeyList([.. states.Select(View)]), WireJson.Default.KeyList);
        }
    }

    private async Task ForgetAsync(HttpContext context)
    {
        if (await DomainAsync(context) is not { } domain)
        {
            return;
        }

        if (!node.Node.PeerKeys.Forget(domain.Ascii))
        {
            await Reply.FailAsync(context, StatusCodes.Status404NotFound, new Failure(
                FailureCode.NotFound, $"no key of {domain.Ascii} is remembered", "'edgepool partner keys' shows those of a partner's domains"));
            return;
        }

        ManagementLog.KeysForgotten(node.Log, context.Features.Get<PeerUser>()!.Name, domain.Ascii);
        await Reply.OkAsync(context, new KeyList([]), WireJson.Default.KeyList);
    }

    private static async Task<DomainName?> DomainAsync(HttpContext context)
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
    private IEnumerable<DomainName> DomainsWith(DomainName domain)
        => node.Node.Policy.Find(domain) is { Domain: { } primary } partner && primary.Equals(domain) ? partner.AdditionalDomains.Prepend(primary) : [domain];

    internal static DomainKeys View(PeerKeyState state) => new(
        state.Domain,
        [.. state.Keys.Select(key => new KeyView(key.Key.Text, key.Issuer, key.Expires, key.FirstSeen, key.LastSeen))],
        state.Alarms,
        state.LastAlarm is { } alarm
            ? new KeyAlarmView(alarm.At, alarm.Kind.ToText(), alarm.Before?.Text, alarm.IssuerBefore, alarm.Shown?.Text, alarm.IssuerShown)
            : null);
}
