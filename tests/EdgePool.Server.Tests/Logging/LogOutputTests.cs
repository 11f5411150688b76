using System.Text;
using EdgePool.Server.Logging;
using Xunit;

namespace EdgePool.Server.Tests.Logging;

public sealed class LogOutputTests
{
    [Fact]
    public async Task Write_Lines_ComeOutInOrder()
    {
        using var target = new MemoryStream();
        await using (var output = new LogOutput(target, TimeProvider.System, lines => FormattableString.Invariant($"{lines} dropped")))
        {
            for (var i = 0; i < 1_000; i++)
            {
                output.Write(FormattableString.Invariant($"line {i}"));
            }
        }

        var lines = Encoding.UTF8.GetString(target.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(0, 1_000).Select(i => FormattableString.Invariant($"line {i}")), lines);
    }

    [Fact]
    public async Task Write_ReaderStandsStill_DropsBeyondTheLimitAndCounts()
    {
        using var target = new StandingStream();
        await using (var output = new LogOutput(target, TimeProvider.System, lines => FormattableString.Invariant($"{lines} dropped")))
        {
            output.Write("first");
            await target.Reached;
            for (var i = 0; i < LogOutput.Capacity + 5; i++)
            {
                output.Write("more");
            }

            target.Release();
        }

        var text = target.Text;
        Assert.Equal(LogOutput.Capacity, text.Split('\n').Count(line => line == "more"));
        Assert.Contains("\n5 dropped\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dispose_ReaderStandsStillForGood_GivesUp()
    {
        using var target = new StandingStream();
        var output = new LogOutput(target, TimeProvider.System, lines => FormattableString.Invariant($"{lines} dropped"));
        output.Write("first");
        await target.Reached;

        await output.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        target.Release();
    }

    /// <summary>Takes nothing until it is released.</summary>
    private sealed class StandingStream : MemoryStream
    {
        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => reached.Task;

        public string Text => Encoding.UTF8.GetString(ToArray());

        public void Release() => released.TrySetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            reached.TrySetResult();
            await released.Task;
            await base.WriteAsync(buffer, cancellationToken);
        }
    }
}
