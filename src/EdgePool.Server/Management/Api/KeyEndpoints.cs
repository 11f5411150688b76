using EdgePool.Edge.Partners;
using EdgePool.Server.Management.Listening;
using EdgePool.Server.Management.Wire;
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
        if (await RouteDomain.ReadAsync(context) is { } domain)
        {
            var states = RouteDomain.AllOf(node.Node.Policy, domain).Select(name => node.Node.PeerKeys.Read(name.Ascii)).OfType<PeerKeyState>();
            await Reply.OkAsync(context, new KeyList([.. states.Select(View)]), WireJson.Default.KeyList);
        }
    }

    private async Task ForgetAsync(HttpContext context)
    {
        if (await RouteDomain.ReadAsync(context) is not { } domain)
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

    internal static DomainKeys View(PeerKeyState state) => new(
        state.Domain,
        [.. state.Keys.Select(key => new KeyView(key.Key.Text, key.Issuer, key.Expires, key.FirstSeen, key.LastSeen))],
        state.Alarms,
        state.LastAlarm is { } alarm
            ? new KeyAlarmView(alarm.At, alarm.Kind.ToText(), alarm.Before?.Text, alarm.IssuerBefore, alarm.Shown?.Text, alarm.IssuerShown)
            : null);
}
