using Eddy.Grpc.Tests.Harness;
using Eddy.Grpc.Tests.Protos;
using Grpc.Core;

namespace Eddy.Grpc.Tests;

public sealed class MetadataTests
{
    [Fact]
    public async Task Texts_and_bytes_make_the_round_trip_in_headers_and_trailers()
    {
        await using var server = await EchoServer.StartAsync();
        byte[] bytes = [0, 1, 2, 44, 61, 254, 255];
        var sent = new Metadata
        {
            { "head-text", "a value, with = and spaces" },
            { "head-twice", "one" },
            { "head-twice", "two" },
            { "head-bytes-bin", bytes },
            { "tail-bytes-bin", [7] },
            { "tail-bytes-bin", [8, 9] },
            { "Tail-Text", "t" },
        };
        using var call = server.Client().UnaryAsync(new EchoRequest { Behaviour = "metadata" }, sent);

        await call;
        var headers = await call.ResponseHeadersAsync;
        var trailers = call.GetTrailers();

        Assert.Equal("a value, with = and spaces", headers.GetValue("head-text"));
        Assert.Equal("one, two", headers.GetValue("head-twice")); // HttpClient joins what it sends
        Assert.Equal(bytes, headers.GetValueBytes("head-bytes-bin")!);
        Assert.Equal([[7], [8, 9]], trailers.GetAll("tail-bytes-bin").Select(entry => entry.ValueBytes));
        Assert.Equal("t", trailers.GetValue("tail-text"));
        Assert.DoesNotContain(trailers, entry => entry.Key.StartsWith("grpc-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_handler_sees_who_calls_what()
    {
        await using var server = await EchoServer.StartAsync();
        await server.Client().UnaryAsync(new EchoRequest(), new Metadata { { "macaroon", "0201036c6e64" } });

        Assert.True(server.Probe.Calls.TryDequeue(out var seen));
        Assert.Equal("/eddy.grpc.tests.Echo/Unary", seen.Method);
        Assert.Equal($"127.0.0.1:{server.Port}", seen.Host);
        Assert.StartsWith("ipv4:127.0.0.1:", seen.Peer, StringComparison.Ordinal);
        Assert.Equal("0201036c6e64", seen.RequestHeaders.GetValue("macaroon"));
        Assert.Equal(DateTime.MaxValue, seen.Deadline);
    }

    [Fact]
    public async Task A_value_that_no_header_can_carry_fails_the_call_and_not_the_process()
    {
        await using var server = await EchoServer.StartAsync();

        var exception = await server.Client().UnaryAsync(new EchoRequest(), new Metadata { { "bad", "line\nbreak" } }).ResponseAsync.Fails(StatusCode.Internal);

        Assert.Contains("'bad'", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_lower_case_and_checked()
    {
        Assert.Equal("a_b.c-1", new Metadata.Entry("A_b.C-1", "v").Key);
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("bad key", "v"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("", "v"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("text-bin", "v"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("bytes", [1]));
        Assert.Throws<InvalidOperationException>(() => new Metadata.Entry("x-bin", [1]).Value);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
    }

    [Fact]
    public async Task Headers_can_be_sent_before_the_first_message_and_only_once()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().Duplex(new Metadata { { "head-early", "yes" } });
        await call.RequestStream.WriteAsync(new EchoRequest { Behaviour = "metadata" });
        Assert.Equal("yes", (await call.ResponseHeadersAsync.Soon()).GetValue("head-early"));
        Assert.True(await call.ResponseStream.MoveNext().Soon());

        await call.RequestStream.WriteAsync(new EchoRequest { Behaviour = "metadata" });

        await call.ResponseStream.MoveNext().Fails(StatusCode.Unknown);
        Assert.IsType<InvalidOperationException>(await server.Probe.DuplexFailure.Task.Soon());
    }
}
