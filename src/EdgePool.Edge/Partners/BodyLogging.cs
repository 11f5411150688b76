using EdgePool.Cluster.Documents;
using EdgePool.Edge.Telemetry;
using EdgePool.Policy.Documents;
using EdgePool.Policy.Partners;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Partners;

/// <summary>Message bodies are logged, by the gateway's <c>enableLoggingAllMessageBodies</c>.</summary>
/// <param name="Version">The version of the gateway's document that switched it on; the oldest that the store still knows, where it was on already.</param>
/// <param name="Who">Who wrote that version, fit for a log.</param>
/// <param name="When">When.</param>
public sealed record BodyLogging(long Version, string Who, DateTimeOffset When);

/// <summary>
/// The audit of body logging: who switched it on or off, and with which version, by the history of the gateway's document. What the node finds switched on when
/// it starts is told as well. That it is on is told before the first body is logged, that it is off behind the last. One thread at a time.
/// </summary>
internal sealed class BodyLoggingAudit(IDocumentStore store, ILogger log)
{
    private const int MostVersions = 1_000;
    private static readonly DocumentKey Gateway = new(DocumentKinds.Gateway, DocumentKinds.GatewayName);
    private volatile BodyLogging? current;
    private long? looked;

    /// <summary>Since when bodies are logged; null: they are not. From any thread.</summary>
    public BodyLogging? Current => current;

    /// <summary>A policy will come into force.</summary>
    public async Task BeforeAsync(PolicySnapshot next, CancellationToken cancellation)
    {
        if (!IsOn(next) || next.Gateway?.Source?.Version == looked)
            return;
        var on = await OriginAsync(next, on: true, cancellation);
        looked = next.Gateway?.Source?.Version;
        if (on.Version == current?.Version)
            return; // the document says something else now, but not of this
        current = on;
        MessageLog.SwitchedOn(log, on.Version, on.Who);
    }

    /// <summary>It is in force.</summary>
    public async Task AfterAsync(PolicySnapshot now, CancellationToken cancellation)
    {
        if (IsOn(now) || current is null)
            return;
        var off = await OriginAsync(now, on: false, cancellation);
        (current, looked) = (null, null);
        MessageLog.SwitchedOff(log, off.Version, off.Who);
    }

    private static bool IsOn(PolicySnapshot snapshot) => snapshot.Gateway is { EnableLoggingAllMessageBodies: true };

    /// <summary>The oldest version of those that have said so without a break.</summary>
    private async Task<BodyLogging> OriginAsync(PolicySnapshot snapshot, bool on, CancellationToken cancellation)
    {
        try
        {
            var versions = await store.HistoryAsync(Gateway, MostVersions, cancellation);
            var origin = versions.SkipWhile(v => v.Version > snapshot.Version).TakeWhile(v => IsOn(v) == on).LastOrDefault();
            if (origin is not null)
                return new BodyLogging(origin.Version, LogText.Of(origin.By.Who), origin.By.When);
        }
        catch (StoreException)
        {
            // Who did it is not worth a policy that does not come into force.
        }

        return new BodyLogging(snapshot.Version, "unknown", default);
    }

    private static bool IsOn(DocumentVersion version)
        => version.Body is { } body
            && DocumentReader.Read(Gateway.Kind, Gateway.Name, body).Written is GatewayDocument { EnableLoggingAllMessageBodies: true };
}
