using System.Text;
using Proxy.Cluster.Engine;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>What every engine keeps: keys, revisions, transactions and what goes wrong. The rest of the contract is in
/// <see cref="EngineLeaseContract"/> and <see cref="EngineWatchContract"/>; a provider's test class has all three.
/// </summary>
public abstract class EngineContract(EngineUnderTest server) : EngineWatchContract(server)
{
    private const int Contenders = 8;

    [Fact]
    public async Task What_was_put_is_read_on_every_node()
    {
        byte[] value = [0, 1, 255, 0, 10, 13];

        Revision at = await PutAsync("k", value);

        foreach (IClusterEngine node in Engine.Nodes)
        {
            ItemRead read = (await node.GetAsync(Key("k"), Cancel)).Value;
            Assert.Equal(value, read.Item?.Value.ToArray());
            Assert.Equal(at, read.Item?.Created);
            Assert.Equal(at, read.Item?.Modified);
            Assert.Equal(1, read.Item?.Version);
            Assert.Equal(LeaseId.None, read.Item?.Lease);
            Assert.True(read.Revision >= at);
        }
    }

    [Fact]
    public async Task A_key_that_is_not_there_is_no_fault()
    {
        EngineResult<ItemRead> read = await Node.GetAsync(Key("nothing"), Cancel);

        Assert.True(read.IsOk, read.ToString());
        Assert.Null(read.Value.Item);
        Assert.True(read.Value.Revision > default(Revision));
    }

    [Fact]
    public async Task A_key_remembers_who_made_it_until_it_is_deleted()
    {
        Revision made = await PutAsync("k", "1");
        Revision changed = await PutAsync("k", "2");
        EngineItem second = await ReadAsync("k");
        await CommitAsync(EngineTransaction.Of(new EngineWrite.Delete(Key("k"))));
        Revision again = await PutAsync("k", "3");
        EngineItem third = await ReadAsync("k");

        Assert.Equal((made, changed, 2L), (second.Created, second.Modified, second.Version));
        Assert.Equal((again, again, 1L), (third.Created, third.Modified, third.Version));
        Assert.True(made < changed && changed < again);
    }

    [Fact]
    public async Task A_list_has_exactly_the_prefix_in_order()
    {
        foreach (string name in new[] { "b/2", "b/10", "a/1", "b/1", "c", "b", "b0", "b/~" })
        {
            await PutAsync(name, name);
        }

        Listing listing = (await Node.ListAsync(Key("b/"), Cancel)).Value;

        Assert.Equal([Key("b/1"), Key("b/10"), Key("b/2"), Key("b/~")], listing.Items.Select(static item => item.Key));
        Assert.Equal(["b/1", "b/10", "b/2", "b/~"], listing.Items.Select(static item => Encoding.UTF8.GetString(item.Value.Span)));
        Assert.Equal((await ReadAsync("b/~")).Modified, listing.Revision);
        Assert.Empty((await Node.ListAsync(Key("x"), Cancel)).Value.Items);
    }

    [Fact]
    public async Task A_transaction_is_one_revision_for_all_its_writes()
    {
        Revision before = await PutAsync("gone", "x");

        CommitOutcome outcome = await CommitAsync(EngineTransaction.Of(
            new EngineWrite.Put(Key("b"), Bytes("1")),
            new EngineWrite.Delete(Key("gone")),
            new EngineWrite.Put(Key("a"), Bytes("2"))));

        Assert.True(outcome.Succeeded);
        Assert.Equal(before.Next, outcome.Revision);
        Listing listing = (await Node.ListAsync(Prefix, Cancel)).Value;
        Assert.Equal([Key("a"), Key("b")], listing.Items.Select(static item => item.Key));
        Assert.All(listing.Items, item => Assert.Equal(outcome.Revision, item.Modified));
    }

    [Fact]
    public async Task Deleting_what_is_not_there_takes_no_revision()
    {
        Revision before = await PutAsync("k", "x");

        CommitOutcome outcome = await CommitAsync(EngineTransaction.Of(new EngineWrite.Delete(Key("nothing"))));

        Assert.Equal(new CommitOutcome(true, before, []), outcome with { Found = [] });
        Assert.Equal(before.Next, await PutAsync("k", "y"));
    }

    [Fact]
    public async Task Compares_that_hold_let_the_writes_through()
    {
        Revision made = await PutAsync("k", "1");
        Revision changed = await PutAsync("k", "2");

        CommitOutcome outcome = await CommitAsync(new EngineTransaction(
            [
                EngineCompare.Absent(Key("new")), EngineCompare.VersionIs(Key("k"), 2),
                EngineCompare.CreatedAt(Key("k"), made), EngineCompare.ModifiedAt(Key("k"), changed),
                EngineCompare.ValueIs(Key("k"), Bytes("2")),
            ],
            [new EngineWrite.Put(Key("new"), Bytes("n"))]));

        Assert.True(outcome.Succeeded);
        Assert.Equal(changed.Next, outcome.Revision);
    }

    [Theory]
    [InlineData("absent")]
    [InlineData("version")]
    [InlineData("created")]
    [InlineData("modified")]
    [InlineData("value")]
    [InlineData("value of nothing")]
    [InlineData("empty value of nothing")]
    public async Task One_failed_compare_keeps_everything_and_shows_what_was_found(string which)
    {
        Revision made = await PutAsync("k", "1");
        Revision changed = await PutAsync("k", "2");
        EngineCompare wrong = which switch
        {
            "absent" => EngineCompare.Absent(Key("k")),
            "version" => EngineCompare.VersionIs(Key("k"), 1),
            "created" => EngineCompare.CreatedAt(Key("k"), changed),
            "modified" => EngineCompare.ModifiedAt(Key("k"), made),
            "value" => EngineCompare.ValueIs(Key("k"), Bytes("1")),
            "value of nothing" => EngineCompare.ValueIs(Key("nothing"), Bytes("1")),
            _ => EngineCompare.ValueIs(Key("nothing"), Bytes("")),
        };

        CommitOutcome outcome = await CommitAsync(new EngineTransaction(
            [EngineCompare.VersionIs(Key("k"), 2), wrong],
            [new EngineWrite.Put(Key("k"), Bytes("3")), new EngineWrite.Put(Key("new"), Bytes("n"))]));

        Assert.False(outcome.Succeeded);
        Assert.Equal(changed, outcome.Revision);
        EngineItem found = Assert.Single(outcome.Found);
        Assert.Equal((Key("k"), "2"), (found.Key, Encoding.UTF8.GetString(found.Value.Span)));
        Assert.Equal((made, changed, 2L), (found.Created, found.Modified, found.Version));
        Listing listing = (await Node.ListAsync(Prefix, Cancel)).Value;
        Assert.Equal(changed, Assert.Single(listing.Items).Modified);
    }

    [Fact]
    public async Task Of_many_contenders_one_wins_and_its_token_is_higher_than_all_before()
    {
        Revision last = default;
        for (int round = 0; round < 5; round++)
        {
            CommitOutcome[] outcomes = await Engine.FinishAsync(Task.WhenAll(
                from node in Engine.Nodes
                from contender in Enumerable.Range(0, Contenders)
                select ClaimAsync(node, contender)));

            CommitOutcome won = Assert.Single(outcomes, static outcome => outcome.Succeeded);
            Assert.True(won.Revision > last);
            Assert.All(
                outcomes.Where(outcome => outcome != won),
                outcome => Assert.Equal(won.Revision, outcome.Found[0].Created));
            Assert.Equal(won.Revision, (await ReadAsync("owner")).Created);
            last = won.Revision;
            await CommitAsync(EngineTransaction.Of(new EngineWrite.Delete(Key("owner"))));
        }

        async Task<CommitOutcome> ClaimAsync(IClusterEngine node, int contender)
        {
            await Engine.YieldAsync();
            var claim = EngineTransaction.Claim(Key("owner"), Bytes($"{contender}"), default);
            return Valid(await node.CommitAsync(claim, Cancel));
        }
    }

    [Fact]
    public async Task Counting_with_compare_and_set_loses_nothing()
    {
        const int Increments = 10;
        await PutAsync("count", "0");

        await Engine.FinishAsync(Task.WhenAll(Engine.Nodes.Select(async node =>
        {
            await Engine.YieldAsync();
            for (int done = 0; done < Increments;)
            {
                EngineItem item = Valid(await node.GetAsync(Key("count"), Cancel)).Item!;
                int next = int.Parse(Encoding.UTF8.GetString(item.Value.Span), null) + 1;
                CommitOutcome outcome = Valid(await node.CommitAsync(
                    new EngineTransaction(
                        [EngineCompare.ModifiedAt(item.Key, item.Modified)],
                        [new EngineWrite.Put(item.Key, Bytes($"{next}"))]),
                    Cancel));
                done += outcome.Succeeded ? 1 : 0;
            }
        })));

        Assert.Equal($"{Increments * Engine.Nodes.Count}", Encoding.UTF8.GetString((await ReadAsync("count")).Value.Span));
    }

    [Fact]
    public async Task A_zombie_cannot_write()
    {
        Revision token = (await CommitAsync(EngineTransaction.Claim(Key("owner"), Bytes("old"), default))).Revision;
        await CommitAsync(EngineTransaction.Of(new EngineWrite.Delete(Key("owner"))));
        await CommitAsync(EngineTransaction.Claim(Key("owner"), Bytes("new"), default));

        CommitOutcome outcome = await CommitAsync(new EngineTransaction(
            [EngineCompare.CreatedAt(Key("owner"), token)], [new EngineWrite.Put(Key("effect"), Bytes("zombie"))]));

        Assert.False(outcome.Succeeded);
        Assert.Null((await Node.GetAsync(Key("effect"), Cancel)).Value.Item);
    }

    [Fact]
    public async Task A_silent_engine_is_a_fault_within_the_deadline_and_an_engine_again_afterwards()
    {
        IClusterEngine node = Engine.Impatient;
        Revision before = await PutAsync("k", "1");
        long begin = Engine.Time.GetTimestamp();

        await Engine.FallSilentAsync();
        Task<EngineResult<ItemRead>> read = node.GetAsync(Key("k"), Cancel).AsTask();
        Task<EngineResult<CommitOutcome>> write =
            node.CommitAsync(EngineTransaction.Claim(Key("other"), default, default), Cancel).AsTask();
        Task<EngineResult<Lease>> grant = node.GrantAsync(TimeSpan.FromSeconds(5), Cancel).AsTask();
        await Engine.UntilAsync(
            () => read.IsCompleted && write.IsCompleted && grant.IsCompleted, () => "an answer to every call");
        TimeSpan taken = Engine.Time.GetElapsedTime(begin);
        EngineHealth health = node.Health;
        await Engine.AnswerAsync();

        Assert.Equal(EngineFaultKind.Unavailable, (await read).Fault?.Kind);
        Assert.Equal(EngineFaultKind.Unavailable, (await write).Fault?.Kind);
        Assert.Equal(EngineFaultKind.Unavailable, (await grant).Fault?.Kind);
        Assert.Equal(EngineState.Unavailable, health.State);
        Assert.NotEmpty(health.Reason);
        // The upper end leaves room for a machine that is busy with other things; a call without a deadline never ends.
        Assert.InRange(taken, Engine.Deadline / 2, (Engine.Deadline * 2) + TimeSpan.FromSeconds(15));
        Assert.Equal(before, (await EventuallyReadAsync("k", node)).Modified);
        Assert.Equal(EngineState.Available, node.Health.State);
    }

    [Fact]
    public async Task A_cancelled_call_ends_as_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Node.GetAsync(Key("k"), cancelled.Token));
    }

    [Fact]
    public async Task A_big_value_comes_back_whole()
    {
        byte[] value = new byte[700_000];
        new Random(5).NextBytes(value);

        await PutAsync("big", value);

        Assert.Equal(value, (await ReadAsync("big")).Value.ToArray());
    }
}
