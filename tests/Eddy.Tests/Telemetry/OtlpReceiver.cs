using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Eddy.Tests.Telemetry;

/// <summary>A span as it was sent.</summary>
internal sealed record ReceivedSpan(string Name, string TraceId, string SpanId, string ParentId, ulong Start, ulong End);

/// <summary>A collector that takes OTLP over gRPC and over HTTP, reads what it is sent, and keeps nothing but names.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SemaphoreSlim _came = new(0);

    private OtlpReceiver(WebApplication app) => _app = app;

    /// <summary>Metrics by name, with their unit.</summary>
    public ConcurrentDictionary<string, string> Metrics { get; } = new();

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = new();

    public Uri Address { get; private set; } = null!;

    public static async Task<OtlpReceiver> StartAsync(bool isGrpc)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.Run(context => receiver.TakeAsync(context, isGrpc));
        await app.StartAsync(TestContext.Current.CancellationToken);
        receiver.Address = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return receiver;
    }

    public async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            Assert.True(await _came.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken), "Nothing was sent.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _came.Dispose();
    }

    private async Task TakeAsync(HttpContext context, bool isGrpc)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var bytes = body.ToArray();
        var message = isGrpc ? bytes[5..] : bytes;
        switch (context.Request.Path.Value)
        {
            case "/v1/metrics" or "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":
                foreach (var metric in Fields(message, 1).SelectMany(static resource => Fields(resource, 2)).SelectMany(static scope => Fields(scope, 2)))
                {
                    Metrics[Text(metric, 1)] = Text(metric, 3);
                }

                break;
            case "/v1/traces" or "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
                foreach (var span in Fields(message, 1).SelectMany(static resource => Fields(resource, 2)).SelectMany(static scope => Fields(scope, 2)))
                {
                    Spans.Enqueue(new(Text(span, 5), Hex(span, 1), Hex(span, 2), Hex(span, 4), Fixed(span, 7), Fixed(span, 8)));
                }

                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }

        if (isGrpc)
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
        else
        {
            context.Response.ContentType = "application/x-protobuf";
        }

        _came.Release();
    }

    private static string Text(byte[] message, int field) => Fields(message, field).Select(System.Text.Encoding.UTF8.GetString).FirstOrDefault("");

    private static string Hex(byte[] message, int field) => Fields(message, field).Select(Convert.ToHexStringLower).FirstOrDefault("");

    /// <summary>The parts of a message that have this number and a length.</summary>
    private static List<byte[]> Fields(byte[] message, int field)
    {
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                found.Add(input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return found;
    }

    private static ulong Fixed(byte[] message, int field)
    {
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field)
            {
                return input.ReadFixed64();
            }

            input.SkipLastField();
        }

        return 0;
    }
}
