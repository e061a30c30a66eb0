using Eddy.Grpc.Tests.Harness;
using Eddy.Grpc.Tests.Protos;
using Grpc.Core;

namespace Eddy.Grpc.Tests;

public sealed class BackPressureTests
{
    private const int MessageLength = 64 * 1024;
    private const int MessageCount = 2_000;

    // What HTTP/2 windows, socket buffers and pipes of both sides may hold; without back-pressure it would be 131 MB.
    private const int LongestBacklog = 32 * 1024 * 1024 / MessageLength;

    [Fact]
    public async Task A_reader_that_does_not_read_stops_the_servers_writer()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().ServerStream(new EchoRequest { Count = MessageCount, ReplySize = MessageLength });
        Assert.True(await call.ResponseStream.MoveNext().Soon());

        Assert.InRange(await Signals.Settled(() => server.Probe.WrittenCount), 1, LongestBacklog);

        var read = 1;
        while (await call.ResponseStream.MoveNext().Soon())
        {
            Assert.Equal(read++, call.ResponseStream.Current.Number);
        }

        Assert.Equal(MessageCount, read);
    }

    [Fact]
    public async Task A_server_that_does_not_read_stops_the_clients_writer()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().ClientStream();
        await call.RequestStream.WriteAsync(new EchoRequest { Behaviour = "stall" });
        await server.Probe.Hanging.Task.Soon();
        var written = 0;
        var writing = WriteAllAsync();

        Assert.InRange(await Signals.Settled(() => written), 1, LongestBacklog);
        Assert.False(writing.IsCompleted);

        server.Probe.GoOn.SetResult();
        await writing.Soon();
        Assert.Equal(MessageCount + 1, (await call.ResponseAsync.Soon()).Number);

        async Task WriteAllAsync()
        {
            var request = new EchoRequest { Payload = Bytes.Pattern(MessageLength) };
            for (; written < MessageCount; written++)
            {
                await call.RequestStream.WriteAsync(request);
            }

            await call.RequestStream.CompleteAsync();
        }
    }

    [Theory]
    [InlineData("dispose")]
    [InlineData("token")]
    [InlineData("deadline")]
    public async Task A_write_held_back_is_released_when_the_call_ends(string by)
    {
        await using var server = await EchoServer.StartAsync();
        using var cancel = new CancellationTokenSource();
        using var call = server.Client().ClientStream(
            deadline: by == "deadline" ? DateTime.UtcNow.AddSeconds(5) : null,
            cancellationToken: cancel.Token);
        await call.RequestStream.WriteAsync(new EchoRequest { Behaviour = "stall" });
        var written = 0;
        var writing = WriteForeverAsync();
        await Signals.Settled(() => written);

        switch (by)
        {
            case "dispose":
                call.Dispose();
                break;
            case "token":
                await cancel.CancelAsync();
                break;
        }

        await writing.Fails(by == "deadline" ? StatusCode.DeadlineExceeded : StatusCode.Cancelled);

        async Task WriteForeverAsync()
        {
            var request = new EchoRequest { Payload = Bytes.Pattern(MessageLength) };
            while (true)
            {
                await call.RequestStream.WriteAsync(request);
                written++;
            }
        }
    }

    [Fact]
    public async Task A_server_write_held_back_is_released_when_the_caller_goes()
    {
        await using var server = await EchoServer.StartAsync();
        var call = server.Client().ServerStream(new EchoRequest { Count = int.MaxValue, ReplySize = MessageLength });
        Assert.True(await call.ResponseStream.MoveNext().Soon());
        await Signals.Settled(() => server.Probe.WrittenCount);
        Assert.True(server.Probe.Calls.TryDequeue(out var seen));
        var gone = new TaskCompletionSource();
        using var registration = seen.CancellationToken.Register(gone.SetResult);

        call.Dispose();

        await gone.Task.Soon();
        await Signals.Settled(() => server.Probe.WrittenCount);
    }
}
