using System.Text.Json;
using Eddy.Engine.Views;
using Eddy.Rings;
using Microsoft.Playwright;

namespace Eddy.Dashboard.Tests;

/// <summary>The page in a real browser, with an engine that is made up.</summary>
public sealed class PageTests(Chromium chromium)
{
    private static readonly (string View, int Width, int Height, string Colours)[] Pictures =
    [
        ("overview", 1280, 980, "light"), ("overview", 1280, 980, "dark"), ("overview", 360, 780, "light"), ("channels", 1280, 760, "light"), ("channels", 360, 780, "dark"),
        ("rings", 1280, 760, "light"), ("rings", 1280, 760, "dark"), ("rings", 360, 780, "light"), ("peers", 1280, 640, "light"), ("log", 1280, 460, "dark"), ("login", 1280, 640, "light"),
    ];

    private static readonly string[] Views = ["overview", "channels", "rings", "peers", "log"];

    [Fact]
    public async Task Without_a_login_the_page_says_how_to_get_a_link_and_a_link_works_once()
    {
        await using var page = await DashboardPage.OpenAsync(chromium, Scenery.Desk());
        await page.Page.GotoAsync(page.Address.ToString());
        await Assertions.Expect(page.Page.Locator("#login")).ToBeVisibleAsync();
        await page.SeesAsync("#login", "eddy dashboard");
        Assert.DoesNotContain("Quiet Harbour", await page.Page.ContentAsync(), StringComparison.Ordinal);

        var link = await page.LinkAsync();
        await page.Page.GotoAsync(link);
        await page.SeesAsync("#node-name", "Quiet Harbour");
        Assert.Equal(page.Address.ToString(), page.Page.Url.Split('#')[0]);
        Assert.Equal("", await page.Page.EvaluateAsync<string>("document.cookie"));

        // Stays logged in; and out after the button.
        await page.Page.ReloadAsync();
        await page.SeesAsync("#node-name", "Quiet Harbour");
        await page.Page.Locator("#logout").ClickAsync();
        await Assertions.Expect(page.Page.Locator("#login")).ToBeVisibleAsync();
        await page.Page.GotoAsync(link);
        await page.SeesAsync("#login-why", "used already");

        // A refused request is the browser's own line on the console, and there is nothing else.
        Assert.All(page.Complaints, static complaint => Assert.Contains("401", complaint, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Buttons_reach_the_engine_and_its_answer_is_read_out()
    {
        var desk = Scenery.Desk();
        await using var page = await DashboardPage.OpenAsync(chromium, desk);
        await page.LogInAsync();
        desk.Reply = new(OperatorStatus.Done, "Eddy is paused.");

        await page.Page.Locator("#pause").ClickAsync();
        await page.SeesAsync("#toast", "Eddy is paused.");
        desk.Show(desk.View with { IsPaused = true });
        await page.SeesAsync("#pause", "Resume");
        await page.SeesAsync("#notice", "neither proposes nor accepts");
        desk.Reply = new(OperatorStatus.Done, "A ring of 4 is proposed.");
        await page.Page.Locator("#propose").ClickAsync();
        await page.SeesAsync("#toast", "A ring of 4 is proposed.");

        Assert.Equal([new OperatorRequest.Pause(), new OperatorRequest.Propose(false)], desk.Requests);
        page.AssertNoComplaints();
    }

    [Fact]
    public async Task Everything_can_be_done_with_the_keyboard()
    {
        var desk = Scenery.Desk();
        await using var page = await DashboardPage.OpenAsync(chromium, desk);
        await page.LogInAsync();
        await page.Page.Keyboard.PressAsync("Tab");
        Assert.Equal("Skip to the content", await page.Page.EvaluateAsync<string>("document.activeElement.textContent"));
        for (var tabs = 0; tabs < 12 && await page.Page.EvaluateAsync<string>("document.activeElement.hash ?? ''") != "#channels"; tabs++)
        {
            await page.Page.Keyboard.PressAsync("Tab");
        }

        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Page.Locator("section#channels")).ToBeVisibleAsync();
        var why = page.Page.Locator("#channel-list button.open").First;
        await why.FocusAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(why).ToHaveAttributeAsync("aria-expanded", "true");
        await page.SeesAsync("#channel-list .more", "Could not ask: this node has no channel");
    }

    [Theory]
    [InlineData(1280, "light")]
    [InlineData(1280, "dark")]
    [InlineData(360, "light")]
    public async Task Axe_finds_nothing_and_nothing_is_wider_than_the_screen(int width, string colours)
    {
        var axe = await chromium.AxeAsync();
        var isWhole = width > 500 && colours == "light";
        var desk = Scenery.Desk();
        await using var page = await DashboardPage.OpenAsync(chromium, desk, Context(width, colours));
        await page.LogInAsync();
        await CheckAsync(page, axe, "overview", width, isWhole);
        foreach (var view in Views[1..])
        {
            await page.GoAsync(view);
            if (view == "rings")
            {
                await page.Page.Locator("#ring-list button.open").First.ClickAsync();
                await page.SeesAsync("#ring-list .story", "the proposal walks the ring");
            }

            await CheckAsync(page, axe, view, width, isWhole);
        }

        page.AssertNoComplaints();
    }

    [Fact]
    public async Task A_lost_connection_is_said_and_what_was_known_stays()
    {
        await using var page = await DashboardPage.OpenAsync(chromium, Scenery.Desk());
        await page.LogInAsync();
        await page.StopServerAsync();

        await page.SeesAsync("#notice", "Not connected");
        await page.SeesAsync("#node-name", "Quiet Harbour");
        Assert.True(await page.Page.Locator("main.stale").CountAsync() == 1);
    }

    [Fact]
    public async Task A_change_touches_what_has_changed_and_nothing_else()
    {
        var desk = Scenery.Desk(channels: 500, rings: 50, past: 150);
        await using var page = await DashboardPage.OpenAsync(chromium, desk);
        await page.LogInAsync();
        await page.GoAsync("channels");
        Assert.Equal(500, await page.Page.Locator("#channel-list > li").CountAsync());
        await Assertions.Expect(page.Page.Locator("#ring-list > li")).ToHaveCountAsync(200);
        await page.Page.EvaluateAsync("""
            () => {
              window.changed = new Set();
              window.replaced = 0;
              new MutationObserver((records) => records.forEach((record) => {
                const row = (record.target.nodeType === 1 ? record.target : record.target.parentElement).closest('#channel-list > li');
                if (row) { window.changed.add(row.dataset.scid); } else { window.replaced += record.addedNodes.length + record.removedNodes.length; }
              })).observe(document.getElementById('channel-list'), { subtree: true, childList: true, characterData: true, attributes: true });
            }
            """);

        var first = desk.View.Channels[0];
        var moved = first with { WantOut = first.WantOut + 110_000 };
        desk.Show(desk.View with { Channels = desk.View.Channels.SetItem(0, moved) });
        await Assertions.Expect(page.Page.Locator($"li[data-scid='{first.Channel.Id}'] .wants")).ToContainTextAsync(moved.WantOut.ToString("N0", System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal([first.Channel.Id.ToString()], await page.Page.EvaluateAsync<string[]>("[...window.changed]"));
        Assert.Equal(0, await page.Page.EvaluateAsync<int>("window.replaced"));
        page.AssertNoComplaints();
    }

    /// <summary>With EDDY_MEASURE set: what docs/performance.md says of the page.</summary>
    [Fact]
    public async Task Figures_are_measured_when_they_are_asked_for()
    {
        Assert.SkipWhen(string.IsNullOrEmpty(Environment.GetEnvironmentVariable("EDDY_MEASURE")), "Set EDDY_MEASURE to measure the page.");
        var desk = Scenery.Desk(channels: 500, rings: 50, past: 150);
        await using var page = await DashboardPage.OpenAsync(chromium, desk);
        await page.LogInAsync();
        await Assertions.Expect(page.Page.Locator("#ring-list > li")).ToHaveCountAsync(200);
        var paints = new List<double>();
        var pictures = new List<double>();
        for (var i = 0; i < 10; i++)
        {
            await page.Page.ReloadAsync();
            await Assertions.Expect(page.Page.Locator("#overview")).ToBeVisibleAsync();
            paints.Add(await page.Page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
            await page.Page.WaitForFunctionAsync("document.querySelectorAll('#channel-list > li').length === 500");
            pictures.Add(await page.Page.EvaluateAsync<double>("performance.now()"));
        }

        await page.GoAsync("channels");
        await page.Page.EvaluateAsync("""
            () => {
              window.tasks = [];
              window.frames = [];
              new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.tasks.push(entry.duration))).observe({ type: 'longtask' });
              let last = performance.now();
              requestAnimationFrame(function next(now) { window.frames.push(now - last); last = now; requestAnimationFrame(next); });
            }
            """);
        for (var round = 1; round <= 40; round++)
        {
            var shown = desk.View;
            desk.Show(shown with { Channels = [.. shown.Channels.Select((channel, i) => i % 10 == round % 10 ? channel with { WantOut = (round * 1_000L) + i } : channel)] });
            await Task.Delay(150, TestContext.Current.CancellationToken);
        }

        var frames = (await page.Page.EvaluateAsync<double[]>("window.frames")).Order().ToArray();
        var tasks = await page.Page.EvaluateAsync<double[]>("window.tasks");
        Console.WriteLine(FormattableString.Invariant(
            $"first paint {paints.Order().ElementAt(5):0} ms (most {paints.Max():0}); 500 channels and 200 rings there after {pictures.Order().ElementAt(5):0} ms (most {pictures.Max():0}); while 50 of 500 channels change 6 times a second: frames {frames[frames.Length / 2]:0.0} ms, p99 {frames[frames.Length * 99 / 100]:0.0} ms, tasks over 50 ms: {tasks.Length}, longest {tasks.DefaultIfEmpty().Max():0} ms"));
    }

    /// <summary>With EDDY_SCREENSHOTS set to a directory the pictures of the documentation are made there.</summary>
    [Fact]
    public async Task Pictures_are_made_when_they_are_asked_for()
    {
        var directory = Environment.GetEnvironmentVariable("EDDY_SCREENSHOTS");
        Assert.SkipWhen(string.IsNullOrEmpty(directory), "Set EDDY_SCREENSHOTS to a directory to make the pictures of the documentation.");
        foreach (var (view, width, height, colours) in Pictures)
        {
            await TakeAsync(Path.GetFullPath(directory!), view, width, height, colours);
        }
    }

    private async Task TakeAsync(string directory, string view, int width, int height, string colours)
    {
        var desk = Scenery.Desk();
        await using var page = await DashboardPage.OpenAsync(chromium, desk, Context(width, colours, height));
        if (view == "login")
        {
            await page.Page.GotoAsync(page.Address.ToString());
            await Assertions.Expect(page.Page.Locator("#login")).ToBeVisibleAsync();
        }
        else
        {
            await page.LogInAsync();
            await Assertions.Expect(page.Page.Locator("#chart-moved svg")).ToBeVisibleAsync();
            if (view != "overview")
            {
                await page.GoAsync(view);
            }
        }

        switch (view)
        {
            case "overview":
                var live = Scenery.Ring(100, 14, RingOutcome.Unknown, DateTimeOffset.UtcNow.AddSeconds(-1)) with { Hops = Hops() };
                desk.Show(desk.View with { Rings = desk.View.Rings.Insert(0, live), Totals = desk.View.Totals with { UnderWay = 1 } });
                await Assertions.Expect(page.Page.Locator("#map-rings .hop")).ToHaveCountAsync(live.Hops.Length);
                await page.Page.EvaluateAsync("() => Promise.all([...document.querySelectorAll('.hop')].flatMap((hop) => hop.getAnimations()).map((animation) => animation.finished))");
                break;
            case "rings":
                await page.Page.Locator("#ring-list button.open").First.ClickAsync();
                await page.SeesAsync("#ring-list .story", "the proposal walks the ring");
                break;
        }

        await page.Page.ScreenshotAsync(new() { Path = Path.Combine(directory, $"dashboard-{view}-{(width < 500 ? "phone" : "wide")}-{colours}.png"), Animations = ScreenshotAnimations.Allow });
    }

    internal static BrowserNewContextOptions Context(int width, string colours, int height = 900) => new()
    {
        ViewportSize = new() { Width = width, Height = height },
        ColorScheme = colours == "dark" ? ColorScheme.Dark : ColorScheme.Light,
        DeviceScaleFactor = width < 500 ? 2 : 1,
    };

    private static System.Collections.Immutable.ImmutableArray<RingHopView> Hops()
    {
        var nodes = new[] { Scenery.Self, Scenery.Peer(0), Scenery.Node("far 0"), Scenery.Peer(10) };
        return [.. nodes.Select((node, i) => new RingHopView(i, node, null, null))];
    }

    private static async Task CheckAsync(DashboardPage page, string axe, string view, int width, bool isWhole)
    {
        Assert.True(await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= width, $"{view} is wider than {width} px.");
        await page.Page.EvaluateAsync(axe);

        // Only the colours are others in the dark, and on a phone only the places.
        var rules = isWhole ? "{}" : width > 500 ? "{ runOnly: ['color-contrast'] }" : "{ runOnly: ['scrollable-region-focusable', 'button-name', 'label'] }";
        var violations = await page.Page.EvaluateAsync<JsonElement>($"axe.run({rules}).then((result) => result.violations.map((one) => one.id + ': ' + one.nodes.map((node) => node.html).slice(0, 3).join(' | ')))");
        Assert.True(violations.GetArrayLength() == 0, $"{view}: {violations}");
    }
}
