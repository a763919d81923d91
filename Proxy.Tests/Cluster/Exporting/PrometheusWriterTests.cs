using System.Text;
using Proxy.Cluster.Acme;
using Proxy.Cluster.Exporting;

namespace Proxy.Tests.Cluster.Exporting;

public sealed class PrometheusWriterTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_export_is_valid_and_has_every_family()
    {
        ExpositionChecker export = Export(new SampleNode());

        Assert.True(export.Types.Count > 50, $"{export.Types.Count} families");
        Assert.All(export.Types.Keys, name => Assert.StartsWith("proxy_", name, StringComparison.Ordinal));
        string[] empty = [.. export.Types.Keys.Where(
            name => !export.Samples.Keys.Any(key => key.StartsWith(name, StringComparison.Ordinal)))];
        Assert.Empty(empty);
    }

    [Theory]
    [InlineData("proxy_loop_requests_total{loop=\"1\"}", 2)]
    [InlineData("proxy_responses_total{class=\"2xx\"}", 2)]
    [InlineData("proxy_responses_total{class=\"none\"}", 0)]
    [InlineData("proxy_received_bytes_total{}", 400)]
    [InlineData("proxy_sent_bytes_total{}", 2100)]
    [InlineData("proxy_faults_total{fault=\"connect-refused\",side=\"origin\"}", 2)]
    [InlineData("proxy_faults_total{fault=\"no-route\",side=\"proxy\"}", 0)]
    [InlineData("proxy_listener_requests_total{listener=\"web\"}", 4)]
    [InlineData("proxy_route_requests_total{route=\"to-app\"}", 4)]
    [InlineData("proxy_route_requests_total{route=\"old\"}", 0)]
    [InlineData("proxy_route_responses_total{class=\"5xx\",route=\"to-app\"}", 2)]
    [InlineData("proxy_route_duration_seconds_count{route=\"to-app\"}", 4)]
    [InlineData("proxy_route_duration_seconds_bucket{le=\"0.001024\",route=\"to-app\"}", 0)]
    [InlineData("proxy_route_duration_seconds_bucket{le=\"0.002048\",route=\"to-app\"}", 2)]
    [InlineData("proxy_route_duration_seconds_bucket{le=\"67.108864\",route=\"to-app\"}", 2)]
    [InlineData("proxy_route_duration_seconds_sum{route=\"to-app\"}", 180.003)]
    [InlineData("proxy_pool_requests_total{pool=\"app\"}", 4)]
    [InlineData("proxy_pool_first_byte_seconds_count{pool=\"app\"}", 2)]
    [InlineData("proxy_pool_members{pool=\"app\"}", 2)]
    [InlineData("proxy_pool_candidates{pool=\"app\"}", 1)]
    [InlineData("proxy_member_state{member=\"a\",pool=\"app\",state=\"open\"}", 1)]
    [InlineData("proxy_member_state{member=\"b\",pool=\"app\",state=\"open\"}", 0)]
    [InlineData("proxy_member_state{member=\"b\",pool=\"app\",state=\"closed\"}", 1)]
    [InlineData("proxy_member_weight{member=\"a\",pool=\"app\"}", 100)]
    [InlineData("proxy_member_requests_total{member=\"a\",pool=\"app\"}", 10)]
    [InlineData("proxy_member_in_flight{member=\"a\",pool=\"app\"}", 2)]
    [InlineData("proxy_config_revision{}", 7)]
    [InlineData("proxy_uptime_seconds{}", 90)]
    [InlineData("proxy_ready{}", 1)]
    [InlineData("proxy_acme_orders_total{names=\"shop.test, www.shop.test\",result=\"issued\"}", 2)]
    [InlineData("proxy_acme_orders_total{names=\"shop.test, www.shop.test\",result=\"failed\"}", 1)]
    [InlineData("proxy_acme_next_order_seconds{names=\"shop.test, www.shop.test\"}", 1772409600)]
    public void Values_are_what_was_counted(string series, double value)
    {
        Assert.Equal(value, Export(new SampleNode()).Samples[series], precision: 9);
    }

    [Fact]
    public void Odd_names_are_escaped_and_read_back()
    {
        const string Odd = "a\"b\\c\nd é";

        ExpositionChecker export = Export(new SampleNode(Odd));

        Assert.Equal(4, export.Samples[$"proxy_pool_requests_total{{pool=\"{Odd}\"}}"]);
    }

    [Theory]
    [InlineData("proxy_x 1\n")]
    [InlineData("# HELP proxy_x x\n# TYPE proxy_x gauge\nproxy_x{a=\"1\"} 1\nproxy_x{a=\"1\"} 1\n")]
    [InlineData("# HELP proxy_x x\n# TYPE proxy_x gauge\nproxy_x{a=\"1} 1\n")]
    [InlineData("# HELP x_total x\n# TYPE x_total counter\nx_total -1\n")]
    [InlineData("# HELP x x\n# TYPE x histogram\nx_bucket{le=\"1\",r=\"a\"} 1\nx_sum{r=\"a\"} 1\nx_count{r=\"a\"} 1\n")]
    [InlineData("# HELP x x\n# TYPE x histogram\nx_bucket{le=\"1\",r=\"a\"} 2\nx_bucket{le=\"+Inf\",r=\"a\"} 1\n"
        + "x_sum{r=\"a\"} 1\nx_count{r=\"a\"} 1\n")]
    public void The_checker_refuses_what_is_wrong(string text)
    {
        Assert.ThrowsAny<Exception>(() => ExpositionChecker.Read(text));
    }

    private static ExpositionChecker Export(SampleNode sample)
    {
        var node = new NodeMetrics(
            "edge-1", "0.1.0", Start, Start.AddSeconds(90), IsReady: true, sample.Snapshot, sample.Telemetry,
            [new AcmeOrderState("shop.test, www.shop.test", 2, 1, Start.AddDays(60))]);
        return ExpositionChecker.Read(Encoding.UTF8.GetString(PrometheusWriter.Write(node).Span));
    }
}
