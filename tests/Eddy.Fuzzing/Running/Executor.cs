using System.Diagnostics;
using Eddy.Fuzzing.Targets;

namespace Eddy.Fuzzing.Running;

/// <summary>What one execution came to.</summary>
/// <param name="Feature">The target's own outcome.</param>
/// <param name="Allocated">Bytes, what is set up on a first call included.</param>
/// <param name="Failure">Null where nothing is wrong.</param>
internal readonly record struct Execution(int Feature, long Allocated, Failure? Failure);

/// <summary>Something wrong: an exception, a broken oracle, too much memory or time.</summary>
/// <param name="Signature">The same for the same fault, whatever the input.</param>
/// <param name="Text">For the report.</param>
internal sealed record Failure(string Signature, string Text);

/// <summary>Runs a target on an input and holds it to its bounds.</summary>
internal static class Executor
{
    /// <summary>In processor time of this process: on a busy machine a clock on the wall says nothing about the input.</summary>
    public static readonly TimeSpan TimeBound = TimeSpan.FromSeconds(1);

    /// <summary>What is compiled or set up on a first call is no fault of the input: a bound is broken only when it is so each time.</summary>
    private const int Attempts = 4;

    public static Execution Run(FuzzTarget target, byte[] input)
    {
        var bound = target.Bound.For(input.Length);
        for (var attempt = 1; ; attempt++)
        {
            var copy = input.AsSpan().ToArray();
            var startedAt = Stopwatch.GetTimestamp();
            var usedBefore = attempt == 1 ? TimeSpan.Zero : Environment.CpuUsage.TotalTime;
            var before = GC.GetAllocatedBytesForCurrentThread();
            int feature;
            try
            {
                feature = target.Execute(copy);
            }
            catch (Exception exception)
            {
                return new(0, 0, Explain(exception));
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            // Asking for processor time costs more than most executions take: only what was slow is asked.
            var taken = attempt == 1 ? Stopwatch.GetElapsedTime(startedAt) : Environment.CpuUsage.TotalTime - usedBefore;
            if (allocated <= bound && taken <= TimeBound)
            {
                return new(feature, allocated, null);
            }

            if (attempt == Attempts)
            {
                return new(feature, allocated, allocated > bound
                    ? new("allocation", $"It allocated {allocated:N0} bytes for an input of {input.Length}; the bound is {target.Bound}, here {bound:N0}.")
                    : new("time", $"It took {taken.TotalSeconds:0.00} s for an input of {input.Length} bytes, {Attempts} times; the bound is {TimeBound.TotalSeconds} s."));
            }
        }
    }

    private static Failure Explain(Exception exception)
    {
        var frames = new StackTrace(exception).GetFrames()
            .Select(static frame => frame.GetMethod())
            // What is ours is inlined now and not then: only the product's own frames are the same each time.
            .Where(static method => method?.DeclaringType?.Assembly is { } assembly && assembly != typeof(Executor).Assembly
                && assembly.GetName().Name!.StartsWith("eddy", StringComparison.OrdinalIgnoreCase))
            .Select(static method => $"{method!.DeclaringType!.Name}.{method.Name}")
            .FirstOrDefault() ?? "(target)";
        var detail = exception is OracleException ? Kind(exception.Message) : "";
        return new($"{exception.GetType().Name} {frames}{detail}", exception.ToString());

        static string Kind(string message) => " " + message[..Math.Min(24, message.Length)];
    }
}
