using System.Buffers;
using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Rewriting;

/// <summary>Compiled <see cref="ForwardingRule"/>: what origins are told about the client. An untrusted peer's
/// claims are dropped and fresh fields written; a trusted peer's list of hops is extended and walked from the right
/// to find the effective client. Immutable and shared by all loops.</summary>
public sealed class ForwardingFields
{
    private static readonly SearchValues<byte> RequestIdBytes = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=:@"u8);

    private readonly ForwardingRule _rule;
    private readonly AddressRange[] _trusted;
    private readonly HopList _hops;
    private readonly byte[] _via11 = [];
    private readonly byte[] _via10 = [];

    public ForwardingFields(ForwardingRule rule)
    {
        _rule = rule;
        _trusted = [.. rule.Trusted];
        _hops = new HopList(rule.Chain);
        if (rule.Via.Length != 0)
        {
            _via11 = Encoding.ASCII.GetBytes($"1.1 {rule.Via}\r\n");
            _via10 = Encoding.ASCII.GetBytes($"1.0 {rule.Via}\r\n");
        }
    }

    /// <summary>Computes what stays the same for all requests of a connection. Allocates; call once per
    /// connection.</summary>
    /// <param name="certificate">Complete lines about the client's certificate; added for every client whose own
    /// fields are not believed.</param>
    public ForwardingConnection PrepareConnection(
        ClientAddress peer, int peerPort, bool tls, int localPort, byte[]? certificate = null)
    {
        var plain = new ForwardingConnection(peer, peerPort, IsTrusted(peer), tls, localPort);
        var writer = new ByteWriter(stackalloc byte[256]);
        ForwardingLines.AddNode(ref writer, peer);
        writer.Add(";proto="u8);
        writer.Add(plain.Scheme);
        byte[] element = _rule.Forwarded ? writer.Written.ToArray() : [];
        writer.TruncateTo(0);
        if (!plain.IsTrusted)
        {
            WriteOwnLines(plain, ref writer, suppress: 0);
        }

        return new ForwardingConnection(peer, peerPort, plain.IsTrusted, tls, localPort)
        {
            Lines = writer.Written.ToArray(),
            Certificate = plain.IsTrusted ? [] : certificate ?? [],
            Element = element,
        };
    }

    /// <summary>The client behind the trusted hops: the first untrusted address from the right, or the last trusted
    /// one before something that is not an address.</summary>
    public ClientAddress EffectiveClient(ForwardingConnection connection, RequestHead head)
    {
        if (!connection.IsTrusted || !head.Has(_hops.Field))
        {
            return connection.Peer;
        }

        Span<ClientAddress> hops = stackalloc ClientAddress[HopList.MaxHops];
        int count = _hops.Read(head, hops);
        ClientAddress client = connection.Peer;
        foreach (ClientAddress hop in hops[..count])
        {
            if (hop.IsUnknown)
            {
                break;
            }

            client = hop;
            if (!IsTrusted(hop))
            {
                break;
            }
        }

        return client;
    }

    /// <summary>Whether the client itself speaks TLS, as far as trusted peers say.</summary>
    public bool IsClientTls(ForwardingConnection connection, RequestHead head)
    {
        if (!connection.IsTrusted)
        {
            return connection.IsTls;
        }

        ReadOnlySpan<byte> proto = _rule.Chain == TrustedChain.Forwarded
            ? HopList.LastParameter(head, "proto"u8)
            : head.Value(HeaderId.XForwardedProto);
        return proto.Length == 0 ? connection.IsTls : Ascii.EqualsIgnoreCase(proto, "https"u8);
    }

    /// <summary>Host and port the client asked for, as far as trusted peers say; empty when nobody does.</summary>
    public ReadOnlySpan<byte> ClientAuthority(ForwardingConnection connection, RequestHead head)
    {
        ReadOnlySpan<byte> host = default;
        if (connection.IsTrusted)
        {
            host = _rule.Chain == TrustedChain.Forwarded
                ? HopList.LastParameter(head, "host"u8)
                : head.Value(HeaderId.XForwardedHost);
        }

        host = host.Length == 0 || !ForwardingLines.IsAuthority(host) ? head.Authority : host;
        return ForwardingLines.IsAuthority(host) ? host : default;
    }

    /// <summary>The request id that a trusted peer sent, when it can be kept.</summary>
    public bool KeepsRequestId(ForwardingConnection connection, RequestHead head, out ReadOnlySpan<byte> kept)
    {
        kept = connection.IsTrusted ? head.Value(HeaderId.XRequestId) : default;
        return kept.Length is > 0 and <= 128 && kept.IndexOfAnyExcept(RequestIdBytes) < 0;
    }

    /// <summary>Writes the field lines for one request.</summary>
    /// <param name="id">Written as X-Request-Id unless a trusted peer's is kept.</param>
    /// <param name="suppress">Fields (bit n = <see cref="HeaderId"/> n) that an edit of the route replaces: dropped
    /// and not written.</param>
    /// <param name="dropIds">Inbound fields to leave out. Look-alikes have no number; they are marked in the head by
    /// <see cref="HeaderField.HopByHop"/>.</param>
    /// <returns>Bytes written, or -1 when they do not fit.</returns>
    public int Write(
        ForwardingConnection connection,
        RequestHead head,
        RequestId id,
        Span<byte> destination,
        out ulong dropIds,
        out ClientAddress effective,
        ulong suppress = 0)
    {
        var writer = new ByteWriter(destination);
        if (connection.IsTrusted)
        {
            effective = EffectiveClient(connection, head);
            dropIds = WriteExtended(connection, head, effective, ref writer, suppress);
        }
        else
        {
            effective = connection.Peer;
            dropIds = ForwardingNames.Reserved;
            MarkLookAlikes(head);
            WriteFresh(connection, head, ref writer, suppress);
        }

        dropIds |= WriteRequestId(connection, head, id, ref writer, suppress);
        dropIds |= WriteVia(head, ref writer, suppress) | suppress;
        return writer.Result;
    }

    private static ulong Bit(HeaderId id) => 1UL << (int)id;

    private static bool IsWanted(ulong suppress, HeaderId id) => (suppress & Bit(id)) == 0;

    private bool IsTrusted(ClientAddress address)
    {
        foreach (AddressRange range in _trusted)
        {
            if (range.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static void MarkLookAlikes(RequestHead head)
    {
        Span<HeaderField> fields = head.Fields.AsSpan(0, head.FieldCount);
        for (int i = 0; i < fields.Length; i++)
        {
            if (fields[i].Id == HeaderId.Other && ForwardingNames.IsReservedOrLookAlike(head.Name(i)))
            {
                fields[i].HopByHop = true;
            }
        }
    }

    private void WriteFresh(ForwardingConnection connection, RequestHead head, ref ByteWriter writer, ulong suppress)
    {
        if (suppress == 0)
        {
            writer.Add(connection.Lines);
        }
        else
        {
            WriteOwnLines(connection, ref writer, suppress);
        }

        writer.Add(connection.Certificate);
        if (_rule.XForwardedHost && IsWanted(suppress, HeaderId.XForwardedHost))
        {
            ForwardingLines.AddHost(head.Authority, ref writer);
        }

        if (_rule.Forwarded && IsWanted(suppress, HeaderId.Forwarded))
        {
            writer.Add("Forwarded: "u8);
            ForwardingLines.AddElement(connection, head, ref writer);
        }
    }

    /// <summary>The lines of an untrusted peer that do not depend on the request.</summary>
    private void WriteOwnLines(ForwardingConnection connection, ref ByteWriter writer, ulong suppress)
    {
        if (_rule.XForwardedFor && IsWanted(suppress, HeaderId.XForwardedFor))
        {
            writer.Add("X-Forwarded-For: "u8);
            ForwardingLines.AddAddress(ref writer, connection.Peer);
            writer.Add("\r\n"u8);
        }

        if (_rule.XForwardedProto && IsWanted(suppress, HeaderId.XForwardedProto))
        {
            ForwardingLines.AddProto(connection.Scheme, ref writer);
        }

        if (_rule.XForwardedPort && IsWanted(suppress, HeaderId.XForwardedPort))
        {
            ForwardingLines.AddPort(connection, ref writer);
        }

        if (_rule.XRealIp && IsWanted(suppress, HeaderId.XRealIp))
        {
            ForwardingLines.AddRealIp(connection.Peer, ref writer);
        }
    }

    private ulong WriteExtended(
        ForwardingConnection connection,
        RequestHead head,
        ClientAddress effective,
        ref ByteWriter writer,
        ulong suppress)
    {
        // The list of hops that is not believed was perhaps written by the client: it never passes.
        bool byForwarded = _rule.Chain == TrustedChain.Forwarded;
        ulong drop = Bit(byForwarded ? HeaderId.XForwardedFor : HeaderId.Forwarded);
        if (byForwarded)
        {
            drop |= Bit(HeaderId.XForwardedHost) | Bit(HeaderId.XForwardedProto) | Bit(HeaderId.XForwardedPort);
        }

        if (_rule.XForwardedFor && IsWanted(suppress, HeaderId.XForwardedFor))
        {
            drop |= Bit(HeaderId.XForwardedFor);
            _hops.WriteForwardedFor(head, connection.Peer, ref writer);
        }

        if (_rule.Forwarded && IsWanted(suppress, HeaderId.Forwarded))
        {
            drop |= Bit(HeaderId.Forwarded);
            _hops.WriteForwarded(head, ref writer);
            ForwardingLines.AddElement(connection, head, ref writer);
        }

        ulong missing = ~suppress & (~head.Present | drop);
        if (_rule.XForwardedProto && (missing & Bit(HeaderId.XForwardedProto)) != 0)
        {
            ForwardingLines.AddProto(IsClientTls(connection, head) ? "https"u8 : "http"u8, ref writer);
        }

        if (_rule.XForwardedHost && (missing & Bit(HeaderId.XForwardedHost)) != 0)
        {
            ForwardingLines.AddHost(ClientAuthority(connection, head), ref writer);
        }

        if (_rule.XForwardedPort && (missing & Bit(HeaderId.XForwardedPort)) != 0)
        {
            ForwardingLines.AddPort(connection, ref writer);
        }

        if (_rule.XRealIp && IsWanted(suppress, HeaderId.XRealIp))
        {
            drop |= Bit(HeaderId.XRealIp);
            ForwardingLines.AddRealIp(effective, ref writer);
        }

        return drop;
    }

    private ulong WriteRequestId(
        ForwardingConnection connection, RequestHead head, RequestId id, ref ByteWriter writer, ulong suppress)
    {
        if (!_rule.RequestId || !IsWanted(suppress, HeaderId.XRequestId) || KeepsRequestId(connection, head, out _))
        {
            return 0;
        }

        Span<byte> text = stackalloc byte[RequestId.TextLength];
        id.Format(text);
        writer.Add("X-Request-Id: "u8);
        writer.Add(text);
        writer.Add("\r\n"u8);
        return Bit(HeaderId.XRequestId);
    }

    /// <summary>Appends this hop to Via in one line (RFC 9110 §7.6.3), so that the order of hops survives wherever
    /// the line ends up in the head.</summary>
    private ulong WriteVia(RequestHead head, ref ByteWriter writer, ulong suppress)
    {
        if (_via11.Length == 0 || !IsWanted(suppress, HeaderId.Via))
        {
            return 0;
        }

        writer.Add("Via: "u8);
        for (int i = 0; i < head.FieldCount && head.Has(HeaderId.Via); i++)
        {
            if (head.Fields[i].Id == HeaderId.Via && head.Fields[i].ValueLength != 0)
            {
                writer.Add(head.Value(i));
                writer.Add(", "u8);
            }
        }

        writer.Add(head.IsHttp10 ? _via10 : _via11);
        return Bit(HeaderId.Via);
    }
}
