using EdgePool.Policy.Documents;

namespace EdgePool.Policy.Access;

/// <summary>An external access policy as it is enforced. The one that applies to a user counts whole; nothing is merged.</summary>
public sealed record AccessPolicy
{
    /// <summary>The policy that is always there: everything is off.</summary>
    public static AccessPolicy Closed { get; } = new() { Name = GlobalName };

    /// <summary>The name of the policy for everybody without another.</summary>
    public const string GlobalName = "global";

    /// <summary>What the names of a site's policies begin with.</summary>
    public const string SitePrefix = "site:";

    /// <summary>What the names of granted policies begin with.</summary>
    public const string TagPrefix = "tag:";

    /// <summary><c>global</c>, <c>site:NAME</c> or <c>tag:NAME</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Users may federate.</summary>
    public bool FederationAccess { get; init; }

    /// <summary>Users may federate by XMPP.</summary>
    public bool XmppAccess { get; init; }

    /// <summary>Users may reach public providers.</summary>
    public bool PublicCloudAccess { get; init; }

    /// <summary>Users may connect from outside; the edge has no part in it.</summary>
    public bool OutsideAccess { get; init; }

    /// <summary>Free text of the operator.</summary>
    public string Description { get; init; } = "";

    /// <summary>The document; null: nobody wrote one.</summary>
    public PolicyDocument? Source { get; init; }
}
