using EdgePool.Edge.Telemetry;
using EdgePool.Xmpp.Dialback;
using Microsoft.Extensions.Logging;

namespace EdgePool.Edge.Dialback;

/// <summary>
/// Puts the secrets of dialback keys in force that have changed at their source. No stream notices: a key is made and verified by the secrets of its moment.
/// </summary>
/// <remarks>
/// It looks every two seconds, and what it sees counts when two looks see the same (a file that is being written may be half of it), or at once when an
/// operator asks. Bad ones change nothing: those in force stay, and one event says so.
/// </remarks>
internal sealed class DialbackSecretWatchActor : ReceiveActor, IWithTimers
{
    /// <summary>How often the source is looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly IDialbackSecretSource source;
    private readonly DialbackKeys keys;
    private readonly ILogger log;
    private DialbackSecrets? seen;
    private string? bad;
    private bool told;

    public DialbackSecretWatchActor(IDialbackSecretSource source, DialbackKeys keys, ILogger log)
    {
        (this.source, this.keys, this.log) = (source, keys, log);
        Receive<Look>(look => OnLook(look.Asked));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("look", new Look(Asked: false), Interval);
        Self.Tell(new Look(Asked: false));
    }

    private void OnLook(bool asked)
    {
        var reading = Read();
        if (reading.Secrets is { } secrets)
            OnGood(secrets, asked);
        else
            OnBad(string.Join("; ", reading.Problems), asked);
    }

    private DialbackSecretReading Read()
    {
        try
        {
            return source.Read();
        }
        catch (Exception fault)
        {
            return new DialbackSecretReading(Secrets: null, [$"they cannot be read: {LogText.Of(fault.Message)}"]);
        }
    }

    private void OnGood(DialbackSecrets secrets, bool asked)
    {
        (bad, told) = (null, false);
        var before = keys.Secrets;
        if (secrets.IsSame(before))
        {
            if (asked)
                NodeLog.DialbackSecretsUnchanged(log, before.Count);
        }
        else if (asked || seen?.IsSame(secrets) == true)
        {
            keys.Replace(secrets);
            NodeLog.DialbackSecretsReplaced(log, secrets.Count, secrets.CountKept(before), before.Count);
        }

        seen = secrets;
    }

    private void OnBad(string reasons, bool asked)
    {
        var again = string.Equals(bad, reasons, StringComparison.Ordinal);
        told &= again;
        (bad, seen) = (reasons, null);
        if (!asked && (told || !again))
            return;
        told = true;
        NodeLog.DialbackSecretsRefused(log, reasons);
    }

    /// <summary>Look at the source.</summary>
    /// <param name="Asked">An operator wants to know now.</param>
    internal sealed record Look(bool Asked);
}
