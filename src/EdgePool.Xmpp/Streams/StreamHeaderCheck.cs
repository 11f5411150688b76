namespace EdgePool.Xmpp.Streams;

/// <summary>What RFC 6120 demands of any stream header, whoever sends it.</summary>
internal static class StreamHeaderCheck
{
    /// <summary>The stream error that the header deserves; null for a good one. Namespaces are compared as they are, never normalised.</summary>
    public static StreamErrorCondition? Fault(StreamHeader header, string contentNamespace)
    {
        if (!Same(header.Name, "stream") || !Same(header.Namespace, XmppNamespaces.Streams) || !Same(header.DefaultNamespace, contentNamespace))
            return StreamErrorCondition.InvalidNamespace;
        if (!Same(header.Prefix, "stream"))
            return StreamErrorCondition.BadNamespacePrefix;
        return header.Version is { } version && !IsVersion(version) ? StreamErrorCondition.UnsupportedVersion : null;
    }

    // COMPAT: no-version
    /// <summary>True from XMPP 1.0 on: features follow the header (RFC 6120 section 4.7.5).</summary>
    public static bool HasFeatures(StreamHeader header) => header.Version is { } version && !version.TrimStart('0').StartsWith('.');

    // major '.' minor, both numbers (RFC 6120 section 4.7.5)
    private static bool IsVersion(string version)
    {
        var dot = version.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && dot < version.Length - 1 && version.Length <= 16
            && version.AsSpan(0, dot).IndexOfAnyExceptInRange('0', '9') < 0
            && version.AsSpan(dot + 1).IndexOfAnyExceptInRange('0', '9') < 0;
    }

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.Ordinal);
}
