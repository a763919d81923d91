using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Upstream;

namespace Proxy.Edge.Relay;

/// <summary>A route as one loop runs it: the plan with everything compiled. Immutable once built.</summary>
public sealed class RouteProgram
{
    private static readonly ResponseHead NoFields = new(0);

    private readonly byte[][] _upgrades;
    private readonly TargetWriter _target;
    private readonly HeaderEditPlan _requestEdits;
    private readonly HeaderEditPlan _responseEdits;
    private readonly ResponseMapping _mapping;
    private readonly RedirectAnswer? _redirect;
    private readonly FixedAnswer? _fixed;
    private readonly byte[] _fixedLines = [];

    /// <exception cref="ArgumentException">A rule does not compile; validation reports that before a plan gets
    /// here.</exception>
    public RouteProgram(RoutePlan plan, LoopPool? pool)
    {
        Plan = plan;
        Pool = pool;
        Name = Encoding.UTF8.GetBytes(plan.Name);
        PoolName = Encoding.UTF8.GetBytes(plan.Pool?.Name ?? "");
        FixedHost = Encoding.ASCII.GetBytes(plan.FixedHost);
        _upgrades = [.. plan.Upgrades.Select(static name => Encoding.ASCII.GetBytes(name))];
        _mapping = new ResponseMapping(plan.Mapping);
        bool ok = TargetWriter.TryCreate(plan.Rewrite, out _target, out string error)
            && HeaderEditPlan.TryCreate(plan.RequestHeaders, out _requestEdits, out error)
            && HeaderEditPlan.TryCreate(plan.ResponseHeaders, out _responseEdits, out error)
            && (plan.Redirect is null || RedirectAnswer.TryCreate(plan.Redirect, out _redirect, out error))
            && (plan.Response is null || FixedAnswer.TryCreate(plan.Response, out _fixed, out error));
        if (!ok)
        {
            throw new ArgumentException($"route {plan.Name}: {error}");
        }

        _requestEdits ??= HeaderEditPlan.None;
        _responseEdits ??= HeaderEditPlan.None;
        if (_fixed is { ContentType.Length: > 0 })
        {
            _fixedLines = [.. "Content-Type: "u8, .. _fixed.ContentType.Span, .. "\r\n"u8];
        }
    }

    public RoutePlan Plan { get; }

    /// <summary>Null when the route answers by itself.</summary>
    public LoopPool? Pool { get; }

    public byte[] Name { get; }

    public byte[] PoolName { get; }

    public byte[] FixedHost { get; }

    /// <summary>The target that goes to the origin differs from the normalised one.</summary>
    public bool RewritesTarget => Plan.Rewrite is not null;

    internal HeaderEditPlan RequestEdits => _requestEdits;

    /// <summary>Whether this request may turn its connection into a tunnel: an upgrade to one of the route's
    /// protocols. "h2c" never, whatever is configured: nobody could see into that tunnel.</summary>
    public bool MayUpgrade(RequestHead head)
    {
        if (!head.HasUpgrade || head.Body != BodyKind.None || head.IsHttp10)
        {
            return false;
        }

        ReadOnlySpan<byte> asked = head.Value(HeaderId.Upgrade);
        foreach (byte[] name in _upgrades)
        {
            if (Ascii.EqualsIgnoreCase(asked, name) && !Ascii.EqualsIgnoreCase(asked, "h2c"u8))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes the target for the origin; negative as <see cref="TargetWriter.Write"/> says.</summary>
    internal int WriteTarget(
        RequestHead head, NormalizedPath path, in RouteCaptures captures, ReadOnlySpan<byte> basePath,
        Span<byte> destination) =>
        _target.Write(head, path, captures, basePath, destination);

    /// <summary>Whether the response needs <see cref="EditResponse"/>; the usual one does not.</summary>
    internal bool EditsResponse(ResponseHead head) => !_responseEdits.IsEmpty || _mapping.MayChange(head);

    /// <summary>Marks what changes in a response and writes the lines to add; -1 when they do not fit.</summary>
    /// <param name="context">Of the request, whose head was parsed again for this.</param>
    internal int EditResponse(ResponseHead head, in TemplateContext context, Span<byte> destination)
    {
        // Edits first: the mapping leaves fields alone that an edit has replaced.
        int edited = _responseEdits.Apply(head, context, destination);
        if (edited < 0)
        {
            return -1;
        }

        int mapped = _mapping.Apply(head, context.Scheme, context.Authority, destination[edited..]);
        return mapped < 0 ? -1 : edited + mapped;
    }

    /// <summary>The route's own answer: a redirect or a fixed response. Lines point into
    /// <paramref name="scratch"/>.</summary>
    internal LocalAnswer Answer(in TemplateContext context, in RouteCaptures captures, Span<byte> scratch, bool close)
    {
        if (_fixed is not null)
        {
            return new LocalAnswer
            {
                Status = _fixed.Status,
                Lines = WithEdits(_fixedLines, context, scratch),
                Body = _fixed.Body.Span,
                Close = close,
            };
        }

        "Location: "u8.CopyTo(scratch);
        int length = _redirect!.WriteLocation(context, captures, scratch[10..^2]);
        if (length < 0)
        {
            return new LocalAnswer { Status = 414, Body = LocalAnswer.ErrorBody(414), Close = close };
        }

        "\r\n"u8.CopyTo(scratch[(10 + length)..]);
        return new LocalAnswer
        {
            Status = _redirect.Status,
            Lines = scratch[..(12 + length)],
            Close = close,
        };
    }

    private ReadOnlySpan<byte> WithEdits(ReadOnlySpan<byte> lines, in TemplateContext context, Span<byte> scratch)
    {
        if (_responseEdits.IsEmpty)
        {
            return lines;
        }

        lines.CopyTo(scratch);
        // There is no head yet whose fields could be replaced; what the route sets is simply added.
        int edited = _responseEdits.Apply(NoFields, context, scratch[lines.Length..]);
        return edited < 0 ? lines : scratch[..(lines.Length + edited)];
    }
}
