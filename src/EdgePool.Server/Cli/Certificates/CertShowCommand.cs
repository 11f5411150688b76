using System.CommandLine;
using System.Text;
using System.Text.Json;
using EdgePool.Server.Certificates;
using EdgePool.Server.Configuration;

namespace EdgePool.Server.Cli.Certificates;

/// <summary><c>edgepool cert show FILE|assigned</c>: what certificates say.</summary>
internal static class CertShowCommand
{
    /// <summary>In place of a file: those that the node's file names.</summary>
    private const string Assigned = "assigned";

    /// <summary>The command.</summary>
    public static Command Create(ConfigurationEnvironment environment)
    {
        var file = new Argument<string>("FILE|assigned")
        {
            Description = "A certificate (PEM, DER, PKCS #7) or a request; 'assigned': those that --config names.",
        };
        var config = CertCommand.Config("needed for 'assigned'");
        var json = CertCommand.Json();
        var command = new NotedCommand("show", "Show subject, names, issuer, purposes, validity, key and chain.", CertHelp.Show) { file, config, json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(file) is Assigned && result.GetValue(config) is null)
            {
                result.AddError("'cert show assigned' needs --config FILE");
            }
        });
        command.SetAction(result => Show(
            result.GetRequiredValue(file), result.GetValue(config), result.GetValue(json), environment.Time.GetUtcNow(), result.InvocationConfiguration));
        return command;
    }

    private static int Show(string file, string? config, bool json, DateTimeOffset now, InvocationConfiguration streams)
    {
        IReadOnlyList<string> files = [file];
        if (file is Assigned)
        {
            if (CertCommand.Node(config!, streams.Error, out var code) is not { } node)
            {
                return code;
            }

            files = [.. node.Document.Certificates.Where(written => written.Certificate is not null).Select(written => node.Full(written.Certificate!))];
            if (files.Count == 0)
            {
                return CertCommand.Fail(
                    new(ExitCode.Failed, $"{Shown.Of(config!, 200)} names no certificate", "add certificates: [ { certificate: edge.pem, key: edge.key } ]"),
                    streams.Error);
            }
        }

        var contents = new List<CertificateFile>();
        var last = ExitCode.Success;
        foreach (var name in files)
        {
            if (CertificateFile.Read(name, now, out var fault) is { } content)
            {
                contents.Add(content);
            }
            else
            {
                last = CertCommand.Fail(fault!, streams.Error);
            }
        }

        Write(contents, json, streams.Output);
        return last;
    }

    private static void Write(List<CertificateFile> files, bool json, TextWriter output)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(new { files }, CertificateText.Json));
            return;
        }

        foreach (var file in files)
        {
            for (var i = 0; i < file.Certificates.Count; i++)
            {
                output.WriteLine($"{Shown.Of(file.File, 200)}: certificate {i + 1} of {file.Certificates.Count}{(file.Certificates[i].IsAuthority ? " (authority)" : "")}");
                CertificateText.Write(file.Certificates[i], output);
            }

            if (file.Request is { } request)
            {
                output.WriteLine($"{Shown.Of(file.File, 200)}: request");
                CertificateText.Write(request, output);
            }
        }
    }

    /// <summary>A file and what is in it.</summary>
    private sealed record CertificateFile(string File, IReadOnlyList<CertificateFacts> Certificates, CertificateFacts? Request)
    {
        public static CertificateFile? Read(string path, DateTimeOffset now, out CommandFault? fault)
        {
            if (DiskFile.Read(path, out fault) is not { } bytes)
            {
                return null;
            }

            var certificates = AuthorityAnswer.Read(bytes);
            var request = certificates.Count == 0 ? SigningRequest.Read(Encoding.Latin1.GetString(bytes)) : null;
            if (certificates.Count == 0 && request is null)
            {
                fault = new(
                    ExitCode.Failed,
                    $"{Shown.Of(path, 200)} holds no certificate or request that can be read",
                    "name a file with -----BEGIN CERTIFICATE----- in it, or one in DER or PKCS #7");
                return null;
            }

            return new CertificateFile(
                path,
                [.. certificates.Select(certificate => CertificateFacts.Of(certificate, now))],
                request is null ? null : CertificateFacts.Of(request));
        }
    }
}
