using Eddy.Grpc.Tests.Harness;
using Eddy.Grpc.Tests.Protos;
using Grpc.Core;

namespace Eddy.Grpc.Tests;

public sealed class StatusTests
{
    // LND writes such texts; a text has to arrive as it was written, percent signs and line breaks too.
    public static TheoryData<string> Texts { get; } = new(
        "",
        "wallet locked, unlock it to enable full RPC access",
        "100% of %41 is not A",
        "first\nsecond\tthird",
        "ошибка: недостаточно средств ⚡",
        new string('x', 4000));

    public static TheoryData<StatusCode> Failures { get; } = new(Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK));

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Every_code_arrives_with_its_text_and_trailers(StatusCode code)
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().UnaryAsync(new EchoRequest { Behaviour = "fail", Code = (int)code, Text = "because" });

        var exception = await call.ResponseAsync.Fails(code);

        Assert.Equal("because", exception.Status.Detail);
        Assert.Equal("asked", exception.Trailers.GetValue("reason"));
        Assert.Equal([0, 1, 255], exception.Trailers.GetValueBytes("proof-bin")!);
        Assert.Equal(code, call.GetStatus().StatusCode);
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task Texts_arrive_exactly(string text)
    {
        await using var server = await EchoServer.StartAsync();
        var request = new EchoRequest { Behaviour = "fail", Code = (int)StatusCode.Unknown, Text = text };

        var trailersOnly = await server.Client().UnaryAsync(request).ResponseAsync.Fails(StatusCode.Unknown);
        Assert.Equal(text, trailersOnly.Status.Detail);

        request.Count = 2;
        using var stream = server.Client().ServerStream(request);
        Assert.True(await stream.ResponseStream.MoveNext());
        Assert.True(await stream.ResponseStream.MoveNext());
        var afterMessages = await stream.ResponseStream.MoveNext().Fails(StatusCode.Unknown);
        Assert.Equal(text, afterMessages.Status.Detail);
        Assert.Equal("asked", stream.GetTrailers().GetValue("reason"));
    }

    [Fact]
    public async Task A_handlers_unexpected_exception_is_unknown_and_keeps_its_text_to_itself()
    {
        await using var server = await EchoServer.StartAsync();

        var exception = await server.Client().UnaryAsync(new EchoRequest { Behaviour = "throw", Text = "secret" }).ResponseAsync.Fails(StatusCode.Unknown);

        Assert.Equal("The handler failed.", exception.Status.Detail);
    }

    [Fact]
    public async Task A_handlers_unexpected_exception_is_told_where_that_is_wanted()
    {
        await using var server = await EchoServer.StartAsync(options => options.EnableDetailedErrors = true);

        var exception = await server.Client().UnaryAsync(new EchoRequest { Behaviour = "throw", Text = "open" }).ResponseAsync.Fails(StatusCode.Unknown);

        Assert.Contains("InvalidOperationException: open", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_fails_at_its_first_message_tells_reader_and_writer()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().Duplex();
        await call.RequestStream.WriteAsync(new EchoRequest { Behaviour = "fail", Code = (int)StatusCode.FailedPrecondition, Text = "no" });

        Assert.Equal("no", (await call.ResponseStream.MoveNext().Fails(StatusCode.FailedPrecondition)).Status.Detail);
        Assert.Equal("no", (await call.RequestStream.WriteAsync(new EchoRequest()).Fails(StatusCode.FailedPrecondition)).Status.Detail);
        Assert.Equal("no", call.GetStatus().Detail);
    }

    [Fact]
    public async Task A_client_stream_that_the_server_ends_early_tells_the_writer_why()
    {
        await using var server = await EchoServer.StartAsync();
        using var call = server.Client().ClientStream();
        await call.RequestStream.WriteAsync(new EchoRequest { Behaviour = "fail", Code = (int)StatusCode.ResourceExhausted, Text = "enough" });

        var writing = Task.Run(async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(new EchoRequest { Payload = Bytes.Pattern(10_000) });
            }
        });

        Assert.Equal("enough", (await writing.Fails(StatusCode.ResourceExhausted)).Status.Detail);
        Assert.Equal("enough", (await call.ResponseAsync.Fails(StatusCode.ResourceExhausted)).Status.Detail);
    }

    [Fact]
    public async Task What_is_not_served_is_unimplemented_in_the_words_of_a_Go_server()
    {
        await using var server = await EchoServer.StartAsync();
        var invoker = server.Channel().CreateCallInvoker();
        var marshaller = Marshallers.Create<EchoReply>((_, context) => context.Complete([]), _ => new EchoReply());

        async Task<string> CallAsync(string service, string method) =>
            (await invoker.AsyncUnaryCall(
                new Method<EchoReply, EchoReply>(MethodType.Unary, service, method, marshaller, marshaller), null, default, new EchoReply())
                .ResponseAsync.Fails(StatusCode.Unimplemented)).Status.Detail;

        Assert.Equal("unknown method Nothing for service eddy.grpc.tests.Echo", await CallAsync("eddy.grpc.tests.Echo", "Nothing"));
        Assert.Equal("unknown service eddy.grpc.tests.Nobody", await CallAsync("eddy.grpc.tests.Nobody", "Unary"));
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    [InlineData(418, StatusCode.Unknown)]
    [InlineData(200, StatusCode.Unknown)]
    public async Task An_answer_that_is_not_gRPC_is_mapped_by_its_http_status(int http, StatusCode expected)
    {
        await using var server = await EchoServer.StartAsync();
        var marshaller = Marshallers.Create<EchoReply>((_, context) => context.Complete([]), _ => new EchoReply());
        var method = new Method<EchoReply, EchoReply>(MethodType.Unary, "eddy.grpc.tests.Plain", $"{http}", marshaller, marshaller);

        var exception = await server.Channel().CreateCallInvoker().AsyncUnaryCall(method, null, default, new EchoReply()).ResponseAsync.Fails(expected);

        Assert.Contains(http == 200 ? "text/plain" : $"{http}", exception.Status.Detail, StringComparison.Ordinal);
    }
}
