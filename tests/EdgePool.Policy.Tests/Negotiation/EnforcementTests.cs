using EdgePool.Policy.Partners;
using EdgePool.Xmpp.Addressing;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Policy.Tests.Negotiation;

/// <summary>
/// The negotiations of both directions under compiled settings, with peers that offer and try everything: what is offered, accepted and done is what
/// <see cref="WrittenMatrix"/> says, no more and no less, also while settings are being edited.
/// </summary>
public sealed class EnforcementTests
{
    private const string Partner = "p1.example";
    private const int Sequences = 400;
    private const int Edits = 60;

    [Fact]
    public void Settings_EachCombination_AreEnforcedInBothDirections()
    {
        foreach (var settings in WrittenMatrix.AllSettings())
        {
            var document = settings with { Domain = Partner };
            var allowed = WrittenMatrix.Of(document);
            var snapshot = EditedPolicy.Compile([document]);
            Assert.True(allowed.Any == snapshot is not null, $"{document} is {(snapshot is null ? "refused" : "accepted")}");
            if (snapshot is null)
                continue;
            foreach (var peer in InboundPeer.All)
                AssertInbound(allowed, snapshot, Partner, peer);
            foreach (var peer in OutboundPeer.All)
                AssertOutbound(allowed, snapshot, Partner, peer);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Partner_UnknownOrDisabled_IsOfferedNothing(bool known)
    {
        var snapshot = EditedPolicy.Compile([new PartnerDocument { Domain = known ? Partner : "other.example", Enabled = !known }])!;
        foreach (var peer in InboundPeer.All)
            AssertInbound(default, snapshot, Partner, peer);
    }

    // Edits that are refused change nothing; those that are accepted act at once, also on streams in mid-negotiation.
    [Fact]
    public void Settings_AnySequenceOfEdits_NeverYieldAMethodOutsideTheMatrix()
    {
        for (var seed = 1; seed <= Sequences; seed++)
        {
            var edited = new EditedPolicy(new Random(seed));
            for (var edit = 0; edit < Edits; edit++)
            {
                edited.Edit();
                foreach (var domain in EditedPolicy.Domains)
                    AssertInForce(edited, domain, $"seed {seed}, edit {edit}, {domain}");
            }
        }
    }

    private static void AssertInForce(EditedPolicy edited, string domain, string where)
    {
        var (allowed, random) = (edited.AllowedFor(domain), edited.Random);
        AssertInbound(allowed, edited.Snapshot, domain, random.GetItems([.. InboundPeer.All], 1)[0], where);
        AssertOutbound(allowed, edited.Snapshot, domain, random.GetItems([.. OutboundPeer.All], 1)[0], where);

        var trial = InboundTrial.Play(new PeerScript.LiveRules(() => edited.Snapshot), domain, random.GetItems([.. InboundPeer.All], 1)[0], edited.EditPerhaps);
        var now = edited.AllowedFor(domain);
        Assert.True(
            trial.Method switch
            {
                null => true,
                AuthenticationMethod.SaslExternal => now.Sasl,
                AuthenticationMethod.DialbackOverTls => now.TlsDialback,
                AuthenticationMethod.DialbackOverTcp => now.Plain,
                _ => false,
            },
            $"{where}: authenticated by {trial.Method} while {now} is in force");
    }

    private static void AssertInbound(Allowed allowed, PolicySnapshot snapshot, string domain, InboundPeer peer, string where = "")
    {
        var trial = InboundTrial.Play(new PeerScript.LiveRules(() => snapshot), domain, peer);
        where = $"{where} {allowed} {peer}";
        var proven = peer.Certificate is CertificateVerdict.Valid;
        AssertOffers(where, trial.PlainOffer, startTls: allowed.Tls, required: allowed is { Tls: true, Plain: false }, external: false, dialback: allowed.Plain);
        Assert.True(trial.SecureOffer is not null == (peer.Secures && allowed.Tls), where);
        if (trial.SecureOffer is { } offer)
            AssertOffers(where, offer, startTls: false, required: false, external: allowed.Sasl && proven, dialback: allowed.TlsDialback);

        var expected = (peer.Secures, peer.UsesExternal) switch
        {
            (true, true) when allowed.Sasl && proven => AuthenticationMethod.SaslExternal,
            (true, false) when allowed.UnderTls(proven) => AuthenticationMethod.DialbackOverTls,
            (false, false) when allowed.Plain => AuthenticationMethod.DialbackOverTcp,
            _ => default(AuthenticationMethod?),
        };
        Assert.True(expected == trial.Method, $"{where}: authenticated by {trial.Method}, not {expected}");
        var steppedDown = expected switch
        {
            AuthenticationMethod.DialbackOverTls => allowed.Sasl,
            AuthenticationMethod.DialbackOverTcp => allowed.Tls,
            _ => false,
        };
        Assert.True(trial.SteppedDown == steppedDown, where);
        Assert.True(trial.Looked == expected is AuthenticationMethod.DialbackOverTls or AuthenticationMethod.DialbackOverTcp, where);
        Assert.True(IsTold(trial, expected), $"{where} is answered {trial.Answer}");
    }

    private static bool IsTold(InboundTrial trial, AuthenticationMethod? expected) => (trial.Answer, expected) switch
    {
        ("", AuthenticationMethod.SaslExternal) => false,
        ("", _) => trial.Looked || trial.Ended,
        (var answer, AuthenticationMethod.SaslExternal) => answer.StartsWith("<success", StringComparison.Ordinal),
        var (answer, _) => answer.StartsWith("<failure", StringComparison.Ordinal) || answer.Contains("type='error'><error type='cancel'><policy-violation ", StringComparison.Ordinal),
    };

    private static void AssertOffers(string where, string sent, bool startTls, bool required, bool external, bool dialback)
    {
        bool Has(string markup) => sent.Contains(markup, StringComparison.Ordinal);
        Assert.True((Has("<starttls"), Has("<required/>"), Has(">EXTERNAL<"), Has("<dialback ")) == (startTls, required, external, dialback), $"{where} is offered {sent}");
    }

    private static void AssertOutbound(Allowed allowed, PolicySnapshot snapshot, string domain, OutboundPeer peer, string where = "")
    {
        if (snapshot.Find(DomainName.Parse(domain)) is not { Enabled: true } partner)
        {
            Assert.False(allowed.Any, where);
            return;
        }

        var trial = OutboundTrial.Play(partner.Terms, domain, peer);
        var meets = peer.StartTls is StartTlsOffer.Plain or StartTlsOffer.Required || (peer.StartTls is StartTlsOffer.Optional && allowed.Plain);
        Assert.True(trial.Secured == (allowed.Tls && meets), $"{where} {allowed} {peer}: STARTTLS {trial.Secured}");
        Assert.Equal((where, peer, string.Join(',', Ways(allowed, peer, trial.Secured))), (where, peer, string.Join(',', trial.Tried)));

        var asked = OutboundTrial.Play(partner.Terms, domain, peer, verifies: true).Tried;
        Assert.True(asked is [] or ["tls-verify"] || (asked is ["tcp-verify"] && allowed.Plain), $"{where} {allowed} {peer}: {string.Join(',', asked)}");
    }

    // The best way that both allow; behind EXTERNAL that the peer refuses, dialback on the same stream, where it is allowed.
    private static IEnumerable<string> Ways(Allowed allowed, OutboundPeer peer, bool secured)
    {
        var proven = peer.Certificate is CertificateVerdict.Valid;
        if (!secured)
            return allowed.Plain && peer.Dialback ? ["tcp-dialback"] : [];
        var external = allowed.Sasl && proven && peer.External;
        var dialback = allowed.UnderTls(proven) && peer.Dialback;
        if (!external)
            return dialback ? ["tls-dialback"] : [];
        return peer.RefusesExternal && dialback ? ["external", "tls-dialback"] : ["external"];
    }
}
