using Eddy.Grpc.Tests.Harness;
using Eddy.Grpc.Tests.Protos;
using Grpc.Core;

namespace Eddy.Grpc.Tests;

public sealed class MessageSizeTests
{
    private const int Large = 64 * 1024 * 1024;
    private const int LndLimit = 200 * 1024 * 1024;
    private const int DefaultLimit = 4 * 1024 * 1024;

    [Fact]
    public async Task A_large_message_goes_both_ways()
    {
        await using var server = await EchoServer.StartAsync(options => options.MaxReceiveMessageSize = LndLimit);
        var client = server.Client(options => options.MaxReceiveMessageSize = LndLimit);
        var payload = Bytes.Pattern(Large);

        var reply = await client.UnaryAsync(new EchoRequest { Payload = payload }).ResponseAsync.Soon();

        Assert.True(payload.Equals(reply.Payload));
    }

    [Fact]
    public async Task A_received_message_costs_memory_once()
    {
        await using var server = await EchoServer.StartAsync();
        var client = server.Client(options => options.MaxReceiveMessageSize = LndLimit);
        var request = new EchoRequest { ReplySize = 32 * 1024 * 1024 };
        await client.UnaryAsync(request).ResponseAsync.Soon();

        var before = GC.GetTotalAllocatedBytes(precise: true);
        await client.UnaryAsync(request).ResponseAsync.Soon();
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        // The pattern, its serialized frame, the pieces received, the parsed bytes, and pools that may be filled anew.
        Assert.InRange(allocated, request.ReplySize, 8L * request.ReplySize);
    }

    [Fact]
    public async Task A_response_over_the_callers_limit_is_refused_by_its_length()
    {
        await using var server = await EchoServer.StartAsync();

        var exception = await server.Client().UnaryAsync(new EchoRequest { ReplySize = DefaultLimit + 1 }).ResponseAsync.Fails(StatusCode.ResourceExhausted);

        Assert.Contains($"limit {DefaultLimit}", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_over_the_servers_limit_is_refused()
    {
        await using var server = await EchoServer.StartAsync();

        var exception = await server.Client().UnaryAsync(new EchoRequest { Payload = Bytes.Pattern(DefaultLimit) }).ResponseAsync.Fails(StatusCode.ResourceExhausted);

        Assert.Contains("too long", exception.Status.Detail, StringComparison.Ordinal);
        Assert.Empty(server.Probe.Calls);
    }

    [Fact]
    public async Task A_request_over_the_callers_own_limit_is_not_sent_and_spares_the_stream()
    {
        await using var server = await EchoServer.StartAsync();
        var client = server.Client(options => options.MaxSendMessageSize = 1000);
        var tooLong = new EchoRequest { Payload = Bytes.Pattern(1000) };

        await client.UnaryAsync(tooLong).ResponseAsync.Fails(StatusCode.ResourceExhausted);
        Assert.Empty(server.Probe.Calls);

        using var call = client.Duplex();
        await call.RequestStream.WriteAsync(tooLong).Fails(StatusCode.ResourceExhausted);
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "short" });
        Assert.True(await call.ResponseStream.MoveNext().Soon());
        Assert.Equal("short", call.ResponseStream.Current.Text);
    }

    [Fact]
    public async Task A_response_over_the_servers_own_limit_is_not_sent()
    {
        await using var server = await EchoServer.StartAsync(options => options.MaxSendMessageSize = 1000);

        await server.Client().UnaryAsync(new EchoRequest { ReplySize = 1000 }).ResponseAsync.Fails(StatusCode.ResourceExhausted);
    }
}
