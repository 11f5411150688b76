namespace EdgePool.Policy.Documents;

/// <summary>An external access policy as an operator wrote it; the names are those of Lync Server. What was not written is false.</summary>
public sealed record AccessPolicyDocument
{
    /// <summary>Users may federate.</summary>
    public bool? EnableFederationAccess { get; init; }

    /// <summary>Users may federate by XMPP.</summary>
    public bool? EnableXmppAccess { get; init; }

    /// <summary>Users may reach public providers.</summary>
    public bool? EnablePublicCloudAccess { get; init; }

    /// <summary>Users may connect from outside. Kept for those who come from Lync; the edge has no part in it.</summary>
    public bool? EnableOutsideAccess { get; init; }

    /// <summary>Free text.</summary>
    public string? Description { get; init; }
}

/// <summary>A grant as an operator wrote it.</summary>
public sealed record GrantDocument
{
    /// <summary>The policy granted: <c>tag:NAME</c>.</summary>
    public string? Policy { get; init; }
}
