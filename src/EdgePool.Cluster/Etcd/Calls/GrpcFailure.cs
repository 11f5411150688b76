using System.Globalization;
using System.Net;
using System.Security.Authentication;

namespace EdgePool.Cluster.Etcd.Calls;

/// <summary>What went wrong with a call, from the many ways in which it shows.</summary>
internal static class GrpcFailure
{
    private const int LongestText = 300;

    /// <summary>The status of an answer that has ended; null: all is well.</summary>
    public static EtcdException? OfStatus(HttpResponseMessage response, Uri endpoint)
    {
        var status = Header(response, "grpc-status");
        if (status is "0")
        {
            return null;
        }

        if (!int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return new EtcdException(GrpcCode.Internal, $"etcd at {Name(endpoint)} ended its answer without a status", Outcome.Unknown);
        }

        var text = Readable(Uri.UnescapeDataString(Header(response, "grpc-message") ?? ""));
        return new EtcdException((GrpcCode)number, $"etcd at {Name(endpoint)} says: {text}", IsSurelyNotDone((GrpcCode)number, text) ? Outcome.NotDone : Outcome.Unknown);
    }

    /// <summary>An answer that is not gRPC's; null: it is.</summary>
    public static EtcdException? OfAnswer(HttpResponseMessage response, Uri endpoint)
        => response.StatusCode == HttpStatusCode.OK && response.Content.Headers.ContentType?.MediaType is "application/grpc"
            ? null
            : new EtcdException(
                response.StatusCode == HttpStatusCode.ServiceUnavailable ? GrpcCode.Unavailable : GrpcCode.Internal,
                $"what answers at {Name(endpoint)} is not etcd (HTTP {(int)response.StatusCode}): name etcd's client address",
                Outcome.Unknown);

    /// <summary>An exception of the connection or the protocol.</summary>
    public static EtcdException Of(Exception fault, Uri endpoint)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            if (cause is AuthenticationException)
            {
                return new EtcdException(
                    GrpcCode.Unauthenticated, $"etcd at {Name(endpoint)} and this node do not accept each other: {Readable(cause.Message)}", Outcome.Untrusted, fault);
            }
        }

        return fault switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } =>
                new EtcdException(GrpcCode.Unavailable, $"etcd at {Name(endpoint)} cannot be reached: {Readable(Deepest(fault))}", Outcome.NotDone, fault),
            InvalidDataException => new EtcdException(GrpcCode.Internal, $"what answers at {Name(endpoint)} sends {Readable(fault.Message)}", Outcome.Unknown, fault),
            _ => new EtcdException(GrpcCode.Unavailable, $"the connection to etcd at {Name(endpoint)} broke: {Readable(Deepest(fault))}", Outcome.Unknown, fault),
        };
    }

    /// <summary>No answer.</summary>
    public static EtcdException OfSilence(Uri endpoint, TimeSpan waited)
        => new(GrpcCode.DeadlineExceeded, string.Create(CultureInfo.InvariantCulture, $"etcd at {Name(endpoint)} did not answer within {waited.TotalSeconds:0.#} s"), Outcome.Unknown);

    public static string Name(Uri endpoint) => endpoint.GetLeftPart(UriPartial.Authority);

    // Refused before it was proposed to the members; everything else may yet come about.
    private static bool IsSurelyNotDone(GrpcCode code, string text)
        => code is GrpcCode.InvalidArgument or GrpcCode.NotFound or GrpcCode.PermissionDenied or GrpcCode.Unauthenticated or GrpcCode.ResourceExhausted or GrpcCode.OutOfRange
            || text.Contains("no leader", StringComparison.Ordinal);

    private static string? Header(HttpResponseMessage response, string name)
        => response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;

    private static string Deepest(Exception fault)
    {
        while (fault.InnerException is { } cause)
        {
            fault = cause;
        }

        return fault.Message;
    }

    // One line, without what a terminal would obey.
    private static string Readable(string text)
        => string.Concat(text.Take(LongestText).Select(static c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)).TrimEnd('.', ' ');
}
