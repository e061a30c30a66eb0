using System.Text.Json;

namespace Eddy.Tests.Demo;

/// <summary>The one JSON document of a demo that went well.</summary>
internal static class DemoReport
{
    public static async Task<JsonDocument> RunAsync(TemporaryDirectory home, params string[] arguments)
    {
        var result = await EddyProcess.RunAsync(home.Path, ["demo", "--json", .. arguments], null);
        Assert.True(result.ExitCode == 0, $"The demo ended with {result.ExitCode}: {result.Error}");
        return JsonDocument.Parse(result.Output);
    }
}
