using Proxy.Cluster.Engine;
using Proxy.Cluster.Membership;

namespace Proxy.Tests.Cluster.Membership;

public sealed class SessionMachineTests
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(5);
    private static readonly LeaseId First = new(7);

    private readonly SessionMachine _machine = new(Ttl);

    [Fact]
    public void It_is_valid_for_four_fifths_of_its_time_from_the_sending_of_the_last_answered_call()
    {
        Assert.Equal(SessionCall.Grant, _machine.Handle(new SessionInput.Open(), At(0)).Ask);
        SessionEffects granted = Answer(First, sent: 0, now: 0.4);

        Assert.Equal(At(1), granted.Wake);
        Assert.True(_machine.Session.IsValid(At(3.9)));
        Assert.False(_machine.Session.IsValid(At(4)));
        Assert.Equal(SessionCall.KeepAlive, _machine.Handle(new SessionInput.Timer(), At(1.25)).Ask);
        Answer(First, sent: 1.25, now: 1.3);
        Assert.Equal(At(5.25), _machine.Session.ValidUntil);
    }

    [Fact]
    public void A_silent_engine_costs_no_new_lease()
    {
        _machine.Handle(new SessionInput.Open(), At(0));
        Answer(First, sent: 0, now: 0);
        for (int i = 1; i < 50; i++)
        {
            SessionEffects next = _machine.Handle(new SessionInput.Timer(), At(i));
            Assert.Equal(SessionCall.KeepAlive, next.Ask);
            Assert.Equal(First, next.Lease);
            Assert.NotNull(Fail(EngineFaultKind.Unavailable, i).Wake);
        }

        Assert.True(_machine.Session.Exists);
        Assert.False(_machine.Session.IsValid(At(50)));
    }

    [Fact]
    public void A_lost_lease_is_followed_by_a_new_one()
    {
        _machine.Handle(new SessionInput.Open(), At(0));
        Answer(First, sent: 0, now: 0);
        _machine.Handle(new SessionInput.Timer(), At(9));

        SessionEffects lost = Fail(EngineFaultKind.LeaseLost, 9);

        Assert.Equal(SessionCall.Grant, lost.Ask);
        Assert.False(_machine.Session.Exists);
    }

    [Fact]
    public void Closing_revokes_also_what_is_granted_afterwards()
    {
        _machine.Handle(new SessionInput.Open(), At(0));
        Assert.Equal(SessionCall.None, _machine.Handle(new SessionInput.Close(), At(0)).Ask);

        SessionEffects late = Answer(First, sent: 0, now: 1);

        Assert.Equal((SessionCall.Revoke, First), (late.Ask, late.Lease));
        Assert.False(_machine.Session.Exists);
        Assert.Equal(SessionCall.None, _machine.Handle(new SessionInput.Timer(), At(2)).Ask);
        Assert.Equal(SessionCall.Grant, _machine.Handle(new SessionInput.Open(), At(3)).Ask);
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private SessionEffects Answer(LeaseId lease, double sent, double now) =>
        _machine.Handle(new SessionInput.Answered(new Lease(lease, Ttl, 0), At(sent)), At(now));

    private SessionEffects Fail(EngineFaultKind kind, double now) =>
        _machine.Handle(new SessionInput.Answered(new EngineFault(kind, "test"), At(now)), At(now));
}
