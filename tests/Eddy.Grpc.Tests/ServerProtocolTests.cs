using System.Net;
using System.Net.Http.Headers;
using Eddy.Grpc.Tests.Harness;

namespace Eddy.Grpc.Tests;

/// <summary>What the server answers to requests that our client would never send.</summary>
public sealed class ServerProtocolTests : IDisposable
{
    private static readonly byte[] Empty = [0, 0, 0, 0, 0];

    private readonly HttpClient _http = new() { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task A_compressed_request_is_unimplemented_and_told_what_is_accepted()
    {
        await using var server = await EchoServer.StartAsync();

        using var response = await PostAsync(server, Empty, ("grpc-encoding", "gzip"));

        Assert.Equal("12", Header(response, "grpc-status"));
        Assert.Equal("identity", Header(response, "grpc-accept-encoding"));
    }

    [Theory]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, "13", "compressed")]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, "13", "inside a message")]
    [InlineData(new byte[] { 0, 0 }, "13", "inside a message")]
    [InlineData(new byte[] { }, "13", "without a request")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "13", "more than one")]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 0xFF }, "13", "EchoRequest")]
    [InlineData(new byte[] { 0, 0x7F, 0xFF, 0xFF, 0xFF }, "8", "2147483647")]
    public async Task A_body_that_is_no_request_is_refused(byte[] body, string status, string text)
    {
        await using var server = await EchoServer.StartAsync();

        using var response = await PostAsync(server, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(status, Header(response, "grpc-status"));
        Assert.Contains(text, Header(response, "grpc-message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_content_type_is_415()
    {
        await using var server = await EchoServer.StartAsync();

        using var response = await PostAsync(server, Empty, contentType: "application/json");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal("13", Header(response, "grpc-status"));
    }

    [Fact]
    public async Task A_content_type_with_a_suffix_is_gRPC()
    {
        await using var server = await EchoServer.StartAsync();

        using var response = await PostAsync(server, Empty, contentType: "application/grpc+proto");
        Assert.Equal(Empty, await response.Content.ReadAsByteArrayAsync());

        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("10")]
    [InlineData("-1S")]
    [InlineData("123456789S")]
    public async Task A_malformed_timeout_is_refused(string timeout)
    {
        await using var server = await EchoServer.StartAsync();

        using var response = await PostAsync(server, Empty, ("grpc-timeout", timeout));

        Assert.Equal("13", Header(response, "grpc-status"));
    }

    [Fact]
    public async Task The_server_keeps_the_deadline_even_if_its_caller_does_not()
    {
        await using var server = await EchoServer.StartAsync();
        byte[] hang = [0, 0, 0, 0, 6, 0x2A, 4, .. "hang"u8];

        using var response = await PostAsync(server, hang, ("grpc-timeout", "200m"));

        Assert.Equal("4", Header(response, "grpc-status"));
        await server.Probe.Released.Task.Soon();
    }

    [Fact]
    public async Task Other_endpoints_of_the_host_are_left_alone()
    {
        await using var server = await EchoServer.StartAsync();

        Assert.Equal("not gRPC", await _http.GetStringAsync(new Uri($"{server.Address}/plain")));
        using var missing = await _http.GetAsync(new Uri($"{server.Address}/no/thing"));
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task Bytes_in_metadata_may_be_padded_or_joined_and_nonsense_is_dropped()
    {
        await using var server = await EchoServer.StartAsync();

        using var response = await PostAsync(server, Empty, ("a-bin", "AQ=="), ("b-bin", "AQ,AgM"), ("c-bin", "!"));

        Assert.True(server.Probe.Calls.TryDequeue(out var seen));
        Assert.Equal([1], seen.RequestHeaders.GetValueBytes("a-bin")!);
        Assert.Equal([[1], [2, 3]], seen.RequestHeaders.GetAll("b-bin").Select(entry => entry.ValueBytes));
        Assert.Null(seen.RequestHeaders.Get("c-bin"));
    }

    private static string Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : "";

    private async Task<HttpResponseMessage> PostAsync(EchoServer server, byte[] body, params (string Name, string Value)[] headers) =>
        await PostAsync(server, body, "application/grpc", headers);

    private async Task<HttpResponseMessage> PostAsync(EchoServer server, byte[] body, string contentType, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{server.Address}/eddy.grpc.tests.Echo/Unary");
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await _http.SendAsync(request);
    }
}
