using System.Buffers;
using Proxy.Edge.Http;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Rewriting;

/// <summary>Single field lines and elements of <see cref="ForwardingFields"/>.</summary>
internal static class ForwardingLines
{
    private static readonly SearchValues<byte> AuthorityBytes = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:[]"u8);

    public static bool IsAuthority(ReadOnlySpan<byte> text) =>
        text.Length != 0 && text.IndexOfAnyExcept(AuthorityBytes) < 0;

    public static void AddElement(ForwardingConnection connection, RequestHead head, ref ByteWriter writer)
    {
        writer.Add(connection.Element);
        if (IsAuthority(head.Authority))
        {
            writer.Add(";host=\""u8);
            writer.Add(head.Authority);
            writer.Add((byte)'"');
        }

        writer.Add("\r\n"u8);
    }

    public static void AddProto(ReadOnlySpan<byte> scheme, ref ByteWriter writer)
    {
        writer.Add("X-Forwarded-Proto: "u8);
        writer.Add(scheme);
        writer.Add("\r\n"u8);
    }

    public static void AddHost(ReadOnlySpan<byte> authority, ref ByteWriter writer)
    {
        if (IsAuthority(authority))
        {
            writer.Add("X-Forwarded-Host: "u8);
            writer.Add(authority);
            writer.Add("\r\n"u8);
        }
    }

    public static void AddPort(ForwardingConnection connection, ref ByteWriter writer)
    {
        writer.Add("X-Forwarded-Port: "u8);
        writer.Add(connection.LocalPort);
        writer.Add("\r\n"u8);
    }

    public static void AddRealIp(ClientAddress client, ref ByteWriter writer)
    {
        if (!client.IsUnknown)
        {
            writer.Add("X-Real-IP: "u8);
            AddAddress(ref writer, client);
            writer.Add("\r\n"u8);
        }
    }

    public static void AddAddress(ref ByteWriter writer, ClientAddress address)
    {
        Span<byte> text = stackalloc byte[48];
        writer.Add(text[..address.Format(text)]);
    }

    /// <summary>A node of RFC 7239 §6: IPv6 in brackets and quotes.</summary>
    public static void AddNode(ref ByteWriter writer, ClientAddress address)
    {
        bool bracketed = !address.IsIpv4 && !address.IsUnknown;
        writer.Add(bracketed ? "for=\"["u8 : "for="u8);
        AddAddress(ref writer, address);
        writer.Add(bracketed ? "]\""u8 : default);
    }
}
