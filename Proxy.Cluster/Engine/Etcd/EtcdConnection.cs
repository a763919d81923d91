namespace Proxy.Cluster.Engine.Etcd;

/// <summary>Calls to whichever member answers. Any thread.</summary>
internal sealed class EtcdConnection : IDisposable
{
    private readonly EtcdOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    public EtcdConnection(EtcdOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _http = EtcdTransport.Create(options);
        Client = new GrpcClient(_http, time);
        Endpoints = new EtcdEndpoints(options.Endpoints);
        Login = new EtcdLogin(Client, options);
    }

    public GrpcClient Client { get; }

    public EtcdEndpoints Endpoints { get; }

    public EtcdLogin Login { get; }

    /// <summary>One call with as many attempts as the deadline has room for. A write is tried again only when the
    /// first try certainly did not reach anybody.</summary>
    public async ValueTask<(EngineResult<byte[]> Result, Uri Member)> CallAsync(
        string method, ProtoWriter message, bool isRead, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        long begin = _time.GetTimestamp();
        for (int attempt = 1; ; attempt++)
        {
            Uri member = Endpoints.Current;
            TimeSpan left = _options.Deadline - _time.GetElapsedTime(begin);
            TimeSpan timeout = isRead && Endpoints.Count > 1 ? Shorter(left, _options.Deadline / 2) : left;
            GrpcReply reply = await CallAsync(member, method, message, timeout, cancellation);
            if (reply.Status.Code == GrpcCode.Ok)
            {
                return (reply.Message, member);
            }

            EngineFault fault = FaultOf(reply.Status);
            if (fault.Kind != EngineFaultKind.Unavailable)
            {
                return (fault, member);
            }

            Endpoints.Leave(member);
            bool mayRepeat = (isRead || !reply.Status.WasSent) && attempt < Endpoints.Count;
            if (!mayRepeat || _time.GetElapsedTime(begin) > _options.Deadline * 0.9)
            {
                return (fault, member);
            }
        }
    }

    /// <summary>One try at one member, logged in.</summary>
    public async ValueTask<GrpcReply> CallAsync(
        Uri member, string method, ProtoWriter message, TimeSpan timeout, CancellationToken cancellation)
    {
        for (bool again = false; ; again = true)
        {
            (string? token, GrpcStatus login) = await Login.TokenAsync(member, timeout, cancellation);
            if (login.Code != GrpcCode.Ok)
            {
                return new GrpcReply(login, []);
            }

            GrpcReply reply = await Client.CallAsync(member, method, message, token, timeout, cancellation);
            if (again || !Login.IsNeeded || !EtcdLogin.IsStale(reply.Status))
            {
                return reply;
            }

            // Refused before it was looked at, so it can be sent again.
            Login.Forget(token);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Without what needs to know the request: a compacted revision, the id of a lease.</summary>
    public static EngineFault FaultOf(GrpcStatus status) => status.Code switch
    {
        GrpcCode.PermissionDenied or GrpcCode.Unauthenticated => EngineFault.Denied(status.ToString()),
        GrpcCode.NotFound => new EngineFault(EngineFaultKind.LeaseLost, status.ToString()),
        GrpcCode.OutOfRange => new EngineFault(EngineFaultKind.Compacted, status.ToString()),
        GrpcCode.InvalidArgument => EngineFault.Denied(status.ToString()),
        _ => EngineFault.Unavailable(status.ToString()),
    };

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
