using Spectre.Console.Rendering;

namespace EdgePool.Server.Demo.Display;

/// <summary>Shows how the demo goes.</summary>
internal interface IDemoDisplay
{
    /// <summary>How often there is something to show.</summary>
    TimeSpan Every { get; }

    /// <summary>Shows this moment.</summary>
    void Show(IDemoMoment moment);

    /// <summary>Something has happened; where moments are shown as tables, they tell of it.</summary>
    void Say(string what);
}

/// <summary>How the demo stands at one moment.</summary>
internal interface IDemoMoment
{
    /// <summary>For a terminal; it fits into 100 columns.</summary>
    IRenderable ToTable();

    /// <summary>For logs and pipes.</summary>
    string ToLine();
}
