using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;
using Proxy.Edge.Topology;
using Proxy.Edge.Upstream;

namespace Proxy.Edge.Relay;

/// <summary>Composes the head that goes to an origin: what the client sent in runs as long as possible, minus what
/// ends at this hop, plus what the proxy says. Always HTTP/1.1 (RFC 9112 §2.3).</summary>
internal static class RequestHeadWriter
{
    /// <summary>Returns the length of the head in <paramref name="scratch"/>, or a negative number as
    /// <see cref="TargetWriter.Write"/> gives it.</summary>
    public static int Write(
        in ForwardContext context, RequestHead head, NormalizedPath path, byte[] scratch, Span<byte> lines)
    {
        RouteProgram route = context.Route;
        int at = WriteStartLine(context, head, path, scratch);
        if (at < 0)
        {
            return at;
        }

        ulong drop = 0;
        int host = WriteHost(route, context.Member!, head, scratch.AsSpan(at), ref drop);
        if (host < 0)
        {
            return -1;
        }

        at += host;
        // What is added goes behind what was received, so that an added field follows those of the same name; but it is
        // composed first, because composing tells which fields are left out.
        HeaderEditPlan edits = route.RequestEdits;
        int added = edits.IsEmpty ? 0 : edits.Apply(head, Template(context, head, path), lines);
        if (added < 0)
        {
            return -1;
        }

        ListenerProgram listener = context.Client.Listener;
        int forwarding = listener.Forwarding.Write(
            context.Client.Forwarding, head, context.RequestId, lines[added..],
            out ulong forwarded, out _, edits.Suppress);
        if (forwarding < 0
            || !FieldCopier.Copy(head, drop | forwarded, scratch.AsSpan(at), out int copied)
            || !lines[..(added + forwarding)].TryCopyTo(scratch.AsSpan(at + copied)))
        {
            return -1;
        }

        at += copied + added + forwarding;
        return WriteConnectionFields(context, head, scratch, at);
    }

    internal static TemplateContext Template(in ForwardContext context, RequestHead head, NormalizedPath path)
    {
        IClientStream client = context.Client;
        ForwardingFields forwarding = client.Listener.Forwarding;
        return new TemplateContext
        {
            Head = head,
            Path = path.Match,
            MatchedLength = context.Captures.MatchedLength,
            Client = context.EffectiveClient,
            ClientPort = client.PeerPort,
            Scheme = forwarding.IsClientTls(client.Forwarding, head) ? "https"u8 : "http"u8,
            Authority = forwarding.ClientAuthority(client.Forwarding, head),
            RequestId = context.RequestIdText,
            Listener = client.Listener.Plan.Name,
            Route = context.Route.Plan.Name,
            Pool = context.Route.Plan.Pool?.Name,
            Member = context.Member?.State.Id.Name,
        };
    }

    private static int WriteStartLine(in ForwardContext context, RequestHead head, NormalizedPath path, byte[] scratch)
    {
        if (!context.Route.RewritesTarget && context.Member!.BasePath.Length == 0 && head.Form == TargetForm.Origin
            && !head.IsHttp10 && IsUntouched(head, path))
        {
            int line = head.FieldsStart - head.Start;
            Buffer.BlockCopy(head.Buffer, head.Start, scratch, 0, line);
            return line;
        }

        int method = head.MethodLength;
        Buffer.BlockCopy(head.Buffer, head.Start, scratch, 0, method);
        scratch[method++] = (byte)' ';
        int target = context.Route.WriteTarget(
            head, path, context.Captures, context.Member!.BasePath,
            scratch.AsSpan(method, scratch.Length - method - 16));
        if (target < 0)
        {
            return target;
        }

        " HTTP/1.1\r\n"u8.CopyTo(scratch.AsSpan(method + target));
        return method + target + 11;
    }

    private static bool IsUntouched(RequestHead head, NormalizedPath path) =>
        path.Forward.Length == head.PathLength
        && Unsafe.AreSame(ref MemoryMarshal.GetReference(path.Forward), ref head.Buffer[head.PathStart]);

    /// <summary>The Host field; when the client's own line stays as it is, nothing is written and it is copied with
    /// the others.</summary>
    private static int WriteHost(
        RouteProgram route, LoopMember member, RequestHead head, Span<byte> destination, ref ulong drop)
    {
        ReadOnlySpan<byte> value;
        switch (route.Plan.Host)
        {
            case HostPolicy.Member:
                value = member.HostHeader;
                break;
            case HostPolicy.Fixed:
                value = route.FixedHost;
                break;
            default:
                if (head.Form != TargetForm.Absolute && head.Has(HeaderId.Host))
                {
                    return 0;
                }

                value = head.Authority;
                break;
        }

        drop |= 1UL << (int)HeaderId.Host;
        if (value.Length + 8 > destination.Length)
        {
            return -1;
        }

        "Host: "u8.CopyTo(destination);
        value.CopyTo(destination[6..]);
        "\r\n"u8.CopyTo(destination[(6 + value.Length)..]);
        return value.Length + 8;
    }

    /// <summary>The fields of this hop and the blank line.</summary>
    private static int WriteConnectionFields(in ForwardContext context, RequestHead head, byte[] scratch, int at)
    {
        // At most 80 bytes of fixed text and the protocol name the client asked to upgrade to.
        ReadOnlySpan<byte> upgrade = context.UpgradeAsked ? head.Value(HeaderId.Upgrade) : default;
        if (at + 128 + upgrade.Length > scratch.Length)
        {
            return -1;
        }

        if (context.IsEarly)
        {
            at = Add(scratch, at, EarlyRequest.Line);
        }

        if (head.Body == BodyKind.Chunked)
        {
            at = Add(scratch, at, "Transfer-Encoding: chunked\r\n"u8);
        }

        if (context.UpgradeAsked)
        {
            at = Add(scratch, at, "Connection: Upgrade\r\nUpgrade: "u8);
            at = Add(scratch, at, upgrade);
            at = Add(scratch, at, "\r\n"u8);
        }
        else if (head.AcceptsTrailers)
        {
            at = Add(scratch, at, "Connection: TE\r\nTE: trailers\r\n"u8);
        }

        return Add(scratch, at, "\r\n"u8);
    }

    private static int Add(byte[] scratch, int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(scratch.AsSpan(at));
        return at + bytes.Length;
    }
}

/// <summary>What composing a request head needs to know besides the head.</summary>
internal readonly ref struct ForwardContext(
    RouteProgram route, LoopMember? member, IClientStream client, RequestRecord record, RouteCaptures captures)
{
    public RouteProgram Route => route;

    /// <summary>Null before balancing.</summary>
    public LoopMember? Member => member;

    public ClientAddress EffectiveClient => record.Client;

    public IClientStream Client => client;

    public RouteCaptures Captures => captures;

    public RequestId RequestId => record.RequestId;

    public byte[] RequestIdText => record.RequestIdText;

    public bool UpgradeAsked { get; init; }

    /// <summary>The client may be repeating somebody else's request.</summary>
    public bool IsEarly { get; init; }
}
