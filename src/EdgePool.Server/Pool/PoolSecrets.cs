using System.Buffers.Text;
using System.Globalization;
using System.Text;
using EdgePool.Cluster.Documents;
using EdgePool.Cluster.Secrets;
using EdgePool.Edge.Dialback;
using EdgePool.Server.Certificates;
using EdgePool.Xmpp.Dialback;
using Microsoft.Extensions.Logging;

namespace EdgePool.Server.Pool;

/// <summary>
/// The dialback secrets of the pool as this node knows them: those of the store, followed, and kept on the disk as sealed as they lie there, so that the node starts without
/// the store too. What cannot be opened changes nothing: the secrets in force stay, and the reason is told.
/// </summary>
internal sealed class PoolSecrets : IDialbackSecretSource
{
    /// <summary>The secret's name.</summary>
    public const string Name = "dialback";

    /// <summary>The file in the node's folder.</summary>
    public const string FileName = "dialback.sealed";

    private const int SecretBytes = 32;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private readonly SecretStore store;
    private readonly string file;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private volatile StoredSecret newest;
    private volatile string? problem;

    private PoolSecrets(SecretStore store, StoredSecret newest, string file, TimeProvider time, ILogger log)
        => (this.store, this.newest, this.file, this.time, this.log) = (store, newest, file, time, log);

    /// <summary>Called when there is something new to read, on the path of <see cref="RunAsync"/>.</summary>
    public Action? Changed { get; set; }

    /// <summary>The revision of the store that is in force here.</summary>
    public long Revision => newest.Revision;

    /// <summary>What they say.</summary>
    public string Text => newest.Text;

    /// <summary>Reads the pool's secrets, or makes the first one where there is none; where the store does not answer, they are those of the disk.</summary>
    /// <param name="store">Where they lie.</param>
    /// <param name="folder">The node's folder.</param>
    /// <param name="randomBytes">For the first one.</param>
    /// <param name="time">For waits.</param>
    /// <param name="log">Where to log.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="SecretException">They cannot be opened: never a reason to make others.</exception>
    /// <exception cref="StoreException">The store does not answer, and none are on the disk.</exception>
    public static async Task<PoolSecrets> OpenAsync(SecretStore store, string folder, Func<int, byte[]> randomBytes, TimeProvider time, ILogger log, CancellationToken cancellation)
    {
        var onDisk = Path.Combine(folder, FileName);
        try
        {
            var read = await store.ReadAsync(Name, cancellation) ?? await FirstAsync(store, randomBytes, log, cancellation);
            var secrets = new PoolSecrets(store, read, onDisk, time, log);
            secrets.Keep(read);
            return secrets;
        }
        catch (StoreException fault) when (Kept(store, onDisk) is { } kept)
        {
            PoolLog.SecretsFromDisk(log, onDisk, kept.Revision, fault.Message);
            return new PoolSecrets(store, kept, onDisk, time, log);
        }
    }

    /// <summary>Follows the store until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await FollowAsync(cancellation);
                await Task.Delay(Retry, time, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // asked for
        }
    }

    /// <inheritdoc/>
    public DialbackSecretReading Read() => problem is { } why ? new DialbackSecretReading(Secrets: null, [why]) : new DialbackSecretReading(Of(newest.Text), []);

    /// <summary>The secrets of a text, one a line, newest first.</summary>
    public static DialbackSecrets Of(string text) => new(Lines(text));

    /// <summary>The lines of a text.</summary>
    public static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The text of secrets.</summary>
    public static string Written(IEnumerable<string> newestFirst) => string.Join('\n', newestFirst);

    /// <summary>A new secret.</summary>
    public static string New(Func<int, byte[]> randomBytes) => Convert.ToHexStringLower(randomBytes(SecretBytes));

    /// <summary>Of two nodes that come first, one makes it.</summary>
    private static async Task<StoredSecret> FirstAsync(SecretStore store, Func<int, byte[]> randomBytes, ILogger log, CancellationToken cancellation)
    {
        if (await store.WriteAsync(Name, New(randomBytes), over: 0, cancellation) is { } revision)
        {
            PoolLog.FirstSecret(log, revision);
        }

        return await store.ReadAsync(Name, cancellation) ?? throw new SecretException($"the secret '{Name}' was taken out of the store at this moment: start again");
    }

    private async Task FollowAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var read in store.WatchAsync(Name, cancellation))
            {
                Take(read);
            }
        }
        catch (SecretException fault)
        {
            Refuse(fault.Message);
        }
        catch (StoreException)
        {
            // who is a member tells of it; those in force stay
        }
    }

    private void Take(StoredSecret? read)
    {
        if (read is null)
        {
            Refuse($"the secret '{Name}' is gone from the store: restore the store, or 'edgepool cluster secrets rotate --forget-previous' makes another");
            return;
        }

        var isNew = problem is not null || read.Revision != newest.Revision;
        (newest, problem) = (read, null);
        if (isNew)
        {
            Keep(read);
            Changed?.Invoke();
        }
    }

    private void Refuse(string why)
    {
        if (!string.Equals(problem, why, StringComparison.Ordinal))
        {
            problem = why;
            Changed?.Invoke();
        }
    }

    private void Keep(StoredSecret secret)
    {
        var bytes = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{secret.Revision}\n"));
        if (DiskFile.Write(file, [.. bytes, .. secret.Sealed.Span], DiskFile.Private, replace: true) is { } fault)
        {
            PoolLog.SecretsNotKept(log, file, fault.ToString());
        }
    }

    private static StoredSecret? Kept(SecretStore store, string file)
    {
        if (!File.Exists(file) || DiskFile.Read(file, out _) is not { } bytes)
        {
            return null;
        }

        var end = bytes.AsSpan().IndexOf((byte)'\n');
        return end > 0 && Utf8Parser.TryParse(bytes.AsSpan(0, end), out long revision, out var length) && length == end
            ? store.Open(Name, bytes.AsMemory(end + 1), revision)
            : null;
    }
}
