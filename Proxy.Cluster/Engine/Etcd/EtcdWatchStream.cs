namespace Proxy.Cluster.Engine.Etcd;

/// <summary>One watch stream to one member. Silence is answered with a question; a member that does not answer that is
/// frozen, however well its connection looks.</summary>
internal sealed class EtcdWatchStream : IAsyncDisposable
{
    private readonly Uri _member;
    private readonly EtcdConnection _connection;
    private readonly EtcdOptions _options;
    private readonly TimeProvider _time;
    private readonly GrpcRequestStream _requests;
    private readonly CancellationTokenSource _stop;
    private readonly Task<HttpResponseMessage> _opening;
    private HttpResponseMessage? _response;
    private Stream? _body;
    private Task<EngineResult<EtcdWatchReply>>? _reading;

    private EtcdWatchStream(
        EtcdConnection connection, EtcdOptions options, TimeProvider time, Uri member, string? token,
        ProtoWriter create)
    {
        (_connection, _options, _time, _member, Token) = (connection, options, time, member, token);
        _stop = new CancellationTokenSource();
        _requests = new GrpcRequestStream();
        _requests.Send(create);
        _opening = connection.Client.OpenAsync(member, EtcdRequests.Watch, _requests, token, _stop.Token).AsTask();
    }

    public static async ValueTask<EngineResult<EtcdWatchStream>> OpenAsync(
        EtcdConnection connection, EtcdOptions options, TimeProvider time, Uri member, ProtoWriter create,
        CancellationToken cancellation)
    {
        (string? token, GrpcStatus login) = await connection.Login.TokenAsync(member, options.Deadline, cancellation);
        return login.Code == GrpcCode.Ok
            ? new EtcdWatchStream(connection, options, time, member, token, create)
            : EtcdConnection.FaultOf(login);
    }

    /// <summary>With which it was opened.</summary>
    public string? Token { get; }

    /// <summary>The next message, or why there will be none: Denied, or Unavailable for everything else.</summary>
    public async ValueTask<EngineResult<EtcdWatchReply>> ReadAsync(CancellationToken cancellation)
    {
        Task<EngineResult<EtcdWatchReply>> reading = _reading ??= ReadFrameAsync();
        for (int silences = 0; ; silences++)
        {
            try
            {
                EngineResult<EtcdWatchReply> result =
                    await reading.WaitAsync(_options.WatchPatience, _time, cancellation);
                _reading = null;
                return result;
            }
            catch (TimeoutException)
            {
                if (silences >= 2)
                {
                    return EngineFault.Unavailable($"{_member} is silent");
                }

                _requests.Send(EtcdRequests.WatchProgress());
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _requests.End();
        await _stop.CancelAsync();
        if (_reading is not null)
        {
            await _reading;
        }

        try
        {
            // Usually in _response already; not when the member never answered.
            (await _opening).Dispose();
        }
        catch (Exception problem) when (problem is OperationCanceledException || GrpcClient.IsNetwork(problem))
        {
            // It was on its way out.
        }

        _requests.Dispose();
        _stop.Dispose();
    }

    private async Task<EngineResult<EtcdWatchReply>> ReadFrameAsync()
    {
        try
        {
            _response ??= await _opening;
            _body ??= await _response.Content.ReadAsStreamAsync(_stop.Token);
            byte[]? message = await GrpcFrames.ReadAsync(_body, _stop.Token);
            return message is not null ? EtcdReplies.Watch(message) : End(GrpcClient.StatusOf(_response));
        }
        catch (OperationCanceledException)
        {
            return EngineFault.Unavailable($"{_member}: closed by us");
        }
        catch (Exception problem) when (GrpcClient.IsNetwork(problem))
        {
            return EngineFault.Unavailable(GrpcClient.StatusOf(_member, problem).Message);
        }
    }

    private EngineFault End(GrpcStatus status)
    {
        if (_connection.Login.IsNeeded && EtcdLogin.IsStale(status))
        {
            _connection.Login.Forget(Token);
            return EngineFault.Unavailable(status.ToString());
        }

        EngineFault fault = EtcdConnection.FaultOf(status);
        return fault.Kind == EngineFaultKind.Denied ? fault : EngineFault.Unavailable($"{_member}: {status}");
    }
}
