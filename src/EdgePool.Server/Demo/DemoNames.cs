namespace EdgePool.Server.Demo;

/// <summary>The domains of the demos.</summary>
internal static class DemoNames
{
    /// <summary>Our domain, with the component behind it.</summary>
    public const string Local = "contoso.example";

    /// <summary>The partner, where there is one.</summary>
    public const string Partner = "partner.example";

    /// <summary>The partners, where there are several.</summary>
    public static IReadOnlyList<string> Partners { get; } = ["adatum.example", "fabrikam.example", "northwind.example"];
}
