namespace EdgePool.Server.Demo;

/// <summary>The demo cannot go on. The message says what, for a line that begins with the program's name.</summary>
internal sealed class DemoException(string message) : Exception(message);
