namespace Proxy.Tests.Fuzz;

public sealed class Http2FuzzTests
{
    [Fact]
    public void A_session_withstands_whatever_frames_come()
    {
        for (int seed = 0; seed < 2000; seed++)
        {
            Assert.Null(Http2Fuzz.Problem(seed));
        }
    }

    [Fact]
    public void A_clients_session_withstands_whatever_frames_come()
    {
        for (int seed = 0; seed < 2000; seed++)
        {
            Assert.Null(Http2ClientFuzz.Problem(seed));
        }
    }
}
