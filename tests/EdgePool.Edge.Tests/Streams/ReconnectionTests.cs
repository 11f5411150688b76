using EdgePool.Edge.Streams;
using EdgePool.Xmpp.Streams;
using Xunit;

namespace EdgePool.Edge.Tests.Streams;

// RFC 6120 section 4.9.3.
public class ReconnectionTests
{
    private static readonly StreamErrorCondition[] AtOnce = [StreamErrorCondition.Reset, StreamErrorCondition.SeeOtherHost];

    private static readonly StreamErrorCondition[] Later =
    [
        StreamErrorCondition.SystemShutdown, StreamErrorCondition.Conflict, StreamErrorCondition.ConnectionTimeout, StreamErrorCondition.ResourceConstraint,
        StreamErrorCondition.InternalServerError, StreamErrorCondition.RemoteConnectionFailed, StreamErrorCondition.UndefinedCondition,
    ];

    [Fact]
    public void After_EachCondition_SaysWhenTheNextStreamMayFollow()
    {
        foreach (var condition in Enum.GetValues<StreamErrorCondition>())
        {
            var expected = AtOnce.Contains(condition) ? Reconnection.AtOnce : Later.Contains(condition) ? Reconnection.Later : Reconnection.Slowly;
            Assert.Equal((condition, expected), (condition, Reconnections.After(condition)));
        }
    }
}
