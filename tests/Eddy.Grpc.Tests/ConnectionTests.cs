using System.Net;
using System.Net.Sockets;
using Eddy.Grpc.Tests.Harness;
using Eddy.Grpc.Tests.Protos;
using Grpc.Core;
using Grpc.Net.Client;

namespace Eddy.Grpc.Tests;

public sealed class ConnectionTests
{
    // More than the peer's window: it is still being sent when something happens.
    private static readonly EchoRequest LongRequest = new() { Payload = Bytes.Pattern(1024 * 1024) };

    [Fact]
    public async Task A_refused_connection_is_unavailable_and_names_the_address()
    {
        var address = FreeAddress();
        using var channel = GrpcChannel.ForAddress($"http://{address}");
        var client = new Echo.EchoClient(channel);
        using var duplex = client.Duplex();

        var unary = await client.UnaryAsync(new EchoRequest()).ResponseAsync.Fails(StatusCode.Unavailable);
        var write = await duplex.RequestStream.WriteAsync(new EchoRequest()).Fails(StatusCode.Unavailable);
        var read = await duplex.ResponseStream.MoveNext().Fails(StatusCode.Unavailable);

        Assert.All([unary, write, read], exception => Assert.Contains(address, exception.Status.Detail, StringComparison.Ordinal));
        Assert.IsType<HttpRequestException>(unary.Status.DebugException);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_unavailable()
    {
        using var channel = GrpcChannel.ForAddress("http://no-such-host.invalid:10009");

        var exception = await new Echo.EchoClient(channel).UnaryAsync(new EchoRequest()).ResponseAsync.Fails(StatusCode.Unavailable);

        Assert.Contains("no-such-host.invalid:10009", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_stops_ends_its_streams_and_a_new_one_is_found()
    {
        var server = await EchoServer.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Address);
        var client = new Echo.EchoClient(channel);
        using var call = client.Duplex();
        await call.RequestStream.WriteAsync(new EchoRequest());
        Assert.True(await call.ResponseStream.MoveNext().Soon());
        var waiting = call.ResponseStream.MoveNext();

        await server.DisposeAsync();

        await waiting.Fails(StatusCode.Unavailable);
        await client.UnaryAsync(new EchoRequest()).ResponseAsync.Fails(StatusCode.Unavailable);
        await using var next = await EchoServer.StartAsync(port: server.Port);
        Assert.Equal("again", (await client.UnaryAsync(new EchoRequest { Text = "again" }).ResponseAsync.Soon()).Text);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_unavailable_for_reader_and_writer()
    {
        await using var peer = new RawHttp2Peer();
        using var channel = GrpcChannel.ForAddress(peer.Address);
        using var call = new Echo.EchoClient(channel).Duplex();
        await peer.OkHeadersAsync(await peer.RequestAsync());
        await call.ResponseHeadersAsync.Soon();
        var waiting = call.ResponseStream.MoveNext();

        peer.Kill();

        var exception = await waiting.Fails(StatusCode.Unavailable);
        Assert.Contains(peer.Authority, exception.Status.Detail, StringComparison.Ordinal);
        await call.RequestStream.WriteAsync(new EchoRequest()).Fails(StatusCode.Unavailable);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_breaks_before_the_first_answer_is_unavailable(bool whileUploading)
    {
        await using var peer = new RawHttp2Peer();
        using var channel = GrpcChannel.ForAddress(peer.Address);
        var client = new Echo.EchoClient(channel);
        using var duplex = whileUploading ? null : client.Duplex();
        Task waiting = (Task?)duplex?.ResponseStream.MoveNext() ?? client.UnaryAsync(LongRequest).ResponseAsync;
        await peer.RequestAsync();
        if (whileUploading)
        {
            await peer.Data.Soon();
        }

        peer.Kill();

        await waiting.Fails(StatusCode.Unavailable);
        if (duplex is not null)
        {
            await duplex.RequestStream.WriteAsync(new EchoRequest()).Fails(StatusCode.Unavailable);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reset_before_the_first_answer_is_mapped_by_its_code(bool whileUploading)
    {
        await using var peer = new RawHttp2Peer();
        using var channel = GrpcChannel.ForAddress(peer.Address);
        var client = new Echo.EchoClient(channel);
        using var duplex = whileUploading ? null : client.Duplex();
        Task waiting = (Task?)duplex?.ResponseStream.MoveNext() ?? client.UnaryAsync(LongRequest).ResponseAsync;
        var stream = await peer.RequestAsync();
        if (whileUploading)
        {
            await peer.Data.Soon();
        }

        await peer.ResetAsync(stream, 11);

        await waiting.Fails(StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task A_connection_that_breaks_inside_a_message_is_unavailable()
    {
        await using var peer = new RawHttp2Peer();
        using var channel = GrpcChannel.ForAddress(peer.Address);
        using var call = new Echo.EchoClient(channel).ServerStream(new EchoRequest());
        var stream = await peer.RequestAsync();
        await peer.OkHeadersAsync(stream);
        await peer.DataAsync(stream, [0, 0, 0, 1, 0, 42]);
        await call.ResponseHeadersAsync.Soon();

        peer.Kill();

        await call.ResponseStream.MoveNext().Fails(StatusCode.Unavailable);
    }

    [Theory]
    [InlineData(1, StatusCode.Internal)]
    [InlineData(2, StatusCode.Internal)]
    [InlineData(7, StatusCode.Unavailable)]
    [InlineData(8, StatusCode.Cancelled)]
    [InlineData(11, StatusCode.ResourceExhausted)]
    [InlineData(12, StatusCode.PermissionDenied)]
    public async Task A_reset_of_the_stream_is_mapped_by_its_code(int code, StatusCode expected)
    {
        await using var peer = new RawHttp2Peer();
        using var channel = GrpcChannel.ForAddress(peer.Address);
        using var call = new Echo.EchoClient(channel).ServerStream(new EchoRequest());
        var stream = await peer.RequestAsync();
        await peer.OkHeadersAsync(stream);
        await call.ResponseHeadersAsync.Soon();

        await peer.ResetAsync(stream, code);

        await call.ResponseStream.MoveNext().Fails(expected);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(11)]
    public async Task A_goaway_that_takes_the_call_with_it_is_unavailable(int code)
    {
        await using var peer = new RawHttp2Peer();
        using var channel = GrpcChannel.ForAddress(peer.Address);
        using var call = new Echo.EchoClient(channel).Duplex();
        var stream = await peer.RequestAsync();
        await peer.OkHeadersAsync(stream);
        await call.ResponseHeadersAsync.Soon();

        await peer.GoAwayAsync(code == 0 ? stream : 0, code);
        if (code == 0)
        {
            // A graceful one leaves the call to its end; here the server does not wait for it.
            peer.Kill();
        }

        await call.ResponseStream.MoveNext().Fails(StatusCode.Unavailable);
    }

    [Fact]
    public async Task A_refused_stream_is_tried_again_as_long_as_nothing_was_written_to_it()
    {
        await using var peer = new RawHttp2Peer();
        using var channel = GrpcChannel.ForAddress(peer.Address);
        var client = new Echo.EchoClient(channel);
        using var silent = client.Duplex();
        await peer.ResetAsync(await peer.RequestAsync(), 7);
        var again = await peer.RequestAsync();
        await peer.OkHeadersAsync(again);
        await silent.ResponseHeadersAsync.Soon();
        await silent.RequestStream.WriteAsync(new EchoRequest { Text = "x" });
        await peer.Data.Soon();

        using var talking = client.Duplex();
        var stream = await peer.RequestAsync();
        await talking.RequestStream.WriteAsync(new EchoRequest { Text = "x" });
        await peer.ResetAsync(stream, 7);

        await talking.ResponseStream.MoveNext().Fails(StatusCode.Unavailable);
    }

    [Fact]
    public async Task The_clients_pings_only_follow_what_the_server_sent()
    {
        await using var peer = new RawHttp2Peer();
        using var channel = GrpcChannel.ForAddress(peer.Address);
        using var call = new Echo.EchoClient(channel).ServerStream(new EchoRequest());
        var stream = await peer.RequestAsync();
        await peer.OkHeadersAsync(stream);
        for (var i = 0; i < 100; i++)
        {
            await peer.DataAsync(stream, [0, 0, 0, 0, 0]);
            Assert.True(await call.ResponseStream.MoveNext().Soon());
        }

        await peer.HeadersAsync(stream, true, ("grpc-status", "0"));
        Assert.False(await call.ResponseStream.MoveNext().Soon());
        Assert.InRange(peer.Pings, 1, 20);
        Assert.Equal(0, peer.PingStrikes);
    }

    [Fact]
    public async Task What_a_broken_server_sends_is_told_apart()
    {
        await FailsWith(StatusCode.Internal, "without a status", (peer, stream) => peer.HeadersAsync(stream, true, ("x", "y")));
        await FailsWith(StatusCode.Unknown, "'nonsense'", (peer, stream) => peer.HeadersAsync(stream, true, ("grpc-status", "nonsense")));
        await FailsWith(StatusCode.Unknown, "new code", (peer, stream) => peer.HeadersAsync(stream, true, ("grpc-status", "99"), ("grpc-message", "new code")));
        await FailsWith(StatusCode.Internal, "without a response", (peer, stream) => peer.HeadersAsync(stream, true, ("grpc-status", "0")));
        await FailsWith(StatusCode.Internal, "compressed", (peer, stream) => peer.DataAsync(stream, [1, 0, 0, 0, 0]));
        await FailsWith(StatusCode.Internal, "inside a message", (peer, stream) => peer.DataAsync(stream, [0, 0, 0, 0, 9, 1], end: true));
        await FailsWith(StatusCode.Internal, "more than one", (peer, stream) => peer.DataAsync(stream, new byte[10]));
        await FailsWith(StatusCode.Internal, "EchoReply", (peer, stream) => peer.DataAsync(stream, [0, 0, 0, 0, 1, 0xFF]));
        await FailsWith(StatusCode.ResourceExhausted, "4294967295", (peer, stream) => peer.DataAsync(stream, [0, 0xFF, 0xFF, 0xFF, 0xFF]));

        static async Task FailsWith(StatusCode code, string text, Func<RawHttp2Peer, int, Task> afterHeaders)
        {
            await using var peer = new RawHttp2Peer();
            using var channel = GrpcChannel.ForAddress(peer.Address);
            var call = new Echo.EchoClient(channel).UnaryAsync(new EchoRequest());
            var stream = await peer.RequestAsync();
            await peer.OkHeadersAsync(stream);
            await afterHeaders(peer, stream);
            Assert.Contains(text, (await call.ResponseAsync.Fails(code)).Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_compressed_response_is_refused()
    {
        await using var peer = new RawHttp2Peer();
        using var channel = GrpcChannel.ForAddress(peer.Address);
        var call = new Echo.EchoClient(channel).UnaryAsync(new EchoRequest());
        await peer.HeadersAsync(await peer.RequestAsync(), false, (":status", "200"), ("content-type", "application/grpc+proto"), ("grpc-encoding", "gzip"));

        Assert.Contains("gzip", (await call.ResponseAsync.Fails(StatusCode.Internal)).Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_channel_checks_its_options()
    {
        using var impatient = new HttpClient();
        using var handler = new SocketsHttpHandler();
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("ftp://127.0.0.1"));
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("http://127.0.0.1", new GrpcChannelOptions { HttpClient = impatient }));
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("http://127.0.0.1", new GrpcChannelOptions { HttpClient = impatient, HttpHandler = handler }));
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("http://127.0.0.1", new GrpcChannelOptions { Credentials = ChannelCredentials.SecureSsl }));
    }

    [Fact]
    public async Task A_channel_works_over_a_client_that_it_is_given_and_ends_with_its_disposal()
    {
        await using var server = await EchoServer.StartAsync();
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { HttpClient = http });
        var client = new Echo.EchoClient(channel);
        using var call = client.Duplex();
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "x" });
        Assert.True(await call.ResponseStream.MoveNext().Soon());

        await channel.ShutdownAsync();

        await client.UnaryAsync(new EchoRequest()).ResponseAsync.Fails(StatusCode.Unavailable);
        Assert.Equal($"127.0.0.1:{server.Port}", channel.Target);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_of_all_kinds_over_a_disposed_channel_are_unavailable(bool ownsItsConnections)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        var channel = GrpcChannel.ForAddress("http://127.0.0.1:1", new GrpcChannelOptions { HttpClient = ownsItsConnections ? null : http });
        var client = new Echo.EchoClient(channel);
        channel.Dispose();

        using var clientStream = client.ClientStream();
        using var serverStream = client.ServerStream(new EchoRequest());
        using var duplex = client.Duplex();

        var failures = new[]
        {
            await client.UnaryAsync(new EchoRequest()).ResponseAsync.Fails(StatusCode.Unavailable),
            await clientStream.ResponseAsync.Fails(StatusCode.Unavailable),
            await clientStream.RequestStream.WriteAsync(new EchoRequest()).Fails(StatusCode.Unavailable),
            await serverStream.ResponseStream.MoveNext().Fails(StatusCode.Unavailable),
            await duplex.ResponseStream.MoveNext().Fails(StatusCode.Unavailable),
            Assert.Throws<RpcException>(() => client.Unary(new EchoRequest())),
        };
        Assert.All(failures, failure => Assert.Contains("is closed", failure.Status.Detail, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_connection_that_breaks_before_the_servers_first_frame_is_unavailable(bool isReset, bool readsPreface)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var channel = GrpcChannel.ForAddress($"http://{listener.LocalEndpoint}");
        var call = new Echo.EchoClient(channel).UnaryAsync(LongRequest);
        using var socket = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        listener.Stop();
        if (readsPreface)
        {
            await using var stream = new NetworkStream(socket);
            await stream.ReadExactlyAsync(new byte[24], TestContext.Current.CancellationToken);
        }

        if (isReset)
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        socket.Close();

        await call.ResponseAsync.Fails(StatusCode.Unavailable);
    }

    private static string FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener.LocalEndpoint.ToString()!;
    }
}
