using System.CommandLine;
using System.Text;
using EdgePool.Server.Cli;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return await CommandLine.RunAsync(
    args,
    demo: (_, _, _) => Task.FromResult(ExitCode.Success),
    new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
