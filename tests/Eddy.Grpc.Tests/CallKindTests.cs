using Eddy.Grpc.Tests.Harness;
using Eddy.Grpc.Tests.Protos;
using Grpc.Core;

namespace Eddy.Grpc.Tests;

public sealed class CallKindTests
{
    [Fact]
    public async Task A_unary_call_returns_its_reply_headers_status_and_trailers()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().UnaryAsync(new EchoRequest { Text = "żółw 🐢" });

        Assert.Equal("żółw 🐢", (await call).Text);
        Assert.NotNull((await call.ResponseHeadersAsync).GetValue("date"));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Empty(call.GetTrailers());
    }

    [Fact]
    public async Task A_blocking_unary_call_returns_its_reply()
    {
        await using var server = await EchoServer.StartAsync();

        Assert.Equal("hi", server.Client().Unary(new EchoRequest { Text = "hi" }).Text);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task A_server_stream_delivers_every_message_in_order(int count)
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().ServerStream(new EchoRequest { Text = "s", Count = count });

        var numbers = new List<int>();
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
        {
            numbers.Add(reply.Number);
        }

        Assert.Equal(Enumerable.Range(0, count), numbers);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    public async Task A_client_stream_is_answered_after_the_half_close(int count)
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().ClientStream();
        for (var i = 0; i < count; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"{i}" });
        }

        Assert.False(call.ResponseAsync.IsCompleted);
        await call.RequestStream.CompleteAsync();

        var reply = await call;
        Assert.Equal(count, reply.Number);
        Assert.Equal(string.Join(' ', Enumerable.Range(0, count)), reply.Text);
    }

    [Fact]
    public async Task A_duplex_call_answers_each_message_before_the_next_is_written()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().Duplex();
        for (var i = 0; i < 200; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"{i}" });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal($"{i}", call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        await server.Probe.HalfClosed.Task;
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Buffered_writes_leave_with_the_next_one_that_is_not()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().Duplex();
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "a" });
        call.RequestStream.WriteOptions = null;
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "b" });

        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal("a", call.ResponseStream.Current.Text);
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal("b", call.ResponseStream.Current.Text);
    }

    [Fact]
    public async Task Many_calls_share_one_channel()
    {
        await using var server = await EchoServer.StartAsync();
        var client = server.Client();

        var replies = await Task.WhenAll(Enumerable.Range(0, 500).Select(async i => (await client.UnaryAsync(new EchoRequest { Text = $"{i}" })).Text));

        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), replies);
    }

    [Fact]
    public async Task Two_writes_or_reads_at_a_time_are_refused()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().Duplex();
        var read = call.ResponseStream.MoveNext(CancellationToken.None);

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext(CancellationToken.None));

        await call.RequestStream.CompleteAsync();
        Assert.False(await read);
        await Assert.ThrowsAnyAsync<Exception>(() => call.RequestStream.WriteAsync(new EchoRequest()));
    }
}
