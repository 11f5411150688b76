using EdgePool.Edge.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Streams;

public sealed class WakeSignalTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Set_BeforeTheWait_LetsItReturnAtOnceAndOnce()
    {
        var signal = new WakeSignal();
        signal.Set();
        signal.Set();

        Assert.True(signal.WaitAsync().AsTask().IsCompletedSuccessfully);
        Assert.False(signal.WaitAsync().AsTask().IsCompleted);
    }

    [Fact]
    public void Set_DuringTheWait_GoesOnInPlace()
    {
        var signal = new WakeSignal();
        var rounds = 0;
        _ = LoopAsync();
        Assert.Equal(1, rounds);

        signal.Set();
        Assert.Equal(2, rounds);
        signal.Set();
        Assert.Equal(3, rounds);

        async Task LoopAsync()
        {
            while (rounds < 3)
            {
                rounds++;
                await signal.WaitAsync();
            }
        }
    }

    [Fact]
    public async Task Set_ManySetters_NoWakeUpIsLost()
    {
        const int Setters = 4;
        const int Each = 100_000;
        var signal = new WakeSignal();
        var produced = 0;
        var consumed = 0;
        var consumer = ConsumeAsync();

        await Task.WhenAll(Enumerable.Range(0, Setters).Select(_ => Task.Run(Produce, Stop)));

        Assert.Equal(Setters * Each, await consumer.WaitAsync(TimeSpan.FromSeconds(30), Stop));

        void Produce()
        {
            for (var i = 0; i < Each; i++)
            {
                Interlocked.Increment(ref produced);
                signal.Set();
            }
        }

        async Task<int> ConsumeAsync()
        {
            await Task.Yield();
            while (consumed < Setters * Each)
            {
                consumed = Volatile.Read(ref produced);
                if (consumed < Setters * Each)
                    await signal.WaitAsync();
            }

            return consumed;
        }
    }
}
