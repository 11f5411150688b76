namespace EdgePool.Xmpp.StreamManagement;

/// <summary>Where stream management of one stream stands.</summary>
public enum ManagementState
{
    /// <summary>Not offered, or refused: stanzas are not counted.</summary>
    Off,

    /// <summary>The peer may enable it, or resume a former stream.</summary>
    Offered,

    /// <summary>We have sent <c>&lt;enable/&gt;</c>: what we send is counted.</summary>
    Requested,

    /// <summary>We have sent <c>&lt;resume/&gt;</c>: no stanza is sent before the answer.</summary>
    Resuming,

    /// <summary>The peer has sent <c>&lt;resume/&gt;</c>, and waits for our answer.</summary>
    AskedToResume,

    /// <summary>Both sides count.</summary>
    On,
}
