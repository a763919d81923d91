using System.Text;

namespace Proxy.Cluster.Engine.Etcd;

/// <summary>What etcd says: field numbers of its rpc.proto and kv.proto.</summary>
internal static class EtcdReplies
{
    // etcd's own limit.
    private const long MaxLeaseSeconds = 9_000_000_000;

    /// <summary>Of every reply.</summary>
    public static Revision RevisionOf(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                return HeaderRevision(reader.Bytes);
            }
        }

        return default;
    }

    public static List<EngineItem> Items(ReadOnlySpan<byte> message)
    {
        var items = new List<EngineItem>();
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 2)
            {
                items.Add(Item(reader.Bytes));
            }
        }

        return items;
    }

    public static CommitOutcome Outcome(ReadOnlySpan<byte> message)
    {
        bool succeeded = false;
        var found = new List<EngineItem>();
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    succeeded = reader.Number != 0;
                    break;
                case 3:
                    found.AddRange(RangeOf(reader.Bytes));
                    break;
                default:
                    break;
            }
        }

        return new CommitOutcome(succeeded, RevisionOf(message), succeeded ? [] : found);
    }

    /// <summary>Of grant and keep-alive. A time to live of 0 or less: the lease has ended.</summary>
    public static (LeaseId Id, TimeSpan TimeToLive) Lease(ReadOnlySpan<byte> message)
    {
        (long id, long seconds) = (0, 0);
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            (id, seconds) = reader.Field switch
            {
                2 => (reader.Number, seconds),
                3 => (id, reader.Number),
                _ => (id, seconds),
            };
        }

        return (new LeaseId(id), TimeSpan.FromSeconds(Math.Clamp(seconds, -1, MaxLeaseSeconds)));
    }

    public static List<string> LeaseKeys(ReadOnlySpan<byte> message)
    {
        var keys = new List<string>();
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 5)
            {
                keys.Add(reader.Text);
            }
        }

        keys.Sort(StringComparer.Ordinal);
        return keys;
    }

    public static string Token(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 2)
            {
                return reader.Text;
            }
        }

        return "";
    }

    public static EtcdWatchReply Watch(ReadOnlySpan<byte> message)
    {
        var reply = new EtcdWatchReply();
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    reply.IsCreated = reader.Number != 0;
                    break;
                case 4:
                    reply.IsCanceled = reader.Number != 0;
                    break;
                case 5:
                    reply.Compacted = new Revision(reader.Number);
                    break;
                case 6:
                    reply.Reason = reader.Text;
                    break;
                case 11:
                    reply.Changes.Add(Event(reader.Bytes));
                    break;
                default:
                    break;
            }
        }

        return reply;
    }

    private static EngineChange Event(ReadOnlySpan<byte> message)
    {
        bool isDelete = false;
        EngineItem? item = null;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            (isDelete, item) = reader.Field switch
            {
                1 => (reader.Number == 1, item),
                2 => (isDelete, Item(reader.Bytes)),
                _ => (isDelete, item),
            };
        }

        if (item is null)
        {
            throw new InvalidDataException("an event without a key");
        }

        return isDelete ? EngineChange.Deleted(item.Key, item.Modified) : new EngineChange(ChangeKind.Put, item);
    }

    private static List<EngineItem> RangeOf(ReadOnlySpan<byte> response)
    {
        var reader = new ProtoReader(response);
        return reader.Next() && reader.Field == 1 ? Items(reader.Bytes) : [];
    }

    private static EngineItem Item(ReadOnlySpan<byte> message)
    {
        string key = "";
        byte[] value = [];
        (long created, long modified, long version, long lease) = (0, 0, 0, 0);
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    key = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case 2:
                    created = reader.Number;
                    break;
                case 3:
                    modified = reader.Number;
                    break;
                case 4:
                    version = reader.Number;
                    break;
                case 5:
                    value = reader.Bytes.ToArray();
                    break;
                case 6:
                    lease = reader.Number;
                    break;
                default:
                    break;
            }
        }

        return new EngineItem(key, value, new Revision(created), new Revision(modified), version, new LeaseId(lease));
    }

    private static Revision HeaderRevision(ReadOnlySpan<byte> header)
    {
        var reader = new ProtoReader(header);
        while (reader.Next())
        {
            if (reader.Field == 3)
            {
                return new Revision(reader.Number);
            }
        }

        return default;
    }
}

/// <summary>One message of a watch stream.</summary>
internal sealed class EtcdWatchReply
{
    public bool IsCreated { get; set; }

    public bool IsCanceled { get; set; }

    /// <summary>Why it was cancelled, when not 0: the oldest revision still there.</summary>
    public Revision Compacted { get; set; }

    public string Reason { get; set; } = "";

    public List<EngineChange> Changes { get; } = [];
}
