using System.Buffers;
using System.Text.Json;
using EdgePool.Edge.Telemetry;
using EdgePool.Server.Demo;
using EdgePool.Server.Demo.Load;
using EdgePool.Server.Demo.Node;
using EdgePool.Testing.Time;
using Xunit;

namespace EdgePool.Server.Tests.Demo;

public sealed class NodeDemoResultTests
{
    private static readonly LedgerSnapshot Good = Ledger(accepted: 20, delivered: 20);

    [Fact]
    public void ToJson_AnyResult_IsOneLineWithEveryField()
    {
        var line = Result(Good).ToJson();

        Assert.DoesNotContain('\n', line);
        using var json = JsonDocument.Parse(line);
        Assert.Equal(
            ["accepted", "delivered", "bounced", "dropped", "inFlight", "balances", "lost", "duplicated", "misordered", "damaged", "seconds", "stanzasPerSecond", "p50Micros", "p99Micros"],
            json.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal(20, json.RootElement.GetProperty("accepted").GetInt64());
        Assert.Equal(10, json.RootElement.GetProperty("stanzasPerSecond").GetDouble());
    }

    [Fact]
    public void IsGood_AllArrived_IsTrue() => Assert.True(Result(Good).IsGood);

    public static TheoryData<string, LedgerSnapshot> BadLedgers => new()
    {
        { "does not balance", Ledger(accepted: 21, delivered: 20) },
        { "in flight at the end", Ledger(accepted: 21, delivered: 20) with { InFlight = 1 } },
        { "bounced", Ledger(accepted: 21, delivered: 20) with { BouncedBy = new Dictionary<BounceReason, long> { [BounceReason.QueueFull] = 1 } } },
        { "dropped", Ledger(accepted: 21, delivered: 20) with { DroppedBy = new Dictionary<DropReason, long> { [DropReason.UnanswerableUndeliverable] = 1 } } },
        { "delivered what nobody got", Ledger(accepted: 22, delivered: 22) },
    };

    [Theory]
    [MemberData(nameof(BadLedgers))]
    public void IsGood_LedgerSaysOtherwise_IsFalse(string ledger, LedgerSnapshot snapshot) => Assert.False(Result(snapshot).IsGood, ledger);

    [Fact]
    public void IsGood_OneLost_IsFalse() => Assert.False(Result(Good, lost: 1).IsGood);

    [Fact]
    public void IsGood_NothingFlowed_IsFalse() => Assert.False(Result(Ledger(0, 0), count: 0).IsGood);

    [Theory]
    [InlineData(0, true, "Shown:")]
    [InlineData(1, false, "NOT SHOWN")]
    public void Write_Summary_SaysWhetherItWasShownAndWhatIsNext(int lost, bool good, string expected)
    {
        var result = Result(Good, lost: lost);
        using var text = new StringWriter();

        result.WriteText(text);

        Assert.Equal(good, result.IsGood);
        Assert.Contains(expected, text.ToString());
        Assert.Contains("Next:", text.ToString());
        Assert.Contains($"{lost} lost", text.ToString());
    }

    private static LedgerSnapshot Ledger(long accepted, long delivered)
        => new(accepted, delivered, new Dictionary<BounceReason, long>(), new Dictionary<DropReason, long>(), 0, 0, 0);

    private static NodeDemoResult Result(LedgerSnapshot ledger, int count = 10, int lost = 0)
        => new(ledger, Flow(count, lost), Flow(count, lost: 0), TimeSpan.FromSeconds(2));

    private static NumberedFlow Flow(int count, int lost)
    {
        var flow = new NumberedFlow("a@partner.example", "b@contoso.example", new VirtualTimeProvider());
        var buffer = new ArrayBufferWriter<byte>();
        for (var i = 0; i < count + lost; i++)
        {
            buffer.ResetWrittenCount();
            flow.Write(buffer);
            if (i < count)
            {
                flow.Receive(buffer.WrittenSpan);
            }
        }

        return flow;
    }
}
