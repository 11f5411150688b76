using System.Buffers;
using EdgePool.Edge.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Streams;

public sealed class ControlBuffersTests
{
    [Fact]
    public void Rent_AlwaysEmpty_HoweverItCameBack()
    {
        var rented = Enumerable.Range(0, 2 * ControlBuffers.Most).Select(_ => ControlBuffers.Rent()).ToList();
        foreach (var buffer in rented)
        {
            buffer.Write("<r/>"u8);
            ControlBuffers.Return(buffer);
        }

        Assert.All(Enumerable.Range(0, 2 * ControlBuffers.Most), _ => Assert.Equal(0, ControlBuffers.Rent().WrittenCount));
    }

    [Fact]
    public void Return_LargerThanTheLargest_IsNotKept()
    {
        var large = new ArrayBufferWriter<byte>(ControlBuffers.Largest + 1);
        ControlBuffers.Return(large);
        Assert.DoesNotContain(large, Enumerable.Range(0, 2 * ControlBuffers.Most).Select(_ => ControlBuffers.Rent()));
    }
}
