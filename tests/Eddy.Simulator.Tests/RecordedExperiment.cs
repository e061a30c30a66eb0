using System.Text.Json;

namespace Eddy.Simulator.Tests;

/// <summary>One file of <c>Vectors</c>: what a real LND was asked and what it did.</summary>
internal sealed class RecordedExperiment
{
    private RecordedExperiment(string path)
    {
        Path = path;
        Root = JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
        Events = [.. Root.GetProperty("events").EnumerateArray()];
    }

    public string Path { get; }

    public JsonElement Root { get; }

    public IReadOnlyList<JsonElement> Events { get; }

    /// <summary>As in the file: <c>0.20.3-beta</c>.</summary>
    public string Lnd => Root.GetProperty("lnd").GetString()!;

    public static string Folder => System.IO.Path.Combine(AppContext.BaseDirectory, "Vectors");

    /// <param name="name">Folder and name without extension: <c>lnd/a_no_interceptor</c>.</param>
    public static RecordedExperiment Load(string name) => new(System.IO.Path.Combine(Folder, $"{name}.json"));

    public static IEnumerable<RecordedExperiment> All() =>
        Directory.EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => new RecordedExperiment(path));

    public IEnumerable<JsonElement> Calls(string rpc) =>
        Events.Where(entry => entry.TryGetProperty("rpc", out var name) && name.GetString() == rpc);
}
