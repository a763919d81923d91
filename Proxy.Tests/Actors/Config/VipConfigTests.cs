using Proxy.Actors.Config;

namespace Proxy.Tests.Actors.Config;

public sealed class VipConfigTests
{
    private const string Good = "interface = eth0, addresses = [\"203.0.113.10/24\"], router-id = 51";

    [Fact]
    public void A_block_and_a_list_of_one_are_the_same()
    {
        VipConfig block = Assert.Single(Read($"vip {{ {Good} }}").Vips);
        VipConfig item = Assert.Single(Read($"vip = [ {{ {Good} }} ]").Vips);

        Assert.Equal(block, item);
        Assert.Equal(
            ("vip-1", "eth0", 51, 100, TimeSpan.FromMilliseconds(100)),
            (block.Name, block.Interface, block.RouterId, block.Priority, block.Advert));
    }

    [Fact]
    public void Words_of_keepalived_mean_the_same()
    {
        VipConfig theirs = Assert.Single(Read("""
            vip {
              interface = eth0, virtual_router_id = 51, priority = 150, advert_int = 1, nopreempt = true
              preempt_delay = 2.5, version = 2, auth_pass = s3cret, virtual_ipaddress = ["10.0.0.9/24"]
              unicast_peer = ["10.0.0.2"], unicast_src_ip = "10.0.0.1", use_vmac = true, track_interface = [eth1]
            }
            """).Vips);
        VipConfig ours = Assert.Single(Read("""
            vip {
              interface = eth0, router-id = 51, priority = 150, advert = 1s, preempt = false
              preempt-delay = 2500ms, version = 2, auth = s3cret, addresses = ["10.0.0.9/24"]
              unicast-peers = ["10.0.0.2"], source = "10.0.0.1", virtual-mac = true, track { interfaces = [eth1] }
            }
            """).Vips);

        Assert.Equal(ours, theirs);
    }

    [Theory]
    [InlineData("vip { addresses = [\"10.0.0.1\"], router-id = 1 }", "proxy.vip.interface")]
    [InlineData("vip { interface = eth0, addresses = [\"10.0.0.1\"] }", "proxy.vip.router-id")]
    [InlineData("vip { interface = eth0, router-id = 1 }", "proxy.vip.addresses")]
    [InlineData("vip { interface = eth0, router-id = 1, addresses = [\"10.0.0.1/33\"] }", "proxy.vip.addresses")]
    [InlineData("vip { interface = eth0, router-id = 1, addresses = [\"10.0.0.1\", \"::1\"] }", "proxy.vip.addresses")]
    [InlineData($"vip {{ {Good}, advert = 15ms }}", "proxy.vip.advert")]
    [InlineData($"vip {{ {Good}, version = 2 }}", "proxy.vip.advert")]
    [InlineData($"vip {{ {Good}, auth = s3cret }}", "proxy.vip.auth")]
    [InlineData($"vip {{ {Good}, version = 2, advert = 1s, auth = far-too-long }}", "proxy.vip.auth")]
    [InlineData($"vip {{ {Good}, priority = 0 }}", "proxy.vip.priority")]
    [InlineData($"vip {{ {Good}, priority = auto }}", "proxy.vip.priority")]
    [InlineData($"vip {{ {Good}, pin = edge-1 }}", "proxy.vip.pin")]
    [InlineData($"vip {{ {Good}, track {{ pools = [nowhere] }} }}", "proxy.vip.track.pools")]
    [InlineData($"vip = [ {{ {Good} }}, {{ name = b, {Good} }} ]", "proxy.vip[1].router-id")]
    public void What_cannot_work_is_refused_at_its_key(string text, string key) =>
        Assert.Contains(key, ConfigText.Load(ConfigText.Around(text)).Errors.Select(static error => error.Path));

    [Theory]
    [InlineData("etcd { endpoints = [\"http://127.0.0.1:2379\"] }", "etcd")]
    [InlineData("", "embedded")]
    public void Auto_without_a_list_of_nodes_needs_an_engine_that_knows_them(string block, string engine)
    {
        string text = $"vip {{ {Good}, priority = auto }}\ncluster {{ engine = {engine}, {block} }}";

        Assert.Equal(
            engine == "embedded",
            ConfigText.Load(ConfigText.Around(text)).Errors.Any(static error => error.Path == "proxy.vip.priority"));
    }

    [Theory]
    [InlineData("10.0.0.100", "10.0.0.100:81", "0.0.0.0:81")]
    [InlineData("10.0.0.100/24", "10.0.0.100:81", "0.0.0.0:81")]
    [InlineData("2001:db8::10/64", "[2001:db8:0::10]:81", "[::]:81")]
    public void Who_listens_on_a_virtual_address_is_told_what_to_use_instead(
        string address, string bind, string instead)
    {
        string text = ConfigText.Around(
            $"vip {{ interface = eth0, router-id = 1, name = web, addresses = [\"{address}\"] }}\n"
                + $"listeners = [ {{ bind = \"*:80\" }}, {{ bind = \"{bind}\" }} ]");

        ConfigProblem warning = Assert.Single(ConfigText.Load(text).Warnings);

        Assert.Empty(ConfigText.Errors(text));
        Assert.Equal(("proxy.listeners[1].bind", $"\"{bind}\""), (warning.Path, warning.Value));
        Assert.StartsWith("an address of virtual router \"web\"", warning.Message, StringComparison.Ordinal);
        Assert.StartsWith(instead, warning.Accepted, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("listeners = [ { bind = \"0.0.0.0:81\" }, { bind = \"[::]:82\" }, { bind = \"10.0.0.1:83\" } ]", 0)]
    [InlineData("listeners = [ { bind = \"unix:/run/p\" } ], management { enabled = false, bind = \"10.0.0.9:1\" }", 0)]
    [InlineData("management { bind = \"10.0.0.9:8558\", token = t, tls { certificate = c, key = k } }", 1)]
    public void Only_an_address_that_comes_and_goes_is_doubtful(string rest, int warnings)
    {
        string text = ConfigText.Around(
            $"vip {{ interface = eth0, router-id = 1, addresses = [\"10.0.0.9\", \"10.0.0.10\"] }}\n{rest}");

        Assert.Equal(warnings, ConfigText.Load(text).Warnings.Count(
            static warning => warning.Message.Contains("virtual router", StringComparison.Ordinal)));
    }

    private static ProxyConfig Read(string text)
    {
        ConfigLoading loading = ConfigLoader.LoadText(ConfigText.Around(text), "test.conf");
        Assert.Empty(loading.Errors.Select(static error => error.ToString()));
        return loading.Config!;
    }
}
