using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Eddy.Api;
using Eddy.Engine.Views;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Tests.Api;

/// <summary>The API's document against the API: routes, methods, statuses, and the form of every answer.</summary>
public sealed class OpenApiTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeDesk _desk = new();
    private readonly HttpClient _http = new();
    private ApiServer _server = null!;
    private JsonObject _document = null!;

    public async ValueTask InitializeAsync()
    {
        var token = AccessToken.OpenOrCreate(_directory.Path);
        _server = await ApiServer.StartAsync(new(IPAddress.Loopback, 0), _desk, token, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        _http.BaseAddress = _server.Address;
        _document = JsonNode.Parse(await _http.GetStringAsync("v1/openapi.json"))!.AsObject();
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(AccessToken.PathIn(_directory.Path))).Trim());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public void Every_route_is_in_the_document_and_nothing_else()
    {
        var said = _document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"));
        var mapped = _server.Routes.Where(static route => !route.IsFile).Select(route => $"{route.Method} {route.Path}");

        Assert.Equal(mapped.Order(StringComparer.Ordinal), said.Order(StringComparer.Ordinal));
        Assert.Equal("3.1.0", _document["openapi"]!.GetValue<string>());
    }

    [Fact]
    public void Operations_have_names_of_their_own_and_references_lead_somewhere()
    {
        var operations = Operations().Select(static operation => operation.Node["operationId"]!.GetValue<string>()).ToArray();
        Assert.Equal(operations.Length, operations.Distinct().Count());

        var schemas = _document["components"]!["schemas"]!.AsObject().Select(static schema => schema.Key).ToHashSet();
        var text = _document.ToJsonString();
        foreach (var reference in text.Split("\"$ref\":\"").Skip(1).Select(static rest => rest[..rest.IndexOf('"', StringComparison.Ordinal)]))
        {
            Assert.StartsWith("#/components/schemas/", reference, StringComparison.Ordinal);
            Assert.Contains(reference["#/components/schemas/".Length..], schemas);
        }
    }

    [Fact]
    public async Task Every_answer_has_the_status_and_the_form_that_the_document_says()
    {
        _desk.Reply = new(OperatorStatus.Done, "A ring of 3.", FakeDesk.Settled, 300_000, [FakeDesk.Alice, FakeDesk.Bob]);
        var seen = new HashSet<(string Operation, int Status)>();
        foreach (var (method, path, content) in Requests())
        {
            await HoldAsync(method, path, content, seen);
        }

        _desk.Reply = new(OperatorStatus.NotFound, "No ring in reach.");
        await HoldAsync("POST", "/v1/propose", "{}", seen);
        _desk.Reply = new(OperatorStatus.Refused, "Paused.");
        await HoldAsync("POST", "/v1/propose", "{}", seen);
        _desk.View = _desk.View with { IsConnected = false };
        await HoldAsync("POST", "/v1/propose", "{}", seen);
        _desk.View = new() { At = FakeDesk.Start, StartedAt = FakeDesk.Start };
        foreach (var (method, path, content) in Requests())
        {
            await HoldAsync(method, path, content, seen);
        }

        _http.DefaultRequestHeaders.Authorization = null;
        foreach (var (method, path, content) in Requests())
        {
            await HoldAsync(method, path, content, seen);
        }

        // Every operation was seen well and refused, but for those that anybody may ask.
        foreach (var operation in Operations())
        {
            Assert.True(seen.Contains((operation.Name, 200)) || seen.Contains((operation.Name, 204)), $"{operation.Name} was not seen well.");
            if (operation.Node["security"]!.AsArray().Count > 0)
            {
                Assert.Contains((operation.Name, 401), seen);
            }
        }
    }

    /// <summary>One for each operation that is expected to be well, and some that are not.</summary>
    private static IEnumerable<(string Method, string Path, string? Content)> Requests() =>
    [
        ("GET", "/v1/status", null),
        ("GET", "/v1/channels", null),
        ("GET", "/v1/peers", null),
        ("GET", "/v1/adverts", null),
        ("GET", "/v1/rings", null),
        ("GET", "/v1/rings?count=1", null),
        ("GET", "/v1/rings?count=0", null),
        ("GET", "/v1/rings?count=many", null),
        ("GET", $"/v1/rings/{FakeDesk.Old}", null),
        ("GET", "/v1/rings/4444", null),
        ("GET", "/v1/why", null),
        ("GET", "/v1/why/700000x1x0", null),
        ("GET", "/v1/why/1x1x1", null),
        ("GET", "/v1/openapi.json", null),
        ("GET", "/metrics", null),
        ("GET", "/v1/loglevel", null),
        ("POST", "/v1/loglevel", "{\"level\":\"debug\"}"),
        ("POST", "/v1/loglevel", "{\"level\":\"loud\"}"),
        ("POST", "/v1/loglevel", "{\"level\":\"debug\",\"category\":\"nobody\"}"),
        ("GET", "/v1/events", null),
        ("GET", "/v1/logs", null),
        ("GET", "/v1/limits", null),
        ("GET", "/v1/logs?after=-1", null),
        ("GET", "/v1/history", null),
        ("GET", "/v1/history?days=0", null),
        ("POST", "/v1/login", null),
        ("POST", "/v1/session", "{\"code\":\"none\"}"),
        ("POST", "/v1/session", "{"),
        ("POST", "/v1/logout", null),
        ("POST", "/v1/rings/1111/cancel", null),
        ("POST", "/v1/rings/4444/cancel", null),
        ("POST", "/v1/propose", "{\"dry_run\":true}"),
        ("POST", "/v1/propose", "{"),
        ("POST", "/v1/pause", null),
        ("POST", "/v1/resume", null),
        ("POST", "/v1/config/reload", null),
        ("POST", "/v1/peers/02bbbbbb/word", "{\"word\":\"deny\",\"for_seconds\":60}"),
        ("POST", "/v1/peers/02cccccc/word", "{\"word\":\"deny\"}"),
        ("POST", "/v1/peers/02bbbbbb/word", "{\"word\":\"love\"}"),
        ("GET", "/v1/would", null),
        ("GET", "/v1/ledger?from=20260101&to=20261231", null),
        ("GET", "/v1/ledger?from=20261301", null),
    ];

    private IEnumerable<(string Name, JsonObject Node)> Operations() => _document["paths"]!.AsObject()
        .SelectMany(static path => path.Value!.AsObject().Select(operation => ($"{operation.Key.ToUpperInvariant()} {path.Key}", operation.Value!.AsObject())));

    private async Task HoldAsync(string method, string path, string? content, HashSet<(string Operation, int Status)> seen)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = content is null ? null : new StringContent(content, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (path == "/v1/login" && response.IsSuccessStatusCode && !seen.Contains(("POST /v1/session", 200)))
        {
            var url = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["url"]!.GetValue<string>();
            await HoldAsync("POST", "/v1/session", $"{{\"code\":\"{url.Split('#')[1]}\"}}", seen);
        }

        var template = Template(path);
        var answer = _document["paths"]![template]![method.ToLowerInvariant()]!["responses"]![$"{(int)response.StatusCode}"];
        Assert.True(answer is not null, $"{method} {path} answers {(int)response.StatusCode}, which the document does not know.");
        var media = response.Content.Headers.ContentType?.MediaType;
        var schema = answer["content"]?[media ?? ""]?["schema"];
        Assert.True(schema is not null || media is null, $"{method} {path} answers with {media}, which the document does not know.");
        if (media == "application/json")
        {
            var faults = new JsonShape(_document).Faults(schema!, JsonNode.Parse(await response.Content.ReadAsStringAsync())).ToArray();
            Assert.True(faults.Length == 0, $"{method} {path}, {(int)response.StatusCode}: {string.Join("; ", faults)}");
        }

        seen.Add(($"{method} {template}", (int)response.StatusCode));
    }

    private string Template(string path)
    {
        var steps = path.Split('?')[0].Split('/');
        return _document["paths"]!.AsObject().Select(static entry => entry.Key).Single(template => template.Split('/') is var words
            && words.Length == steps.Length
            && words.Zip(steps).All(static pair => pair.First == pair.Second || (pair.First.StartsWith('{') && pair.Second != "openapi.json")));
    }
}
