using EdgePool.Edge;
using EdgePool.Server.Logging;

namespace EdgePool.Server.Configuration;

/// <summary>The compiled configuration: the node's part and the process's.</summary>
/// <param name="Edge">What the node runs on.</param>
/// <param name="Log">What is logged, and how.</param>
/// <param name="RandomDialbackSecret">Nobody gave a dialback secret, so one was made for this start.</param>
internal sealed record ServerOptions(EdgeOptions Edge, LogSettings Log, bool RandomDialbackSecret);
