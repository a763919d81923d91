using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;

namespace Proxy.Tests.Edge.Http1;

/// <summary>Parses texts (characters stand for bytes) for tests.</summary>
internal static class Reading
{
    /// <summary>Places the text at an odd offset with nothing behind it, so that an access past the end would
    /// throw.</summary>
    public static (HeadStatus Status, HeadFault Fault, RequestHead Head) Request(
        string text, Http1Limits? limits = null)
    {
        const int Offset = 7;
        RequestHead head = new();
        byte[] buffer = [.. new byte[Offset], .. Encoding.Latin1.GetBytes(text)];
        int scanned = 0;
        HeadStatus status = RequestHeadParser.Parse(
            buffer, Offset, text.Length, ref scanned, head, limits ?? new Http1Limits(), out HeadFault fault);
        return (status, fault, head);
    }

    public static (HeadStatus Status, HeadFault Fault, ResponseHead Head) Response(
        string text, Method method = Method.Get, Http1Limits? limits = null)
    {
        ResponseHead head = new();
        byte[] buffer = Encoding.Latin1.GetBytes(text);
        int scanned = 0;
        HeadStatus status = ResponseHeadParser.Parse(
            buffer, 0, buffer.Length, ref scanned, head, limits ?? new Http1Limits(), method, out HeadFault fault);
        return (status, fault, head);
    }

    public static RequestHead Accepted(string text)
    {
        (HeadStatus status, HeadFault fault, RequestHead head) = Request(text);
        Assert.Equal((HeadStatus.Complete, HeadFault.None), (status, fault));
        return head;
    }

    public static ResponseHead AcceptedResponse(string text, Method method = Method.Get)
    {
        (HeadStatus status, HeadFault fault, ResponseHead head) = Response(text, method);
        Assert.Equal((HeadStatus.Complete, HeadFault.None), (status, fault));
        return head;
    }

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>The fields the writer would forward.</summary>
    public static string Forwarded(MessageHead head, ulong dropIds = 0)
    {
        byte[] destination = new byte[head.Length];
        Assert.True(FieldCopier.Copy(head, dropIds, destination, out int written));
        return Text(destination.AsSpan(0, written));
    }
}
