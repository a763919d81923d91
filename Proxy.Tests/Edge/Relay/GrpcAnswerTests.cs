using System.Text;
using Proxy.Edge.Relay;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Relay;

public sealed class GrpcAnswerTests
{
    [Theory]
    [InlineData(ProxyFault.BadRequest, 13)]
    [InlineData(ProxyFault.Forbidden, 7)]
    [InlineData(ProxyFault.NoRoute, 12)]
    [InlineData(ProxyFault.ConnectRefused, 14)]
    [InlineData(ProxyFault.OriginReset, 14)]
    [InlineData(ProxyFault.NoMember, 14)]
    [InlineData(ProxyFault.ConnectTimeout, 4)]
    [InlineData(ProxyFault.OriginHeadTimeout, 4)]
    [InlineData(ProxyFault.Internal, 2)]
    [InlineData(ProxyFault.BodyTooLarge, 2)]
    public void Every_fault_has_a_status_that_grpc_clients_understand(ProxyFault fault, int expected)
    {
        LocalAnswer answer = GrpcAnswer.Refusal(fault, close: false);

        string lines = Encoding.ASCII.GetString(answer.Lines);
        Assert.Equal(200, answer.Status);
        Assert.True(answer.Body.IsEmpty);
        Assert.Equal(fault, answer.Fault);
        Assert.StartsWith("Content-Type: application/grpc\r\n", lines, StringComparison.Ordinal);
        Assert.Contains($"\r\nGrpc-Status: {expected}\r\n", lines, StringComparison.Ordinal);
        Assert.EndsWith("\r\n", lines, StringComparison.Ordinal);
    }

    [Fact]
    public void A_misdirected_call_is_told_so_in_http() =>
        Assert.Equal(421, GrpcAnswer.Refusal(ProxyFault.MisdirectedRequest, close: false).Status);

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("Application/GRPC+proto", true)]
    [InlineData("application/grpc; charset=utf-8", true)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/grpcx", false)]
    [InlineData("application/json", false)]
    [InlineData("", false)]
    public void Calls_are_told_from_other_requests_by_their_content_type(string contentType, bool expected) =>
        Assert.Equal(expected, GrpcAnswer.IsGrpc(Encoding.ASCII.GetBytes(contentType)));
}
