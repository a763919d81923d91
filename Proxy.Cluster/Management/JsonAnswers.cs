using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Proxy.Cluster.Management;

/// <summary>Answers in JSON, written without reflection.</summary>
internal static class JsonAnswers
{
    public static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
        {
            write(writer);
        }

        return BytesAsync(context, "application/json", output.WrittenMemory);
    }

    public static Task ErrorAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("status", status);
            json.WriteString("error", message);
            json.WriteEndObject();
        });
    }

    public static async Task BytesAsync(HttpContext context, string contentType, ReadOnlyMemory<byte> bytes)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
