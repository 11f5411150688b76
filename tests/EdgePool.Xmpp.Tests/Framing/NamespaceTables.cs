using EdgePool.Xmpp.Streams;
using Xunit;
using static EdgePool.Xmpp.Tests.Framing.FramingCase;
using static EdgePool.Xmpp.Tests.Framing.StreamBytes;

namespace EdgePool.Xmpp.Tests.Framing;

/// <summary>Namespaces in XML 1.0, and what of RFC 6120 section 4.8 the framer decides.</summary>
public sealed class NamespaceTables
{
    private static readonly FramingCase[] Cases =
    [
        NotWellFormed("NS-01 root prefix unbound", "<stream:stream xmlns='jabber:server'>"),
        new("NS-04 prefix of the header", Header.Replace("xmlns:db", "xmlns:c='jabber:server' xmlns:db", StringComparison.Ordinal) + "<c:message/>", StreamErrorCondition.BadNamespacePrefix),
        new("NS-04 prefix of its own", In("<c:message xmlns:c='jabber:server'/>"), StreamErrorCondition.BadNamespacePrefix),
        .. new[]
        {
            "xmlns:a=''", "xmlns:xml='urn:x'", "xmlns:xmlns='urn:x'", "xmlns:b='http://www.w3.org/2000/xmlns/'",
            "xmlns='http://www.w3.org/XML/1998/namespace'", "xmlns='http://www.w3.org/2000/xmlns/'", "xmlns:b='http://www.w3.org/XML/1998/namespace'",
        }.Select(d => NotWellFormed($"NS-06 {d}", Message($"<x {d}/>"))),
        Ok("NS-06 xml as it must be", Message("<x xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='en'/>")),
        NotWellFormed("NS-06 prefix xmlns", Message("<xmlns:x/>")),
        NotWellFormed("NS-06 unbound element", Message("<e:x/>")),
        NotWellFormed("NS-06 unbound attribute", Message("<x e:x='1'/>")),
        NotWellFormed("NS-06 bound on a closed sibling", Message("<x xmlns:e='u'/><e:x/>")),
        NotWellFormed("NS-06 bound on a closed child", Message("<x><y xmlns:e='u'></y><e:x/></x>")),
        Ok("NS-06 bound outside, shadowed inside", Message("<x xmlns:e='u'><e:y xmlns:e='v' e:a='1'><e:z/></e:y><e:y e:a='2'/></x>")),
        Ok("NS-07 no namespace", Message("<x xmlns=''/>")),
        Ok("NS-07 no namespace around content", Message("<x xmlns=''><body xmlns='jabber:server'>x</body></x>")),
        Ok("NS-08 other namespaces", In("<message xmlns='jabber:client'/><message xmlns='urn:evil'/><foo/><message xmlns=''/>"), 4),
        Ok("NS-09 near misses", In("<message xmlns='jabber:server '/><message xmlns='Jabber:Server'/><message xmlns='jabber%3Aserver'/><message xmlns='jabber:server#'/>"), 4),
        NotWellFormed("NS-11 control as separator", Message("<x xmlns='urn:a&#1;b'/>")),
        Ok("NS-11 separators are part of the name", In("<message xmlns='jabber:server} message'/><message xmlns='jabber:server message'/><message xmlns='jabber:server|x'/>"), 3),
        Ok("NS-12 prefix of the header", Header.Replace("xmlns:db", "xmlns:e='urn:e' xmlns:db", StringComparison.Ordinal) + "<message><e:x e:k='v'/></message>"),
        Ok("NS-12 content prefix of the header", Header.Replace("xmlns:db", "xmlns:c='jabber:server' xmlns:db", StringComparison.Ordinal) + "<message><c:body>x</c:body></message>"),
        Ok("NS-12 prefix of the header, shadowed", Header.Replace("xmlns:db", "xmlns:e='urn:e' xmlns:db", StringComparison.Ordinal) + "<message><x xmlns:e='urn:f'><e:x/></x><e:x/></message>"),
        Ok("NS-13 content", In("<message><body>x</body></message>")),
        Ok("NS-13 said again", In("<message xmlns='jabber:server'><body>x</body></message>")),
        Ok("NS-13 said again inside", In("<message><body xmlns='jabber:server'>x</body><c:body xmlns:c='jabber:server' c:a='1'/></message>")),
        Ok("NS-13 said again through a reference", In("<message xmlns='jabber:&#115;erver'><body xmlns='jabber&#58;server'>x</body></message>")),
        OverLimit("NS-13 attributes that would become one", Message("<x xmlns:a='jabber:server' xmlns:b='jabber:component:accept' a:k='1' b:k='2'/>")),
        Ok("NS-14 forwarded", Message("<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='x@evil.example'/></forwarded>")),
        Ok("NS-16 prefix db elsewhere", In("<db:result xmlns:db='urn:evil' from='a' to='b'/>")),
        Ok("NS-17 dialback by another prefix", In("<d:result xmlns:d='jabber:server:dialback' from='a' to='b'>k</d:result>")),
        Ok("NS-18 features", In("<stream:features/>")),
        Ok("NS-19 error", In("<stream:error><x xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")),
    ];

    private static readonly Dictionary<string, FramingCase> All = Cases.ToDictionary(c => c.Id);

    public static TheoryData<string> CaseNames => Names(Cases);

    // Namespaces in XML 1.0; RFC 6120 section 4.8.
    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Namespaces_HoweverCut_AreJudged(string id) => All[id].Check();
}
