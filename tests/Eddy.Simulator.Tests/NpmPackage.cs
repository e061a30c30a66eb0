using System.Diagnostics;

namespace Eddy.Simulator.Tests;

/// <summary>Installs an npm package once into a cache folder of the user, or says why the test has to be skipped.</summary>
internal static class NpmPackage
{
    private static readonly SemaphoreSlim Gate = new(1, 1);

    /// <summary>The folder of the <c>lightning</c> package: other people's client of LND's gRPC API.</summary>
    public static Task<string> LightningAsync(CancellationToken cancellationToken) => InstallAsync("lightning", "12.5.0", cancellationToken);

    public static async Task<string> InstallAsync(string name, string version, CancellationToken cancellationToken)
    {
        var root = Environment.GetEnvironmentVariable("EDDY_TEST_CACHE") is { Length: > 0 } configured
            ? configured
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "eddy-tests");
        var folder = Path.Combine(root, $"npm-{name}-{version}");
        var package = Path.Combine(folder, "node_modules", name);
        var complete = Path.Combine(folder, "complete");

        await Gate.WaitAsync(cancellationToken);
        try
        {
            if (!File.Exists(complete))
            {
                Directory.CreateDirectory(folder);
                var (exitCode, output, error) = await RunAsync(
                    "npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, $"{name}@{version}"], folder, cancellationToken);
                Assert.SkipWhen(exitCode != 0, $"npm could not install {name} {version}: {output}{error}");
                await File.WriteAllTextAsync(complete, "", cancellationToken);
            }
        }
        finally
        {
            Gate.Release();
        }

        return package;
    }

    /// <summary>Runs a program to its end; skips the test where the program is not installed.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string program, IReadOnlyList<string> arguments, string workingFolder, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        Process? process = null;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is not installed here.");
        }

        using (process)
        {
            var output = process!.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            try
            {
                await process.WaitForExitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }

            return (process.ExitCode, await output, await error);
        }
    }
}
