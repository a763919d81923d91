namespace Proxy.Tests.Functional;

/// <summary>Messages whose end, or meaning, two readers could see differently. {host} stands for the slot's host
/// name.</summary>
public static class FramingVectors
{
    public static TheoryData<string, string> AmbiguousHeads => new()
    {
        { "bare LF as line end", "GET / HTTP/1.1\nHost: {host}\n\n" },
        { "bare LF inside the fields", "GET / HTTP/1.1\r\nHost: {host}\r\nA: b\nC: d\r\n\r\n" },
        { "bare CR in a value", "GET / HTTP/1.1\r\nHost: {host}\r\nA: b\rC: d\r\n\r\n" },
        { "folded field", "GET / HTTP/1.1\r\nHost: {host}\r\nA: b\r\n c\r\n\r\n" },
        { "space before the colon", "GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length : 0\r\n\r\n" },
        { "space in a name", "GET / HTTP/1.1\r\nHost: {host}\r\nA b: c\r\n\r\n" },
        { "space before the first field", "GET / HTTP/1.1\r\n Host: {host}\r\n\r\n" },
        { "line without a colon", "GET / HTTP/1.1\r\nHost: {host}\r\nnonsense\r\n\r\n" },
        { "empty name", "GET / HTTP/1.1\r\nHost: {host}\r\n: value\r\n\r\n" },
        { "NUL in a value", "GET / HTTP/1.1\r\nHost: {host}\r\nA: b\0c\r\n\r\n" },
        { "control character in a value", "GET / HTTP/1.1\r\nHost: {host}\r\nA: b\u0001c\r\n\r\n" },
        {
            "length and coding",
            "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        },
        { "two lengths", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello" },
        { "two lengths in one field", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5, 6\r\n\r\nhello" },
        { "signed length", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: +5\r\n\r\nhello" },
        { "negative length", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n" },
        { "hexadecimal length", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0x5\r\n\r\nhello" },
        { "empty length", "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: \r\n\r\n" },
        {
            "length beyond 64 bits",
            "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 18446744073709551621\r\n\r\nhello"
        },
        {
            "coding that is not chunked",
            "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"
        },
        {
            "chunked not last",
            "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"
        },
        { "chunked twice", "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" },
        {
            "chunked in two fields",
            "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        },
        {
            "coding with a vertical tab",
            "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"
        },
        { "chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n" },
        { "two Hosts", "GET / HTTP/1.1\r\nHost: {host}\r\nHost: other.test\r\n\r\n" },
        { "two equal Hosts", "GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n" },
        { "Host with a space", "GET / HTTP/1.1\r\nHost: {host} other\r\n\r\n" },
        { "Host with a path", "GET / HTTP/1.1\r\nHost: {host}/x\r\n\r\n" },
        { "Host with a user", "GET / HTTP/1.1\r\nHost: user@{host}\r\n\r\n" },
        { "version 1.2 digits", "GET / HTTP/1.10\r\nHost: {host}\r\n\r\n" },
        { "lower-case version", "GET / http/1.1\r\nHost: {host}\r\n\r\n" },
        { "version 2.0", "GET / HTTP/2.0\r\nHost: {host}\r\n\r\n" },
        { "no version", "GET /\r\nHost: {host}\r\n\r\n" },
        { "two spaces", "GET  / HTTP/1.1\r\nHost: {host}\r\n\r\n" },
        { "space in the target", "GET /a b HTTP/1.1\r\nHost: {host}\r\n\r\n" },
        { "tab in the request line", "GET\t/ HTTP/1.1\r\nHost: {host}\r\n\r\n" },
        { "control character in the target", "GET /\u0001 HTTP/1.1\r\nHost: {host}\r\n\r\n" },
        { "target without a slash", "GET a HTTP/1.1\r\nHost: {host}\r\n\r\n" },
        { "fragment in the target", "GET /a#b HTTP/1.1\r\nHost: {host}\r\n\r\n" },
        { "odd method", "G<T / HTTP/1.1\r\nHost: {host}\r\n\r\n" },
    };

    public static TheoryData<string, string> BadChunks => new()
    {
        { "prefix 0x", "0x5\r\nhello\r\n0\r\n\r\n" },
        { "sign", "+5\r\nhello\r\n0\r\n\r\n" },
        { "leading space", " 5\r\nhello\r\n0\r\n\r\n" },
        { "no digits", "\r\nhello\r\n0\r\n\r\n" },
        { "not hexadecimal", "5g\r\nhello\r\n0\r\n\r\n" },
        { "size beyond 64 bits", "FFFFFFFFFFFFFFFF5\r\nhello\r\n0\r\n\r\n" },
        { "bare LF behind the size", "5\nhello\r\n0\r\n\r\n" },
        { "bare LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n" },
        { "data longer than the size", "5\r\nhelloworld\r\n0\r\n\r\n" },
        { "bare LF behind the data", "5\r\nhello\n0\r\n\r\n" },
        { "line in the trailers without a colon", "5\r\nhello\r\n0\r\nnonsense\r\n\r\n" },
    };

    public static TheoryData<string, string> BadResponses => new()
    {
        { "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!" },
        {
            "length and coding",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
        },
        { "signed length", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok" },
        { "unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: strange\r\n\r\nok" },
        { "chunked not last", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\nok" },
        { "folded field", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\nok" },
        { "space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok" },
        { "bare CR in a value", "HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 2\r\n\r\nok" },
        { "NUL in a value", "HTTP/1.1 200 OK\r\nA: b\0c\r\nContent-Length: 2\r\n\r\nok" },
        { "short status", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok" },
        { "status with letters", "HTTP/1.1 2OO OK\r\nContent-Length: 2\r\n\r\nok" },
        { "another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n" },
        { "version 2", "HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\nok" },
    };
}
