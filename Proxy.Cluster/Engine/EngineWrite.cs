namespace Proxy.Cluster.Engine;

/// <summary>One effect of a transaction.</summary>
internal abstract record EngineWrite
{
    private EngineWrite(string key) => Key = EngineKey.Checked(key);

    public string Key { get; }

    /// <summary>A put without a lease takes the key off the lease it was on.</summary>
    internal sealed record Put : EngineWrite
    {
        public Put(string key, ReadOnlyMemory<byte> value, LeaseId lease = default)
            : base(key)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, EngineTransaction.MaxValueBytes);
            (Value, Lease) = (value, lease);
        }

        public ReadOnlyMemory<byte> Value { get; }

        public LeaseId Lease { get; }
    }

    /// <summary>Deleting a key that is not there is no change and takes no revision.</summary>
    internal sealed record Delete : EngineWrite
    {
        public Delete(string key)
            : base(key)
        {
        }
    }
}
