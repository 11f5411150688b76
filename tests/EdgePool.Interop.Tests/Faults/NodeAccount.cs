using System.Globalization;

namespace EdgePool.Interop.Tests.Faults;

/// <summary>What a node's log tells of its accounts, over all its processes.</summary>
internal sealed class NodeAccount
{
    private readonly Lock gate = new();
    private readonly List<string> lines = [];
    private long uncertain;

    /// <summary>Stanzas that it answered as lost although another node may have delivered them.</summary>
    public long Uncertain => Interlocked.Read(ref uncertain);

    /// <summary>Everything that it said.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate)
                return [.. lines];
        }
    }

    /// <summary>What it said when it ended in order.</summary>
    public IReadOnlyList<string> Ended
    {
        get
        {
            lock (gate)
                return [.. lines.Where(static line => line.Contains(" 2003 ", StringComparison.Ordinal))];
        }
    }

    /// <summary>Reads a line.</summary>
    public void Note(string line)
    {
        if (line.Contains(" 2306 ", StringComparison.Ordinal) && Value(line, "stanzas=") is { } stanzas)
            Interlocked.Add(ref uncertain, stanzas);
        lock (gate)
            lines.Add(line);
    }

    /// <summary>A node that ended in order had nothing in flight, and each stanza had ended one way.</summary>
    public static bool Balances(string told)
        => Value(told, "inFlight=") == 0 && Value(told, "accepted=") == Value(told, "delivered=") + Value(told, "bounced=") + Value(told, "dropped=");

    private static long? Value(string line, string name)
    {
        var at = line.IndexOf(" " + name, StringComparison.Ordinal);
        if (at < 0)
            return null;
        var digits = line.AsSpan(at + 1 + name.Length);
        var end = digits.IndexOf(' ');
        return long.Parse(end < 0 ? digits : digits[..end], NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
