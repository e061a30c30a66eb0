using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Eddy.Api;
using Eddy.Tests.Api;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Playwright;

namespace Eddy.Dashboard.Tests;

/// <summary>A daemon's API and a browser's page of it. Whatever the page says on its console is remembered.</summary>
internal sealed class DashboardPage : IAsyncDisposable
{
    private const float Longest = 60_000;

    private readonly IBrowserContext _context;
    private readonly Func<ValueTask> _stop;

    private DashboardPage(IBrowserContext context, IPage page, Uri address, string token, Func<ValueTask> stop)
    {
        _context = context;
        _stop = stop;
        Page = page;
        Address = address;
        Token = token;
        page.SetDefaultTimeout(Longest);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                Complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => Complaints.Add(error);
    }

    public IPage Page { get; }

    public Uri Address { get; }

    public string Token { get; }

    /// <summary>Errors and warnings on the console.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>The page of an engine that is made up.</summary>
    public static async Task<DashboardPage> OpenAsync(Chromium chromium, FakeDesk desk, BrowserNewContextOptions? options = null)
    {
        var browser = await chromium.BrowserAsync();
        var token = new string('7', 64);
        var server = await ApiServer.StartAsync(
            new(IPAddress.Loopback, 0), desk, AccessToken.FromText(token), NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        return await OpenAsync(browser, server.Address, token, server.DisposeAsync, options);
    }

    public static async Task<DashboardPage> OpenAsync(IBrowser browser, Uri address, string token, Func<ValueTask> stop, BrowserNewContextOptions? options = null)
    {
        var context = await browser.NewContextAsync(options ?? new() { ViewportSize = new() { Width = 1280, Height = 900 } });
        return new(context, await context.NewPageAsync(), address, token, stop);
    }

    /// <summary>What <c>eddy dashboard</c> prints.</summary>
    public async Task<string> LinkAsync()
    {
        using var http = new HttpClient { BaseAddress = Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        using var response = await http.PostAsync("v1/login", null, TestContext.Current.CancellationToken);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return document.RootElement.GetProperty("url").GetString()!;
    }

    /// <summary>Opens the link and waits for the first picture.</summary>
    public async Task LogInAsync()
    {
        await Page.GotoAsync(await LinkAsync());
        await Assertions.Expect(Page.Locator("#overview")).ToBeVisibleAsync(new() { Timeout = Longest });
    }

    /// <summary>Another view, by its link in the navigation.</summary>
    public async Task GoAsync(string view)
    {
        await Page.Locator($"nav a[href='#{view}']").ClickAsync();
        await Assertions.Expect(Page.Locator($"section#{view}")).ToBeVisibleAsync();
    }

    public async Task SeesAsync(string selector, string text) =>
        await Assertions.Expect(Page.Locator(selector).First).ToContainTextAsync(text, new() { Timeout = Longest });

    public void AssertNoComplaints() => Assert.Empty(Complaints);

    public Task StopServerAsync() => _stop().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        await _stop();
    }
}
