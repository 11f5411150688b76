using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Tests.Documents;

public abstract partial class DocumentStoreContract
{
    // Random batches, right and wrong, against a model that keeps everything: outcome, reading, histories and the way from any earlier revision agree.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Write_RandomBatches_AgreeWithTheModel(int seed)
    {
        await using var store = await CreateAsync();
        var random = new Random(seed);
        var model = new Model();
        for (var step = 0; step < 150; step++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            var changes = model.RandomBatch(random);

            var outcome = await store.WriteAsync(changes, $"{seed}", $"{step}", default);

            if (model.Stale(changes) is { Count: > 0 } stale)
            {
                Assert.Equal(stale, Assert.IsType<WriteOutcome.Stale>(outcome).Changes.Select(change => (change.Change, change.Current)));
            }
            else
            {
                model.Apply(changes, Assert.IsType<WriteOutcome.Written>(outcome).Revision, new Authorship($"{seed}", clock.GetUtcNow(), $"{step}"));
            }

            await AgreeAsync(store, model, model.Revisions[random.Next(model.Revisions.Count)]);
        }
    }

    private static async Task AgreeAsync(IDocumentStore store, Model model, long earlier)
    {
        var set = await store.ReadAsync(default);
        Assert.Equal(model.Revisions[^1], set.Revision);
        Assert.Equal(model.At(set.Revision), set.Documents.ToDictionary(document => document.Key));
        foreach (var (key, versions) in model.Versions)
        {
            Assert.Equal(Enumerable.Reverse(versions), await store.HistoryAsync(key, int.MaxValue, default));
        }

        if (earlier < set.Revision)
        {
            var update = await FirstAsync(store.WatchAsync(earlier, default));
            var copy = update.IsWhole ? [] : model.At(earlier);
            foreach (var version in update.Changed)
            {
                copy.Remove(version.Key);
                if (version.Body is not null)
                {
                    copy.Add(version.Key, new StoredDocument(version.Key, version.Version, version.Body, version.By));
                }
            }

            Assert.Equal(model.At(set.Revision), copy);
        }
    }

    /// <summary>Every version that there ever was.</summary>
    private sealed class Model
    {
        private static readonly DocumentKey[] Keys = [new("A", "1"), new("A", "2"), new("A", "3"), new("B", "1"), new("B", "2")];

        public Dictionary<DocumentKey, List<DocumentVersion>> Versions { get; } = Keys.ToDictionary(key => key, _ => new List<DocumentVersion>());

        public List<long> Revisions { get; } = [0];

        public Dictionary<DocumentKey, StoredDocument> At(long revision)
            => Versions.Values
                .Select(versions => versions.LastOrDefault(version => version.Version <= revision))
                .Where(version => version?.Body is not null)
                .ToDictionary(version => version!.Key, version => new StoredDocument(version!.Key, version.Version, version.Body!, version.By));

        // Mostly with the current versions; no delete of what must not exist, which is refused for itself.
        public DocumentChange[] RandomBatch(Random random)
        {
            var keys = Keys.ToArray();
            random.Shuffle(keys);
            return [.. keys.Take(random.Next(1, 4)).Select(key =>
            {
                var expected = random.Next(12) == 0 ? random.Next((int)Revisions[^1] + 2) : Current(key)?.Version ?? 0;
                return new DocumentChange(key, expected > 0 && random.Next(3) == 0 ? null : $"{random.Next()}", expected);
            })];
        }

        public List<(DocumentChange Change, StoredDocument? Current)> Stale(DocumentChange[] changes)
            => [.. changes.Select(change => (change, Current(change.Key))).Where(pair => pair.change.ExpectedVersion != (pair.Item2?.Version ?? 0))];

        public void Apply(DocumentChange[] changes, long revision, Authorship by)
        {
            Assert.True(revision > Revisions[^1]);
            Revisions.Add(revision);
            foreach (var change in changes)
            {
                Versions[change.Key].Add(new DocumentVersion(change.Key, revision, change.Body, by));
            }
        }

        private StoredDocument? Current(DocumentKey key) => At(long.MaxValue).GetValueOrDefault(key);
    }
}
