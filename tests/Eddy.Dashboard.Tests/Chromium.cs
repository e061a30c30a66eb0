using System.Diagnostics;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Eddy.Dashboard.Tests.Chromium))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Eddy.Dashboard.Tests;

/// <summary>Debian's Chromium, started once for all tests; each test has a context of its own.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private const string AxeVersion = "4.10.3";
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];

    private readonly SemaphoreSlim _turn = new(1, 1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string? _axe;

    /// <summary>A browser; the test is skipped where there is none.</summary>
    public async Task<IBrowser> BrowserAsync()
    {
        await _turn.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_browser is null)
            {
                var path = Places.FirstOrDefault(File.Exists);
                Assert.SkipWhen(path is null, "Needs Chromium: apt-get install chromium.");
                // Reached in failure only.
                Assertions.SetDefaultExpectTimeout(60_000);
                _playwright = await Playwright.CreateAsync();
                _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = path, Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"], Timeout = 90_000 });
            }

            return _browser;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The source of axe-core, which finds what keeps people from using a page; the test is skipped where npm is missing.</summary>
    public async Task<string> AxeAsync()
    {
        await _turn.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return _axe ??= await InstallAxeAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        _turn.Dispose();
    }

    private static async Task<string> InstallAxeAsync()
    {
        var root = Environment.GetEnvironmentVariable("EDDY_TEST_CACHE") is { Length: > 0 } configured
            ? configured
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "eddy-tests");
        var folder = Path.Combine(root, $"npm-axe-core-{AxeVersion}");
        var file = Path.Combine(folder, "node_modules", "axe-core", "axe.min.js");
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(folder);
            Process? npm = null;
            try
            {
                npm = Process.Start(new ProcessStartInfo("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, $"axe-core@{AxeVersion}"])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                });
            }
            catch (System.ComponentModel.Win32Exception)
            {
                Assert.Skip("Needs npm, for axe-core.");
            }

            using (npm)
            {
                var error = npm!.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
                await npm.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
                await npm.WaitForExitAsync(TestContext.Current.CancellationToken);
                Assert.SkipWhen(npm.ExitCode != 0, $"npm could not install axe-core: {await error}");
            }
        }

        return await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
    }
}
