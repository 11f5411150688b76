using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Tests.Consents;

/// <content>Changes that waited on the disk of a node that was cut off.</content>
public abstract partial class ConsentJournalContract
{
    [Fact]
    public async Task Waited_ConsentOlderThanItsRevocation_DoesNotStand()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Give(At(1)), Revoke(3)], default);

        IsDoneButForWhatIsOlder(await journal.AppendAsync([Waited(Give(At(2))), Waited(Give(At(3))), Waited(Give(At(2, "c@r")))], default));

        Assert.Equal([At(2, "c@r")], await AllAsync(journal));
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Waited_ConsentNewerThanARevocation_Stands()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Give(At(1)), Revoke(3)], default);

        Assert.Null(await journal.AppendAsync([Waited(Give(At(4)))], default));

        Assert.Equal([At(4)], await AllAsync(journal));
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Waited_RevocationOlderThanTheConsent_LeavesIt()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Give(At(3))], default);

        IsDoneButForWhatIsOlder(await journal.AppendAsync([Waited(Revoke(2))], default));

        Assert.Equal([At(3)], await AllAsync(journal));
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Waited_RevocationOfTheSameMomentOrLater_Counts()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Give(At(3)), Give(At(3, "c@r"))], default);

        Assert.Null(await journal.AppendAsync([Waited(Revoke(3)), Waited(Revoke(4, "c@r"))], default));

        Assert.Empty(await AllAsync(journal));
        await CloseAsync(journal);
    }

    // The revocation came first and waited; the consent that it is about had not come yet.
    [Fact]
    public async Task Waited_RevocationOfAPairWithoutConsent_KeepsAnOlderOneAway()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Waited(Revoke(3))], default);

        await journal.AppendAsync([Waited(Give(At(2)))], default);

        Assert.Empty(await AllAsync(journal));
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Waited_OlderConsent_LeavesTheNewerOne()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Give(At(3))], default);

        await journal.AppendAsync([Waited(Give(At(2) with { Partner = "older" }))], default);

        Assert.Equal([At(3)], await AllAsync(journal));
        await CloseAsync(journal);
    }

    // What did not wait is the newest, whatever a clock says that was put back.
    [Fact]
    public async Task NotWaited_OlderThanTheRevocation_StandsAllTheSame()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Give(At(1)), Revoke(3)], default);

        await journal.AppendAsync([Give(At(2))], default);

        Assert.Equal([At(2)], await AllAsync(journal));
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Waited_RevocationIsRememberedAfterOpeningAgain()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Give(At(1))], default);
        await journal.AppendAsync([Revoke(3)], default);
        await CloseAsync(journal);

        var again = await OpenAsync();
        await again.AppendAsync([Waited(Give(At(2)))], default);

        Assert.Empty(await AllAsync(again));
        await CloseAsync(again);
    }

    // At the limit all are remembered; of one more, the oldest is not.
    [Fact]
    public async Task Waited_RevocationsBeyondTheLimit_AreForgottenOldestFirst()
    {
        var journal = await OpenAsync(StoreLimits.Default with { MaxRevocations = 3, RevocationTime = TimeSpan.FromDays(36_500) });
        await journal.AppendAsync([Revoke(2, "1@r"), Revoke(3, "2@r"), Revoke(4, "3@r")], default);
        await journal.AppendAsync([Waited(Give(At(1, "1@r"))), Waited(Give(At(1, "2@r"))), Waited(Give(At(1, "3@r")))], default);
        Assert.Empty(await AllAsync(journal));

        await journal.AppendAsync([Revoke(5, "4@r")], default);
        await journal.AppendAsync([Waited(Give(At(1, "1@r"))), Waited(Give(At(1, "2@r"))), Waited(Give(At(1, "3@r"))), Waited(Give(At(1, "4@r")))], default);

        Assert.Equal([At(1, "1@r")], await AllAsync(journal));
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Waited_RevocationsOlderThanRemembered_AreForgotten()
    {
        var journal = await OpenAsync(StoreLimits.Default with { RevocationTime = TimeSpan.FromDays(1) });
        var (now, past) = (DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(-2));
        await journal.AppendAsync([new ConsentChange.Revoked("a@l", "old@r", past)], default);

        await journal.AppendAsync([new ConsentChange.Revoked("a@l", "new@r", now)], default);
        await journal.AppendAsync([Waited(Give(At(1, "old@r"))), Waited(Give(At(1, "new@r")))], default);

        Assert.Equal([At(1, "old@r")], await AllAsync(journal));
        await CloseAsync(journal);
    }

    [Fact]
    public async Task Append_PartnerAtItsLimit_TakesNothingNewOfIt()
    {
        var journal = await OpenAsync(StoreLimits.Default with { MaxConsentsOfPartner = 2 });
        Assert.Null(await journal.AppendAsync([Give(Of("a@l", "1@r")), Give(Of("a@l", "2@r")), Give(Of("a@l", "1@o", "other"))], default));

        Assert.Equal(RefusalReason.PartnerFull, (await journal.AppendAsync([Give(Of("a@l", "3@r"))], default))?.Reason);
        Assert.Null(await journal.AppendAsync([Give(Of("a@l", "2@r")), Give(Of("a@l", "2@o", "other"))], default));
        Assert.Equal(RefusalReason.PartnerFull, (await journal.AppendAsync([Give(Of("a@l", "2@o", "partner"))], default))?.Reason);
        Assert.Null(await journal.AppendAsync([new ConsentChange.Revoked("a@l", "1@r"), Give(Of("a@l", "3@r"))], default));

        Assert.Equal(["1@o", "2@o", "2@r", "3@r"], (await AllAsync(journal)).Select(c => c.Remote));
        await CloseAsync(journal);
    }

    // A node's journal that is merged says so to itself.
    private static void IsDoneButForWhatIsOlder(Refusal? refusal) => Assert.True(refusal is null or { Reason: RefusalReason.Older });

    private static Consent At(int hour, string remote = "b@r") => Of("a@l", remote) with { Since = When.AddHours(hour) };

    private static ConsentChange.Revoked Revoke(int hour, string remote = "b@r") => new("a@l", remote, When.AddHours(hour));

    private static ConsentChange Waited(ConsentChange change) => change with { Waited = true };
}
