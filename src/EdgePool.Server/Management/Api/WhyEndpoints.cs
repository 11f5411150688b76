using EdgePool.Edge.Partners;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using EdgePool.Policy.Verdicts;
using EdgePool.Server.Configuration;
using EdgePool.Server.Management.Documents;
using EdgePool.Server.Management.Wire;
using EdgePool.Xmpp.Addressing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace EdgePool.Server.Management.Api;

/// <summary><c>/v1/why</c> and <c>/v1/refusals</c>: what policy says, and what it said.</summary>
internal sealed class WhyEndpoints(ManagedNode node)
{
    private readonly Decision decision = new(node.Node, node.Consents);

    /// <summary>Maps them.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/why", WhyAsync);
        routes.MapGet("/v1/refusals/{partner}", RefusalsAsync);
    }

    private async Task WhyAsync(HttpContext context)
    {
        if (await Reply.RequestAsync(context, WireJson.Default.WhyRequest) is not { } request)
        {
            return;
        }

        var (reply, fault) = Answer(request);
        await (reply is null
            ? Reply.FailAsync(context, StatusCodes.Status400BadRequest, fault!)
            : Reply.OkAsync(context, reply, WireJson.Default.WhyReply));
    }

    private (WhyReply? Reply, Failure? Fault) Answer(WhyRequest request)
    {
        if (!Jid.TryParse(request.From, out var from))
        {
            return (null, NoAddress(request.From));
        }

        if (!Jid.TryParse(request.To, out var to))
        {
            return (null, NoAddress(request.To));
        }

        if (StanzaSample.Of(request.Kind) is not { } sample || !StanzaSample.TryRead(sample, out var stanza))
        {
            return (null, new Failure(FailureCode.BadRequest, $"'{Shown.Of(request.Kind)}' is no kind of stanza", $"write {StanzaSample.Kinds}"));
        }

        var policy = node.Node.Policy;
        var explained = decision.Explain(policy, from, to, in stanza);
        return (Explained(request.Kind, from, to, policy.Version, explained), null);
    }

    private static WhyReply Explained(string kind, Jid from, Jid to, long version, Explanation explained) => new(
        from.ToString(),
        to.ToString(),
        kind,
        explained.Verdict is VerdictReason.Allowed || explained.Observed,
        explained.Observed,
        explained.Verdict.ToString(),
        explained.Verdict.Describe(),
        explained.Verdict.Remedy(),
        version,
        [.. explained.Parts.Select(part => new WhyPart(
            part.Part, part.Value, part.Reason is VerdictReason.Allowed, part.Reason.ToString(), part.Document, part.Version))]);

    private static Failure NoAddress(string text)
        => new(FailureCode.BadRequest, $"'{Shown.Of(text)}' is no address", "write user@domain or a domain (RFC 7622)");

    private async Task RefusalsAsync(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["partner"]!;
        if (NameOf(name) is not { } partner)
        {
            if (DomainName.TryParse(name, out var stranger) && node.Node.RefusedStrangers.Read(stranger.Ascii) is { Count: > 0 } refused)
            {
                await Reply.OkAsync(context, new RefusalList(stranger.Ascii, [.. refused.Select(View)]), WireJson.Default.RefusalList);
                return;
            }

            var near = Spelling.Nearest(name, node.Node.Policy.Partners.Select(known => known.Name));
            await Reply.FailAsync(context, StatusCodes.Status404NotFound, new Failure(
                FailureCode.NotFound, $"'{Shown.Of(name)}' is no partner's domain", near is null ? "'edgepool partner list' lists the partners" : $"did you mean '{near}'?"));
            return;
        }

        var refusals = node.Node.Refusals.Read(partner).Select(View);
        await Reply.OkAsync(context, new RefusalList(partner, [.. refusals]), WireJson.Default.RefusalList);
    }

    private string? NameOf(string written) => written is PartnerDocument.AnyDomain
        ? node.Node.Policy.Open?.Name
        : DomainName.TryParse(written, out var domain) ? node.Node.Policy.Find(domain)?.Name : null;

    private static RefusalView View(PolicyRefusal refusal) => new(
        refusal.At,
        refusal.Direction is Direction.FromPartner ? "in" : "out",
        refusal.From,
        refusal.To,
        refusal.Kind,
        refusal.Observed,
        refusal.Reason.ToString(),
        refusal.Reason.Describe(),
        refusal.Reason.Remedy(),
        refusal.Document,
        refusal.DocumentVersion,
        refusal.Version);
}
