using System.Text;
using Proxy.Edge.Http;

namespace Proxy.Tests.Edge.Http;

public sealed class HeaderNamesTests
{
    [Fact]
    public void Every_number_is_recognised_by_its_name_in_any_case()
    {
        foreach (HeaderId id in Enum.GetValues<HeaderId>().Where(id => id != HeaderId.Other))
        {
            string name = Encoding.ASCII.GetString(HeaderNames.Text(id));

            Assert.Equal(id, HeaderNames.Recognise(HeaderNames.Text(id)));
            Assert.Equal(id, HeaderNames.Recognise(Encoding.ASCII.GetBytes(name.ToUpperInvariant())));
            Assert.Equal(id, HeaderNames.Recognise(Encoding.ASCII.GetBytes(name.ToLowerInvariant())));
        }
    }

    [Fact]
    public void A_name_that_differs_in_one_character_is_another_name()
    {
        foreach (HeaderId id in Enum.GetValues<HeaderId>().Where(id => id != HeaderId.Other))
        {
            byte[] name = HeaderNames.Text(id).ToArray();
            for (int i = 0; i < name.Length; i++)
            {
                byte[] other = [.. name];
                other[i] = (byte)'0';

                Assert.Equal(HeaderId.Other, HeaderNames.Recognise(other));
                Assert.NotEqual(id, HeaderNames.Recognise(name.AsSpan(0, i)));
            }

            Assert.Equal(HeaderId.Other, HeaderNames.Recognise([.. name, (byte)'s']));
        }
    }

    [Fact]
    public void Numbers_fit_the_bit_set() => Assert.True(Enum.GetValues<HeaderId>().Length <= 64);

    [Fact]
    public void Methods_are_recognised_in_their_own_case_only()
    {
        foreach (Method method in Enum.GetValues<Method>().Where(method => method != Method.Other))
        {
            string name = Encoding.ASCII.GetString(MethodNames.Text(method));

            Assert.Equal(method.ToString().ToUpperInvariant(), name);
            Assert.Equal(method, MethodNames.Recognise(MethodNames.Text(method)));
            Assert.Equal(Method.Other, MethodNames.Recognise(Encoding.ASCII.GetBytes(name.ToLowerInvariant())));
        }
    }

    [Fact]
    public void Tokens_are_the_characters_of_RFC_9110()
    {
        for (int value = 0; value < 256; value++)
        {
            bool expected = value < 128
                && (char.IsAsciiLetterOrDigit((char)value) || "!#$%&'*+-.^_`|~".Contains((char)value));

            Assert.Equal(expected, HttpToken.IsTokenByte((byte)value));
        }

        Assert.False(HttpToken.IsToken(default));
        Assert.False(HttpToken.IsToken("a b"u8));
        Assert.True(HttpToken.IsToken("a-b"u8));
    }
}
