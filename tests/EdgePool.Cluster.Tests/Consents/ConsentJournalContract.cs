using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Tests.Consents;

/// <summary>What every <see cref="IConsentJournal"/> does. One class for each implementation says how a journal is made.</summary>
public abstract partial class ConsentJournalContract
{
    private static readonly DateTimeOffset When = new(2026, 11, 21, 12, 0, 0, 123, TimeSpan.Zero);

    /// <summary>The same journal, opened for the first time or again. The test disposes it before it opens it again.</summary>
    protected abstract Task<IConsentJournal> OpenAsync(StoreLimits limits);

    [Fact]
    public async Task Journal_New_IsEmpty()
    {
        var journal = await OpenAsync();

        Assert.Empty(await AllAsync(journal));
        Assert.Null(await journal.AppendAsync([], default));
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Append_Given_StandsAfterOpeningAgain()
    {
        var journal = await OpenAsync();
        Consent[] consents = [Of("anna@contoso.example", "bob@partner.example"), Of("bücher@contoso.example", "🙂@пример.испытание", "Другой")];
        Assert.Null(await journal.AppendAsync([.. consents.Select(Give)], default));
        Assert.Equal(consents, await AllAsync(journal));
        await CloseAsync(journal);

        var again = await OpenAsync();

        Assert.Equal(consents, await AllAsync(again));
        await CloseAsync(again);
    }

    [Fact]
    public async Task Append_Revoked_IsGoneAfterOpeningAgain()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Give(Of("a@l", "b@r")), Give(Of("a@l", "c@r"))], default);
        Assert.Null(await journal.AppendAsync([new ConsentChange.Revoked("a@l", "b@r"), new ConsentChange.Revoked("b@r", "a@l")], default));
        await CloseAsync(journal);

        var again = await OpenAsync();

        Assert.Equal([Of("a@l", "c@r")], await AllAsync(again));
        await CloseAsync(again);
    }

    [Fact]
    public async Task Append_GivenAgain_TakesTheFormersPlace()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Give(Of("a@l", "b@r"))], default);
        var later = Of("a@l", "b@r", "other") with { Since = When.AddDays(1) };

        await journal.AppendAsync([Give(later)], default);

        Assert.Equal([later], await AllAsync(journal));
        Assert.Equal([later], await AllAsync(journal, "other"));
        Assert.Empty(await AllAsync(journal, "partner"));
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Append_SeveralOfOnePair_TheLastCounts()
    {
        var journal = await OpenAsync();
        var revoked = new ConsentChange.Revoked("a@l", "b@r");

        await journal.AppendAsync([Give(Of("a@l", "b@r")), revoked, Give(Of("a@l", "b@r", "second"))], default);
        Assert.Equal("second", Assert.Single(await AllAsync(journal)).Partner);
        await journal.AppendAsync([Give(Of("a@l", "b@r")), revoked], default);

        Assert.Empty(await AllAsync(journal));
        await CloseAsync(journal);
    }

    // More than any portion of a reading, with one user who has thousands of contacts.
    [Fact]
    public async Task ReadAll_Many_AreInOrderAndEachThereOnce()
    {
        var journal = await OpenAsync();
        Consent[] consents =
        [
            .. Enumerable.Range(0, 9_000).Select(i => Of("anna@contoso.example", $"c{i:D5}@partner.example", i % 2 == 0 ? "even" : "odd")),
            .. Enumerable.Range(0, 1_000).Select(i => Of($"u{i:D5}@contoso.example", "bob@partner.example", "odd")),
        ];

        Assert.Null(await journal.AppendAsync([.. consents.Reverse().Select(Give)], default));

        Assert.Equal(consents, await AllAsync(journal));
        Assert.Equal(consents.Where(consent => consent.Partner is "odd"), await AllAsync(journal, "odd"));
        Assert.Equal(4_500, (await AllAsync(journal, "even")).Count);
        await CloseAsync(journal);
    }

    [Fact]
    public async Task ReadAll_Cancelled_Throws()
    {
        var journal = await OpenAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await journal.ReadAllAsync(null, new CancellationToken(canceled: true)).ToListAsync());
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Append_CancelledBefore_ThrowsAndChangesNothing()
    {
        var journal = await OpenAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await journal.AppendAsync([Give(Of("a@l", "b@r"))], new CancellationToken(canceled: true)));

        Assert.Empty(await AllAsync(journal));
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Append_FullJournal_TakesNothingNewAndAllOrNothing()
    {
        var journal = await OpenAsync(StoreLimits.Default with { MaxConsents = 2 });
        Consent[] three = [Of("a@l", "1@r"), Of("a@l", "2@r"), Of("a@l", "3@r")];
        Assert.Equal(RefusalReason.Full, (await journal.AppendAsync([.. three.Select(Give)], default))?.Reason);
        Assert.Empty(await AllAsync(journal));
        Assert.Null(await journal.AppendAsync([.. three[..2].Select(Give)], default));

        Assert.Equal(RefusalReason.Full, (await journal.AppendAsync([new ConsentChange.Revoked("x@l", "x@r"), Give(three[2])], default))?.Reason);
        Assert.Null(await journal.AppendAsync([Give(three[0])], default));
        Assert.Null(await journal.AppendAsync([Give(three[2]), new ConsentChange.Revoked("a@l", "1@r")], default));

        Assert.Equal(three[1..], await AllAsync(journal));
        await CloseAsync(journal);
    }

    [Theory]
    [InlineData(2047, 2047, 1024, null)]
    [InlineData(2048, 1, 1, RefusalReason.TooLarge)]
    [InlineData(1, 2048, 1, RefusalReason.TooLarge)]
    [InlineData(1, 1, 1025, RefusalReason.TooLarge)]
    [InlineData(0, 1, 1, RefusalReason.Invalid)]
    [InlineData(1, 0, 1, RefusalReason.Invalid)]
    [InlineData(1, 1, 0, RefusalReason.Invalid)]
    public async Task Append_Texts_HaveTheirLimits(int local, int remote, int partner, RefusalReason? refused)
    {
        var journal = await OpenAsync();
        var consent = Of(new string('l', local), new string('r', remote), new string('p', partner));

        Assert.Equal(refused, (await journal.AppendAsync([Give(Of("a@l", "b@r")), Give(consent)], default))?.Reason);
        Assert.Equal(refused is null ? 2 : 0, (await AllAsync(journal)).Count);
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Append_RevokedTexts_HaveTheirLimits()
    {
        var journal = await OpenAsync();

        Assert.Equal(RefusalReason.TooLarge, (await journal.AppendAsync([new ConsentChange.Revoked(new string('x', 2048), "b@r")], default))?.Reason);
        Assert.Equal(RefusalReason.Invalid, (await journal.AppendAsync([new ConsentChange.Revoked("a@l", "\0")], default))?.Reason);
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Append_BatchOfTenThousand_IsTheLargest()
    {
        var journal = await OpenAsync();
        ConsentChange[] changes = [.. Enumerable.Range(0, 10_001).Select(i => Give(Of("a@l", $"{i}@r")))];

        Assert.Equal(RefusalReason.TooLarge, (await journal.AppendAsync(changes, default))?.Reason);
        Assert.Null(await journal.AppendAsync(changes[..10_000], default));
        Assert.Equal(10_000, (await AllAsync(journal)).Count);
        await CloseAsync(journal);
    }

    // Users give and revoke at the same time; each pair ends as its own user left it.
    [Fact]
    public async Task Append_ManyAtATime_AreAllKept()
    {
        var journal = await OpenAsync();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(user => Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.Null(await journal.AppendAsync([Give(Of($"u{user:D2}@l", $"{i:D2}@r"))], default));
                Assert.Null(await journal.AppendAsync(i % 2 == 0 ? [] : [new ConsentChange.Revoked($"u{user:D2}@l", $"{i:D2}@r")], default));
            }
        })));

        var expected = Enumerable.Range(0, 20).SelectMany(user => Enumerable.Range(0, 10).Select(i => Of($"u{user:D2}@l", $"{2 * i:D2}@r")));
        Assert.Equal(expected, await AllAsync(journal));
        await CloseAsync(journal);
    }

    private static Consent Of(string local, string remote, string partner = "partner") => new(local, remote, partner, When);

    private static ConsentChange Give(Consent consent) => new ConsentChange.Given(consent);

    private static async Task<List<Consent>> AllAsync(IConsentJournal journal, string? partner = null) => await journal.ReadAllAsync(partner, default).ToListAsync();

    private static async Task CloseAsync(IConsentJournal journal) => await ((IAsyncDisposable)journal).DisposeAsync();

    private Task<IConsentJournal> OpenAsync() => OpenAsync(StoreLimits.Default);
}
