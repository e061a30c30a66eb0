using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Eddy.Api;
using Eddy.Engine.Views;
using Eddy.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Tests.Api;

public sealed class ApiServerTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeDesk _desk = new();
    private readonly HttpClient _http = new();
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        var token = AccessToken.OpenOrCreate(_directory.Path);
        _server = await ApiServer.StartAsync(new(IPAddress.Loopback, 0), _desk, token, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        _http.BaseAddress = _server.Address;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(AccessToken.PathIn(_directory.Path))).Trim());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("status", "last_search")]
    [InlineData("channels", "capacity_sat")]
    [InlineData("peers", "can_waive")]
    [InlineData("adverts", "want_in_sat")]
    [InlineData("rings", "failure_node")]
    [InlineData("why/700000x1x0", "no-ring")]
    [InlineData("why/700000:1:0", "no-ring")]
    [InlineData("why", "no-eddy-peers")]
    [InlineData("why/02bbbbbb", "denied")]
    [InlineData("rings/2222", "Bob\\u0027s channel had too little left.")]
    public async Task What_the_engine_shows_is_there_as_json(string path, string holds)
    {
        using var response = await _http.GetAsync($"v1/{path}");
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        using var document = JsonDocument.Parse(text);
        Assert.Contains(holds, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ring_that_only_the_store_knows_is_found_by_its_whole_id()
    {
        using var response = await _http.GetAsync($"v1/rings/{FakeDesk.Old}");
        Assert.Contains("\"expired\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("why/1x1x1")]
    [InlineData("why/nonsense")]
    [InlineData("why/03cccccc")]
    [InlineData("rings/4444")]
    [InlineData("rings/xyz")]
    [InlineData("rings/11")]
    [InlineData("nothing")]
    public async Task What_is_not_there_is_said_so(string path)
    {
        using var response = await _http.GetAsync($"v1/{path}");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("\"error\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer 00000000000000000000000000000000000000000000000000000000000000ff")]
    [InlineData("Basic abc")]
    public async Task Nothing_is_told_without_the_token(string? authorization)
    {
        using var http = new HttpClient { BaseAddress = _server.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/status");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using var response = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.DoesNotContain("alice", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example:{0}", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1.evil.example:{0}", HttpStatusCode.Forbidden)]
    [InlineData("192.168.0.7:{0}", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1:1", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("localhost:{0}", HttpStatusCode.OK)]
    [InlineData("127.0.0.1:{0}", HttpStatusCode.OK)]
    public async Task A_name_that_is_not_this_machine_gets_no_answer_even_with_the_token(string host, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/status");
        request.Headers.Host = string.Format(null, CompositeFormat.Parse(host), _server.Address.Port);

        using var response = await _http.SendAsync(request);

        Assert.Equal(status, response.StatusCode);
    }

    [Theory]
    [InlineData("http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("http://evil.example:{0}", HttpStatusCode.Forbidden)]
    [InlineData("http://127.0.0.1:1", HttpStatusCode.Forbidden)]
    [InlineData("https://127.0.0.1:{0}", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("http://127.0.0.1:{0}/", HttpStatusCode.Forbidden)]
    [InlineData("http://", HttpStatusCode.Forbidden)]
    [InlineData("http://127.0.0.1:{0}", HttpStatusCode.OK)]
    [InlineData("http://localhost:{0}", HttpStatusCode.OK)]
    public async Task Another_pages_request_gets_no_answer_even_with_the_token(string origin, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/status");
        request.Headers.TryAddWithoutValidation("Origin", string.Format(null, CompositeFormat.Parse(origin), _server.Address.Port));

        using var response = await _http.SendAsync(request);

        Assert.Equal(status, response.StatusCode);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Requests_reach_the_engine_and_bring_its_reply_back()
    {
        _desk.Reply = new(OperatorStatus.Done, "A ring of 3.", FakeDesk.Settled, 300_000, [FakeDesk.Alice, FakeDesk.Bob]);
        using var body = new StringContent("{\"dry_run\": true}", Encoding.UTF8, "application/json");
        using var proposed = await _http.PostAsync("v1/propose", body);
        using var paused = await _http.PostAsync("v1/pause", null);
        using var resumed = await _http.PostAsync("v1/resume", null);
        using var cancelled = await _http.PostAsync("v1/rings/1111/cancel", null);

        Assert.Contains($"\"ring\": \"{FakeDesk.Settled}\"", await proposed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(
            [new OperatorRequest.Propose(true), new OperatorRequest.Pause(), new OperatorRequest.Resume(), new OperatorRequest.Cancel(FakeDesk.Settled)],
            _desk.Requests);
    }

    [Theory]
    [InlineData(OperatorStatus.NotFound, true, HttpStatusCode.NotFound, "not_found")]
    [InlineData(OperatorStatus.Refused, true, HttpStatusCode.Conflict, "refused")]
    [InlineData(OperatorStatus.Refused, false, HttpStatusCode.ServiceUnavailable, "unavailable")]
    public async Task A_refusal_says_why(OperatorStatus status, bool isConnected, HttpStatusCode code, string word)
    {
        _desk.View = _desk.View with { IsConnected = isConnected };
        _desk.Reply = new(status, "No, because.");

        using var response = await _http.PostAsync("v1/pause", null);

        Assert.Equal(code, response.StatusCode);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Contains($"\"{word}\"", text, StringComparison.Ordinal);
        Assert.Contains("No, because.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_no_json_is_refused()
    {
        using var body = new StringContent("{", Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync("v1/propose", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(_desk.Requests);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        var taken = new IPEndPoint(IPAddress.Loopback, _server.Address.Port);
        var exception = await Assert.ThrowsAsync<StartException>(() => ApiServer.StartAsync(
            taken, _desk, AccessToken.OpenOrCreate(_directory.Path), NullLoggerFactory.Instance, TestContext.Current.CancellationToken));

        Assert.Equal(ExitCode.Failed, exception.ExitCode);
        Assert.Contains(taken.ToString(), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_token_is_kept_and_only_its_user_reads_it()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such file modes.");
            return;
        }

        var path = AccessToken.PathIn(_directory.Path);
        var before = File.ReadAllText(path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        Assert.True(AccessToken.OpenOrCreate(_directory.Path).IsIn($"Bearer {before.Trim()}"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));

        File.WriteAllText(path, "short");
        Assert.False(AccessToken.OpenOrCreate(_directory.Path).IsIn("Bearer short"));
        Assert.Equal(65, File.ReadAllText(path).Length);
    }
}
