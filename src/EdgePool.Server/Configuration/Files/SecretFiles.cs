using EdgePool.Server.Configuration.Written;
using EdgePool.Xmpp.Dialback;

namespace EdgePool.Server.Configuration.Files;

/// <summary>Fetches secrets from files and environment variables. No secret is ever part of a message.</summary>
internal sealed class SecretFiles(NamedFiles files, Func<string, string?> variable, ProblemList problems)
{
    /// <summary>Shorter ones can be guessed: 16 characters at 5 bits each are 80 bits.</summary>
    public const int ShortestAdvised = 16;

    private const int Longest = 1_024;

    /// <summary>The secret; null, with an error, when there is none.</summary>
    public string? Read(SecretDocument written, string path)
    {
        if (!HasOneSource(written, path))
        {
            return null;
        }

        return written.File is { } file
            ? Checked(files.Read(file, path + ".secretFile", secret: true)?.TrimEnd('\n', '\r'), path + ".secretFile")
            : Checked(Environment(written.Variable!, path + ".secretEnv"), path + ".secretEnv");
    }

    /// <summary>The secrets of dialback keys, see <see cref="DialbackSecretText"/>; a variable holds one. Null, with an error, when there is none.</summary>
    public DialbackSecrets? ReadDialback(SecretDocument written, string path)
    {
        if (written.File is not { } file || !HasOneSource(written, path))
        {
            return Read(written, path) is { } only ? new DialbackSecrets(only) : null;
        }

        var at = path + ".secretFile";
        return files.Read(file, at, secret: true) is { } text && DialbackSecretText.Parse(text, at, problems) is { } secrets ? new DialbackSecrets(secrets) : null;
    }

    private bool HasOneSource(SecretDocument written, string path)
    {
        if (written.File is null != written.Variable is null)
        {
            return true;
        }

        problems.Error(path, "a secret needs one source", "write either secretFile: PATH or secretEnv: NAME");
        return false;
    }

    private string? Environment(string name, string path)
    {
        var value = variable(name);
        if (value is null)
        {
            problems.Error(path, $"the environment variable {Shown.Of(name)} is not set", "set it in the service's environment, or use secretFile");
        }

        return value;
    }

    private string? Checked(string? secret, string path) => secret is not null && Check(secret, path, problems) ? secret : null;

    /// <summary>Judges one secret: an error where it is none, a warning where it can be guessed.</summary>
    public static bool Check(string secret, string path, ProblemList problems, string of = "the secret")
    {
        if (secret.Length is 0 or > Longest || secret.Any(char.IsControl))
        {
            problems.Error(path, $"{of} is empty, longer than 1024 characters, or more than one line", "write one line; openssl rand -base64 32 makes a good one");
            return false;
        }

        if (secret.Length < ShortestAdvised)
        {
            problems.Warn(path, $"{of} is shorter than 16 characters", "take a longer one; openssl rand -base64 32 makes a good one");
        }

        return true;
    }
}
