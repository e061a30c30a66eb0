using Eddy.Grpc.Tests.Harness;
using Eddy.Grpc.Tests.Protos;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Eddy.Grpc.Tests;

public sealed class ServiceBindingTests
{
    [Fact]
    public void A_definition_binds_every_method_with_its_handler()
    {
        var binder = new Recorder();

        Echo.BindService(new EchoService(new EchoProbe())).BindService(binder);

        Assert.Equal(
            [
                (MethodType.Unary, "/eddy.grpc.tests.Echo/Unary"),
                (MethodType.ServerStreaming, "/eddy.grpc.tests.Echo/ServerStream"),
                (MethodType.ClientStreaming, "/eddy.grpc.tests.Echo/ClientStream"),
                (MethodType.DuplexStreaming, "/eddy.grpc.tests.Echo/Duplex"),
            ],
            binder.Methods);
    }

    [Fact]
    public async Task A_host_without_gRPC_or_a_class_that_is_no_service_is_refused()
    {
        await using var bare = WebApplication.CreateSlimBuilder().Build();
        Assert.Throws<InvalidOperationException>(() => bare.MapGrpcService<EchoService>());

        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        await using var app = builder.Build();
        Assert.Throws<InvalidOperationException>(() => app.MapGrpcService<string>());
    }

    [Fact]
    public void A_marshaller_made_of_contexts_works_with_arrays_too()
    {
        var marshaller = Marshallers.Create<string>(
            (text, context) =>
            {
                var writer = context.GetBufferWriter();
                foreach (var letter in text)
                {
                    writer.GetSpan(1)[0] = (byte)letter;
                    writer.Advance(1);
                }

                context.Complete();
            },
            context => string.Concat(context.PayloadAsNewBuffer().Select(letter => (char)letter)));
        var longText = new string('x', 100_000);

        Assert.Equal(longText, marshaller.Deserializer(marshaller.Serializer(longText)));
        Assert.Empty(marshaller.Serializer(""));
    }

    private sealed class Recorder : ServiceBinderBase
    {
        public List<(MethodType Type, string Path)> Methods { get; } = [];

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) => Add(method, handler);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) => Add(method, handler);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) => Add(method, handler);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) => Add(method, handler);

        private void Add(IMethod method, Delegate? handler)
        {
            Assert.NotNull(handler);
            Methods.Add((method.Type, method.FullName));
        }
    }
}
