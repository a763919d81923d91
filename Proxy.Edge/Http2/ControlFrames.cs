using System.Buffers.Binary;

namespace Proxy.Edge.Http2;

/// <summary>Frames about the connection as a whole: SETTINGS, PING and GOAWAY (RFC 9113 §6.5, §6.7, §6.8). Part of the
/// receiving side of a session.</summary>
internal sealed class ControlFrames(Http2Session session, Http2Sender sender, IHttp2SessionHandler handler)
{
    /// <summary>The peer's first SETTINGS have come.</summary>
    public bool IsSettingsSeen { get; private set; }

    public void OnSettings(Http2Receiver receiver, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Stream != 0 || payload.Length % 6 != 0
            || (header.Has(FrameFlags.EndStream) && payload.Length > 0))
        {
            session.Fail(
                header.Stream != 0 ? Http2Error.Protocol : Http2Error.FrameSize,
                "SETTINGS of a wrong size, or on a stream");
            return;
        }

        if (!receiver.CountIdle())
        {
            return;
        }

        if (header.Has(FrameFlags.EndStream))
        {
            session.Clock.OnSettingsAcknowledged();
            return;
        }

        IsSettingsSeen = true;
        for (int i = 0; i < payload.Length; i += 6)
        {
            Http2Error error = Apply(
                BinaryPrimitives.ReadUInt16BigEndian(payload[i..]),
                BinaryPrimitives.ReadUInt32BigEndian(payload[(i + 2)..]));
            if (error != Http2Error.None)
            {
                session.Fail(error, "a setting with a value it cannot have");
                return;
            }
        }

        sender.Output.Header(0, FrameType.Settings, FrameFlags.EndStream, 0);
        handler.OnPeerSettings();
        session.Pump();
    }

    private Http2Error Apply(int id, uint value) => id switch
    {
        Settings.EnablePush => value <= (session.IsClient ? 0u : 1u) ? Http2Error.None : Http2Error.Protocol,
        Settings.EnableConnectProtocol => value <= 1 ? Http2Error.None : Http2Error.Protocol,
        Settings.MaxConcurrentStreams => AllowStreams(value),
        Settings.InitialWindowSize => value <= int.MaxValue
            && sender.ChangeInitialWindow((int)value, session.Streams.Values)
            ? Http2Error.None
            : Http2Error.FlowControl,
        Settings.MaxFrameSize => value is >= 16384 and <= 16777215 ? Http2Error.None : Http2Error.Protocol,
        _ => Http2Error.None,
    };

    private Http2Error AllowStreams(uint value)
    {
        session.PeerMaxStreams = (int)Math.Min(value, int.MaxValue);
        return Http2Error.None;
    }

    public void OnPing(Http2Receiver receiver, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Stream != 0 || payload.Length != 8)
        {
            receiver.FailShape(header, "PING of a wrong size, or on a stream");
            return;
        }

        if (!receiver.CountIdle())
        {
            return;
        }

        if (!header.Has(FrameFlags.EndStream))
        {
            sender.Output.Header(8, FrameType.Ping, FrameFlags.EndStream, 0);
            payload.CopyTo(sender.Output.Take(8));
            return;
        }

        session.Clock.OnPong();
        bool ours = BinaryPrimitives.ReadUInt64BigEndian(payload) == Http2Session.DrainPing;
        if (ours && session.IsDraining && !receiver.HasSaidLast)
        {
            // Whatever the peer sent before it knew has arrived.
            sender.Output.GoAway(receiver.StopAtLast(), Http2Error.None);
        }

        handler.OnPong();
    }

    public void OnGoAway(Http2Receiver receiver, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Stream != 0 || payload.Length < 8)
        {
            receiver.FailShape(header, "GOAWAY of a wrong size, or on a stream");
            return;
        }

        var error = (Http2Error)BinaryPrimitives.ReadInt32BigEndian(payload[4..]);
        session.StopOpening(BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue, error);
        handler.OnGoAway(error);
    }
}
