using Proxy.Edge.Os.OpenSsl;
using Proxy.Edge.Tls;

namespace Proxy.Tests.Simulation;

/// <summary>OpenSSL as the client of a simulated connection: sends data in pieces of any size, takes what comes back,
/// and ends with close_notify once all of it has come.</summary>
internal sealed unsafe class TlsSimulationClient : ISimScript, IDisposable
{
    private readonly SimLoop _loop;
    private readonly SimPeer _peer;
    private readonly TlsLoop _area;
    private readonly TlsContextHandle _context = new(Ssl.TLS_client_method());
    private readonly nint _ssl;
    private readonly byte[] _data;
    private readonly List<byte> _received = [];
    private readonly byte[] _plain = new byte[20_000];
    private byte[] _input = [];
    private int _sent;
    private bool _shaken;

    public TlsSimulationClient(SimLoop loop, SimPeer peer, TlsVersion version, string suite, byte[] data)
    {
        (_loop, _peer, _data) = (loop, peer, data);
        _area = new TlsLoop(loop);
        _context.SetVersions(version, version);
        _context.SetSuites("DEFAULT", suite, ["X25519", "P-256"]);
        _ssl = Ssl.SSL_new(_context.Handle);
        nint bio = _area.NewBio();
        Ssl.SSL_set_bio(_ssl, bio, bio);
        Ssl.SSL_set_connect_state(_ssl);
    }

    public IReadOnlyList<byte> Received => _received;

    /// <summary>The proxy has ended in order.</summary>
    public bool SawEnd { get; private set; }

    public string? Problem { get; private set; }

    public void Step()
    {
        if (Problem is not null || SawEnd)
        {
            return;
        }

        fixed (byte* input = _input)
        {
            _area.SetInput(input, _input.Length);
            Work();
            _input = new ReadOnlySpan<byte>(_area.In, _area.InCount).ToArray();
            _area.SetInput(null, 0);
        }

        if (_area.OutCount > 0)
        {
            _peer.Send(_area.Out.AsSpan(0, _area.OutCount).ToArray(), _loop.Random.Next(3) * 50);
            _area.OutCount = 0;
        }
    }

    public void OnBytes(ReadOnlySpan<byte> bytes)
    {
        _input = [.. _input, .. bytes];
        Step();
    }

    public void OnEnd()
    {
    }

    public void OnReset() => Problem ??= "reset";

    public void Dispose()
    {
        Ssl.SSL_free(_ssl);
        Crypto.ERR_clear_error();
        _area.Dispose();
        GC.KeepAlive(_context);
    }

    private void Work()
    {
        if (!_shaken)
        {
            int result = Ssl.SSL_do_handshake(_ssl);
            _shaken = result == 1;
            if (!_shaken)
            {
                Check(result);
                return;
            }
        }

        ReadAll();
        int piece = Math.Min(_data.Length - _sent, 1 + _loop.Random.Next(_loop.Random.Next(2) == 0 ? 100 : 16_000));
        if (piece > 0)
        {
            fixed (byte* bytes = _data)
            {
                int written = Ssl.SSL_write(_ssl, bytes + _sent, piece);
                _sent += Math.Max(0, written);
            }

            _loop.After(_loop.Random.Next(400), Step);
        }
    }

    private void ReadAll()
    {
        fixed (byte* into = _plain)
        {
            int count;
            while ((count = Ssl.SSL_read(_ssl, into, _plain.Length)) > 0)
            {
                _received.AddRange(_plain.AsSpan(0, count));
            }

            Check(count);
        }

        if (_received.Count == _data.Length)
        {
            _ = Ssl.SSL_shutdown(_ssl);
        }
    }

    private void Check(int result)
    {
        int error = Ssl.SSL_get_error(_ssl, result);
        SawEnd |= error == Ssl.SSL_ERROR_ZERO_RETURN;
        if (error is not (Ssl.SSL_ERROR_WANT_READ or Ssl.SSL_ERROR_WANT_WRITE or Ssl.SSL_ERROR_ZERO_RETURN))
        {
            Problem = $"{error}: {OpenSslLibrary.TakeError()}";
        }
    }
}
