using System.Text;

namespace Proxy.Cluster.Engine.Etcd;

/// <summary>What we say to etcd: field numbers of its rpc.proto. Only the service paths and these numbers are its
/// protocol.</summary>
internal static class EtcdRequests
{
    public const string Range = "/etcdserverpb.KV/Range";
    public const string Txn = "/etcdserverpb.KV/Txn";
    public const string Watch = "/etcdserverpb.Watch/Watch";
    public const string LeaseGrant = "/etcdserverpb.Lease/LeaseGrant";
    public const string LeaseRevoke = "/etcdserverpb.Lease/LeaseRevoke";
    public const string LeaseKeepAlive = "/etcdserverpb.Lease/LeaseKeepAlive";
    public const string LeaseTimeToLive = "/etcdserverpb.Lease/LeaseTimeToLive";
    public const string Authenticate = "/etcdserverpb.Auth/Authenticate";

    public static ProtoWriter Get(string key) => new ProtoWriter().Text(1, key);

    public static ProtoWriter List(string prefix) => WithPrefix(prefix);

    public static ProtoWriter Commit(EngineTransaction transaction)
    {
        var message = new ProtoWriter();
        foreach (EngineCompare compare in transaction.Compares)
        {
            message.Message(1, Compare(compare));
        }

        foreach (EngineWrite write in transaction.Writes)
        {
            message.Message(2, Operation(write));
        }

        // When a compare fails: read what is there instead, at the same revision.
        foreach (string key in transaction.ComparedKeys())
        {
            message.Message(3, new ProtoWriter().Message(1, Get(key)));
        }

        return message;
    }

    public static ProtoWriter CreateWatch(string prefix, Revision from) =>
        new ProtoWriter().Message(1, WithPrefix(prefix).Number(3, from.Value));

    /// <summary>Asks a watch stream for a sign of life.</summary>
    public static ProtoWriter WatchProgress() => new ProtoWriter().Message(3, new ProtoWriter());

    public static ProtoWriter Grant(long seconds) => new ProtoWriter().Number(1, seconds);

    /// <summary>Of revoke and keep-alive.</summary>
    public static ProtoWriter OfLease(LeaseId lease) => new ProtoWriter().Number(1, lease.Value);

    public static ProtoWriter LeaseKeys(LeaseId lease) => OfLease(lease).Flag(2, true);

    public static ProtoWriter Login(string user, string password) => new ProtoWriter().Text(1, user).Text(2, password);

    private static ProtoWriter WithPrefix(string prefix)
    {
        // An empty key means none was given; the zero byte is before every key.
        ReadOnlySpan<byte> begin = prefix.Length == 0 ? [0] : Encoding.ASCII.GetBytes(prefix);
        return new ProtoWriter().Bytes(1, begin).Text(2, prefix + EngineKey.End);
    }

    // The result EQUAL and the target VERSION are 0 and thus left out.
    private static ProtoWriter Compare(EngineCompare compare)
    {
        var message = new ProtoWriter().Text(3, compare.Key);
        return compare.Target switch
        {
            CompareTarget.Version => message.NumberAlways(4, compare.Number),
            CompareTarget.Created => message.Number(2, 1).NumberAlways(5, compare.Number),
            CompareTarget.Modified => message.Number(2, 2).NumberAlways(6, compare.Number),
            CompareTarget.Value => message.Number(2, 3).Bytes(7, compare.Value.Span),
            _ => throw new InvalidOperationException($"unknown target {compare.Target}"),
        };
    }

    private static ProtoWriter Operation(EngineWrite write) => write switch
    {
        EngineWrite.Put put => new ProtoWriter().Message(
            2, new ProtoWriter().Text(1, put.Key).Bytes(2, put.Value.Span).Number(3, put.Lease.Value)),
        _ => new ProtoWriter().Message(3, new ProtoWriter().Text(1, write.Key)),
    };
}
