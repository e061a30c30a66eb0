using System.Collections.Concurrent;
using Eddy.Grpc.Tests.Harness;
using Eddy.Grpc.Tests.Protos;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;

namespace Eddy.Grpc.Tests;

public sealed class InterceptorTests
{
    [Theory]
    [InlineData(MethodType.Unary)]
    [InlineData(MethodType.ServerStreaming)]
    [InlineData(MethodType.ClientStreaming)]
    [InlineData(MethodType.DuplexStreaming)]
    public async Task A_server_interceptor_can_refuse_every_kind_of_call(MethodType kind)
    {
        await using var server = await EchoServer.StartAsync(options => options.Interceptors.Add<Gate>(new GateKey("0201")));
        var client = server.Client();

        Task CallAsync(Metadata headers) => kind switch
        {
            MethodType.Unary => client.UnaryAsync(new EchoRequest(), headers).ResponseAsync,
            MethodType.ServerStreaming => client.ServerStream(new EchoRequest(), headers).ResponseStream.MoveNext(),
            MethodType.ClientStreaming => Complete(client.ClientStream(headers)),
            _ => client.Duplex(headers).ResponseStream.MoveNext(),
        };

        var refused = await CallAsync([]).Fails(StatusCode.Unknown);
        Assert.Equal("expected 1 macaroon, got 0", refused.Status.Detail);
        Assert.Empty(server.Probe.Calls);

        if (kind != MethodType.DuplexStreaming)
        {
            await CallAsync(new Metadata { { "macaroon", "0201" } }).Soon();
            Assert.Single(server.Probe.Calls);
        }

        static async Task Complete(AsyncClientStreamingCall<EchoRequest, EchoReply> call)
        {
            await call.RequestStream.CompleteAsync();
            await call;
        }
    }

    [Fact]
    public async Task Server_interceptors_run_in_the_order_they_were_added()
    {
        var log = new ConcurrentQueue<string>();
        await using var server = await EchoServer.StartAsync(options =>
        {
            options.Interceptors.Add<Tracer>("outer", log);
            options.Interceptors.Add<Tracer>("inner", log);
        });

        await server.Client().UnaryAsync(new EchoRequest());

        Assert.Equal(["outer", "inner", "/inner", "/outer"], log);
    }

    [Fact]
    public async Task A_registered_interceptor_is_used_instead_of_a_new_one()
    {
        var log = new ConcurrentQueue<string>();
        await using var server = await EchoServer.StartAsync(
            options => options.Interceptors.Add<Tracer>(),
            services: services => services.AddSingleton(new Tracer("registered", log)));

        await server.Client().UnaryAsync(new EchoRequest());

        Assert.Equal(["registered", "/registered"], log);
    }

    [Fact]
    public void Only_interceptors_can_be_added() =>
        Assert.Throws<ArgumentException>(() => new global::Grpc.AspNetCore.Server.InterceptorCollection().Add(typeof(string)));

    [Theory]
    [InlineData(MethodType.Unary)]
    [InlineData(MethodType.ServerStreaming)]
    [InlineData(MethodType.ClientStreaming)]
    [InlineData(MethodType.DuplexStreaming)]
    public async Task A_client_interceptor_can_add_headers_to_every_kind_of_call(MethodType kind)
    {
        await using var server = await EchoServer.StartAsync(options => options.Interceptors.Add<Gate>(new GateKey("0201")));
        var client = new Echo.EchoClient(server.Channel().Intercept(new MacaroonInterceptor("0201")));

        switch (kind)
        {
            case MethodType.Unary:
                await client.UnaryAsync(new EchoRequest());
                client.Unary(new EchoRequest());
                break;
            case MethodType.ServerStreaming:
                using (var call = client.ServerStream(new EchoRequest()))
                {
                    Assert.False(await call.ResponseStream.MoveNext().Soon());
                }

                break;
            case MethodType.ClientStreaming:
                using (var call = client.ClientStream())
                {
                    await call.RequestStream.CompleteAsync();
                    await call;
                }

                break;
            default:
                using (var call = client.Duplex())
                {
                    await call.RequestStream.CompleteAsync();
                    Assert.False(await call.ResponseStream.MoveNext().Soon());
                }

                break;
        }

        Assert.NotEmpty(server.Probe.Calls);
    }

    [Fact]
    public async Task Call_credentials_reach_the_server_only_over_tls_or_where_that_is_forced()
    {
        await using var server = await EchoServer.StartAsync();
        var credentials = CallCredentials.FromInterceptor((context, metadata) =>
        {
            metadata.Add("macaroon", $"{context.MethodName} {new Uri(context.ServiceUrl).AbsolutePath}");
            return Task.CompletedTask;
        });
        var options = default(CallOptions).WithCredentials(credentials);

        Assert.Throws<InvalidOperationException>(() => server.Client().UnaryAsync(new EchoRequest(), options));

        await server.Client(channel => channel.UnsafeUseInsecureChannelCallCredentials = true).UnaryAsync(new EchoRequest(), options);
        Assert.True(server.Probe.Calls.TryDequeue(out var seen));
        Assert.Equal("Unary /eddy.grpc.tests.Echo", seen.RequestHeaders.GetValue("macaroon"));
    }

    [Fact]
    public async Task A_channels_credentials_apply_to_all_its_calls_and_their_failure_fails_the_call()
    {
        await using var server = await EchoServer.StartAsync();
        var attempts = 0;
        var credentials = CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add("macaroon", "0201");
            return ++attempts == 1 ? Task.CompletedTask : throw new IOException("no macaroon file");
        });
        var ofChannel = ChannelCredentials.Create(ChannelCredentials.Insecure, CallCredentials.Compose(credentials));
        Assert.Throws<ArgumentException>(() => server.Channel(channel => channel.Credentials = ofChannel));
        var client = server.Client(channel =>
        {
            channel.Credentials = ofChannel;
            channel.UnsafeUseInsecureChannelCallCredentials = true;
        });

        await client.UnaryAsync(new EchoRequest());
        Assert.True(server.Probe.Calls.TryDequeue(out var seen));
        Assert.Equal("0201", seen.RequestHeaders.GetValue("macaroon"));

        var exception = await client.UnaryAsync(new EchoRequest()).ResponseAsync.Fails(StatusCode.Unavailable);
        Assert.Contains("no macaroon file", exception.Status.Detail, StringComparison.Ordinal);
    }

    private sealed record GateKey(string Macaroon);

    private sealed class Gate(GateKey key) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            continuation(request, Check(context));

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
            continuation(requestStream, Check(context));

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation) => continuation(request, responseStream, Check(context));

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation) => continuation(requestStream, responseStream, Check(context));

        private ServerCallContext Check(ServerCallContext context)
        {
            var macaroons = context.RequestHeaders.GetAll("macaroon").ToArray();
            return macaroons is [{ } only] && only.Value == key.Macaroon
                ? context
                : throw new RpcException(new Status(StatusCode.Unknown, $"expected 1 macaroon, got {macaroons.Length}"));
        }
    }

    private sealed class Tracer(string name, ConcurrentQueue<string> log) : Interceptor
    {
        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            log.Enqueue(name);
            var response = await continuation(request, context);
            log.Enqueue("/" + name);
            return response;
        }
    }

    private sealed class MacaroonInterceptor(string macaroon) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, With(context));

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, With(context));

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) => continuation(request, With(context));

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(With(context));

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(With(context));

        private ClientInterceptorContext<TRequest, TResponse> With<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class =>
            new(context.Method, context.Host, context.Options.WithHeaders(new Metadata { { "macaroon", macaroon } }));
    }
}
