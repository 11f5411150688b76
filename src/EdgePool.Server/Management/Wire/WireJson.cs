using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgePool.Server.Management.Wire;

/// <summary>The JSON of the management interface, which both its ends use.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(Failure))]
[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(ClusterView))]
[JsonSerializable(typeof(TopologyStatusView))]
[JsonSerializable(typeof(EmptyRequest))]
[JsonSerializable(typeof(LeaveReply))]
[JsonSerializable(typeof(RotateRequest))]
[JsonSerializable(typeof(RotateReply))]
[JsonSerializable(typeof(StreamList))]
[JsonSerializable(typeof(StreamChange))]
[JsonSerializable(typeof(DocumentList))]
[JsonSerializable(typeof(DocumentHistory))]
[JsonSerializable(typeof(StoredView))]
[JsonSerializable(typeof(ApplyRequest))]
[JsonSerializable(typeof(RevertRequest))]
[JsonSerializable(typeof(EditReply))]
[JsonSerializable(typeof(WhyRequest))]
[JsonSerializable(typeof(WhyReply))]
[JsonSerializable(typeof(RefusalList))]
[JsonSerializable(typeof(ConsentList))]
[JsonSerializable(typeof(ConsentView))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(NegotiationList))]
[JsonSerializable(typeof(ShownPartner))]
internal sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>For people: indented, and letters of every script as they are. Never part of HTML.</summary>
    public static WireJson Shown => ForPeople.Context;

    /// <summary>Made after the context that it copies.</summary>
    private static class ForPeople
    {
        public static readonly WireJson Context = new(new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            WriteIndented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });
    }
}
