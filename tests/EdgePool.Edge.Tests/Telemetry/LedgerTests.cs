using EdgePool.Edge.Telemetry;
using Xunit;

namespace EdgePool.Edge.Tests.Telemetry;

// DESIGN.md section 5, 5: accepted = delivered + bounced + dropped + in flight.
public sealed class LedgerTests
{
    [Fact]
    public void Read_AStanzaThatVanished_DoesNotBalance()
    {
        var ledger = new Ledger();
        ledger.Accept();
        ledger.Accept();
        ledger.Deliver(1);

        Assert.False(ledger.Read().Balances);
        ledger.Drop(DropReason.PresenceUndeliverable);
        Assert.True(ledger.Read().Balances);
    }

    [Fact]
    public void Read_InFlight_IsCountedInTheQueues()
    {
        var ledger = new Ledger();
        var (one, two) = (new object(), new object());
        ledger.Hold(one, () => 2);
        ledger.Hold(two, () => 3);
        Assert.Equal(5, ledger.Read().InFlight);

        ledger.Release(one);

        Assert.Equal(3, ledger.Read().InFlight);
    }

    [Fact]
    public void Read_Reasons_AreCountedEach()
    {
        var ledger = new Ledger();
        foreach (var reason in Enum.GetValues<BounceReason>())
            ledger.Bounce(reason);
        foreach (var reason in Enum.GetValues<DropReason>())
            ledger.Drop(reason);
        ledger.Bounce(BounceReason.QueueFull);
        ledger.ErrorSent();
        ledger.ErrorLost();

        var account = ledger.Read();

        Assert.Equal((Enum.GetValues<BounceReason>().Length + 1, Enum.GetValues<DropReason>().Length), (account.Bounced, account.Dropped));
        Assert.Equal(2, account.BouncedBy[BounceReason.QueueFull]);
        Assert.Equal((1, 1), (account.ErrorsSent, account.ErrorsLost));
    }

    [Fact]
    public async Task Read_UnderLoad_EndsBalanced()
    {
        const int Each = 50_000;
        var ledger = new Ledger();
        var waiting = 0;
        ledger.Hold(this, () => Volatile.Read(ref waiting));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                ledger.Accept();
                Interlocked.Increment(ref waiting);
                if (i % 100 == 0)
                    ledger.Read();
                if (i % 3 == 0)
                    ledger.Bounce(BounceReason.StreamLost);
                else
                    ledger.Deliver(1);
                Interlocked.Decrement(ref waiting);
            }
        })));

        var account = ledger.Read();
        Assert.Equal((4 * Each, 0), (account.Accepted, account.InFlight));
        Assert.True(account.Balances);
    }
}
