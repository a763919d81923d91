using System.Net;
using Proxy.Actors.Config;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Actors.Config;

public sealed class MemberUrlTests
{
    [Theory]
    [InlineData("http://127.0.0.1:9001", "http://127.0.0.1:9001", "127.0.0.1:9001", "")]
    [InlineData("HTTP://App.Internal/", "http://app.internal:80", "app.internal", "")]
    [InlineData("http://app:8080/base/", "http://app:8080/base", "app:8080", "/base")]
    [InlineData("http://[::1]:9001/a/b", "http://[::1]:9001/a/b", "[::1]:9001", "/a/b")]
    [InlineData("http://[2001:DB8::0:1]", "http://[2001:db8::1]:80", "[2001:db8::1]", "")]
    [InlineData("unix:/run/app.sock", "unix:/run/app.sock", "localhost", "")]
    [InlineData("http+unix:///run/app.sock", "unix:/run/app.sock", "localhost", "")]
    public void Urls_are_brought_into_one_form(string text, string canonical, string hostHeader, string basePath)
    {
        Assert.True(MemberUrl.TryParse(text, out MemberUrl? url, out _));

        Assert.Equal((canonical, hostHeader, basePath), (url.Text, url.HostHeader, url.BasePath));
        Assert.True(MemberUrl.TryParse(url.Text, out MemberUrl? again, out _));
        Assert.Equal(url, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1:9001")]
    [InlineData("https:a")]
    [InlineData("ftp://a")]
    [InlineData("http://")]
    [InlineData("http://a:0")]
    [InlineData("http://a:65536")]
    [InlineData("http://a:+1")]
    [InlineData("http://a:")]
    [InlineData("http://user@a")]
    [InlineData("http://a?x")]
    [InlineData("http://a/#x")]
    [InlineData("http://a b")]
    [InlineData("http://a/b c")]
    [InlineData("http://a/../b")]
    [InlineData("http://::1")]
    [InlineData("http://[127.0.0.1]")]
    [InlineData("http://1.2.3")]
    [InlineData("http://1.2.3.400")]
    [InlineData("http://-a")]
    [InlineData("unix:app.sock")]
    [InlineData("unix:/")]
    [InlineData("http+unix://run/app.sock")]
    public void What_is_no_member_url_is_refused_with_a_reason(string text)
    {
        Assert.False(MemberUrl.TryParse(text, out _, out string? problem));

        Assert.NotEmpty(problem);
    }

    [Fact]
    public void Only_names_have_to_be_resolved()
    {
        Assert.True(MemberUrl.TryParse("http://app.internal:81", out MemberUrl? name, out _));
        Assert.True(MemberUrl.TryParse("http://10.0.0.1:81", out MemberUrl? address, out _));

        Assert.True(name.IsName);
        Assert.Null(name.Target);
        Assert.False(address.IsName);
        Assert.Equal(SocketTarget.Inet(IPAddress.Parse("10.0.0.1"), 81), address.Target);
    }
}
