using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgePool.Server.Certificates;
using EdgePool.Server.Configuration;
using EdgePool.Server.Configuration.Files;

namespace EdgePool.Server.Cli.Certificates;

/// <summary><c>edgepool cert import ANSWER…</c>: what the authority sent becomes a file for the node, checked against the key of the request.</summary>
internal static class CertImportCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment)
    {
        var files = new Argument<string[]>("ANSWER")
        {
            Description = "The files that the authority sent: PEM, DER or PKCS #7, with or without the chain.",
            Arity = ArgumentArity.OneOrMore,
        };
        var folder = new Option<string>("--folder", "-d")
        {
            Description = "Where the request's files are. Default: this folder.",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => ".",
        };
        var key = new Option<string?>("--key") { Description = "The private key, where it is not that of a request in the folder.", HelpName = "FILE" };
        var target = new Option<string?>("--out", "-o") { Description = "Where to write. Default: NAME.pem beside the request.", HelpName = "FILE" };
        var combined = new Option<bool>("--combined") { Description = "Write the key into the same file (mode 600)." };
        var force = new Option<bool>("--force") { Description = "A file that is there gives way and is kept as .previous." };
        var command = new NotedCommand("import", "Take the authority's answer to a request: check the key, order the chain, write the file.", CertHelp.Import)
        {
            files, folder, key, target, combined, force,
        };
        command.SetAction(result =>
        {
            var streams = result.InvocationConfiguration;
            var sent = ReadAll(result.GetRequiredValue(files), out var fault);
            if (sent is null || Find(sent, result.GetRequiredValue(folder), result.GetValue(key), out fault) is not { } found)
            {
                return CertCommand.Fail(fault!, streams.Error);
            }

            var file = Path.GetFullPath(result.GetValue(target) ?? found.DefaultTarget);
            return Write(found, sent, file, result.GetValue(combined), result.GetValue(force), environment.Time.GetUtcNow(), streams);
        });
        return command;
    }

    private static List<X509Certificate2>? ReadAll(IEnumerable<string> files, out CommandFault? fault)
    {
        fault = null;
        var sent = new List<X509Certificate2>();
        foreach (var file in files)
        {
            if (DiskFile.Read(file, out fault) is not { } bytes)
            {
                return null;
            }

            if (AuthorityAnswer.Read(bytes) is not { Count: > 0 } found)
            {
                fault = new(
                    ExitCode.Failed,
                    $"{Shown.Of(file, 200)} holds no certificate that can be read",
                    "give the authority's file as PEM, DER or PKCS #7; openssl pkcs12 -nokeys converts PKCS #12");
                return null;
            }

            sent.AddRange(found);
        }

        return sent;
    }

    /// <summary>Finds whose answer it is: by the key that is named, or by the requests in the folder.</summary>
    private static Answer? Find(List<X509Certificate2> sent, string folder, string? key, out CommandFault? fault)
    {
        fault = null;
        if (key is not null)
        {
            return WithKey(sent, key, Path.ChangeExtension(key, ".pem"), out fault);
        }

        var requests = RequestFiles.Find(
            Path.GetFullPath(folder),
            sent.Select(certificate => Keys.Hash(certificate.PublicKey)).ToHashSet(StringComparer.Ordinal));
        switch (requests)
        {
            case [var one]:
                return WithKey(sent, one.Key, one.Certificate, out fault);
            case []:
                fault = new(
                    ExitCode.Failed,
                    $"no request in {Shown.Of(Path.GetFullPath(folder), 200)} has the key of what was sent",
                    "name the folder of the request with --folder, or the key with --key");
                return null;
            default:
                fault = new(
                    ExitCode.Failed,
                    $"several requests have this key: {string.Join(", ", requests.Select(request => request.Name))}",
                    "name the key with --key");
                return null;
        }
    }

    private static Answer? WithKey(List<X509Certificate2> sent, string key, string target, out CommandFault? fault)
    {
        if (DiskFile.Read(key, out fault) is not { } bytes)
        {
            return null;
        }

        var pem = Encoding.Latin1.GetString(bytes);
        var verdict = PemKeyFault.Mismatch;
        foreach (var certificate in sent)
        {
            verdict = PemKeys.Read(certificate, pem, out var withKey);
            withKey?.Dispose();
            if (verdict is PemKeyFault.None)
            {
                return new Answer(certificate, key, pem, target);
            }
        }

        fault = new(
            ExitCode.Failed,
            $"the key {Shown.Of(key, 200)} does not belong to any certificate that was sent ({verdict})",
            "name the key that the request was made with; it lies beside the request");
        return null;
    }

    private static int Write(Answer answer, List<X509Certificate2> sent, string file, bool combined, bool force, DateTimeOffset now, InvocationConfiguration streams)
    {
        var facts = CertificateFacts.Of(answer.Leaf, now);
        if (facts is { DaysLeft: < 0, ValidUntil: { } until })
        {
            return CertCommand.Fail(
                new(ExitCode.Failed, $"the certificate expired on {CertificateFacts.Day(until)}", "ask the authority for its newest answer"),
                streams.Error);
        }

        var order = ChainOrder.Of(answer.Leaf, sent);
        var text = string.Concat(order.Chain.Select(certificate => certificate.ExportCertificatePem() + "\n")) + (combined ? answer.Key.TrimEnd() + "\n" : "");
        var mode = combined ? DiskFile.Private : DiskFile.Public;
        var fault = force ? DiskFile.KeepPrevious(file, mode) : null;
        fault ??= DiskFile.Write(file, Encoding.Latin1.GetBytes(text), mode, force);
        if (fault is not null)
        {
            return CertCommand.Fail(fault, streams.Error);
        }

        Tell(order, file, answer, combined, facts, streams.Output);
        return ExitCode.Success;
    }

    private static void Tell(ChainOrder order, string file, Answer answer, bool combined, CertificateFacts facts, TextWriter output)
    {
        output.WriteLine($"{file}: {order.Chain.Count} certificate{(order.Chain.Count == 1 ? "" : "s")}, our own first");
        CertificateText.Write(facts, output);
        foreach (var unused in order.Unused)
        {
            output.WriteLine($"left out: {CertificateFacts.Name(unused.SubjectName)} does not stand above it");
        }

        if (order.Root is { } root)
        {
            output.WriteLine($"left out: {CertificateFacts.Name(root.SubjectName)} is the root, which partners have themselves");
        }
        else if (!order.IsComplete)
        {
            output.WriteLine($"note: the certificate of {CertificateFacts.Name(order.Chain[^1].IssuerName)} was not sent; unless it is a root, ask the authority for it and import both");
        }

        output.WriteLine();
        output.WriteLine("Check it against the node, then put it to use:");
        output.WriteLine($"  edgepool cert assign {file}{(combined ? "" : " --key " + answer.KeyFile)} --config edgepool.yaml");
    }

    /// <summary>Our own certificate among those sent, and its key's text.</summary>
    private sealed record Answer(X509Certificate2 Leaf, string KeyFile, string Key, string DefaultTarget);
}
