using Eddy.Grpc.Tests.Harness;
using Eddy.Grpc.Tests.Protos;
using Grpc.Core;

namespace Eddy.Grpc.Tests;

public sealed class DeadlineAndCancellationTests
{
    private static readonly EchoRequest Hang = new() { Behaviour = "hang", Count = 1 };

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        await using var server = await EchoServer.StartAsync();
        var client = server.Client();
        foreach (var deadline in Deadlines.Longer())
        {
            using var call = client.UnaryAsync(Hang, deadline: deadline);

            await call.ResponseAsync.Fails(StatusCode.DeadlineExceeded);

            Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
            if (server.Probe.Hanging.Task.IsCompleted)
            {
                break;
            }
        }

        await server.Probe.Released.Task.Soon();
    }

    [Fact]
    public async Task A_deadline_ends_a_stream_that_is_being_read()
    {
        await using var server = await EchoServer.StartAsync();
        var client = server.Client();
        using var call = await Deadlines.OpenAsync(deadline => client.ServerStream(Hang, deadline: deadline));

        await call.ResponseStream.MoveNext().Fails(StatusCode.DeadlineExceeded);
        await server.Probe.Released.Task.Soon();
    }

    [Fact]
    public async Task A_deadline_that_has_passed_starts_no_call()
    {
        await using var server = await EchoServer.StartAsync();

        await server.Client().UnaryAsync(new EchoRequest(), deadline: DateTime.UtcNow.AddSeconds(-1)).ResponseAsync.Fails(StatusCode.DeadlineExceeded);

        Assert.Empty(server.Probe.Calls);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000_000)]
    [InlineData(100_000_000)]
    public async Task The_server_knows_the_deadline(int seconds)
    {
        await using var server = await EchoServer.StartAsync();

        await server.Client().UnaryAsync(new EchoRequest(), deadline: DateTime.UtcNow.AddSeconds(seconds));

        Assert.True(server.Probe.Calls.TryDequeue(out var seen));
        if (seconds > TimeSpan.FromDays(49).TotalSeconds)
        {
            Assert.Equal(DateTime.MaxValue, seen.Deadline);
        }
        else
        {
            Assert.InRange((seen.Deadline - DateTime.UtcNow).TotalSeconds, seconds - 60, seconds + 1);
        }
    }

    [Fact]
    public void A_deadline_in_local_time_is_refused()
    {
        using var channel = global::Grpc.Net.Client.GrpcChannel.ForAddress("http://127.0.0.1:1");

        Assert.Throws<InvalidOperationException>(() => new Echo.EchoClient(channel).UnaryAsync(new EchoRequest(), deadline: DateTime.Now));
    }

    [Fact]
    public async Task A_callers_token_cancels_on_both_sides()
    {
        await using var server = await EchoServer.StartAsync();
        using var cancel = new CancellationTokenSource();
        var call = server.Client().UnaryAsync(Hang, cancellationToken: cancel.Token);
        await server.Probe.Hanging.Task.Soon();

        await cancel.CancelAsync();

        await call.ResponseAsync.Fails(StatusCode.Cancelled);
        await call.ResponseHeadersAsync.Fails(StatusCode.Cancelled);
        await server.Probe.Released.Task.Soon();
    }

    [Fact]
    public async Task A_token_cancelled_before_starts_no_call()
    {
        await using var server = await EchoServer.StartAsync();

        await server.Client().UnaryAsync(new EchoRequest(), cancellationToken: new CancellationToken(canceled: true)).ResponseAsync.Fails(StatusCode.Cancelled);

        Assert.Empty(server.Probe.Calls);
    }

    [Fact]
    public async Task Disposing_a_stream_tells_the_server()
    {
        await using var server = await EchoServer.StartAsync();
        var call = server.Client().ServerStream(Hang);
        Assert.True(await call.ResponseStream.MoveNext().Soon());
        var waiting = call.ResponseStream.MoveNext();

        call.Dispose();

        await waiting.Fails(StatusCode.Cancelled);
        await server.Probe.Released.Task.Soon();
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Disposing_a_stream_that_nobody_reads_tells_the_server()
    {
        await using var server = await EchoServer.StartAsync();
        var call = server.Client().ServerStream(Hang);
        await server.Probe.Hanging.Task.Soon();
        await call.ResponseHeadersAsync.Soon();

        call.Dispose();

        await server.Probe.Released.Task.Soon();
    }

    [Fact]
    public async Task Cancelling_one_read_cancels_the_call()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().ServerStream(Hang);
        using var cancel = new CancellationTokenSource();
        Assert.True(await call.ResponseStream.MoveNext(cancel.Token).Soon());
        var waiting = call.ResponseStream.MoveNext(cancel.Token);

        await cancel.CancelAsync();

        await waiting.Fails(StatusCode.Cancelled);
        await server.Probe.Released.Task.Soon();
    }

    [Fact]
    public async Task A_cancelled_request_stream_is_not_taken_for_a_finished_one()
    {
        for (var round = 0; round < 20; round++)
        {
            await using var server = await EchoServer.StartAsync();
            var call = server.Client().Duplex();
            await call.RequestStream.WriteAsync(new EchoRequest { Text = "a" });
            Assert.True(await call.ResponseStream.MoveNext().Soon());

            call.Dispose();

            await server.Probe.DuplexFailure.Task.Soon();
            Assert.False(server.Probe.HalfClosed.Task.IsCompleted);
        }
    }

    [Fact]
    public async Task A_call_that_ended_is_not_changed_by_disposal()
    {
        await using var server = await EchoServer.StartAsync();
        var call = server.Client().UnaryAsync(new EchoRequest());
        await call;

        call.Dispose();

        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }
}
