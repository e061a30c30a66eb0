using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Eddy.Api;
using Eddy.Api.Events;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Eddy.Tests.Api;

public sealed class EventTests : IAsyncLifetime
{
    private const string Token = "77777777777777777777777777777777777777777777777777777777777777ab";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FakeDesk _desk = new();
    private readonly HttpClient _http = new();
    private ApiServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ApiServer.StartAsync(new(IPAddress.Loopback, 0), _desk, AccessToken.FromText(Token), NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        _http.BaseAddress = _server.Address;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_reader_gets_the_whole_picture_and_then_what_changes()
    {
        using var reader = await OpenAsync();
        var (number, name, data) = await NextAsync(reader);
        Assert.Equal("snapshot", name);
        Assert.Equal("alice", data["status"]!["node"]!["alias"]!.GetValue<string>());
        Assert.Equal(2, data["channels"]!.AsArray().Count);
        Assert.Equal(2, data["rings"]!.AsArray().Count);

        _desk.Show(_desk.View with { IsPaused = true });
        var paused = await NextAsync(reader);
        Assert.Equal("status", paused.Name);
        Assert.True(paused.Data["paused"]!.GetValue<bool>());
        Assert.True(paused.Number > number);

        var channel = _desk.View.Channels[0];
        _desk.Show(_desk.View with { Channels = [channel with { WantOut = 7 }] });
        var changed = await NextAsync(reader);
        while (changed.Name != "channels")
        {
            changed = await NextAsync(reader);
        }

        Assert.Equal(7, Assert.Single(changed.Data["changed"]!.AsArray())!["want_out_sat"]!.GetValue<long>());
        Assert.Equal(FakeDesk.ToCarol.ToString(), Assert.Single(changed.Data["gone"]!.AsArray())!.GetValue<string>());

        _desk.Logs.CreateLogger("Eddy.Guarding.Guard").Log(LogLevel.Warning, default, "A line\u001b[31m.", null, static (text, _) => text);
        var logged = await NextAsync(reader);
        Assert.Equal("logs", logged.Name);
        Assert.Equal("A line [31m.", logged.Data["lines"]![0]!["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task Streams_end_when_the_daemon_stops_and_do_not_keep_it()
    {
        using var reader = await OpenAsync();
        await NextAsync(reader);

        await _server.DisposeAsync().AsTask().WaitAsync(Patience);

        Assert.Null(await reader.ReadLineAsync().WaitAsync(Patience));
    }

    [Fact]
    public async Task There_are_so_many_streams_and_no_more_and_ordinary_requests_go_on_beside_them()
    {
        var readers = new List<StreamReader>();
        for (var i = 0; i < EventFeed.MostReaders; i++)
        {
            readers.Add(await OpenAsync());
            await NextAsync(readers[^1]);
        }

        using var refused = await _http.GetAsync("v1/events");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        using var status = await _http.GetAsync("v1/status");
        Assert.Equal(HttpStatusCode.OK, status.StatusCode);
        readers.ForEach(static reader => reader.Dispose());
    }

    [Fact]
    public async Task A_reader_that_takes_nothing_is_dropped_when_too_much_waits_for_it()
    {
        var reader = new EventReader();
        var text = new byte[1 << 20];
        var offered = 0;
        while (offered < 100 && reader.Offer(text))
        {
            offered++;
        }

        Assert.Equal(8, offered);
        Assert.True(reader.IsDropped);
        await foreach (var _ in reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            Assert.Fail("Nothing more comes.");
        }
    }

    [Fact]
    public async Task While_nothing_changes_a_heartbeat_says_that_the_stream_lives_and_looking_on_wakes_nobody()
    {
        var looks = 0;
        await using var feed = new EventFeed(_desk, TimeSpan.FromMilliseconds(50));
        var reader = feed.TryJoin()!;
        await foreach (var text in reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            if (looks++ == 0)
            {
                Assert.StartsWith("id: ", System.Text.Encoding.UTF8.GetString(text.Span), StringComparison.Ordinal);
                continue;
            }

            Assert.Equal(": still here\n\n", System.Text.Encoding.UTF8.GetString(text.Span));
            if (looks == 3)
            {
                break;
            }
        }
    }

    private async Task<StreamReader> OpenAsync()
    {
        var response = await _http.GetAsync("v1/events", HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    private static async Task<(long Number, string Name, JsonNode Data)> NextAsync(StreamReader reader)
    {
        var (number, name, data) = (0L, "", "");
        while (await reader.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            if (line.Length == 0 && data.Length > 0)
            {
                return (number, name, JsonNode.Parse(data)!);
            }

            number = line.StartsWith("id: ", StringComparison.Ordinal) ? long.Parse(line[4..], null) : number;
            name = line.StartsWith("event: ", StringComparison.Ordinal) ? line[7..] : name;
            data = line.StartsWith("data: ", StringComparison.Ordinal) ? line[6..] : data;
        }

        throw new InvalidOperationException("The stream has ended.");
    }
}
