using System.Text;
using Proxy.Cluster.Engine;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>The short words in which the contract is written.</summary>
public abstract class EngineContractBase(EngineUnderTest server)
{
    private protected EngineUnderTest Engine { get; } = server;

    /// <summary>Of this test alone.</summary>
    private protected string Prefix { get; } = server.NewPrefix();

    private protected IClusterEngine Node => Engine.Nodes[0];

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private protected static T Valid<T>(EngineResult<T> result)
    {
        Assert.True(result.IsOk, result.ToString());
        return result.Value;
    }

    private protected string Key(string name) => Prefix + name;

    private protected async Task<CommitOutcome> CommitAsync(EngineTransaction transaction) =>
        Valid(await Node.CommitAsync(transaction, Cancel));

    private protected async Task<Revision> PutAsync(string name, ReadOnlyMemory<byte> value, LeaseId lease = default) =>
        (await CommitAsync(EngineTransaction.Of(new EngineWrite.Put(Key(name), value, lease)))).Revision;

    private protected Task<Revision> PutAsync(string name, string value) => PutAsync(name, Bytes(value));

    private protected async Task<EngineItem> ReadAsync(string name) =>
        Assert.IsType<EngineItem>(Valid(await Node.GetAsync(Key(name), Cancel)).Item);

    /// <summary>Once the engine answers again.</summary>
    private protected async Task<EngineItem> EventuallyReadAsync(
        string name, IClusterEngine? node = null)
    {
        Task<EngineItem> read = ReadOnceItAnswersAsync(name, node ?? Node);
        await Engine.UntilAsync(() => read.IsCompleted, () => $"an answer about {name}");
        return await read;
    }

    private async Task<EngineItem> ReadOnceItAnswersAsync(string name, IClusterEngine node)
    {
        EngineResult<ItemRead> result;
        do
        {
            result = await node.GetAsync(Key(name), Cancel);
        }
        while (!result.IsOk);

        return Assert.IsType<EngineItem>(result.Value.Item);
    }
}
