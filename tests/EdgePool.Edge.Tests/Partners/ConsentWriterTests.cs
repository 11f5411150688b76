using System.Globalization;
using System.Text;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Edge.Partners;
using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Logging;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Edge.Tests.Partners;

/// <summary>Consents become durable, in batches and in order, whatever the journal does.</summary>
public sealed class ConsentWriterTests
{
    private readonly VirtualTimeProvider time = new();
    private readonly FakeJournal journal = new();
    private readonly EventCollector log = new();
    private readonly ConsentTable table;

    public ConsentWriterTests() => table = new ConsentTable(new ConsentLimits(), time);

    [Fact]
    public async Task Changes_AreWritten_InBatches()
    {
        Give(0, JournalBatch.Changes + 10);
        await using var writer = Writer();
        writer.Start();

        await journal.UntilAsync(j => j.Standing.Count == JournalBatch.Changes + 10);
        Give(5_000, 1);
        await journal.UntilAsync(j => j.Standing.Count == JournalBatch.Changes + 11);

        Assert.Equal([JournalBatch.Changes, 10, 1], journal.Batches);
        await writer.StopAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(new JournalState(0, FailingSince: null, string.Empty), writer.State);
        Assert.Empty(log.Events);
    }

    [Fact]
    public async Task JournalThatFails_IsAskedAgain_AndNothingIsLost()
    {
        journal.Refuses = new Refusal(RefusalReason.Unavailable, "no quorum");
        await using var writer = Writer();
        writer.Start();
        Give(0, 3);
        await journal.UntilAsync(j => j.Refused == 1);
        var alarm = await log.WaitForAsync(e => e.Id.Id == 3102, TestContext.Current.CancellationToken);
        Assert.Contains("no quorum", alarm.Message, StringComparison.Ordinal);
        for (var attempt = 2; attempt <= 4; attempt++)
        {
            await UntilWaitingAsync();
            time.Advance(TimeSpan.FromMinutes(1));
            await journal.UntilAsync(j => j.Refused >= attempt);
        }

        await UntilWaitingAsync();
        Assert.Equal((3, "no quorum"), (writer.State.Pending, writer.State.Failure));
        Assert.NotNull(writer.State.FailingSince);
        journal.Refuses = null;
        time.Advance(TimeSpan.FromMinutes(1));

        await journal.UntilAsync(j => j.Standing.Count == 3);
        await log.WaitForAsync(e => e.Id.Id == 3103, TestContext.Current.CancellationToken);
        Assert.Single(log.Events, e => e.Id.Id == 3102);
        await writer.StopAsync(TimeSpan.FromSeconds(1));
        Assert.Null(writer.State.FailingSince);
    }

    [Fact]
    public async Task Stop_WritesWhatWaits()
    {
        var writer = Writer();
        writer.Start();
        Give(0, 2_500);

        await writer.StopAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(2_500, journal.Standing.Count);
        await writer.DisposeAsync();
    }

    [Fact]
    public async Task Stop_WithAJournalThatFails_SaysWhatIsLost()
    {
        journal.Refuses = new Refusal(RefusalReason.Full, "the disk is full");
        var writer = Writer();
        writer.Start();
        Give(0, 2);
        await journal.UntilAsync(j => j.Refused > 0);

        await writer.StopAsync(TimeSpan.FromSeconds(10));

        Assert.Single(log.Events, e => e.Id.Id == 3104 && Equals(2, e.Values["Changes"]));
        await writer.DisposeAsync();
    }

    private async Task UntilWaitingAsync()
    {
        while (time.ActiveTimers == 0)
            await Task.Yield();
    }

    private JournalWriter<ConsentChange> Writer()
    {
        var messages = new JournalMessages(ConsentLog.ConsentsNotWritten, ConsentLog.ConsentsWritten, ConsentLog.ConsentsLost);
        var writer = new JournalWriter<ConsentChange>(table, journal.AppendAsync, messages, time, new Random(1), log.CreateLogger("consents"));
        table.Changed = writer.Wake;
        return writer;
    }

    private void Give(int first, int count)
    {
        for (var contact = first; contact < first + count; contact++)
            table.Give("b@edge.example"u8, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"c{contact}@public.example")), "public.example");
    }
}
