using System.CommandLine;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Proxy.Cluster.Commands;

/// <summary>"ctl vip": looks at and moves virtual addresses through a node's management.</summary>
internal static class VipCommands
{
    public static Command Create()
    {
        var url = new Option<string>("--url")
        {
            Description = "Management of the node.",
            DefaultValueFactory = static _ => "http://127.0.0.1:8558",
        };
        var token = new Option<string>("--token")
        {
            Description = "Its token, when it wants one; otherwise PROXY_TOKEN of the environment.",
            DefaultValueFactory = static _ => Environment.GetEnvironmentVariable("PROXY_TOKEN") ?? "",
        };
        var list = new Command("list", "Shows the node's virtual addresses, their state and who has them.")
        {
            url, token,
        };
        list.SetAction((result, cancellation) => RunAsync(
            result.GetRequiredValue(url), result.GetRequiredValue(token),
            async http => Show(await http.GetStringAsync("api/vips", cancellation), Console.Out)));
        return new Command("vip", "Virtual addresses.")
        {
            list,
            Order("give", "The node gives the address to the next one and stays away for resign-hold.", url, token),
            Order("take", "The node takes the address now; it keeps it if its priority is the highest.", url, token),
        };
    }

    private static Command Order(string word, string description, Option<string> url, Option<string> token)
    {
        var name = new Argument<string>("NAME") { Description = "Name of the virtual address." };
        var command = new Command(word, description) { name, url, token };
        command.SetAction((result, cancellation) => RunAsync(
            result.GetRequiredValue(url), result.GetRequiredValue(token),
            async http =>
            {
                using var body = new StringContent("{}", Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
                body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                using HttpResponseMessage answer = await http.PostAsync(
                    $"api/vips/{Uri.EscapeDataString(result.GetRequiredValue(name))}/{word}", body, cancellation);
                if (!answer.IsSuccessStatusCode)
                {
                    throw new HttpRequestException(await answer.Content.ReadAsStringAsync(cancellation));
                }
            }));
        return command;
    }

    private static async Task<int> RunAsync(string url, string token, Func<HttpClient, Task> work)
    {
        using var http = new HttpClient
        {
            BaseAddress = new Uri(url.TrimEnd('/') + "/"),
            Timeout = TimeSpan.FromSeconds(30),
        };
        if (token.Length > 0)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        try
        {
            await work(http);
            return 0;
        }
        catch (HttpRequestException error)
        {
            await Console.Error.WriteLineAsync(error.Message.Trim());
            return 1;
        }
    }

    private static void Show(string text, TextWriter output)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        output.WriteLine($"{"NAME",-16} {"STATE",-8} {"PRIORITY",8} {"OWNER",-24} ADDRESSES");
        foreach (JsonElement vip in document.RootElement.GetProperty("vips").EnumerateArray())
        {
            string owner = vip.GetProperty("owner").GetString() ?? vip.GetProperty("ownerAddress").GetString() ?? "-";
            string addresses = string.Join(
                ", ", vip.GetProperty("addresses").EnumerateArray().Select(static each => each.GetString()));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{vip.GetProperty("name"),-16} {vip.GetProperty("state"),-8} {vip.GetProperty("priority"),8} "
                + $"{owner,-24} {addresses}"));
        }
    }
}
