using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgePool.Server.Management.Wire;
using Microsoft.AspNetCore.Http;

namespace EdgePool.Server.Management.Api;

/// <summary>Answers, all of them JSON.</summary>
internal static class Reply
{
    /// <summary>What was asked for.</summary>
    public static Task OkAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type) => WriteAsync(context, StatusCodes.Status200OK, value, type);

    /// <summary>Why not; nothing when the answer has already begun.</summary>
    public static Task FailAsync(HttpContext context, int status, Failure failure)
        => context.Response.HasStarted ? Task.CompletedTask : WriteAsync(context, status, failure, WireJson.Default.Failure);

    /// <summary>Reads a request; null, and the answer is given, when it is not understood.</summary>
    public static async Task<T?> RequestAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class, IRequest
    {
        try
        {
            if (await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted) is { IsComplete: true } request)
            {
                return request;
            }
        }
        catch (JsonException fault)
        {
            await FailAsync(context, StatusCodes.Status400BadRequest, new Failure(FailureCode.BadRequest, $"the request is not understood: {fault.Message}", "use an edgepool of the node's version"));
            return null;
        }

        await FailAsync(context, StatusCodes.Status400BadRequest, new Failure(FailureCode.BadRequest, "something is missing in the request", "use an edgepool of the node's version"));
        return null;
    }

    private static async Task WriteAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }
}
