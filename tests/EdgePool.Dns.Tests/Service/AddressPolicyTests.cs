using System.Net;
using EdgePool.Dns.Service;

namespace EdgePool.Dns.Tests.Service;

// DB-21. IANA special-purpose address registries (RFC 6890).
public sealed class AddressPolicyTests
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("9.255.255.255", true)]
    [InlineData("10.0.0.0", false)]
    [InlineData("10.255.255.255", false)]
    [InlineData("11.0.0.0", true)]
    [InlineData("100.64.0.1", false)]
    [InlineData("100.128.0.1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.255.255.255", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.16.0.0", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.0", true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("198.51.100.1", false)]
    [InlineData("203.0.113.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::10.0.0.1", false)]
    [InlineData("64:ff9b::8.8.8.8", true)]
    [InlineData("64:ff9b:1::1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2002:808:808::", true)]
    [InlineData("2001::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2a00:1450::1", true)]
    [InlineData("fc00::1", false)]
    [InlineData("fd12::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fe80::1%2", false)]
    [InlineData("fec0::1", false)]
    [InlineData("ff02::1", false)]
    public void PublicOnly_Address_IsJudged(string address, bool allowed) => Assert.Equal(allowed, AddressPolicy.PublicOnly(IPAddress.Parse(address)));

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("9.9.9.9", false)] // our own DMZ
    [InlineData("::ffff:9.9.9.9", false)]
    [InlineData("10.1.0.1", true)]
    [InlineData("10.2.0.1", false)]
    public void PublicExcept_OwnAndAllowedNetworks_AreJudged(string address, bool allowed)
    {
        var policy = AddressPolicy.PublicExcept([IPNetwork.Parse("9.9.9.0/24")], [IPNetwork.Parse("10.1.0.0/16")]);

        Assert.Equal(allowed, policy(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("10.1.0.1", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("9.9.9.9", false)]
    [InlineData("::ffff:9.9.9.9", false)]
    [InlineData("64:ff9b::9.9.9.9", false)]
    public void AnyExcept_OwnNetworks_AreJudged(string address, bool allowed)
        => Assert.Equal(allowed, AddressPolicy.AnyExcept([IPNetwork.Parse("9.9.9.0/24")])(IPAddress.Parse(address)));
}
