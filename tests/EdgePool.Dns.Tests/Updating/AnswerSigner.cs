using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgePool.Dns.Messages;
using EdgePool.Testing.Dns;

namespace EdgePool.Dns.Tests.Updating;

/// <summary>A server's side of RFC 8945, written a second time: what the client signs is verified here, and answers are signed here.</summary>
internal static class AnswerSigner
{
    private static readonly byte[] Algorithm = DnsName.Parse("hmac-sha256").Wire.ToArray();

    /// <summary>The MAC of a request's signature, which is its last record.</summary>
    public static byte[] MacOf(DnsMessage request) => ((OpaqueRecord)request.Additionals[^1]).Data.Slice(Algorithm.Length + 10, 32).ToArray();

    /// <summary>Whether the request is signed by the secret.</summary>
    public static bool Verifies(DnsMessage request, byte[] secret)
    {
        var record = (OpaqueRecord)request.Additionals[^1];
        var time = record.Data.Slice(Algorithm.Length, 6).ToArray();
        var unsigned = ScriptedDnsServer.Octets(request with { Additionals = [.. request.Additionals[..^1]] });
        return MacOf(request).AsSpan().SequenceEqual(HMACSHA256.HashData(secret, (byte[])[.. unsigned, .. Variables(record.Name, time, error: 0, [])]));
    }

    /// <summary>The answer with its signature.</summary>
    public static byte[] Sign(DnsMessage answer, DnsName key, byte[] secret, byte[] requestMac, DateTimeOffset at, ushort error = 0, bool withMac = true)
    {
        var time = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, at.ToUnixTimeSeconds());
        byte[] length = [0, (byte)requestMac.Length];
        var octets = ScriptedDnsServer.Octets(answer);
        byte[] other = error == 18 ? time[2..] : [];
        var mac = withMac ? HMACSHA256.HashData(secret, (byte[])[.. length, .. requestMac, .. octets, .. Variables(key, time[2..], error, other)]) : [];
        byte[] data = [.. Algorithm, .. time[2..], 1, 44, 0, (byte)mac.Length, .. mac, (byte)(answer.Id >> 8), (byte)answer.Id, 0, (byte)error, 0, (byte)other.Length, .. other];
        return ScriptedDnsServer.Octets(answer with { Additionals = [new OpaqueRecord(key, DnsType.TSIG, DnsClass.Any, 0, data)] });
    }

    private static byte[] Variables(DnsName key, byte[] time, ushort error, byte[] other)
        => [.. key.Wire.ToArray(), 0, 255, 0, 0, 0, 0, .. Algorithm, .. time, 1, 44, 0, (byte)error, 0, (byte)other.Length, .. other];
}
