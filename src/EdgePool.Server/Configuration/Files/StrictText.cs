using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace EdgePool.Server.Configuration.Files;

/// <summary>UTF-8 that is nothing else: no replacement characters, no NUL.</summary>
internal static class StrictText
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Decodes; a byte order mark is dropped.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        try
        {
            text = bytes.Contains((byte)0) ? null : Utf8.GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            text = null;
        }

        return text is not null;
    }
}
