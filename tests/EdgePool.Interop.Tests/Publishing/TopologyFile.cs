namespace EdgePool.Interop.Tests.Publishing;

/// <summary>A topology of two sites as an operator writes it.</summary>
internal static class TopologyFile
{
    public const string TwoSites = """
        kind: Topology
        spec:
          dns: { ttl: 2m, zones: [ { name: contoso.example, primary: "PRIMARY" } ] }
          sites:
            - { name: a, federationRoute: [pa, pb] }
            - { name: b, federationRoute: [pb, pa] }
          pools:
            - { name: pa, site: a, host: edge-a.contoso.example, addresses: [203.0.113.10, 203.0.113.11, "2001:db8::10"], priority: 10, directTlsPort: 5270, nodes: [edge-1],
                tlsa: ["3 1 1 00000000000000000000000000000000000000000000000000000000000000ff"] }
            - { name: pb, site: b, host: edge-b.contoso.example, addresses: [198.51.100.10], priority: 20, weight: 7, nodes: [edge-2] }
          domains:
            - { name: contoso.example, site: a, backEnds: [pa, pb], caa: [ca.example] }
            - { name: chat.contoso.example, site: b, backEnds: [pb] }
        """;

    /// <summary>Writes it with texts replaced, each of which must be there.</summary>
    public static string Write(string folder, object primary, params (string Old, string New)[] changes)
    {
        var text = TwoSites.Replace("PRIMARY", $"{primary}", StringComparison.Ordinal);
        foreach (var (before, after) in changes)
        {
            Assert.Contains(before, text, StringComparison.Ordinal);
            text = text.Replace(before, after, StringComparison.Ordinal);
        }

        var file = Path.Combine(folder, "topology.yaml");
        File.WriteAllText(file, text);
        return file;
    }
}
