using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>
/// What became of the numbered messages of one direction: each was delivered, or came back as an error, or stayed with its sender's server, which knows that nobody
/// acknowledged it; or its sender, a component, wrote it to a connection that then broke, and there is nobody to ask.
/// </summary>
/// <param name="key">What its ids begin with.</param>
/// <param name="from">Who writes.</param>
/// <param name="to">To whom.</param>
internal sealed class NumberedFates(string key, string from, string to)
{
    private const int Most = 1 << 18;

    private readonly Lock gate = new();
    private readonly Fate[] fates = new Fate[Most];
    private int sent;
    private long lastArrival;
    private TimeSpan silence;
    private long silenceEnded;
    private bool measuring;

    /// <summary>Both addresses, for texts.</summary>
    public string Name { get; } = $"{from} to {to}";

    /// <summary>The last error that came back, for texts.</summary>
    public string? LastError { get; private set; }

    /// <summary>How many were sent.</summary>
    public int Sent => Volatile.Read(ref sent);

    /// <summary>Takes the next numbers, as text to be sent.</summary>
    public (int First, string Text) Next(int count)
    {
        lock (gate)
        {
            var first = sent;
            sent += count;
            return (first, TextOf(Enumerable.Range(first, count)));
        }
    }

    /// <summary>The messages with these numbers.</summary>
    public string TextOf(IEnumerable<int> numbers)
    {
        var text = new StringBuilder();
        foreach (var number in numbers)
            text.Append(CultureInfo.InvariantCulture, $"<message from='{from}' to='{to}' type='chat' id='{key}{number}'><body>message {number} of a flow</body></message>");
        return text.ToString();
    }

    /// <summary>Notes a message that came to anybody; false: it is none of these.</summary>
    public bool Take(XElement stanza)
    {
        if (stanza.Attribute("id")?.Value is not { } id || !id.StartsWith(key, StringComparison.Ordinal)
            || !int.TryParse(id.AsSpan(key.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number >= Sent)
        {
            return false;
        }

        var error = stanza.Attribute("type")?.Value == "error";
        if (stanza.Attribute("to")?.Value != (error ? from : to))
            return false;
        lock (gate)
        {
            ref var fate = ref fates[number];
            if (!error)
            {
                Arrive(ref fate);
                return true;
            }

            fate.Answers++;
            LastError = stanza.Elements().LastOrDefault(static child => child.Name.LocalName == "error")?.ToString(SaveOptions.DisableFormatting);
        }

        return true;
    }

    /// <summary>The sender's server keeps these: the stream broke, and nobody had acknowledged them.</summary>
    public void Keep(IEnumerable<int> numbers) => Mark(numbers, static (ref Fate fate) => fate.Kept = true);

    /// <summary>These were written to a connection that broke, and there are no acknowledgements on it.</summary>
    public void Leave(IEnumerable<int> numbers) => Mark(numbers, static (ref Fate fate) => fate.Left = true);

    /// <summary>From now on, <see cref="Silence"/> is the longest time without a message.</summary>
    public void Measure()
    {
        lock (gate)
            (measuring, silence, silenceEnded, lastArrival) = (true, TimeSpan.Zero, Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp());
    }

    /// <summary>The longest time without a message since <see cref="Measure"/>, and when it ended.</summary>
    public (TimeSpan Longest, long Ended) Silence()
    {
        lock (gate)
        {
            measuring = false;
            return (silence, silenceEnded);
        }
    }

    /// <summary>Something has arrived since a moment.</summary>
    public bool ArrivedSince(long moment)
    {
        lock (gate)
            return lastArrival > moment;
    }

    /// <summary>The account.</summary>
    public FateCount Count()
    {
        var count = new FateCount();
        lock (gate)
        {
            count.Sent = sent;
            foreach (ref readonly var fate in fates.AsSpan(0, sent))
                count.Add(fate);
        }

        return count;
    }

    /// <summary>The numbers of which nothing is known.</summary>
    public IReadOnlyList<int> Missing()
    {
        lock (gate)
            return [.. Enumerable.Range(0, sent).Where(number => fates[number] is { Arrivals: 0, Answers: 0, Kept: false, Left: false })];
    }

    private void Arrive(ref Fate fate)
    {
        fate.Arrivals++;
        var now = Stopwatch.GetTimestamp();
        if (measuring && Stopwatch.GetElapsedTime(lastArrival, now) is var since && since > silence)
            (silence, silenceEnded) = (since, now);
        lastArrival = now;
    }

    private void Mark(IEnumerable<int> numbers, Change change)
    {
        lock (gate)
        {
            foreach (var number in numbers)
                change(ref fates[number]);
        }
    }

    private delegate void Change(ref Fate fate);
}

/// <summary>What is known of one message.</summary>
internal struct Fate
{
    /// <summary>How often it arrived.</summary>
    public byte Arrivals;

    /// <summary>How often an error for it came back.</summary>
    public byte Answers;

    /// <summary>Its sender's server has it.</summary>
    public bool Kept;

    /// <summary>It was written to a connection without acknowledgements, which broke.</summary>
    public bool Left;
}

/// <summary>The account of messages.</summary>
internal sealed class FateCount
{
    /// <summary>All.</summary>
    public int Sent { get; set; }

    /// <summary>That arrived.</summary>
    public int Delivered { get; private set; }

    /// <summary>That did not, and came back as errors.</summary>
    public int Bounced { get; private set; }

    /// <summary>That did not, and that the sender's server still has, as nobody acknowledged them.</summary>
    public int Kept { get; private set; }

    /// <summary>That did not, and were in the hands of a process that ended, from a sender to whom nobody acknowledges anything.</summary>
    public int Taken { get; private set; }

    /// <summary>That arrived, though their sender was told, or had to take, that they may not have.</summary>
    public int Uncertain { get; private set; }

    /// <summary>That arrived twice.</summary>
    public int Doubled { get; private set; }

    /// <summary>That arrived and were answered with an error as well.</summary>
    public int DeliveredAndBounced { get; private set; }

    /// <summary>Of which nothing was heard, and of which their sender must take that they arrived.</summary>
    public int Lost => Sent - Delivered - Bounced - Kept - Taken;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Delivered} of {Sent} arrived, {Bounced} came back");

    /// <summary>Counts one.</summary>
    public void Add(in Fate fate)
    {
        var arrived = fate.Arrivals > 0;
        Delivered += arrived ? 1 : 0;
        Doubled += fate.Arrivals > 1 ? 1 : 0;
        DeliveredAndBounced += arrived && fate.Answers > 0 ? 1 : 0;
        Uncertain += arrived && (fate.Answers > 0 || fate.Kept) ? 1 : 0;
        if (arrived)
            return;
        if (fate.Answers > 0)
            Bounced++;
        else if (fate.Kept)
            Kept++;
        else if (fate.Left)
            Taken++;
    }

    /// <summary>Adds another account.</summary>
    public void Add(FateCount other)
    {
        Sent += other.Sent;
        Delivered += other.Delivered;
        Bounced += other.Bounced;
        Kept += other.Kept;
        Taken += other.Taken;
        Uncertain += other.Uncertain;
        Doubled += other.Doubled;
        DeliveredAndBounced += other.DeliveredAndBounced;
    }
}
