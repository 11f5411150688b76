namespace EdgePool.Server.Demo;

/// <summary>The demo cannot go on. The message says what, the remedy what to do, both for one line that begins with the program's name.</summary>
internal sealed class DemoException(string message, string remedy = DemoException.UsualRemedy) : Exception(message)
{
    /// <summary>For whatever goes wrong between parts of one process on loopback.</summary>
    public const string UsualRemedy = "it needs nothing but free ports on 127.0.0.1: try again, and look for a firewall on the loopback interface";

    /// <summary>What to do.</summary>
    public string Remedy => remedy;
}
