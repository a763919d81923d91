using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Machine;

/// <summary>One virtual router (RFC 5798 6.4, RFC 3768 6.4) as a pure machine: no clock, no socket, and nothing is
/// allocated after construction. Times are microseconds of one monotonic clock. Where it goes beyond the RFC:
/// <list type="bullet">
/// <item>a master says one last advert before it steps back, and a master that hears a lower one answers and announces
/// again. Without both, the winner of a healed partition never learns that clients were told another place, and they
/// keep sending there;</item>
/// <item>when the master itself resigns, candidates wait milliseconds and not the skew time;</item>
/// <item>a hint from a second path shortens the wait, but a probe or any advert overrules it;</item>
/// <item>an instance that finds its addresses on the interface keeps them until it is clear who is master.</item>
/// </list></summary>
internal sealed class VrrpMachine(VrrpRules rules, VrrpPolicy policy)
{
    private readonly int[] _weights = new int[(int)VrrpTrack.Group + 1];
    private Announcements _announcements = new(policy.Announcements);
    private uint _faults;
    private long _masterInterval = rules.Interval;
    private long _advertAt;
    private long _downAt;
    private long _preemptAt = long.MaxValue;
    private bool _isHinted;
    private bool _isProbing;
    private bool _isExcused;

    public VrrpState State { get; private set; }

    /// <summary>What is advertised: the configured priority and all weights, kept between 1 and 254. An owner stays
    /// 255 and nobody else becomes it.</summary>
    public byte Priority { get; private set; } = policy.Priority;

    public VrrpRules Rules => rules;

    /// <summary>Our primary address on the interface, the tie-break. Known late, and may change.</summary>
    public NetAddress Primary { get; set; }

    /// <summary>Who the master is as far as we know; ourselves when <see cref="State"/> says so.</summary>
    public NetAddress Master { get; private set; }

    /// <summary>Whether our addresses should be on the interface.</summary>
    public bool HoldsAddresses { get; private set; }

    /// <summary>When a master says its next advert.</summary>
    public long AdvertAt => _advertAt;

    /// <summary>Bit by <see cref="VrrpTrack"/>.</summary>
    public uint Faults => _faults;

    /// <summary>When a Tick is wanted, or long.MaxValue.</summary>
    public long NextTimer => State switch
    {
        VrrpState.Backup => _downAt,
        VrrpState.Master => Math.Min(_advertAt, _announcements.Next),
        _ => long.MaxValue,
    };

    public VrrpEffects Handle(in VrrpInput input, long now)
    {
        VrrpState before = State;
        VrrpEffects effects = input.Kind switch
        {
            VrrpInputKind.Tick => OnTick(now),
            VrrpInputKind.Advert => OnAdvert(input.Packet, now),
            VrrpInputKind.Start => OnStart(now, isAdopting: false),
            VrrpInputKind.Adopt => OnStart(now, isAdopting: true),
            VrrpInputKind.Shutdown => OnShutdown(),
            VrrpInputKind.Fault => OnFault(input.Track, input.Amount != 0, now),
            VrrpInputKind.Weight => OnWeight(input.Track, input.Amount, now),
            VrrpInputKind.Resign => OnResign(now),
            VrrpInputKind.Yield => State == VrrpState.Master ? StepBack(now) : VrrpEffects.None,
            VrrpInputKind.TakeOver => State == VrrpState.Backup ? BecomeMaster(now) : VrrpEffects.None,
            VrrpInputKind.AddressLost => OnAddressLost(now),
            VrrpInputKind.PeerDied => OnHint(input.Peer, isCertain: false, now),
            VrrpInputKind.PeerResigned => OnHint(input.Peer, isCertain: true, now),
            VrrpInputKind.PeerAppeared => State == VrrpState.Master ? Reassert(now) : VrrpEffects.None,
            _ => throw new ArgumentOutOfRangeException(nameof(input), input.Kind, null),
        };
        return State == before ? effects : effects | VrrpEffects.StateChanged;
    }

    private VrrpEffects OnStart(long now, bool isAdopting)
    {
        if (State != VrrpState.Initialize)
        {
            return VrrpEffects.None;
        }

        HoldsAddresses = isAdopting;
        return _faults != 0 ? BecomeFaulty() : BeginElection(now);
    }

    private VrrpEffects OnShutdown()
    {
        VrrpEffects effects = (State == VrrpState.Master ? VrrpEffects.SendResign : VrrpEffects.None) | Drop();
        State = VrrpState.Initialize;
        return effects;
    }

    private VrrpEffects OnTick(long now) => State switch
    {
        VrrpState.Backup when now >= _downAt => OnMasterDown(now),
        VrrpState.Master => OnMasterTick(now),
        _ => VrrpEffects.None,
    };

    private VrrpEffects OnMasterDown(long now)
    {
        if (!_isExcused && !_isHinted && !_isProbing && now - _downAt >= policy.Punctual)
        {
            // This router was stopped itself, and cannot tell who else was. A master that was stopped with it speaks as
            // soon as it goes on; stopped for long, it may take an interval to come to itself.
            _isExcused = true;
            _downAt = now + (now - _downAt < _masterInterval / 2 ? policy.ProbeWait : _masterInterval);
            return VrrpEffects.None;
        }

        if (!_isHinted)
        {
            return BecomeMaster(now);
        }

        _isHinted = false;
        _isProbing = true;
        _downAt = now + policy.ProbeWait;
        return VrrpEffects.SendProbe;
    }

    private VrrpEffects OnMasterTick(long now)
    {
        VrrpEffects effects = _announcements.TryTake(now) ? VrrpEffects.Announce : VrrpEffects.None;
        if (now < _advertAt)
        {
            return effects;
        }

        // Keeps the beat, unless it is a whole interval behind: then there is no beat left to keep.
        _advertAt += rules.Interval;
        if (_advertAt <= now)
        {
            _advertAt = now + rules.Interval;
        }

        return effects | VrrpEffects.SendAdvert;
    }

    private VrrpEffects OnAdvert(in VrrpAdvert packet, long now) => State switch
    {
        VrrpState.Backup => OnAdvertAsBackup(packet, now),
        VrrpState.Master => OnAdvertAsMaster(packet, now),
        _ => VrrpEffects.None,
    };

    private VrrpEffects OnAdvertAsBackup(in VrrpAdvert packet, long now)
    {
        if (packet.Priority == 0)
        {
            // Only shorter: another resigner must not prolong a wait that ends sooner.
            _downAt = Math.Min(_downAt, now + WaitAfterResign(packet.Source));
            _isHinted = _isProbing = false;
            _isExcused = true;
            return VrrpEffects.None;
        }

        // Another candidate's probe, not a master: two that defer to each other's would both wait.
        bool isProbe = packet.Priority == 1 && packet.Source != Master && (_isHinted || _isProbing);
        if (isProbe || (packet.Priority < Priority && !Tolerates(now)))
        {
            return VrrpEffects.None;
        }

        if (packet.Priority >= Priority)
        {
            _preemptAt = long.MaxValue;
        }

        Follow(packet, now);
        return Drop();
    }

    /// <summary>RFC 5798 6.4.2 waits the skew time, up to a whole interval, for the better candidate's first advert.
    /// When the master itself resigns there is nobody else to wait for, and the order of the candidates needs far
    /// less.</summary>
    private long WaitAfterResign(NetAddress source)
    {
        long skew = VrrpTimers.Skew(rules.Version, Priority, _masterInterval);
        return source == Master ? Math.Min(skew, (256 - Priority) * policy.HintStep) : skew;
    }

    /// <summary>A master of lower priority: leave it alone?</summary>
    private bool Tolerates(long now)
    {
        if (!policy.Preempt)
        {
            return true;
        }

        if (_preemptAt == long.MaxValue)
        {
            _preemptAt = now + policy.PreemptDelay;
        }

        return now < _preemptAt;
    }

    private VrrpEffects OnAdvertAsMaster(in VrrpAdvert packet, long now)
    {
        if (packet.Priority == 0)
        {
            return Reassert(now);
        }

        int difference = packet.Priority.CompareTo(Priority);
        if (difference == 0)
        {
            difference = packet.Source.CompareTo(Primary);
        }

        // RFC 5798 7.1: an owner yields to nobody.
        if (difference <= 0 || Priority == VrrpPolicy.Owner)
        {
            return difference < 0 ? Reassert(now) : VrrpEffects.None;
        }

        VrrpEffects effects = StepBack(now);
        Follow(packet, now);
        return effects;
    }

    private VrrpEffects OnFault(VrrpTrack track, bool isFaulty, long now)
    {
        uint bit = 1u << (int)track;
        _faults = isFaulty ? _faults | bit : _faults & ~bit;
        return State switch
        {
            VrrpState.Initialize => VrrpEffects.None,
            VrrpState.Fault => _faults == 0 ? BeginElection(now) : VrrpEffects.None,
            _ => _faults != 0 ? BecomeFaulty() : VrrpEffects.None,
        };
    }

    private VrrpEffects OnWeight(VrrpTrack track, int weight, long now)
    {
        _weights[(int)track] = weight;
        if (policy.Priority == VrrpPolicy.Owner)
        {
            return VrrpEffects.None;
        }

        int sum = policy.Priority;
        foreach (int each in _weights)
        {
            sum += each;
        }

        byte old = Priority;
        Priority = (byte)Math.Clamp(sum, 1, VrrpPolicy.Owner - 1);
        if (State != VrrpState.Master || Priority == old)
        {
            return VrrpEffects.None;
        }

        // A better peer should hear now, not at the next beat.
        _advertAt = now + rules.Interval;
        return VrrpEffects.SendAdvert;
    }

    private VrrpEffects OnResign(long now)
    {
        if (State != VrrpState.Master)
        {
            return VrrpEffects.None;
        }

        VrrpEffects effects = VrrpEffects.SendResign | Drop();
        BecomeBackup(now);
        _preemptAt = now + Math.Max(policy.ResignHold, policy.PreemptDelay);
        return effects;
    }

    private VrrpEffects OnAddressLost(long now)
    {
        if (State != VrrpState.Master)
        {
            return VrrpEffects.None;
        }

        _announcements.Begin(now);
        return VrrpEffects.AddAddresses | Announced(now);
    }

    private VrrpEffects OnHint(NetAddress peer, bool isCertain, long now)
    {
        if (State != VrrpState.Backup || peer != Master || peer.IsNone)
        {
            return VrrpEffects.None;
        }

        long at = now + ((256 - Priority) * policy.HintStep);
        if (at < _downAt)
        {
            _downAt = at;
            _isHinted = !isCertain;
            _isProbing = false;
        }

        return VrrpEffects.None;
    }

    /// <summary>Says who and where we are, because somebody may believe otherwise.</summary>
    private VrrpEffects Reassert(long now)
    {
        _advertAt = now + rules.Interval;
        _announcements.Begin(now);
        return VrrpEffects.SendAdvert | Announced(now);
    }

    private VrrpEffects BeginElection(long now)
    {
        if (Priority == VrrpPolicy.Owner)
        {
            return BecomeMaster(now);
        }

        BecomeBackup(now);
        if (HoldsAddresses)
        {
            // Peers lost our adverts some time ago already. One interval is enough to hear whether one took over.
            _downAt = now + rules.Interval + ((256 - Priority) * policy.HintStep);
        }

        return VrrpEffects.None;
    }

    private VrrpEffects BecomeMaster(long now)
    {
        State = VrrpState.Master;
        Master = Primary;
        HoldsAddresses = true;
        _isHinted = _isProbing = false;
        _advertAt = now + rules.Interval;
        _announcements.Begin(now);
        return VrrpEffects.SendAdvert | VrrpEffects.AddAddresses | Announced(now);
    }

    private VrrpEffects StepBack(long now)
    {
        VrrpEffects effects = VrrpEffects.SendAdvert | Drop();
        BecomeBackup(now);
        return effects;
    }

    private VrrpEffects BecomeFaulty()
    {
        VrrpEffects effects = (State == VrrpState.Master ? VrrpEffects.SendResign : VrrpEffects.None) | Drop();
        State = VrrpState.Fault;
        Master = NetAddress.None;
        return effects;
    }

    private void BecomeBackup(long now)
    {
        State = VrrpState.Backup;
        Master = NetAddress.None;
        _preemptAt = long.MaxValue;
        _isHinted = _isProbing = false;
        _masterInterval = rules.Interval;
        RestartDownTimer(now);
    }

    /// <summary>Takes the sender for the master and learns its interval (RFC 5798 6.4.2).</summary>
    private void Follow(in VrrpAdvert packet, long now)
    {
        Master = packet.Source;
        _masterInterval = packet.Interval;
        _isHinted = _isProbing = false;
        RestartDownTimer(now);
    }

    private void RestartDownTimer(long now)
    {
        _isExcused = false;
        _downAt = now + VrrpTimers.MasterDown(rules.Version, Priority, _masterInterval, policy.DownAdverts);
    }

    private VrrpEffects Announced(long now) =>
        _announcements.TryTake(now) ? VrrpEffects.Announce : VrrpEffects.None;

    private VrrpEffects Drop()
    {
        _announcements.Stop();
        VrrpEffects effects = HoldsAddresses ? VrrpEffects.RemoveAddresses : VrrpEffects.None;
        HoldsAddresses = false;
        return effects;
    }
}
