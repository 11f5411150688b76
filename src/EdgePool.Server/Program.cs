using System.CommandLine;
using System.Text;
using EdgePool.Server.Cli;
using EdgePool.Server.Demo;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return await CommandLine.RunAsync(
    args,
    demo: DemoRun.HandleAsync,
    new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
