using System.Text;
using Proxy.Cluster.Management;

namespace Proxy.Tests.Cluster.Management;

public sealed class SecretMaskTests
{
    [Theory]
    [InlineData("""{"token":"x"}""", """{"token":"***"}""")]
    [InlineData("""{"token":""}""", """{"token":""}""")]
    [InlineData("""{"db":{"Password":"x","user":"u"}}""", """{"db":{"Password":"***","user":"u"}}""")]
    [InlineData("""{"secret":["a",1]}""", """{"secret":["***","***"]}""")]
    [InlineData("""{"secrets":{"a":"b"}}""", """{"secrets":{"a":"***"}}""")]
    [InlineData("""{"signing-key":"x","key":"site.key"}""", """{"signing-key":"***","key":"site.key"}""")]
    [InlineData("""{"apiKey":"y"}""", """{"apiKey":"***"}""")]
    [InlineData("""{"set":{"Authorization":"Basic x"}}""", """{"set":{"Authorization":"***"}}""")]
    [InlineData("""{"name":"Authorization","value":"x"}""", """{"name":"Authorization","value":"***"}""")]
    [InlineData("""{"name":"X-Api-Key","value":"x","a":"b"}""", """{"name":"X-Api-Key","value":"***","a":"b"}""")]
    [InlineData("""{"url":"postgres://u:p%40ss@db/x"}""", """{"url":"postgres://u:***@db/x"}""")]
    [InlineData("""{"url":"http://127.0.0.1:9001/a@b"}""", """{"url":"http://127.0.0.1:9001/a@b"}""")]
    [InlineData("""{"connection":"Host=db;Password=x y;User=u"}""", """{"connection":"Host=db;Password=***;User=u"}""")]
    [InlineData("""{"pem":"-----BEGIN PRIVATE KEY-----"}""", """{"pem":"***"}""")]
    [InlineData("""{"name":"edge-1","n":4,"on":true,"no":null}""", """{"name":"edge-1","n":4,"on":true,"no":null}""")]
    public void Secrets_are_hidden_and_the_rest_stays(string json, string expected)
    {
        Assert.Equal(expected, Encoding.UTF8.GetString(SecretMask.Apply(json)));
    }
}
