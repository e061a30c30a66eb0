using Eddy.Api;
using Eddy.Demo;
using Eddy.Engine;
using Eddy.Simulator;
using Microsoft.Playwright;

namespace Eddy.Dashboard.Tests;

/// <summary>The page of a real daemon in a network of simulated nodes, with LND's API between them.</summary>
public sealed class NetworkPageTests(Chromium chromium)
{
    private const int Nodes = 3;

    [Fact]
    public async Task A_ring_is_proposed_with_the_button_and_settles_before_the_readers_eyes()
    {
        var browser = await chromium.BrowserAsync();
        var cancellationToken = TestContext.Current.CancellationToken;
        var network = new SimulatedNetwork(new() { Seed = 1, StartTime = DateTimeOffset.UtcNow });
        RingTopology.Build(network, new() { Nodes = Nodes });
        await using var site = await DemoSite.StartAsync(network, _ => new EngineOptions
        {
            Rings = new RingOptions { MaxLength = Nodes, ProposalTtl = TimeSpan.FromSeconds(20), SearchesByItself = false },
        });
        await Task.WhenAll(site.Nodes.Select(node => site.StartDaemonAsync(node, cancellationToken)));
        var first = site.Nodes.MinBy(node => node.Id)!;
        var token = await File.ReadAllTextAsync(AccessToken.PathIn(first.DataDirectory), cancellationToken);
        await using var page = await DashboardPage.OpenAsync(browser, first.Daemon!.ApiAddress, token.Trim(), static () => ValueTask.CompletedTask);
        await page.LogInAsync();
        await page.SeesAsync("#node-name", first.Alias);
        await page.GoAsync("channels");
        await Assertions.Expect(page.Page.Locator("#channel-list > li")).ToHaveCountAsync(2);

        var step = new StepCheck(site, Nodes);
        while (await step.WhatIsMissingAsync(cancellationToken) is not null)
        {
            await Task.Delay(50, cancellationToken);
        }

        await page.GoAsync("overview");
        await page.Page.Locator("#propose").ClickAsync();
        await page.SeesAsync("#latest .chip", "settled");
        await page.SeesAsync("#tiles", "Rings settled1");
        await page.GoAsync("rings");
        await page.Page.Locator("#ring-list button.open").First.ClickAsync();
        await page.SeesAsync("#ring-list .story", "came home, and nothing was paid for it");
        await page.GoAsync("channels");
        await page.SeesAsync("#channel-list .moved", "moved");
        await page.Page.Locator("#channel-list button.open").First.ClickAsync();
        await page.SeesAsync("#channel-list .more", "What was done for it");
        page.AssertNoComplaints();
    }
}
