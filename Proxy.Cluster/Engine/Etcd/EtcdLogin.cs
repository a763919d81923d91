namespace Proxy.Cluster.Engine.Etcd;

/// <summary>The token of a user, fetched when first needed and again when etcd no longer takes it. Any
/// thread.</summary>
internal sealed class EtcdLogin(GrpcClient client, EtcdOptions options)
{
    private volatile string? _token;

    public bool IsNeeded => options.User.Length > 0;

    /// <summary>A null token without a fault: no log-in is needed.</summary>
    public async ValueTask<(string? Token, GrpcStatus Status)> TokenAsync(
        Uri endpoint, TimeSpan timeout, CancellationToken cancellation)
    {
        if (!IsNeeded || _token is not null)
        {
            return (_token, GrpcStatus.Ok);
        }

        GrpcReply reply = await client.CallAsync(
            endpoint, EtcdRequests.Authenticate, EtcdRequests.Login(options.User, options.Password), null, timeout,
            cancellation);
        if (reply.Status.Code == GrpcCode.Ok)
        {
            _token = EtcdReplies.Token(reply.Message);
        }

        // The call it was for has not been sent.
        return (_token, reply.Status with { WasSent = false });
    }

    /// <summary>Only the token that was refused: another call may have fetched a new one already.</summary>
    public void Forget(string? refused)
    {
        if (_token == refused)
        {
            _token = null;
        }
    }

    /// <summary>Status 16, and what 3.4 says with status 3 after users or roles were changed.</summary>
    public static bool IsStale(GrpcStatus status) =>
        status.Code == GrpcCode.Unauthenticated
        || (status.Code == GrpcCode.InvalidArgument
            && status.Message.Contains("revision of auth store is old", StringComparison.Ordinal));
}
