using Proxy.Cluster.Engine;
using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Singletons;

/// <summary>Who owns what and who is nominated, as far as the feed has come.</summary>
internal sealed class OwnerTable(ClusterKeys keys)
{
    private readonly Dictionary<string, Ownership> _owners = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OwnerRecord> _nominees = new(StringComparer.Ordinal);

    public Revision Revision { get; private set; }

    public bool IsSilent { get; private set; } = true;

    public IReadOnlyDictionary<string, Ownership> Owners => _owners;

    public Ownership? OwnerOf(string singleton) =>
        _owners.TryGetValue(singleton, out Ownership owner) ? owner : null;

    public OwnerRecord? NomineeOf(string singleton) => _nominees.GetValueOrDefault(singleton);

    public void Apply(FeedSignal signal)
    {
        IsSilent = signal is FeedSignal.Stalled;
        switch (signal)
        {
            case FeedSignal.Listed listed:
                _owners.Clear();
                _nominees.Clear();
                foreach (EngineItem item in listed.Listing.Items)
                {
                    Put(item);
                }

                Revision = listed.Listing.Revision;
                break;
            case FeedSignal.Changed changed:
                foreach (EngineChange change in changed.Changes)
                {
                    Apply(change);
                }

                Revision = changed.Revision;
                break;
            default:
                break;
        }
    }

    private void Apply(EngineChange change)
    {
        if (change.Kind == ChangeKind.Put)
        {
            Put(change.Item);
        }
        else if (NameIn(change.Item.Key, keys.Owners) is { } owned)
        {
            _owners.Remove(owned);
        }
        else if (NameIn(change.Item.Key, keys.Nominees) is { } nominated)
        {
            _nominees.Remove(nominated);
        }
    }

    private void Put(EngineItem item)
    {
        if (OwnerRecord.Read(item.Value) is not { } record)
        {
            return;
        }

        if (NameIn(item.Key, keys.Owners) is { } owned)
        {
            _owners[owned] = new Ownership(record, item.Modified, item.Lease);
        }
        else if (NameIn(item.Key, keys.Nominees) is { } nominated)
        {
            _nominees[nominated] = record;
        }
    }

    private static string? NameIn(string key, string prefix) =>
        key.StartsWith(prefix, StringComparison.Ordinal) ? key[prefix.Length..] : null;
}
