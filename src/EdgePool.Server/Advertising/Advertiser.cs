using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Elections;
using EdgePool.Dns.Messages;
using EdgePool.Edge.Advertising;
using EdgePool.Policy.Topologies;
using EdgePool.Server.Configuration;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Advertising;

/// <summary>What the advertiser asks of the world.</summary>
/// <param name="Topology">The topology in force; null: there is none.</param>
/// <param name="Former">The versions of it that the store remembers.</param>
/// <param name="Survey">What name servers say of a zone.</param>
/// <param name="Publish">Brings a zone to its primary, or looks alone; null: this node has no key for updates.</param>
/// <param name="Leaving">The node leaves service.</param>
internal sealed record AdvertiserWork(
    Func<Topology?> Topology,
    Func<CancellationToken, Task<IReadOnlyList<Topology>>> Former,
    Func<ZoneRecords, CancellationToken, Task<IReadOnlyList<ServerView>>> Survey,
    Func<ZoneRecords, IReadOnlyCollection<DnsRecord>, bool, CancellationToken, Task<Publication>>? Publish,
    Func<bool> Leaving);

/// <summary>
/// Every node runs one, and the elected one works: it compares what DNS says with the topology in force, as <c>edgepool dns check</c> does, tells the cluster what is wrong, and where
/// the topology has it so, brings the records to the zones' primary servers, as <c>edgepool dns publish</c> does. Records of others are never replaced.
/// </summary>
/// <remarks>Two advertisers at one moment do no harm: an update holds only while the records are those that were read (RFC 2136 section 2.4).</remarks>
internal sealed class Advertiser
{
    /// <summary>The key of the office.</summary>
    public const string Key = "advertiser";

    /// <summary>How often each node looks who the advertiser is.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    /// <summary>What looking at all zones may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Election election;
    private readonly string node;
    private readonly AdvertiserWork work;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly ZoneAttempts attempts;
    private readonly HashSet<string> said = new(StringComparer.Ordinal);
    private volatile AdvertiserReport? heard;
    private (long Version, IReadOnlyList<Topology> Topologies) former;
    private AdvertiserReport? last;
    private long due;

    /// <param name="election">Who is the advertiser.</param>
    /// <param name="node">This node's name.</param>
    /// <param name="work">What it works on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where it logs.</param>
    public Advertiser(Election election, string node, AdvertiserWork work, TimeProvider time, ILogger log)
        => (this.election, this.node, this.work, this.time, this.log, attempts) = (election, node, work, time, log, new ZoneAttempts(time));

    /// <summary>What the advertiser told last, as far as this node has heard; null: there is none.</summary>
    public AdvertiserReport? Heard => heard;

    /// <summary>This node can do what the topology asks of an advertiser.</summary>
    public bool Serves => work.Topology() is { } topology && topology.Advertise is not AdvertiseMode.Off && (work.Publish is not null || topology.Advertise is not AdvertiseMode.Publish);

    /// <summary>Works until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await LookAsync(cancellation);
            }
            catch (Exception) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (StoreException)
            {
                // What was heard stands; the membership tells of a store that is away.
            }
            catch (Exception fault)
            {
                AdvertiserLog.Failed(log, Shown.Of(fault.Message, AdvertiserReport.LongestProblem));
            }

            await Task.Delay(Look, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        var held = election.Holds;
        var first = new AdvertiserReport(node, 0, Checked: null, Publishes: false, [], 0);
        var office = await election.LookAsync(Serves && !work.Leaving(), first.ToBytes(), cancellation);
        heard = office.Said is { } told ? AdvertiserReport.Read(told.Span) : null;
        if (!office.Held || work.Topology() is not { } topology)
        {
            last = null;
            said.Clear();
            return;
        }

        if (!held || last is null)
        {
            AdvertiserLog.Advertiser(log, node);
        }

        if (last?.Version != topology.Source.Version || time.GetTimestamp() >= due)
        {
            last = await CheckAsync(topology, cancellation);
            Say(last);
        }

        if (heard?.Checked != last.Checked)
        {
            heard = last;
            await election.TellAsync(last.ToBytes(), cancellation);
        }
    }

    /// <summary>Looks at every zone, and says when to look again.</summary>
    private async Task<AdvertiserReport> CheckAsync(Topology topology, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var publishes = topology.Advertise is AdvertiseMode.Publish;
        var (problems, next) = (new List<string>(), topology.CheckEvery);
        attempts.For(topology.Source.Version);
        foreach (var zone in TopologyRecords.Of(topology))
        {
            try
            {
                var fresh = publishes && zone.Zone?.Primary is not null ? await KeepAsync(topology, zone, problems, either.Token) : null;
                if (fresh is { } soon)
                {
                    next = soon < next ? soon : next;
                    continue;
                }

                problems.AddRange(RecordCheck.Findings([.. zone.Records], await work.Survey(zone, either.Token)).Select(Text));
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                problems.Add($"{Name(zone)} and the zones behind it: not looked at within {Patience.TotalMinutes:0} minutes — are name servers silent?");
                break;
            }
        }

        due = time.GetTimestamp() + (long)(next.TotalSeconds * time.TimestampFrequency);
        return AdvertiserReport.Of(node, topology.Source.Version, time.GetUtcNow(), publishes, problems);
    }

    /// <summary>Publishes a zone where it is needed; gives after which time to look again, where its records are not to be judged yet.</summary>
    private async Task<TimeSpan?> KeepAsync(Topology topology, ZoneRecords zone, List<string> problems, CancellationToken cancellation)
    {
        var name = Name(zone);
        if (former.Version != topology.Source.Version)
        {
            former = (topology.Source.Version, await work.Former(cancellation));
        }

        var wait = attempts.Wait(name);
        var publication = await work.Publish!(zone, FormerTopologies.RecordsOf(zone.Zone, former.Topologies), wait == TimeSpan.Zero && election.Holds, cancellation);
        if (publication.Problem is { } problem)
        {
            problems.Add($"{name}: {problem}");
        }

        switch (publication.End)
        {
            case PublicationEnd.Made:
                attempts.Sent(name, problem: null);
                AdvertiserLog.Published(log, name, publication.Primary!.ToString(), publication.Plan!.Changes.Count, topology.Source.Version);
                return topology.RecordTtl > Look ? topology.RecordTtl : Look;
            case PublicationEnd.Refused or PublicationEnd.Unavailable when publication.Plan is not null:
                attempts.Sent(name, publication.Problem);
                return attempts.Wait(name);
            case PublicationEnd.Planned:
                var why = attempts.ProblemOf(name) ?? "somebody has changed them since they were published";
                problems.Add(FormattableString.Invariant($"{name}: {publication.Plan!.Changes.Count} sets of records differ at {publication.Primary}: {why}; tried again in {Math.Ceiling(wait.TotalMinutes):0} min"));
                return wait > Look ? wait : Look;
            default:
                return null;
        }
    }

    /// <summary>Logs what is new.</summary>
    private void Say(AdvertiserReport report)
    {
        foreach (var problem in report.Problems.Where(problem => !said.Contains(problem)))
        {
            AdvertiserLog.Problem(log, report.Version, problem);
        }

        if (report.Problems.Count == 0 && said.Count > 0)
        {
            AdvertiserLog.AsItShould(log, report.Version);
        }

        said.Clear();
        said.UnionWith(report.Problems);
    }

    private static string Text(RecordFinding finding)
        => $"{(finding.Server.Length == 0 ? "" : $"{finding.Server}: ")}{finding.Name} {finding.Type}: {Shown.Of(finding.What, AdvertiserReport.LongestProblem)} — {finding.Remedy}";

    private static string Name(ZoneRecords zone) => zone.Zone?.Name.Ascii ?? "names in no zone of ours";
}
