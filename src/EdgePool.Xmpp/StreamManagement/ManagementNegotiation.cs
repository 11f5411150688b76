using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;

namespace EdgePool.Xmpp.StreamManagement;

/// <summary>
/// Stream management (XEP-0198) of one stream, for the side that opened it and the side that took it: which element has its place when. It counts nothing; no
/// I/O and no clock. Not for use by two threads at a time.
/// </summary>
/// <remarks>
/// The side that opened the stream enables; both sides count and ask. A peer has one attempt: an <c>&lt;enable/&gt;</c> out of place is answered with
/// <c>&lt;failed/&gt;</c> the first time, and ends the stream the second (section 3).
/// </remarks>
public sealed class ManagementNegotiation
{
    private bool warned;

    /// <summary>Where it stands.</summary>
    public ManagementState State { get; private set; }

    /// <summary>The stream is authenticated and the feature was sent: the peer may enable.</summary>
    public void Offer() => Change(ManagementState.Off, ManagementState.Offered);

    /// <summary>We send <c>&lt;enable/&gt;</c>.</summary>
    public void Request() => Change(ManagementState.Off, ManagementState.Requested);

    /// <summary>We send <c>&lt;resume/&gt;</c>.</summary>
    public void RequestResumption() => Change(ManagementState.Off, ManagementState.Resuming);

    /// <summary>Answers <see cref="ManagementStep.Resume"/>: the former stream goes on here, or it cannot and the peer may still enable.</summary>
    public void Resume(bool can) => Change(ManagementState.AskedToResume, can ? ManagementState.On : ManagementState.Offered);

    /// <summary>An element in the namespace <c>urn:xmpp:sm:3</c>.</summary>
    public ManagementStep OnElement(XmlElement element)
    {
        ArgumentNullException.ThrowIfNull(element);
        var (next, step) = (State, element.Name) switch
        {
            (ManagementState.Offered, "enable") => (ManagementState.On, new ManagementStep.Enable(ManagementMarkup.WantsResumption(element))),
            (ManagementState.Offered, "resume") => Resumption(element),
            (ManagementState.On, "enable") => Violation("a second <enable/>"),
            (_, "enable" or "resume") => OutOfPlace(),

            (ManagementState.Requested, "enabled") => (ManagementState.On, EnabledBy(element)),
            (ManagementState.Requested, "failed") => (ManagementState.Off, new ManagementStep.Refused()),
            (ManagementState.Resuming, "resumed") => WithCount(element, h => new ManagementStep.Resumed(h)) with { Next = ManagementState.On },
            (ManagementState.Resuming, "failed") => (ManagementState.Off, new ManagementStep.NotResumed(ManagementMarkup.TryReadCount(element, out var h) ? h : null)),

            (ManagementState.On, "r") => (State, new ManagementStep.Request()),
            (ManagementState.On, "a") => WithCount(element, h => new ManagementStep.Answer(h)),
            (_, "r" or "a") => (State, new ManagementStep.Ignore("unsolicited-ack")),
            _ => Violation($"<{element.Name}/> of stream management has no place here"),
        };
        State = next;
        return step;
    }

    private (ManagementState Next, ManagementStep Step) Resumption(XmlElement resume)
        => resume["previd"] is not { Length: > 0 and <= ManagementMarkup.LongestId } id
            ? (State, new ManagementStep.Reply(ManagementMarkup.Failed(StanzaErrorCondition.ItemNotFound)))
            : WithCount(resume, h => new ManagementStep.Resume(id, h)) is var (_, step) && step is ManagementStep.Resume ? (ManagementState.AskedToResume, step) : (State, step);

    private (ManagementState Next, ManagementStep Step) WithCount(XmlElement element, Func<uint, ManagementStep> step)
        => (State, ManagementMarkup.TryReadCount(element, out var h)
            ? step(h)
            : new ManagementStep.End(StreamEndReason.ProtocolViolation, new StreamError(StreamErrorCondition.InvalidXml), $"<{element.Name}/> without a count"));

    private (ManagementState Next, ManagementStep Step) OutOfPlace()
    {
        if (warned)
            return Violation("stream management out of place, again");
        warned = true;
        return (State, new ManagementStep.Reply(ManagementMarkup.Failed(StanzaErrorCondition.UnexpectedRequest)));
    }

    private (ManagementState Next, ManagementStep Step) Violation(string detail)
        => (State, new ManagementStep.End(StreamEndReason.ProtocolViolation, new StreamError(StreamErrorCondition.PolicyViolation), detail));

    // COMPAT: resume-without-id
    private static ManagementStep.Enabled EnabledBy(XmlElement enabled)
        => ManagementMarkup.WantsResumption(enabled) && enabled["id"] is { Length: > 0 and <= ManagementMarkup.LongestId } id
            ? new ManagementStep.Enabled(id) { AtMost = ManagementMarkup.ReadMax(enabled), Location = enabled["location"] is { Length: > 0 and <= ManagementMarkup.LongestId } location ? location : null }
            : new ManagementStep.Enabled(Id: null);

    private void Change(ManagementState from, ManagementState to)
    {
        if (State != from)
            throw new InvalidOperationException($"stream management is {State}, not {from}");
        State = to;
    }
}
