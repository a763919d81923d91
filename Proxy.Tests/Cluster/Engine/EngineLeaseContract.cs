using Proxy.Cluster.Engine;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>What every engine keeps about leases.</summary>
public abstract class EngineLeaseContract(EngineUnderTest server) : EngineContractBase(server)
{
    // Leases are looked for every 500 ms, and a busy machine is late.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_lease_that_nobody_keeps_takes_its_keys_along_but_not_too_early()
    {
        Lease lease = await GrantAsync();
        long begin = Engine.Time.GetTimestamp();
        await PutAsync("b", Bytes("1"), lease.Id);
        Revision last = await PutAsync("a", Bytes("2"), lease.Id);
        await PutAsync("free", "3");
        await using var watch = new WatchRecorder(Engine.Nodes[1], Prefix, last.Next.Next);

        await Engine.UntilAsync(() => watch.Changes.Count >= 2, () => "both keys deleted");
        TimeSpan lived = Engine.Time.GetElapsedTime(begin);

        Assert.InRange(lived, lease.TimeToLive - TimeSpan.FromMilliseconds(100), lease.TimeToLive + Late);
        Assert.Equal([Key("a"), Key("b")], watch.Changes.Select(static change => change.Item.Key));
        Assert.All(watch.Changes, static change => Assert.Equal(ChangeKind.Delete, change.Kind));
        Assert.Single(watch.Changes.Select(static change => change.Item.Modified).Distinct());
        Assert.Equal(Key("free"), Assert.Single(Valid(await Node.ListAsync(Prefix, Cancel)).Items).Key);
        Assert.Equal(EngineFaultKind.LeaseLost, (await Node.KeepAliveAsync(lease.Id, Cancel)).Fault?.Kind);
    }

    [Fact]
    public async Task A_lease_is_never_shorter_than_asked()
    {
        var asked = TimeSpan.FromMilliseconds(7300);

        Lease lease = Valid(await Node.GrantAsync(asked, Cancel));
        Lease kept = Valid(await Node.KeepAliveAsync(lease.Id, Cancel));

        Assert.InRange(lease.TimeToLive, asked, TimeSpan.FromSeconds(8));
        Assert.Equal((lease.Id, lease.TimeToLive), (kept.Id, kept.TimeToLive));
    }

    [Fact]
    public async Task Who_keeps_the_lease_keeps_the_keys_whichever_node_asks()
    {
        Lease lease = await GrantAsync();
        Revision made = await PutAsync("k", Bytes("1"), lease.Id);
        long begin = Engine.Time.GetTimestamp();

        for (int i = 0; Engine.Time.GetElapsedTime(begin) < lease.TimeToLive * 2; i++)
        {
            Valid(await Engine.Nodes[i % 3].KeepAliveAsync(lease.Id, Cancel));
            await Engine.PassAsync(lease.TimeToLive / 4);
        }

        Assert.Equal((made, lease.Id), ((await ReadAsync("k")).Created, (await ReadAsync("k")).Lease));
    }

    [Fact]
    public async Task The_count_of_a_lease_begins_after_the_request_was_sent()
    {
        long before = Engine.Time.GetTimestamp();
        Lease granted = await GrantAsync();
        await Engine.PassAsync(TimeSpan.FromMilliseconds(200));
        Lease kept = Valid(await Node.KeepAliveAsync(granted.Id, Cancel));

        Assert.InRange(granted.SentAt, before, Engine.Time.GetTimestamp());
        Assert.True(Engine.Time.GetElapsedTime(granted.SentAt, kept.SentAt) >= TimeSpan.FromMilliseconds(150));
    }

    [Fact]
    public async Task Revoking_deletes_at_once_and_twice_is_no_fault()
    {
        Lease lease = await GrantAsync();
        Revision last = await PutAsync("k", Bytes("1"), lease.Id);

        Revision revoked = Valid(await Node.RevokeAsync(lease.Id, Cancel));

        Assert.True(revoked >= last.Next);
        Assert.Null(Valid(await Engine.Nodes[2].GetAsync(Key("k"), Cancel)).Item);
        Valid(await Node.RevokeAsync(lease.Id, Cancel));
        Assert.Equal(EngineFaultKind.LeaseLost, (await Node.KeepAliveAsync(lease.Id, Cancel)).Fault?.Kind);
        Assert.Equal(EngineFaultKind.LeaseLost, (await Node.ReattachAsync(lease.Id, Cancel)).Fault?.Kind);
    }

    [Fact]
    public async Task A_lost_lease_holds_no_new_key()
    {
        Lease lease = await GrantAsync();
        Valid(await Node.RevokeAsync(lease.Id, Cancel));
        Revision before = await PutAsync("other", "1");

        EngineResult<CommitOutcome> result = await Node.CommitAsync(
            EngineTransaction.Of(new EngineWrite.Put(Key("free"), Bytes("x")), new EngineWrite.Put(Key("k"), Bytes("1"), lease.Id)),
            Cancel);

        Assert.Equal(EngineFaultKind.LeaseLost, result.Fault?.Kind);
        Assert.Equal(before, Assert.Single(Valid(await Node.ListAsync(Prefix, Cancel)).Items).Modified);
    }

    [Fact]
    public async Task A_key_belongs_to_the_lease_of_its_latest_put()
    {
        Lease first = await GrantAsync();
        Lease second = await GrantAsync();
        await PutAsync("freed", Bytes("1"), first.Id);
        await PutAsync("freed", "2");
        await PutAsync("moved", Bytes("1"), first.Id);
        await PutAsync("moved", Bytes("2"), second.Id);

        Valid(await Node.RevokeAsync(first.Id, Cancel));
        Listing afterFirst = Valid(await Node.ListAsync(Prefix, Cancel));
        Valid(await Node.RevokeAsync(second.Id, Cancel));
        Listing afterSecond = Valid(await Node.ListAsync(Prefix, Cancel));

        Assert.Equal([Key("freed"), Key("moved")], afterFirst.Items.Select(static item => item.Key));
        Assert.Equal([Key("freed")], afterSecond.Items.Select(static item => item.Key));
    }

    [Fact]
    public async Task A_lease_is_taken_up_again_with_its_keys_after_an_interruption()
    {
        Lease lease = Valid(await Node.GrantAsync(TimeSpan.FromSeconds(15), Cancel));
        Revision made = await PutAsync("b", Bytes("1"), lease.Id);
        await PutAsync("a", Bytes("1"), lease.Id);

        await Engine.InterruptAsync();
        Task<AttachedLease> attach = ReattachAsync(lease.Id);
        await Engine.UntilAsync(() => attach.IsCompleted, () => "the lease again");

        Assert.Equal([Key("a"), Key("b")], (await attach).Keys);
        Assert.Equal(lease.TimeToLive, (await attach).Lease.TimeToLive);
        Assert.Equal(made, (await EventuallyReadAsync("b")).Created);
        await Node.RevokeAsync(lease.Id, Cancel);
    }

    private protected async Task<Lease> GrantAsync() => Valid(await Node.GrantAsync(Engine.ShortestLease, Cancel));

    private async Task<AttachedLease> ReattachAsync(LeaseId lease)
    {
        while (true)
        {
            EngineResult<AttachedLease> result = await Engine.Nodes[1].ReattachAsync(lease, Cancel);
            if (result.Fault is not { Kind: EngineFaultKind.Unavailable })
            {
                return Valid(result);
            }
        }
    }
}
