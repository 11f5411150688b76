using EdgePool.Cluster.Documents;
using EdgePool.Server.Management.Documents;
using EdgePool.Server.Management.Listening;
using EdgePool.Server.Management.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace EdgePool.Server.Management.Api;

/// <summary>Every endpoint of the management interface, behind the one door that asks who is there.</summary>
internal static class ManagementApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void Map(WebApplication application, ManagedNode node)
    {
        var own = PeerUser.OwnId();
        application.Use((context, next) => GuardAsync(context, next, own, node));
        application.UseRouting();
        StatusEndpoints.Map(application, node);
        new ClusterEndpoints(node, TimeProvider.System).Map(application);
        new TopologyEndpoints(node, TimeProvider.System).Map(application);
        new StreamEndpoints(node).Map(application);
        new WhyEndpoints(node).Map(application);
        new KeyEndpoints(node).Map(application);
        new NegotiationEndpoints(node).Map(application);
        if (node.Store is { } store)
        {
            DocumentEndpoints.Map(application, store);
            new ConsentEndpoints(node.Node.Consents!, node.Journal!, node.Log).Map(application);
            new EditEndpoints(store, new DocumentEditor(store, node.Node), node.Log).Map(application);
        }
        else
        {
            FileMode(application);
        }

        application.MapFallback(context => Reply.FailAsync(
            context, StatusCodes.Status404NotFound, new Failure(FailureCode.NotFound, $"the interface has no {context.Request.Method} {context.Request.Path}", "use an edgepool of the node's version")));
    }

    /// <summary>Whatever concerns documents has one answer where there is no store.</summary>
    private static void FileMode(WebApplication application)
    {
        var failure = new Failure(FailureCode.FileMode, "this node takes its partners from its file", "edit the file and restart the node, or write store: { directory: /var/lib/edgepool } into it");
        foreach (var pattern in (string[])["/v1/documents/{**rest}", "/v1/apply", "/v1/consents/{**rest}"])
        {
            application.Map(pattern, context => Reply.FailAsync(context, StatusCodes.Status409Conflict, failure));
        }
    }

    private static async Task GuardAsync(HttpContext context, RequestDelegate next, uint own, ManagedNode node)
    {
        var user = context.Features.Get<PeerUser>();
        if (user is null || (user.Id is not 0 && user.Id != own))
        {
            ManagementLog.Refused(node.Log, user?.Name ?? "unknown", context.Request.Path);
            await Reply.FailAsync(context, StatusCodes.Status403Forbidden, new Failure(FailureCode.Forbidden, $"user {user?.Name ?? "unknown"} is not served", "run the command as root or as the node's own user"));
            return;
        }

        try
        {
            await next(context);
        }
        catch (BadHttpRequestException fault)
        {
            var code = fault.StatusCode is StatusCodes.Status413PayloadTooLarge ? FailureCode.TooLarge : FailureCode.BadRequest;
            await Reply.FailAsync(context, fault.StatusCode, new Failure(code, fault.Message, "send less at a time, in the form that the command line sends"));
        }
        catch (StoreException fault)
        {
            await Reply.FailAsync(context, StatusCodes.Status503ServiceUnavailable, new Failure(FailureCode.Unavailable, fault.Message, "try again; if it lasts, see the node's log"));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Who asked has gone.
        }
        catch (Exception fault)
        {
            ManagementLog.Fault(node.Log, fault, context.Request.Method, context.Request.Path);
            await Reply.FailAsync(context, StatusCodes.Status500InternalServerError, new Failure(FailureCode.Internal, $"{fault.GetType().Name} in the node", "this is a fault of EdgePool: report it with the node's log"));
        }
    }
}
