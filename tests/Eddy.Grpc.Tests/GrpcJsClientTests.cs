using System.Text.Json;
using Eddy.Grpc.Tests.Harness;

namespace Eddy.Grpc.Tests;

/// <summary>A client of another implementation against our server.</summary>
public sealed class GrpcJsClientTests
{
    private const int Unlimited = 200 * 1024 * 1024;

    [Fact]
    public async Task All_kinds_of_calls_work()
    {
        var result = await RunAsync("kinds");

        Assert.Equal("""{"unary":"żółw 🐢","count":100,"last":99,"joined":"a b c","echoes":"0,1,2,3,4","code":0}""", result.GetRawText());
    }

    [Fact]
    public async Task All_status_codes_texts_and_trailers_arrive()
    {
        var results = (await RunAsync("status")).EnumerateArray().ToArray();

        Assert.Equal(Enumerable.Range(1, 16), results.Select(result => result.GetProperty("code").GetInt32()));
        Assert.All(results, result =>
        {
            Assert.Equal("ошибка 100% ⚡\nline two", result.GetProperty("details").GetString());
            Assert.Equal("asked", result.GetProperty("reason").GetString());
            Assert.Equal("0001ff", result.GetProperty("proof").GetString());
        });
    }

    [Fact]
    public async Task A_stream_that_fails_delivers_its_messages_first() =>
        Assert.Equal("""{"count":3,"code":9,"details":"after three"}""", (await RunAsync("stream_status")).GetRawText());

    [Fact]
    public async Task Metadata_makes_the_round_trip() => Assert.Equal(
        """{"text":"a, b = c","twice":"one, two","bytes":["002c3dff"],"tailBytes":["01","0203"],"tail":"t"}""",
        (await RunAsync("metadata")).GetRawText());

    [Fact]
    public async Task A_large_message_goes_both_ways() =>
        Assert.Equal("""{"error":null,"equal":true}""", (await RunAsync("large")).GetRawText());

    [Fact]
    public async Task A_cancellation_reaches_the_handler()
    {
        await using var server = await EchoServer.StartAsync();
        await using var peer = await ConnectAsync(server, "cancel");

        Assert.Equal("""{"code":1}""", (await peer.ResultAsync()).GetRawText());
        await server.Probe.Released.Task.Soon();
    }

    [Fact]
    public async Task A_deadline_reaches_the_handler()
    {
        await using var server = await EchoServer.StartAsync();
        await using var peer = await ConnectAsync(server, "deadline");

        Assert.Equal("""{"code":4}""", (await peer.ResultAsync()).GetRawText());
        await server.Probe.Released.Task.Soon();
    }

    [Fact]
    public async Task A_client_that_does_not_read_stops_the_handlers_writes()
    {
        await using var server = await EchoServer.StartAsync();
        await using var peer = await ConnectAsync(server, "slow_reader");
        await peer.HearAsync("paused");

        Assert.InRange(await Signals.Settled(() => server.Probe.WrittenCount), 1, 500);
        await peer.TellAsync("go");

        Assert.Equal("""{"code":0,"count":2000}""", (await peer.ResultAsync()).GetRawText());
    }

    [Fact]
    public async Task A_handler_that_does_not_read_stops_the_clients_writes()
    {
        await using var server = await EchoServer.StartAsync();
        await using var peer = await ConnectAsync(server, "slow_server");
        await server.Probe.Hanging.Task.Soon();

        Assert.InRange(await peer.SettledWritesAsync(), 1, 500);
        server.Probe.GoOn.SetResult();

        Assert.Equal("""{"code":0,"count":2001}""", (await peer.ResultAsync()).GetRawText());
    }

    [Fact]
    public async Task A_client_that_is_killed_ends_its_call()
    {
        await using var server = await EchoServer.StartAsync();
        await using var peer = await ConnectAsync(server, "broken");
        await peer.HearAsync("open");

        peer.Kill();

        await server.Probe.DuplexFailure.Task.Soon();
        Assert.False(server.Probe.HalfClosed.Task.IsCompleted);
    }

    [Fact]
    public async Task A_server_that_stops_ends_the_clients_call()
    {
        await using var server = await EchoServer.StartAsync();
        await using var peer = await ConnectAsync(server, "broken");
        await peer.HearAsync("open");

        await server.StopAsync();

        Assert.Contains((await peer.ResultAsync()).GetProperty("code").GetInt32(), new[] { 13, 14 });
    }

    [Fact]
    public async Task What_is_not_served_is_unimplemented() => Assert.Equal(
        """[{"code":12,"details":"unknown method Nothing for service eddy.grpc.tests.Echo"},{"code":12,"details":"unknown service eddy.grpc.tests.Nobody"}]""",
        (await RunAsync("unknown")).GetRawText());

    [Fact]
    public async Task Compression_is_unimplemented() =>
        Assert.Equal("""{"code":12}""", (await RunAsync("compressed")).GetRawText());

    [Fact]
    public async Task Tls_works()
    {
        using var certificate = TestCertificate.Create();
        await using var server = await EchoServer.StartAsync(certificate: certificate.Certificate);
        await using var peer = await NodePeer.StartAsync("client.js", $"127.0.0.1:{server.Port}", "stream_status", certificate.CertificatePath);

        Assert.Equal("""{"count":3,"code":9,"details":"after three"}""", (await peer.ResultAsync()).GetRawText());
    }

    private static async Task<JsonElement> RunAsync(string scenario)
    {
        await using var server = await EchoServer.StartAsync(options => options.MaxReceiveMessageSize = Unlimited);
        await using var peer = await ConnectAsync(server, scenario);
        return await peer.ResultAsync();
    }

    private static Task<NodePeer> ConnectAsync(EchoServer server, string scenario) =>
        NodePeer.StartAsync("client.js", $"127.0.0.1:{server.Port}", scenario);
}
