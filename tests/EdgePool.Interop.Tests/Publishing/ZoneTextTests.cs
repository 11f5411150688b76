using EdgePool.Interop.Tests.Operators;
using EdgePool.Interop.Tests.Servers;

namespace EdgePool.Interop.Tests.Publishing;

/// <summary>What 'edgepool dns zone' writes, read by BIND and written by it again.</summary>
public sealed class ZoneTextTests
{
    [Fact]
    public async Task Zone_ReadByBind_IsTheSameRecords()
    {
        Programs.Require("named-checkzone", "setpriv");
        var folder = Directory.CreateTempSubdirectory("edgepool-zone-").FullName;
        try
        {
            var written = await new EdgeOperator(Path.Combine(folder, "no.sock")).DoAsync($"dns zone -f {TopologyFile.Write(folder, "192.0.2.53")}");
            const string Head = "$TTL 60\ncontoso.example. 60 IN SOA ns.contoso.example. h.contoso.example. 1 60 60 6000 5\ncontoso.example. 60 IN NS ns.contoso.example.\nns.contoso.example. 60 IN A 127.0.0.1\n";
            var file = Path.Combine(folder, "contoso.example.zone");
            await File.WriteAllTextAsync(file, Head + written);

            await using var check = await ServerProcess.StartAsync("named-checkzone", "named-checkzone", ["-i", "local", "-D", "-o", file + ".read", "contoso.example", file], folder);
            var code = await check.WaitForExitAsync();
            Assert.True(code == 0, $"named-checkzone ended with {code}:\n{check.Log}");

            var ours = Lines(Head + written).ToList();
            Assert.Equal(16, ours.Count);
            Assert.Equal(ours.Order(StringComparer.Ordinal), Lines(await File.ReadAllTextAsync(file + ".read")).Order(StringComparer.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Records in one form: single spaces, small letters, hexadecimal data in one piece.</summary>
    private static IEnumerable<string> Lines(string text)
        => text.Split('\n').Where(line => line.Length > 0 && line[0] is not (';' or '$')).Select(line =>
        {
            var words = line.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return words.Length > 8 && words[3] is "tlsa" ? $"{string.Join(' ', words[..7])} {string.Concat(words[7..])}" : string.Join(' ', words);
        });
}
