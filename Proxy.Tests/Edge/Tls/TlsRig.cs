using System.Runtime.InteropServices;
using System.Text;
using Proxy.Edge.Engine;
using Proxy.Edge.Os.OpenSsl;
using Proxy.Edge.Tls;
using Proxy.Tests.Kit;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Edge.Tls;

/// <summary>A server's TLS channel over a wire in memory, and a client that shakes hands by OpenSSL and then seals and
/// opens records itself, so that it can send what no good client sends.</summary>
internal sealed unsafe class TlsRig : IDisposable
{
    private readonly SimLoop _loop = new(1);
    private readonly TlsLoop _shared;
    private readonly TlsLoop _clientLoop;
    private readonly TlsCipherSlots _slots = new();
    private readonly byte* _room = (byte*)NativeMemory.Alloc(64 * 1024);
    private readonly TlsContextHandle _clientContext = new(Ssl.TLS_client_method());
    private readonly nint _ssl;
    private readonly List<byte> _unread = [];

    /// <param name="suite">One of TLS 1.3, by its name.</param>
    public TlsRig(string suite = "TLS_AES_128_GCM_SHA256")
    {
        using var authority = new TestCertificates();
        TestCertificates.Leaf leaf = authority.Issue(["rig.test"]);
        var certificate = new TlsCertificate(
            "rig", Encoding.ASCII.GetBytes(leaf.CertificatePem), Encoding.ASCII.GetBytes(leaf.KeyPem), "", ["rig.test"]);
        Wire = new RigWire();
        Handler = new RigHandler();
        _shared = new TlsLoop(_loop);
        _clientLoop = new TlsLoop(_loop);
        Channel = TlsChannel.Server(
            _shared, Wire,
            new TlsServerContext(new TlsServerPolicy { Tickets = false }, [certificate], new TlsTicketKeys()), Handler);
        Handler.Channel = Channel;
        _clientContext.SetVersions(TlsVersion.Tls13, TlsVersion.Tls13);
        _clientContext.SetSuites("DEFAULT", suite, ["X25519"]);
        _ssl = Ssl.SSL_new(_clientContext.Handle);
        nint bio = _clientLoop.NewBio();
        Ssl.SSL_set_bio(_ssl, bio, bio);
        Ssl.SSL_set_connect_state(_ssl);
        Shake();
        TlsHandover handover = TlsHandover.Begin(_ssl, isServer: false)!;
        Client = handover.TryFinish(_ssl, _slots)!;
        handover.Forget();
    }

    public TlsChannel Channel { get; }

    public RigWire Wire { get; }

    public RigHandler Handler { get; }

    /// <summary>The client's records.</summary>
    public TlsRecords Client { get; }

    public void Dispose()
    {
        Channel.Close();
        Client.Dispose();
        Ssl.SSL_free(_ssl);
        _shared.Dispose();
        _clientLoop.Dispose();
        _slots.Dispose();
        NativeMemory.Free(_room);
    }

    /// <summary>Has the server answer once, which ends OpenSSL's part.</summary>
    public void TakeOver()
    {
        Handler.Send("first"u8);
        EndTurn();
        Assert.Equal("first", Encoding.ASCII.GetString(Read().Data));
    }

    /// <summary>A record of any content with padding.</summary>
    public byte[] Record(byte type, ReadOnlySpan<byte> data, int padding = 0)
    {
        byte[] inner = [.. data, type, .. new byte[padding]];
        fixed (byte* bytes = inner)
        {
            // What is sealed as the type is the last byte.
            int count = Client.Seal(inner[^1], bytes, inner.Length - 1, _room);
            return new ReadOnlySpan<byte>(_room, count).ToArray();
        }
    }

    public byte[] Update(bool asked)
    {
        byte[] wire = Record(22, [24, 0, 0, 1, (byte)(asked ? 1 : 0)]);
        Client.ChangeKeys();
        return wire;
    }

    /// <summary>Gives the server input as one receive.</summary>
    public void Give(ReadOnlySpan<byte> bytes)
    {
        const int Before = Proxy.Edge.Engine.Channel.Headroom;
        byte[] buffer = new byte[Before + bytes.Length + Proxy.Edge.Engine.Channel.Tailroom];
        bytes.CopyTo(buffer.AsSpan(Before));
        Channel.OnData(buffer, Before, bytes.Length);
    }

    public void EndTurn()
    {
        _loop.After(0, static () => { });
        _loop.Turn();
    }

    /// <summary>What the client finds in all that was sent so far: data, and how the last record came out.</summary>
    public (byte[] Data, RecordOutcome Last, int Updates) Read()
    {
        _unread.AddRange(Wire.TakeSent());
        byte[] wire = [.. _unread];
        var data = new List<byte>();
        RecordOutcome last = RecordOutcome.Incomplete;
        int updates = 0;
        int at = 0;
        fixed (byte* bytes = wire)
        {
            while (at < wire.Length)
            {
                RecordOutcome outcome = Client.Open(bytes + at, wire.Length - at, _room, out int taken, out int count);
                if (outcome == RecordOutcome.Incomplete)
                {
                    break;
                }

                last = outcome;
                at += taken;
                updates += outcome == RecordOutcome.Handled ? 1 : 0;
                data.AddRange(new ReadOnlySpan<byte>(_room, count));
                if (outcome == RecordOutcome.Broken)
                {
                    break;
                }
            }
        }

        _unread.RemoveRange(0, at);
        return ([.. data], last, updates);
    }

    private void Shake()
    {
        for (int i = 0; i < 4; i++)
        {
            byte[] received = Wire.TakeSent();
            fixed (byte* bytes = received)
            {
                _clientLoop.SetInput(bytes, received.Length);
                _ = Ssl.SSL_do_handshake(_ssl);
            }

            byte[] sent = _clientLoop.Out.AsSpan(0, _clientLoop.OutCount).ToArray();
            _clientLoop.OutCount = 0;
            if (sent.Length > 0)
            {
                Give(sent);
                EndTurn();
            }
        }

        Assert.True(Handler.IsConnected);
    }
}

/// <summary>The channel below: takes everything at once.</summary>
internal sealed class RigWire : Channel
{
    private readonly List<byte> _sent = [];

    public bool IsShutdown { get; private set; }

    public bool IsPaused { get; private set; }

    public override int UnsentBytes => 0;

    public byte[] TakeSent()
    {
        byte[] taken = [.. _sent];
        _sent.Clear();
        return taken;
    }

    public override void Send(byte[] buffer, int offset, int count) => _sent.AddRange(buffer.AsSpan(offset, count));

    public override void Pause() => IsPaused = true;

    public override void Resume() => IsPaused = false;

    public override bool SpliceTo(Channel target, long count) => false;

    public override void ShutdownSend() => IsShutdown = true;

    public override void CloseAfterFlush() => Close();

    public override void Close() => IsOpen = false;

    public override void Abort() => Close();

    public override bool HasUnreadInput() => false;
}

/// <summary>Keeps what it is told.</summary>
internal sealed class RigHandler : IChannelHandler
{
    public Channel Channel { get; set; } = null!;

    public List<byte> Data { get; } = [];

    /// <summary>Called behind each piece of data.</summary>
    public Action OnPiece { get; set; } = static () => { };

    public bool IsConnected { get; private set; }

    public int Ends { get; private set; }

    public ChannelError? Error { get; private set; }

    public void Send(ReadOnlySpan<byte> bytes) => Channel.Send(bytes.ToArray(), 0, bytes.Length);

    public void OnConnected() => IsConnected = true;

    public void OnData(byte[] buffer, int offset, int count)
    {
        Assert.Equal(0, Ends);
        Data.AddRange(buffer.AsSpan(offset, count));
        OnPiece();
    }

    public void OnEnd() => Ends++;

    public void OnDrained()
    {
    }

    public void OnSpliced(long count, bool done)
    {
    }

    public void OnFailed(ChannelError error) => Error = error;
}
