using Proxy.Edge.Http2;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Edge.Http2;

/// <summary>The bytes of a session that a test plays the other side of.</summary>
internal static class SessionWire
{
    private const int Room = 64;

    public static bool Give(Http2Session session, byte[] bytes, long now)
    {
        byte[] buffer = new byte[Room + bytes.Length + Room];
        bytes.CopyTo(buffer, Room);
        return session.Receive(buffer, Room, bytes.Length, now);
    }

    /// <summary>Takes the output as frames.</summary>
    public static List<Http2Frame> Take(Http2Session session)
    {
        List<Http2Frame> frames = Http2Wire.Read(session.Output.AsSpan(0, session.OutputCount), out int used);
        Assert.Equal(session.OutputCount, used);
        session.ClearOutput();
        return frames;
    }
}
