using System.Text;
using Proxy.Edge.Relay;

namespace Proxy.Tests.Edge.Relay;

public sealed class HttpChallengesTests
{
    private readonly HttpChallenges _challenges = new();

    [Fact]
    public void Only_the_whole_path_of_a_token_in_hand_is_answered()
    {
        _challenges.Add("one", "one.print");
        _challenges.Add("two", "two.print");
        _challenges.Add("two", "two.again");

        Assert.Equal("one.print", Find("/.well-known/acme-challenge/one"));
        Assert.Equal("two.again", Find("/.well-known/acme-challenge/two"));
        Assert.Null(Find("/.well-known/acme-challenge/"));
        Assert.Null(Find("/.well-known/acme-challenge/on"));
        Assert.Null(Find("/.well-known/acme-challenge/one/"));
        Assert.Null(Find("/x/.well-known/acme-challenge/one"));
        _challenges.Remove("one");
        Assert.Null(Find("/.well-known/acme-challenge/one"));
        Assert.Equal("two.again", Find("/.well-known/acme-challenge/two"));
    }

    [Fact]
    public void Writers_on_several_threads_lose_nothing()
    {
        Parallel.For(0, 200, i =>
        {
            _challenges.Add($"token{i}", $"answer{i}");
            if (i % 2 == 0)
            {
                _challenges.Remove($"token{i}");
            }
        });

        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(i % 2 == 0 ? null : $"answer{i}", Find($"/.well-known/acme-challenge/token{i}"));
        }
    }

    private string? Find(string path) =>
        _challenges.Find(Encoding.ASCII.GetBytes(path)) is { } answer ? Encoding.ASCII.GetString(answer) : null;
}
