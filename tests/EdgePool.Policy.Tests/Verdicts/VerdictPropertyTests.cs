using System.Xml.Linq;
using EdgePool.Policy.Verdicts;
using Xunit;

namespace EdgePool.Policy.Tests.Verdicts;

/// <summary>Random policies and stanzas: the judge against a second writing of the rules, and the explanation against the judge.</summary>
public sealed class VerdictPropertyTests
{
    private const int Policies = 1_500;
    private const int StanzasEach = 20;

    [Fact]
    public void Judge_RandomPoliciesAndStanzas_AgreesWithTheOracle()
    {
        var seen = new HashSet<(VerdictReason, bool)>();
        ForEach((policy, scene, seed) =>
        {
            var (direction, stanza, user, consented) = Case(policy, scene);
            var verdict = Judge(scene, direction, stanza, user);
            var told = (verdict.Reason, verdict.Observed, PolicyScene.LeftOut(verdict));
            var expected = new VerdictOracle(policy).Judge(direction, Tree(stanza), user, consented);

            Assert.True(expected == told, $"seed {seed}, {direction}, {user}: {stanza}\nexpected {expected}, got {told}\n{string.Join('\n', policy.Documents())}");
            seen.Add((verdict.Reason, verdict.Observed));
        });
        Assert.True(seen.Count >= 18, $"only {seen.Count} of the outcomes came up: {string.Join(", ", seen)}");
    }

    [Fact]
    public void Explain_RandomPoliciesAndStanzas_HasTheVerdictOfTheJudge()
        => ForEach((policy, scene, seed) =>
        {
            var (direction, stanza, user, _) = Case(policy, scene);
            var verdict = Judge(scene, direction, stanza, user);
            var explanation = scene.Explain(direction, stanza, user, "bob@p.example/phone");
            var refusing = explanation.Parts.FirstOrDefault(part => part.Reason is not VerdictReason.Allowed)?.Reason ?? VerdictReason.Allowed;

            Assert.Equal((seed, verdict.Reason, verdict.Observed), (seed, explanation.Verdict, explanation.Observed));
            var deciding = explanation.Parts.FirstOrDefault(part => part.Reason == verdict.Reason && part.Reason is not VerdictReason.Allowed);
            Assert.Equal(deciding?.Document, scene.SourceOf(verdict.Reason, user, "bob@p.example"));

            // Of an observed partner, what never crosses is refused though an earlier part only observes.
            Assert.True(explanation.Verdict == refusing || (policy.Observe && explanation.Verdict == explanation.Parts[^1].Reason), $"seed {seed}: {explanation.Verdict}, {refusing}");
        });

    private static void ForEach(Action<RandomPolicy, PolicyScene, int> check)
    {
        for (var seed = 0; seed < Policies; seed++)
        {
            var policy = new RandomPolicy(seed);
            var scene = PolicyScene.Of(policy.Documents());
            for (var i = 0; i < StanzasEach; i++)
                check(policy, scene, seed);
        }
    }

    private static (Direction Direction, string Stanza, string User, bool Consented) Case(RandomPolicy policy, PolicyScene scene)
    {
        var user = policy.User();
        var consented = policy.Half();
        scene.Consents.Clear();
        if (consented)
            scene.Consents.Add((user, "bob@p.example"));
        return (policy.Half() ? Direction.FromPartner : Direction.ToPartner, policy.Stanza(), user, consented);
    }

    private static Verdict Judge(PolicyScene scene, Direction direction, string stanza, string user) => scene.Judge(direction, stanza, user, "bob@p.example/phone");

    private static XElement Tree(string stanza)
        => XElement.Parse($"<r xmlns='jabber:server'>{stanza}</r>").Elements().Select(element => new XElement(element)).Single();
}
