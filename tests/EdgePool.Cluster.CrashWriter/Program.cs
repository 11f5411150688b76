using System.Globalization;
using EdgePool.Cluster.Consents;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Embedded;

// The process that the crash test kills: CrashWriter PATH WRITERS EDITS
//
// Opens the store and says "open". Each writer edits three documents of its own, "left", "middle" and "right" of the kind with its number,
// to the next number, in one batch, and then gives consents to two contacts of that number, in one batch.
// After each acknowledgement it says "document WRITER NUMBER" or "consent WRITER NUMBER".
var path = args[0];
var writers = int.Parse(args[1], CultureInfo.InvariantCulture);
var edits = int.Parse(args[2], CultureInfo.InvariantCulture);
await using var store = await EmbeddedStore.OpenAsync(new EmbeddedStoreOptions { Path = path }, TimeProvider.System);
await using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
var told = TextWriter.Synchronized(output);
await told.WriteLineAsync("open");
var before = (await store.ReadAsync(default)).Documents.ToLookup(document => document.Key.Kind);
await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(() => EditAsync(writer))));
return 0;

async Task EditAsync(int writer)
{
    var kind = writer.ToString(CultureInfo.InvariantCulture);
    var last = before[kind].FirstOrDefault();
    var version = last?.Version ?? 0;
    var number = last is null ? 0 : int.Parse(last.Body, CultureInfo.InvariantCulture);
    for (var i = 0; i < edits / writers; i++)
    {
        number++;
        var body = number.ToString(CultureInfo.InvariantCulture);
        DocumentChange[] changes = [.. new[] { "left", "middle", "right" }.Select(name => new DocumentChange(new(kind, name), body, version))];
        version = await store.WriteAsync(changes, "crash test", body, default) is WriteOutcome.Written written
            ? written.Revision
            : throw new InvalidOperationException("not written");
        await told.WriteLineAsync($"document {writer} {number}");

        ConsentChange[] given =
        [
            .. new[] { "left", "right" }.Select(name => new ConsentChange.Given(
                new Consent($"{kind}@contoso.example", $"{name}-{body}@partner.example", kind, DateTimeOffset.UnixEpoch))),
        ];
        if (await store.AppendAsync(given, default) is { } refusal)
        {
            throw new InvalidOperationException(refusal.Message);
        }

        await told.WriteLineAsync($"consent {writer} {number}");
    }
}
