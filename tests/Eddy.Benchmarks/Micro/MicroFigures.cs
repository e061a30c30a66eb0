using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Eddy.Benchmarks.Measuring;

namespace Eddy.Benchmarks.Micro;

/// <summary>The benchmarks of small things, in this process: BenchmarkDotNet would otherwise build a project for each.</summary>
internal static class MicroFigures
{
    private const int Warmups = 3;
    private const int Iterations = 10;

    public static void Run(Arguments arguments)
    {
        var filter = arguments.Take("filter");
        arguments.End();
        Type[] types = [typeof(HtlcGateBenchmarks), typeof(CycleFinderBenchmarks), typeof(SignatureBenchmarks), typeof(WireBenchmarks)];
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(Warmups).WithIterationCount(Iterations))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddColumn(StatisticColumn.Median)
            .AddExporter(MarkdownExporter.GitHub)
            .AddLogger(ConsoleLogger.Default)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "eddy-benchmarks"));
        foreach (var type in types.Where(type => filter is null || type.Name.Contains(filter, StringComparison.OrdinalIgnoreCase)))
        {
            BenchmarkRunner.Run(type, config);
        }
    }
}
