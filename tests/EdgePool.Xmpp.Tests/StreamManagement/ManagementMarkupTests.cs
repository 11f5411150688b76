using System.Buffers;
using System.Text;
using EdgePool.Xmpp.Stanzas;
using EdgePool.Xmpp.StreamManagement;
using Xunit;

namespace EdgePool.Xmpp.Tests.StreamManagement;

public sealed class ManagementMarkupTests
{
    [Fact]
    public void Elements_AreThoseOfTheSpecification()
    {
        var answer = new ArrayBufferWriter<byte>();
        ManagementMarkup.WriteAnswer(answer, uint.MaxValue);
        Assert.Equal(
            [
                "<a xmlns='urn:xmpp:sm:3' h='4294967295'/>",
                "<r xmlns='urn:xmpp:sm:3'/>",
                "<enable xmlns='urn:xmpp:sm:3' resume='true'/>",
                "<enable xmlns='urn:xmpp:sm:3'/>",
                "<enabled xmlns='urn:xmpp:sm:3'/>",
                "<enabled xmlns='urn:xmpp:sm:3' id='a&lt;b&apos;' resume='true' max='60'/>",
                "<resume xmlns='urn:xmpp:sm:3' previd='x' h='3'/>",
                "<resumed xmlns='urn:xmpp:sm:3' previd='x' h='3'/>",
                "<failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>",
                "<failed xmlns='urn:xmpp:sm:3' h='7'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>",
            ],
            new[]
            {
                answer.WrittenMemory, ManagementMarkup.Request.ToArray(), ManagementMarkup.Enable(resume: true), ManagementMarkup.Enable(resume: false),
                ManagementMarkup.Enabled(null, TimeSpan.Zero), ManagementMarkup.Enabled("a<b'", TimeSpan.FromSeconds(60)), ManagementMarkup.Resume("x", 3), ManagementMarkup.Resumed("x", 3),
                ManagementMarkup.Failed(StanzaErrorCondition.UnexpectedRequest), ManagementMarkup.Failed(StanzaErrorCondition.ItemNotFound, 7),
            }.Select(xml => Encoding.UTF8.GetString(xml.Span)));
    }
}
