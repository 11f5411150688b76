using System.Globalization;
using EdgePool.Interop.Tests.Partners;
using EdgePool.Testing.Peers;

namespace EdgePool.Interop.Tests.Operators;

/// <summary>Numbered messages, a thousand a second, until told when to end.</summary>
internal sealed class EndlessFlow
{
    private const int Batch = 20;

    private readonly Task sending;
    private volatile int begun;
    private volatile int end = int.MaxValue;

    private EndlessFlow(StanzaClient sender, string from, string to) => sending = SendAsync(sender, from, to);

    /// <summary>The first number that was certainly not sent before now.</summary>
    public int Next => begun;

    public static EndlessFlow Start(StanzaClient sender, string from, string to) => new(sender, from, to);

    /// <summary>Sends at least up to this number, and ends.</summary>
    public Task EndAsync(int number)
    {
        end = number;
        return sending;
    }

    /// <summary>Everything that a client has received up to the error for its message with the id.</summary>
    /// <returns>The numbers that reached it, and those of its own that came back to it as errors, as they came.</returns>
    public static async Task<(IReadOnlyList<int> Delivered, IReadOnlyList<int> Bounced)> ReadToErrorAsync(StanzaClient client, string id)
    {
        var (delivered, bounced) = (new List<int>(), new List<int>());
        while (true)
        {
            var stanza = await client.ReceiveAsync();
            if (NumberedFlow.Number(stanza) is { } number)
                delivered.Add(number);
            else if (XmppNames.Matches(stanza, "message[@type='error']") && stanza.Attribute("id")?.Value is { } failed)
            {
                if (failed == id)
                    return (delivered, bounced);
                bounced.Add(int.Parse(failed.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture));
            }
        }
    }

    private async Task SendAsync(StanzaClient sender, string from, string to)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (begun < end)
        {
            var first = begun;
            begun = first + Batch;
            await NumberedFlow.SendAsync(sender, from, to, Batch, first);
            await pace.WaitForNextTickAsync();
        }
    }
}
