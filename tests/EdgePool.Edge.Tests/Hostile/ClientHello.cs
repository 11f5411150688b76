using System.Buffers.Binary;
using System.Security.Cryptography;

namespace EdgePool.Edge.Tests.Hostile;

/// <summary>A TLS ClientHello written by hand (RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2), for what no library would send.</summary>
internal sealed record ClientHello
{
    /// <summary>ECDHE-ECDSA and ECDHE-RSA with AES-128-GCM.</summary>
    public static readonly ushort[] GoodSuites = [0xC02B, 0xC02F];

    public ushort Version { get; init; } = 0x0303;

    public ushort[] Suites { get; init; } = GoodSuites;

    /// <summary>secp256r1.</summary>
    public ushort[] Groups { get; init; } = [23];

    /// <summary>ecdsa_secp256r1_sha256 and rsa_pss_rsae_sha256.</summary>
    public ushort[] Signatures { get; init; } = [0x0403, 0x0804];

    /// <summary>Further extensions of <see cref="PaddingBytes"/> each, with numbers that nobody knows.</summary>
    public int UnknownExtensions { get; init; }

    public int PaddingBytes { get; init; }

    /// <summary>The handshake message in records of at most <paramref name="recordBytes"/>.</summary>
    public byte[] Write(int recordBytes = 16_384)
    {
        byte[] body = [.. Two(Version), .. RandomNumberGenerator.GetBytes(32), 0, .. Vector(Suites), 1, 0, .. Sized(Extensions())];
        byte[] message = [1, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];
        return [.. message.Chunk(recordBytes).SelectMany(piece => new byte[] { 0x16, 3, 1 }.Concat(Two((ushort)piece.Length)).Concat(piece))];
    }

    private byte[] Extensions() =>
    [
        .. Extension(10, Vector(Groups)),
        .. Extension(11, [1, 0]),
        .. Extension(13, Vector(Signatures)),
        .. Enumerable.Range(0, UnknownExtensions).SelectMany(n => Extension((ushort)(0xE000 + n), new byte[PaddingBytes])),
    ];

    private static byte[] Extension(ushort type, byte[] content) => [.. Two(type), .. Sized(content)];

    private static byte[] Vector(ushort[] values) => Sized([.. values.SelectMany(Two)]);

    private static byte[] Sized(byte[] content) => [.. Two((ushort)content.Length), .. content];

    private static byte[] Two(ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return bytes;
    }
}
