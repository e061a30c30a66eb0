using System.Diagnostics;
using Eddy.Grpc.Tests.Harness;
using Eddy.Grpc.Tests.Protos;
using Grpc.Core;

namespace Eddy.Grpc.Tests;

/// <summary>Reports what a round trip costs here; asserts only that every message came through.</summary>
public sealed class ThroughputTests(ITestOutputHelper output)
{
    private const int Rounds = 5_000;

    [Fact]
    public async Task Duplex_round_trips_one_after_another()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().Duplex();
        var request = new EchoRequest { Text = "htlc", Payload = Bytes.Pattern(300) };

        var start = Start();
        for (var i = 0; i < Rounds; i++)
        {
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext());
        }

        Report("duplex round trips", start);
        Assert.Equal(Rounds - 1, call.ResponseStream.Current.Number);
    }

    [Fact]
    public async Task Duplex_messages_written_ahead()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().Duplex();
        var request = new EchoRequest { Text = "htlc", Payload = Bytes.Pattern(300) };

        var start = Start();
        var writing = WriteAllAsync();
        for (var i = 0; i < Rounds; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(i, call.ResponseStream.Current.Number);
        }

        await writing;
        Report("pipelined duplex messages", start);
        Assert.False(await call.ResponseStream.MoveNext());

        async Task WriteAllAsync()
        {
            for (var i = 0; i < Rounds; i++)
            {
                await call.RequestStream.WriteAsync(request);
            }

            await call.RequestStream.CompleteAsync();
        }
    }

    [Fact]
    public async Task Unary_calls_one_after_another()
    {
        await using var server = await EchoServer.StartAsync();
        var client = server.Client();

        var start = Start();
        for (var i = 0; i < Rounds; i++)
        {
            Assert.Equal("x", (await client.UnaryAsync(new EchoRequest { Text = "x" })).Text);
        }

        Report("unary calls", start);
    }

    private static (Stopwatch Clock, TimeSpan Processor) Start() => (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);

    private void Report(string what, (Stopwatch Clock, TimeSpan Processor) start)
    {
        var elapsed = start.Clock.Elapsed.TotalMicroseconds / Rounds;
        var processor = (Environment.CpuUsage.TotalTime - start.Processor).TotalMicroseconds / Rounds;
        output.WriteLine($"{Rounds} {what}: {elapsed:F0} us each, {processor:F0} us of processor time (both sides, and all other tests)");
    }
}
