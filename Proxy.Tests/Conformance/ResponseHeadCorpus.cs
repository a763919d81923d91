using Proxy.Edge.Http1;

namespace Proxy.Tests.Conformance;

/// <summary>Response heads, as answers to a GET, and what must become of them; characters stand for bytes
/// (Latin-1).</summary>
public static class ResponseHeadCorpus
{
    public static TheoryData<string, string> Accepted => new()
    {
        { "minimal", "HTTP/1.1 200 OK\r\n\r\n" },
        { "no reason", "HTTP/1.1 200 \r\n\r\n" },
        { "no reason and no space", "HTTP/1.1 200\r\n\r\n" },
        { "long reason", "HTTP/1.1 404 Not at all\tfound: caf\u00e9\r\n\r\n" },
        { "HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n" },
        { "lowest status", "HTTP/1.1 100 Continue\r\n\r\n" },
        { "highest status", "HTTP/1.1 599 x\r\n\r\n" },
        { "chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" },
        { "chunked on 304 means nothing", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n" },
        { "length on 304 means nothing", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n" },
        { "zero length on 204", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n" },
        { "upgrade", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n" },
        { "several cookies", "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n" },
    };

    public static TheoryData<string, string, HeadFault> Refused => new()
    {
        { "empty line before", "\r\nHTTP/1.1 200 OK\r\n\r\n", HeadFault.BadStartLine },
        { "no status", "HTTP/1.1\r\n\r\n", HeadFault.BadStartLine },
        { "no space before the status", "HTTP/1.1200 OK\r\n\r\n", HeadFault.BadStartLine },
        { "a request", "GET / HTTP/1.1\r\n\r\n", HeadFault.BadStartLine },
        { "other protocol", "ICY 200 OK\r\nA: b\r\n\r\n", HeadFault.BadStartLine },
        { "lower-case version", "http/1.1 200 OK\r\n\r\n", HeadFault.BadVersion },
        { "HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n", HeadFault.UnsupportedVersion },
        { "two digits", "HTTP/1.1 20 OK\r\n\r\n", HeadFault.BadStatus },
        { "four digits", "HTTP/1.1 2000 OK\r\n\r\n", HeadFault.BadStatus },
        { "letters in the status", "HTTP/1.1 2x0 OK\r\n\r\n", HeadFault.BadStatus },
        { "two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n", HeadFault.BadStatus },
        { "tab behind the status", "HTTP/1.1 200\tOK\r\n\r\n", HeadFault.BadStatus },
        { "status 099", "HTTP/1.1 099 x\r\n\r\n", HeadFault.BadStatus },
        { "status 600", "HTTP/1.1 600 x\r\n\r\n", HeadFault.BadStatus },
        { "bare LF", "HTTP/1.1 200 OK\nA: b\r\n\r\n", HeadFault.BareLf },
        { "bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", HeadFault.BareCr },
        { "NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n", HeadFault.ControlCharacter },
        { "obs-fold", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", HeadFault.ObsFold },
        { "space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n", HeadFault.BadFieldName },
        {
            "line break smuggled into a value",
            "HTTP/1.1 200 OK\r\nLocation: /\r\nevil\r\n\r\n",
            HeadFault.BadFieldName
        },
        { "CL and TE", Ok("Content-Length: 5\r\nTransfer-Encoding: chunked"), HeadFault.LengthWithChunked },
        { "two lengths", Ok("Content-Length: 5\r\nContent-Length: 6"), HeadFault.BadContentLength },
        { "two equal lengths", Ok("Content-Length: 5\r\nContent-Length: 5"), HeadFault.BadContentLength },
        { "list of lengths", Ok("Content-Length: 5, 5"), HeadFault.BadContentLength },
        { "negative length", Ok("Content-Length: -1"), HeadFault.BadContentLength },
        { "empty length", Ok("Content-Length: "), HeadFault.BadContentLength },
        { "other coding", Ok("Transfer-Encoding: gzip"), HeadFault.UnsupportedTransferCoding },
        { "other coding before chunked", Ok("Transfer-Encoding: gzip, chunked"), HeadFault.UnsupportedTransferCoding },
        { "identity", Ok("Transfer-Encoding: identity"), HeadFault.UnsupportedTransferCoding },
        {
            "chunked twice",
            Ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
            HeadFault.BadTransferCoding
        },
        { "TE from HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HeadFault.BadTransferCoding },
        { "TE on 204", "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n", HeadFault.BadTransferCoding },
        { "TE on 1xx", "HTTP/1.1 103 x\r\nTransfer-Encoding: chunked\r\n\r\n", HeadFault.BadTransferCoding },
        { "length on 204", "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n", HeadFault.BadContentLength },
        { "length on 101", "HTTP/1.1 101 x\r\nContent-Length: 5\r\n\r\n", HeadFault.BadContentLength },
        { "no token in Connection", Ok("Connection: a b"), HeadFault.BadConnection },
    };

    private static string Ok(string lines) => $"HTTP/1.1 200 OK\r\n{lines}\r\n\r\n";
}
