using System.Globalization;
using Eddy.Benchmarks.Measuring;

namespace Eddy.Benchmarks.Systems;

/// <summary>Resident memory of an idle daemon process as Linux counts it, files it shares with others included.</summary>
internal static class MemoryFigure
{
    private const int StandardSeconds = 60;
    private const double MiB = 1024 * 1024;
    private const double Limit = 130 * MiB;
    private const double Aim = 90 * MiB;

    /// <summary>What a runtime can be told without a new build.</summary>
    private static readonly (string Name, Dictionary<string, string> Environment)[] Variants =
    [
        ("as configured", []),
        ("TieredPGO on", new() { ["DOTNET_TieredPGO"] = "1" }),
        ("no tiered compilation", new() { ["DOTNET_TieredCompilation"] = "0" }),
        ("no ready-to-run code", new() { ["DOTNET_ReadyToRun"] = "0" }),
        ("GCConserveMemory 9", new() { ["DOTNET_GCConserveMemory"] = "9" }),
        ("GCgen0size 1 MiB", new() { ["DOTNET_GCgen0size"] = "0x100000" }),
        ("code pages writable (no W^X)", new() { ["DOTNET_EnableWriteXorExecute"] = "0" }),
        ("concurrent GC", new() { ["DOTNET_gcConcurrent"] = "1" }),
    ];

    public static async Task RunAsync(Arguments arguments)
    {
        var seconds = arguments.Take("seconds", StandardSeconds);
        var eddy = arguments.Take("eddy");
        var variants = arguments.Take("variants") is null ? Variants[..1] : Variants;
        arguments.End();

        // Side by side: idle processes cost nobody time, and each has a node of its own.
        await using var site = await Hub.StartAsync(variants.Length);
        var daemons = new List<DaemonProcess>();
        try
        {
            for (var i = 0; i < variants.Length; i++)
            {
                daemons.Add(DaemonProcess.Start(site.Lnds[i], Path.Combine(site.Directory, $"daemon-{i}"), eddy, variants[i].Environment));
                await daemons[i].ConnectedAsync();
            }

            await Task.Delay(TimeSpan.FromSeconds(seconds));
            Write(variants, daemons, seconds);
        }
        finally
        {
            foreach (var daemon in daemons)
            {
                await daemon.DisposeAsync();
            }
        }
    }

    private static void Write((string Name, Dictionary<string, string> Environment)[] variants, List<DaemonProcess> daemons, int seconds)
    {
        var table = new Table($"idle for {seconds} s, {Hub.Channels} channels", "resident", "of it own", "of it files", "of it compiled code", "must, 130 MiB", "aim, 90 MiB");
        for (var i = 0; i < variants.Length; i++)
        {
            var resident = daemons[i].Memory("VmRSS");
            table.Add(
                variants[i].Name,
                Table.Megabytes(resident),
                Table.Megabytes(daemons[i].Memory("RssAnon")),
                Table.Megabytes(daemons[i].Memory("RssFile")),
                Table.Megabytes(daemons[i].Memory("RssShmem")),
                Table.Verdict(resident, Limit),
                Table.Verdict(resident, Aim));
        }

        table.Write(Console.Out);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Memory of this machine in use does not change these figures; load {Machine.Load:0.0}."));
    }
}
