using System.Globalization;
using EdgePool.Dns.Updating;
using EdgePool.Dns.Zones;
using EdgePool.Server.Advertising;
using EdgePool.Xmpp.Addressing;

namespace EdgePool.Server.Cli.Dns;

/// <summary>What operators read of a publication.</summary>
/// <param name="output">For what changes.</param>
/// <param name="error">For what stands in the way.</param>
internal sealed class PublicationText(TextWriter output, TextWriter error)
{
    /// <summary>Tells it; gives the exit code.</summary>
    public int Tell(DomainName zone, Publication publication)
    {
        if (publication.Plan is { } plan)
        {
            output.WriteLine($"{zone.Ascii} at {publication.Primary}");
            Show(plan);
        }

        switch (publication.End)
        {
            case PublicationEnd.AsItShould:
                output.WriteLine("  it is as the topology says");
                break;
            case PublicationEnd.Planned:
                output.WriteLine("  nothing was changed");
                break;
            case PublicationEnd.Made:
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  made: {publication.Plan!.Changes.Count} sets of records changed"));
                break;
            default:
                error.WriteLine($"edgepool: {zone}: {publication.Problem}");
                break;
        }

        return publication.End switch
        {
            PublicationEnd.Conflict or PublicationEnd.Refused => ExitCode.Failed,
            PublicationEnd.Unavailable => ExitCode.Unavailable,
            _ => ExitCode.Success,
        };
    }

    private void Show(UpdatePlan plan)
    {
        foreach (var change in plan.Changes)
        {
            var (before, after) = (change.Before.Select(ZoneText.Of).ToList(), change.After.Select(ZoneText.Of).ToList());
            foreach (var line in before.Except(after, StringComparer.OrdinalIgnoreCase).Select(line => "- " + line)
                .Concat(after.Except(before, StringComparer.OrdinalIgnoreCase).Select(line => "+ " + line)))
            {
                output.WriteLine("  " + line);
            }
        }

        foreach (var conflict in plan.Conflicts)
        {
            if (conflict.Found.Alias is { } target)
            {
                output.WriteLine($"  ! {conflict.Found.Name} is an alias of {target}: it can have no other records, and no SRV record may lead to it (RFC 2782)");
            }

            foreach (var record in conflict.Foreign)
            {
                output.WriteLine($"  ! {ZoneText.Of(record)}: no version of the topology has named it");
            }
        }
    }
}
