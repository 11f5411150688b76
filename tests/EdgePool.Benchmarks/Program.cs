using BenchmarkDotNet.Running;
using EdgePool.Benchmarks.Framing;
using EdgePool.Benchmarks.Handshakes;
using EdgePool.Benchmarks.Pool;
using EdgePool.Benchmarks.Relay;
using EdgePool.Benchmarks.Verdicts;
using EdgePool.Benchmarks.Store;

const string Usage = """
    Usage: dotnet run -c Release --project tests/EdgePool.Benchmarks -- [verb] [options]

      relay [options]     what a stanza, a handshake and an idle stream cost the edge, in minutes; relay --help
      handshake [options] handshakes beside those of openssl and of Prosody, in a minute; handshake --help
      store               what an embedded store with 50,000 documents and 200,000 consents takes, in seconds
      balance             how 50,000 partners spread over 2 to 16 nodes, and how many move, in a second
      pool [idle|relay]   a pool of 1, 2 and 3 processes with a real etcd: messages to etcd, stanzas per CPU-second, in minutes
      etcd                what 10,000 and 50,000 partners in a real etcd take, in a minute
      --quick             framer against System.Xml.XmlReader, in seconds
      --quick verdict     policy: verdicts beside 10 and beside 50,000 partners, and loading those, in seconds
      anything else       BenchmarkDotNet, for example --filter '*Framing*' or --list flat
    """;

switch (args)
{
    case ["relay", .. var options]:
        return await RelayBenchmark.RunAsync(options, Console.Out, Console.Error);
    case ["handshake", .. var options]:
        return await HandshakeBenchmark.RunAsync(options, Console.Out, Console.Error);
    case ["store"]:
        return await StoreFigures.RunAsync(Console.Out);
    case ["balance"]:
        return BalanceFigures.Run(Console.Out);
    case ["pool"] or ["pool", "idle" or "relay"]:
        return await PoolBenchmark.RunAsync(args.ElementAtOrDefault(1), Console.Out, Console.Error);
    case ["etcd"]:
        return await EtcdFigures.RunAsync(Console.Out);
    case ["--help" or "-h" or "help"]:
        Console.WriteLine(Usage);
        return 0;
    case ["--quick", "verdict"]:
        return QuickVerdicts.Run(Console.Out);
    case [.. var all] when all.Contains("--quick"):
        return QuickFraming.Run(Console.Out);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(RelayBenchmark).Assembly).Run(args);
        return 0;
}
