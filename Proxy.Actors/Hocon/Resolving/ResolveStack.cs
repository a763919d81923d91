namespace Proxy.Actors.Hocon.Resolving;

/// <summary>
/// What is being resolved right now: the layers entered, each of which cuts its slot, and the substitutions whose
/// targets are being looked up.
/// </summary>
internal sealed class ResolveStack
{
    /// <summary>A chain of substitutions costs stack, so its length is bounded like nesting is.</summary>
    public const int MaxReferences = 256;

    private readonly List<ReferenceNode> _references = [];
    private int _optionals;

    /// <summary>The slot whose layer was entered last; null outside of all.</summary>
    public Slot? Owner { get; private set; }

    public int OwnerLayer { get; private set; }

    /// <summary>How many layers are entered.</summary>
    public int Frames { get; private set; }

    /// <summary>The outermost entered layer whose cut has shaped an answer since this was last reset.</summary>
    public int OutermostCut { get; set; } = int.MaxValue;

    /// <summary>The substitutions of the circle met last, in order.</summary>
    public ReferenceNode[] Circle { get; private set; } = [];

    /// <summary>An optional substitution will turn a circle into "not defined".</summary>
    public bool HasOptional => _optionals > 0;

    public bool IsFull => _references.Count >= MaxReferences;

    public Frame Enter(Slot slot, int layer)
    {
        var frame = new Frame(slot.Cut, slot.CutFrame, slot.CutReferences, Owner, OwnerLayer);
        slot.Cut = Math.Min(slot.Cut, layer);
        slot.CutFrame = ++Frames;
        slot.CutReferences = _references.Count;
        (Owner, OwnerLayer) = (slot, layer);
        return frame;
    }

    /// <summary>Goes on to another layer of the slot entered last.</summary>
    public void Move(int layer)
    {
        Owner!.Cut = layer; // Move is only called between Enter and Leave
        OwnerLayer = layer;
    }

    public void Leave(Slot slot, Frame frame)
    {
        (Owner, OwnerLayer) = (frame.Owner, frame.OwnerLayer);
        Frames--;
        (slot.Cut, slot.CutFrame, slot.CutReferences) = (frame.Cut, frame.CutFrame, frame.CutReferences);
    }

    public void Push(ReferenceNode reference)
    {
        _references.Add(reference);
        _optionals += reference.Optional ? 1 : 0;
    }

    public void Pop()
    {
        _optionals -= _references[^1].Optional ? 1 : 0;
        _references.RemoveAt(_references.Count - 1);
    }

    /// <summary>How many layers of a slot may be looked at now; takes note when that is fewer than asked for.</summary>
    public int Visible(Slot slot, int limit)
    {
        if (slot.Cut >= limit)
        {
            return limit;
        }

        OutermostCut = Math.Min(OutermostCut, slot.CutFrame);
        if (_references.Count > slot.CutReferences)
        {
            Circle = [.. _references.Skip(slot.CutReferences)];
        }

        return slot.Cut;
    }

    /// <summary>The substitution looked up last needs its own value, directly.</summary>
    public Outcome SelfCircle()
    {
        Circle = [_references[^1]];
        return Outcome.Circle;
    }

    /// <summary>What to put back when a layer is left.</summary>
    internal readonly record struct Frame(int Cut, int CutFrame, int CutReferences, Slot? Owner, int OwnerLayer);
}
