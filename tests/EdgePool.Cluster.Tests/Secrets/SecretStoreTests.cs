using System.Text;
using EdgePool.Cluster.Coordination;
using EdgePool.Cluster.Embedded;
using EdgePool.Cluster.Secrets;

namespace EdgePool.Cluster.Tests.Secrets;

/// <summary>Secrets at rest: sealed, bound to their name, and never replaced in silence.</summary>
public sealed class SecretStoreTests
{
    private static readonly string First = SecretKeys.Write(Filled(1));
    private static readonly string Second = SecretKeys.Write(Filled(2));

    [Fact]
    public async Task Write_Read_IsTheSameAndNothingOfItIsInTheStore()
    {
        await using var store = new EmbeddedCoordinator();
        var secrets = new SecretStore(store, Keys(First));

        var revision = await secrets.WriteAsync("dialback", "top secret", over: 0, default);

        var read = await secrets.ReadAsync("dialback", default);
        Assert.Equal(("top secret", revision), (read!.Text, read.Revision));
        var bytes = Encoding.UTF8.GetString((await store.ReadAsync("", default)).Keys["secrets/dialback"].Value.Span);
        Assert.DoesNotContain("top", bytes);
        Assert.DoesNotContain("top", read.ToString());
        Assert.Equal(read.Text, secrets.Open("dialback", read.Sealed, 1).Text);
    }

    [Fact]
    public async Task Seal_SameTextTwice_LooksDifferent()
    {
        await using var store = new EmbeddedCoordinator();
        var secrets = new SecretStore(store, Keys(First));

        var one = await secrets.WriteAsync("dialback", "same", over: 0, default);
        var before = (await secrets.ReadAsync("dialback", default))!.Sealed;
        await secrets.WriteAsync("dialback", "same", one!.Value, default);

        Assert.False((await secrets.ReadAsync("dialback", default))!.Sealed.Span.SequenceEqual(before.Span));
    }

    [Fact]
    public async Task Write_OverAnOlderOne_IsRefused()
    {
        await using var store = new EmbeddedCoordinator();
        var secrets = new SecretStore(store, Keys(First));
        var one = await secrets.WriteAsync("dialback", "one", over: 0, default);
        await secrets.WriteAsync("dialback", "two", one!.Value, default);

        Assert.Null(await secrets.WriteAsync("dialback", "three", one.Value, default));
        Assert.Null(await secrets.WriteAsync("dialback", "three", over: 0, default));
        Assert.Equal("two", (await secrets.ReadAsync("dialback", default))!.Text);
    }

    // Another key is an error that names both, never a reason to make a new secret.
    [Fact]
    public async Task Read_WrongKey_SaysWhichIsWanted()
    {
        await using var store = new EmbeddedCoordinator();
        var (right, wrong) = (Keys(First), Keys(Second));
        await new SecretStore(store, right).WriteAsync("dialback", "one", over: 0, default);

        var fault = await Assert.ThrowsAsync<SecretException>(async () => await new SecretStore(store, wrong).ReadAsync("dialback", default));

        Assert.Equal($"the secret 'dialback' in the store is sealed under the key {right.SealingId}, and this node's key file has {wrong}: bring the key file of the other nodes here (mode 600)", fault.Message);
        Assert.NotNull(await new SecretStore(store, Keys(Second + First)).ReadAsync("dialback", default));
    }

    [Fact]
    public async Task Read_MovedToAnotherName_IsRefused()
    {
        await using var store = new EmbeddedCoordinator();
        var secrets = new SecretStore(store, Keys(First));
        await secrets.WriteAsync("dialback", "one", over: 0, default);
        var value = (await store.ReadAsync("", default)).Keys["secrets/dialback"].Value;
        await store.CommitAsync([], [new KeyChange("secrets/other", value)], default);

        var fault = await Assert.ThrowsAsync<SecretException>(async () => await secrets.ReadAsync("other", default));
        Assert.Contains("was altered", fault.Message);
    }

    [Fact]
    public async Task Read_EachByteAltered_IsRefused()
    {
        await using var store = new EmbeddedCoordinator();
        var secrets = new SecretStore(store, Keys(First));
        await secrets.WriteAsync("dialback", "one", over: 0, default);
        var value = (await secrets.ReadAsync("dialback", default))!.Sealed.ToArray();
        for (var at = 0; at < value.Length; at++)
        {
            var altered = value.ToArray();
            altered[at] ^= 1;
            try
            {
                Assert.Equal("one", secrets.Open("dialback", altered, 1).Text); // the spelling of base64's last bits
            }
            catch (SecretException)
            {
                // refused
            }
        }

        Assert.Throws<SecretException>(() => secrets.Open("dialback", "{}"u8.ToArray(), 1));
        Assert.Throws<SecretException>(() => secrets.Open("dialback", Array.Empty<byte>(), 1));
    }

    [Fact]
    public async Task Watch_EachChange_IsTold()
    {
        await using var store = new EmbeddedCoordinator();
        var secrets = new SecretStore(store, Keys(First));
        await using var watch = secrets.WatchAsync("dialback", TestContext.Current.CancellationToken).GetAsyncEnumerator();

        Assert.True(await watch.MoveNextAsync());
        Assert.Null(watch.Current);
        var one = await secrets.WriteAsync("dialback", "one", over: 0, default);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(("one", one), (watch.Current!.Text, watch.Current.Revision));
    }

    [Theory]
    [InlineData("", "line 1 is no key: 32 bytes in base64")]
    [InlineData("AAAA\n", "line 1 is no key: 32 bytes in base64")]
    [InlineData("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n", "a key is there twice")]
    [InlineData("a\nb\nc\nd\n", "it has 4 lines, and 3 keys at most are known, newest first")]
    public void Parse_NoKeys_SaysWhy(string text, string problem)
    {
        Assert.Null(SecretKeys.Parse(text, out var why));
        Assert.Equal(problem, why);
    }

    private static SecretKeys Keys(string text) => SecretKeys.Parse(text, out _)!;

    private static byte[] Filled(byte with)
    {
        var key = new byte[SecretKeys.Bytes];
        Array.Fill(key, with);
        return key;
    }
}
