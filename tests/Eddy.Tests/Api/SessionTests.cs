using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Eddy.Api;
using Eddy.Api.Login;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Tests.Api;

/// <summary>What a browser needs, and what another page, port or program cannot do with the half that it may get.</summary>
public sealed class SessionTests : IAsyncLifetime
{
    private const string Token = "77777777777777777777777777777777777777777777777777777777777777ab";

    private readonly FakeDesk _desk = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false });
    private ApiServer _server = null!;

    private string Origin => $"http://127.0.0.1:{_server.Address.Port}";

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync(new(IPAddress.Loopback, 0), _desk, AccessToken.FromText(Token), NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        _http.BaseAddress = _server.Address;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_link_lets_in_once_and_the_cookie_is_closed_to_scripts_and_to_other_sites()
    {
        var code = await CodeAsync();
        using var first = await RedeemAsync(code);
        using var second = await RedeemAsync(code);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        var cookie = Assert.Single(first.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.Unauthorized, second.StatusCode);
        Assert.False(second.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Neither_half_of_a_session_is_worth_anything_alone()
    {
        var (cookie, key) = await LogInAsync();
        var (otherCookie, otherKey) = await LogInAsync();

        Assert.Equal(HttpStatusCode.OK, await AskAsync("GET", cookie, key));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("GET", cookie, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("GET", null, key));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("GET", cookie, otherKey));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("GET", otherCookie, key));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("GET", cookie.Replace('.', 'x'), key));
    }

    [Theory]
    [InlineData("own", null, HttpStatusCode.OK)]
    [InlineData("own", "same-origin", HttpStatusCode.OK)]
    [InlineData("own", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("own", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData(null, null, HttpStatusCode.Forbidden)]
    [InlineData("localhost", null, HttpStatusCode.Forbidden)]
    [InlineData("http://127.0.0.1:1", null, HttpStatusCode.Forbidden)]
    [InlineData("http://evil.example", null, HttpStatusCode.Forbidden)]
    public async Task With_a_session_only_our_own_page_changes_something(string? origin, string? site, HttpStatusCode status)
    {
        var (cookie, key) = await LogInAsync();
        var from = origin switch { "own" => Origin, "localhost" => Origin.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), _ => origin };

        Assert.Equal(status, await AskAsync("POST", cookie, key, "v1/pause", from, site));
        Assert.Equal(status == HttpStatusCode.OK ? 1 : 0, _desk.Requests.Count);
    }

    [Fact]
    public async Task A_page_cannot_make_links_and_a_session_that_was_ended_is_over()
    {
        var (cookie, key) = await LogInAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("POST", cookie, key, "v1/login", Origin));
        Assert.Equal(HttpStatusCode.NoContent, await AskAsync("POST", cookie, key, "v1/logout", Origin));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("GET", cookie, key));
    }

    [Fact]
    public void Codes_and_sessions_come_to_an_end_by_themselves_and_sessions_outlive_the_daemon()
    {
        var time = new Clock();
        var book = new SessionBook(AccessToken.FromText(Token), time);
        var old = book.NewCode().Code;
        time.Now += SessionBook.CodeLifetime;
        Assert.Null(book.Redeem(old));

        var session = book.Redeem(book.NewCode().Code)!;
        var next = new SessionBook(AccessToken.FromText(Token), time);
        Assert.True(next.IsGood(session.Cookie, session.Key));
        Assert.False(new SessionBook(AccessToken.FromText(new string('8', 64)), time).IsGood(session.Cookie, session.Key));
        time.Now += SessionBook.Lifetime;
        Assert.False(next.IsGood(session.Cookie, session.Key));
    }

    [Fact]
    public void However_many_links_are_asked_for_the_latest_few_are_remembered()
    {
        var time = new Clock();
        var book = new SessionBook(AccessToken.FromText(Token), time);
        var codes = Enumerable.Range(0, 100).Select(_ =>
        {
            time.Now += TimeSpan.FromMilliseconds(1);
            return book.NewCode().Code;
        }).ToArray();

        Assert.Null(book.Redeem(codes[0]));
        Assert.NotNull(book.Redeem(codes[^1]));
    }

    [Fact]
    public async Task The_pages_files_need_no_login_tell_nothing_and_allow_nothing_from_elsewhere()
    {
        foreach (var path in new[] { "/", "/login", "/assets/app.js", "/assets/style.css", "/assets/eddy.svg" })
        {
            using var response = await _http.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            using var again = new HttpRequestMessage(HttpMethod.Get, path);
            again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
            using var known = await _http.SendAsync(again);
            Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        }

        using var none = await _http.GetAsync("/assets/guard.sh");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        using var host = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = "evil.example" } };
        using var refused = await _http.SendAsync(host);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    private async Task<string> CodeAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/login") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", Token) } };
        using var response = await _http.SendAsync(request);
        var url = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["url"]!.GetValue<string>();
        Assert.StartsWith($"{Origin}/login#", url, StringComparison.Ordinal);
        return url[(url.IndexOf('#', StringComparison.Ordinal) + 1)..];
    }

    private async Task<HttpResponseMessage> RedeemAsync(string code)
    {
        using var content = new StringContent($"{{\"code\":\"{code}\"}}", Encoding.UTF8, "application/json");
        return await _http.PostAsync("v1/session", content);
    }

    private async Task<(string Cookie, string Key)> LogInAsync()
    {
        using var response = await RedeemAsync(await CodeAsync());
        var cookie = response.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        return (cookie, JsonNode.Parse(await response.Content.ReadAsStringAsync())!["key"]!.GetValue<string>());
    }

    private async Task<HttpStatusCode> AskAsync(string method, string? cookie, string? key, string path = "v1/status", string? origin = null, string? site = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach (var (name, value) in new[] { ("Cookie", cookie), ("X-Eddy-Key", key), ("Origin", origin), ("Sec-Fetch-Site", site) })
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await _http.SendAsync(request);
        return response.StatusCode;
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = FakeDesk.Start;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
