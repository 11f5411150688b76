using System.Net;
using EdgePool.Dns.Messages;
using EdgePool.Dns.Resolving;
using EdgePool.Dns.Updating;

namespace EdgePool.Interop.Tests.Publishing;

/// <summary>What somebody else changed after it was read is not written over: real servers refuse the whole update (RFC 2136 section 3.2).</summary>
public sealed class UpdateConflictTests
{
    private static readonly DnsName Zone = DnsName.Parse("contoso.example");
    private static readonly DnsName Host = DnsName.Parse("edge-a.contoso.example");

    [Theory]
    [InlineData(PrimaryKind.Bind, "203.0.113.1", DnsResponseCode.NoSuchRecords)] // it was this address, and is another now
    [InlineData(PrimaryKind.Knot, "203.0.113.1", DnsResponseCode.NoSuchRecords)]
    [InlineData(PrimaryKind.Bind, "", DnsResponseCode.RecordsExist)] // there was none
    [InlineData(PrimaryKind.Knot, "", DnsResponseCode.RecordsExist)]
    public async Task Send_WhatWasReadIsNoLongerThere_IsRefusedWhole(PrimaryKind kind, string read, DnsResponseCode expected)
    {
        await using var primary = await PrimaryServer.StartAsync(kind, "edge-a.contoso.example. A 203.0.113.7");
        Assert.True(TsigKey.TryParse(await File.ReadAllTextAsync(primary.KeyFile, TestContext.Current.CancellationToken), out var key, out _));
        DnsRecord[] before = read.Length == 0 ? [] : [new AddressRecord(Host, 300, IPAddress.Parse(read))];
        var other = DnsName.Parse("edge-b.contoso.example");
        var update = new ZoneUpdate(Zone, [
            new RecordSetChange(other, DnsType.A, [], [new AddressRecord(other, 300, IPAddress.Parse("203.0.113.3"))]),
            new RecordSetChange(Host, DnsType.A, before, [new AddressRecord(Host, 300, IPAddress.Parse("203.0.113.2"))])]);

        var outcome = await new UpdateClient(key, TimeProvider.System).SendAsync(primary.EndPoint, update, TestContext.Current.CancellationToken);

        Assert.Equal(new UpdateOutcome(UpdateEnd.Refused, expected, TsigVerdict.Good), outcome);
        await using var resolver = new StubResolver(new StubResolverOptions { Servers = [primary.EndPoint] }, TimeProvider.System);
        var host = await resolver.QueryAsync(Host, DnsType.A, TestContext.Current.CancellationToken);
        Assert.Equal("203.0.113.7", Assert.IsType<AddressRecord>(Assert.Single(host.Records)).Address.ToString());
        Assert.Equal(DnsOutcome.NameError, (await resolver.QueryAsync(other, DnsType.A, TestContext.Current.CancellationToken)).Outcome);
    }
}
