using EdgePool.Server.Management.Listening;
using EdgePool.Server.Management.Wire;
using Microsoft.AspNetCore.Http;

namespace EdgePool.Server.Management.Api;

/// <summary>Who makes a request, for the history.</summary>
internal static class Operator
{
    private const int LongestName = 32;

    /// <summary>The user that the kernel names; <c>alice as root</c> where root says that alice is behind it.</summary>
    public static string Of(HttpContext context)
    {
        var user = context.Features.Get<PeerUser>()!;
        var behind = context.Request.Headers[WireHeaders.Behind].ToString();
        return user.Id == 0 && IsName(behind) && !string.Equals(behind, user.Name, StringComparison.Ordinal) ? $"{behind} as {user.Name}" : user.Name;
    }

    /// <summary>A name as useradd(8) takes it.</summary>
    private static bool IsName(string text)
        => text.Length is > 0 and <= LongestName && (char.IsAsciiLetter(text[0]) || text[0] is '_')
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
}
