using Eddy.Grpc.Tests.Harness;
using Eddy.Grpc.Tests.Protos;
using Eddy.Security;
using Grpc.Core;
using Grpc.Net.Client;

namespace Eddy.Grpc.Tests;

/// <summary>Our client against a server of another implementation.</summary>
public sealed class GrpcJsServerTests : IAsyncLifetime
{
    private const int Large = 50 * 1024 * 1024;

    private NodePeer? _peer;
    private GrpcChannel? _channel;

    private NodePeer Peer => _peer!;

    private Echo.EchoClient Client => new(_channel!);

    public async ValueTask InitializeAsync()
    {
        _peer = await NodePeer.StartAsync("server.js");
        var port = await _peer.HearAsync("listening");
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}", new GrpcChannelOptions { MaxReceiveMessageSize = 200 * 1024 * 1024 });
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_peer is not null)
        {
            await _peer.DisposeAsync();
        }
    }

    [Fact]
    public async Task All_kinds_of_calls_work()
    {
        Assert.Equal("żółw 🐢", (await Client.UnaryAsync(new EchoRequest { Text = "żółw 🐢" }).ResponseAsync.Soon()).Text);

        using var serverStream = Client.ServerStream(new EchoRequest { Count = 100 });
        var numbers = await serverStream.ResponseStream.ReadAllAsync().Select(reply => reply.Number).ToListAsync();
        Assert.Equal(Enumerable.Range(0, 100), numbers);

        using var clientStream = Client.ClientStream();
        foreach (var text in new[] { "a", "b", "c" })
        {
            await clientStream.RequestStream.WriteAsync(new EchoRequest { Text = text });
        }

        await clientStream.RequestStream.CompleteAsync();
        Assert.Equal("a b c", (await clientStream.ResponseAsync.Soon()).Text);

        using var duplex = Client.Duplex();
        for (var i = 0; i < 50; i++)
        {
            await duplex.RequestStream.WriteAsync(new EchoRequest { Text = $"{i}" });
            Assert.True(await duplex.ResponseStream.MoveNext().Soon());
            Assert.Equal(($"{i}", i), (duplex.ResponseStream.Current.Text, duplex.ResponseStream.Current.Number));
        }

        await duplex.RequestStream.CompleteAsync();
        Assert.False(await duplex.ResponseStream.MoveNext().Soon());
    }

    [Fact]
    public async Task All_status_codes_texts_and_trailers_arrive()
    {
        const string text = "ошибка 100% ⚡\nline two";
        for (var code = 1; code <= 16; code++)
        {
            var exception = await Client.UnaryAsync(new EchoRequest { Behaviour = "fail", Code = code, Text = text }).ResponseAsync.Fails((StatusCode)code);
            Assert.Equal(text, exception.Status.Detail);
            Assert.Equal("asked", exception.Trailers.GetValue("reason"));
            Assert.Equal([0, 1, 255], exception.Trailers.GetValueBytes("proof-bin")!);
        }

        using var stream = Client.ServerStream(new EchoRequest { Count = 3, Behaviour = "fail", Code = 9, Text = text });
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await stream.ResponseStream.MoveNext().Soon());
        }

        Assert.Equal(text, (await stream.ResponseStream.MoveNext().Fails(StatusCode.FailedPrecondition)).Status.Detail);
    }

    [Fact]
    public async Task Metadata_makes_the_round_trip()
    {
        var sent = new Metadata { { "head-text", "a, b = c" }, { "head-bytes-bin", [0, 44, 61, 255] }, { "tail-text", "t" }, { "tail-bytes-bin", [1, 2, 3] } };
        using var call = Client.UnaryAsync(new EchoRequest { Behaviour = "metadata" }, sent);

        await call.ResponseAsync.Soon();

        var headers = await call.ResponseHeadersAsync;
        Assert.Equal("a, b = c", headers.GetValue("head-text"));
        Assert.Equal([0, 44, 61, 255], headers.GetValueBytes("head-bytes-bin")!);
        Assert.Equal("t", call.GetTrailers().GetValue("tail-text"));
        Assert.Equal([1, 2, 3], call.GetTrailers().GetValueBytes("tail-bytes-bin")!);
    }

    [Fact]
    public async Task A_large_message_goes_both_ways()
    {
        var payload = Bytes.Pattern(Large);

        var reply = await Client.UnaryAsync(new EchoRequest { Payload = payload }).ResponseAsync.Soon();

        Assert.True(payload.Equals(reply.Payload));
    }

    [Fact]
    public async Task A_cancellation_reaches_the_peer()
    {
        var call = Client.ServerStream(new EchoRequest { Count = 1, Behaviour = "hang" });
        Assert.True(await call.ResponseStream.MoveNext().Soon());

        call.Dispose();

        await Peer.HearAsync("cancelled");
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_deadline_reaches_the_peer()
    {
        using var call = await Deadlines.OpenAsync(
            deadline => Client.ServerStream(new EchoRequest { Count = 1, Behaviour = "hang" }, deadline: deadline));

        await call.ResponseStream.MoveNext().Fails(StatusCode.DeadlineExceeded);
        await Peer.HearAsync("cancelled");
    }

    [Fact]
    public async Task A_reader_that_does_not_read_stops_the_peers_writes()
    {
        using var call = Client.ServerStream(new EchoRequest { Count = 2000, ReplySize = 65536 });
        Assert.True(await call.ResponseStream.MoveNext().Soon());

        Assert.InRange(await Peer.SettledWritesAsync(), 1, 500);

        var read = 1;
        while (await call.ResponseStream.MoveNext().Soon())
        {
            Assert.Equal(read++, call.ResponseStream.Current.Number);
        }

        Assert.Equal(2000, read);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_stops_our_writes()
    {
        using var call = Client.ClientStream();
        await call.RequestStream.WriteAsync(new EchoRequest { Behaviour = "stall" });
        await Peer.HearAsync("stalling");
        var written = 0;
        var writing = WriteAllAsync();

        Assert.InRange(await Signals.Settled(() => written), 1, 500);
        await Peer.TellAsync("go");

        await writing.Soon();
        Assert.Equal(2001, (await call.ResponseAsync.Soon()).Number);

        async Task WriteAllAsync()
        {
            var request = new EchoRequest { Payload = Bytes.Pattern(65536) };
            for (; written < 2000; written++)
            {
                await call.RequestStream.WriteAsync(request);
            }

            await call.RequestStream.CompleteAsync();
        }
    }

    [Fact]
    public async Task A_peer_that_is_killed_makes_its_calls_unavailable()
    {
        using var call = Client.Duplex();
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "x" });
        Assert.True(await call.ResponseStream.MoveNext().Soon());
        var waiting = call.ResponseStream.MoveNext();

        Peer.Kill();

        await waiting.Fails(StatusCode.Unavailable);
        await call.RequestStream.WriteAsync(new EchoRequest()).Fails(StatusCode.Unavailable);
        await Client.UnaryAsync(new EchoRequest()).ResponseAsync.Fails(StatusCode.Unavailable);
    }

    [Fact]
    public async Task A_peer_that_dies_over_a_call_makes_it_unavailable() =>
        await Client.UnaryAsync(new EchoRequest { Behaviour = "die" }).ResponseAsync.Fails(StatusCode.Unavailable);

    [Fact]
    public async Task A_pinned_certificate_is_trusted()
    {
        using var certificate = TestCertificate.Create();
        await using var peer = await NodePeer.StartAsync("server.js", certificate.CertificatePath, certificate.KeyPath);
        using var channel = GrpcChannel.ForAddress(
            $"https://127.0.0.1:{await peer.HearAsync("listening")}",
            new GrpcChannelOptions { HttpHandler = new PinnedCertificate(certificate.CertificatePath).CreateHandler(), DisposeHttpClient = true });
        using var call = new Echo.EchoClient(channel).ServerStream(new EchoRequest { Count = 10 });

        Assert.Equal(10, await call.ResponseStream.ReadAllAsync().CountAsync());
    }
}
