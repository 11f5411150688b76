namespace EdgePool.Server.Demo.Display;

/// <summary>Shows how the demo goes.</summary>
internal interface IDemoDisplay
{
    /// <summary>How often there is something to show.</summary>
    TimeSpan Every { get; }

    /// <summary>Shows this moment.</summary>
    void Show(DemoStatus status);
}
