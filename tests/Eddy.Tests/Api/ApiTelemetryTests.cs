using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Eddy.Api;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Tests.Api;

public sealed class ApiTelemetryTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeDesk _desk = new();
    private readonly HttpClient _http = new();
    private ApiServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var token = AccessToken.OpenOrCreate(_directory.Path);
        _server = await ApiServer.StartAsync(new(IPAddress.Loopback, 0), _desk, token, NullLoggerFactory.Instance, Token);
        _http.BaseAddress = _server.Address;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(AccessToken.PathIn(_directory.Path), Token)).Trim());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Without_the_token_there_are_metrics_only_where_the_owner_opened_them_and_nothing_else()
    {
        using (var early = new HttpClient { BaseAddress = _server.Address })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await early.GetAsync("metrics", Token)).StatusCode);
        }

        await _server.DisposeAsync();
        _desk.IsMetricsOpen = true;
        _server = await ApiServer.StartAsync(new(IPAddress.Loopback, 0), _desk, AccessToken.OpenOrCreate(_directory.Path), NullLoggerFactory.Instance, Token);
        using var stranger = new HttpClient { BaseAddress = _server.Address };
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("metrics", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("v1/status", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.PostAsync("metrics", null, Token)).StatusCode);

        using var page = new HttpRequestMessage(HttpMethod.Get, "metrics");
        page.Headers.Host = $"evil.example:{_server.Address.Port}";
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.SendAsync(page, Token)).StatusCode);
    }

    [Fact]
    public async Task What_is_logged_can_be_changed_as_a_whole_and_by_category()
    {
        _desk.LogLevels.Learn("EddyEngine");
        _desk.LogLevels.Learn("LndNode");

        Assert.Equal(HttpStatusCode.OK, (await SetAsync("{\"level\": \"debug\", \"category\": \"eddyengine\"}")).Status);
        Assert.True(_desk.LogLevels.IsEnabled("EddyEngine", LogLevel.Debug));
        Assert.False(_desk.LogLevels.IsEnabled("LndNode", LogLevel.Debug));

        var (status, text) = await SetAsync("{\"level\": \"warn\"}");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("\"level\": \"warn\"", text, StringComparison.Ordinal);
        Assert.False(_desk.LogLevels.IsEnabled("EddyEngine", LogLevel.Information));
        Assert.True(_desk.LogLevels.IsEnabled("EddyEngine", LogLevel.Warning));
    }

    [Theory]
    [InlineData("{}", HttpStatusCode.BadRequest, "one of trace")]
    [InlineData("{\"level\": \"loud\"}", HttpStatusCode.BadRequest, "one of trace")]
    [InlineData("nonsense", HttpStatusCode.BadRequest, "not what it should be")]
    [InlineData("{\"level\": \"debug\", \"category\": \"EddyEngin\"}", HttpStatusCode.NotFound, "EddyEngine")]
    public async Task A_level_or_category_that_is_none_changes_nothing(string body, HttpStatusCode status, string says)
    {
        _desk.LogLevels.Learn("EddyEngine");

        var answer = await SetAsync(body);

        Assert.Equal(status, answer.Status);
        Assert.Contains(says, answer.Text, StringComparison.Ordinal);
        Assert.Equal(LogLevel.Information, _desk.LogLevels.Least);
        Assert.Empty(_desk.LogLevels.Overrides);
    }

    private async Task<(HttpStatusCode Status, string Text)> SetAsync(string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync("v1/loglevel", body, Token);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }
}
