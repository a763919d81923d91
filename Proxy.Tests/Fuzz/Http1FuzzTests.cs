namespace Proxy.Tests.Fuzz;

public sealed class Http1FuzzTests
{
    [Theory]
    [InlineData("request-head")]
    [InlineData("response-head")]
    [InlineData("chunked")]
    public void A_second_strict_reader_agrees(string codec)
    {
        using StringWriter output = new();

        Assert.True(Http1Fuzz.Run(codec, seed: 20261, iterations: 2000, output), output.ToString());
    }
}
