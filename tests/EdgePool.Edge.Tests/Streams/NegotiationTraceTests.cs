using EdgePool.Edge.Streams;
using EdgePool.Edge.Telemetry;
using EdgePool.Testing.Time;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Streams;

public sealed class NegotiationTraceTests
{
    private readonly VirtualTimeProvider time = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public void Add_EachStep_HasTheTimeSinceTheOneBefore()
    {
        var trace = new NegotiationTrace(time, [new NegotiationStep(NegotiationStepKind.Resolved, TimeSpan.FromSeconds(1), "SRV")]);
        time.Advance(TimeSpan.FromMilliseconds(5));
        trace.Connected("127.0.0.1:5269");
        time.Advance(TimeSpan.FromMilliseconds(7));
        trace.Saw(new StreamHeader("stream", XmppNamespaces.Streams, "stream", XmppNamespaces.Server) { From = "p1.example" });

        Assert.Equal([1_000d, 5, 7], trace.Steps.Select(step => step.Took.TotalMilliseconds));
        Assert.Equal("from p1.example, before XMPP 1.0", trace.Steps[2].Detail);
    }

    [Fact]
    public void Add_AtTheLimit_KeepsTheFirst()
    {
        var trace = new NegotiationTrace(time);
        for (var i = 0; i < 100; i++)
            trace.Saw(new XmlElement("auth", XmppNamespaces.Sasl));

        Assert.Equal(NegotiationTrace.MostSteps, trace.Steps.Length);
    }

    [Fact]
    public void Saw_WhatAPeerSays_IsShortAndFitForALog()
    {
        var trace = new NegotiationTrace(time);
        var mechanism = new XmlElement("mechanism", XmppNamespaces.Sasl) { Content = ["\u001b[31m" + new string('x', 10_000)] };
        trace.Saw(new XmlElement("features", XmppNamespaces.Streams)
        {
            Content = [.. Enumerable.Range(0, 1_000).Select(_ => new XmlElement("mechanisms", XmppNamespaces.Sasl) { Content = [mechanism] })],
        });
        trace.Saw(new StreamHeader("stream", XmppNamespaces.Streams, "stream", XmppNamespaces.Server) { From = new string('\u202e', 5_000) });

        var record = trace.Record(new DomainPair(DomainName.Parse("edge.example"), DomainName.Parse("p1.example")), NegotiationWay.Outbound);

        Assert.Equal(OfferedFeatures.Most, record.Features.Count);
        Assert.All(record.Features, feature => Assert.True(feature.Length < 100 && feature.StartsWith("\\u{1b}[31m", StringComparison.Ordinal), feature));
        Assert.All(record.Steps, step => Assert.True(step.Detail.Length <= 101 && !step.Detail.Contains('\u202e', StringComparison.Ordinal), step.Detail));
    }
}
