using BenchmarkDotNet.Running;
using EdgePool.Benchmarks.Framing;

if (args.Contains("--quick"))
{
    return QuickFraming.Run(Console.Out);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
