using System.Collections.Concurrent;
using System.Diagnostics;

namespace Eddy.Fuzzing.Running;

/// <summary>Fuzzes several targets on one thread per processor: each takes a target, goes on with it for a moment, and gives it back.</summary>
internal sealed class FuzzRun(IReadOnlyList<TargetSession> sessions, TimeSpan time, long executionsPerTarget, string scratch)
{
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(5);

    /// <summary>An execution that takes so long will not come back.</summary>
    private static readonly TimeSpan HangBound = TimeSpan.FromMinutes(2);

    private readonly ConcurrentQueue<TargetSession> _waiting = new(sessions);
    private readonly long _startedAt = Stopwatch.GetTimestamp();

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_startedAt);

    /// <summary>Called with what has come of it so far, about once a second, on the caller's thread.</summary>
    public Action<FuzzRun> Progress { get; set; } = static _ => { };

    /// <summary>Where minimised corpora go; null for nowhere.</summary>
    public string? SaveTo { get; init; }

    public IReadOnlyList<TargetSession> Sessions => sessions;

    /// <summary>Null where everything came to its end; the one that hangs otherwise.</summary>
    public TargetSession? Run(CancellationToken stop)
    {
        var workers = Enumerable.Range(0, Math.Min(sessions.Count, Environment.ProcessorCount))
            .Select(number => new Thread(() => Work(number, stop), 16 << 20) { IsBackground = true, Name = $"fuzz {number}" })
            .ToArray();
        foreach (var worker in workers)
        {
            worker.Start();
        }

        while (!Array.TrueForAll(workers, static worker => worker.Join(TimeSpan.FromMilliseconds(500))))
        {
            Progress(this);
            if (sessions.FirstOrDefault(static session => session.RunningFor > HangBound) is { } hanging)
            {
                return hanging;
            }
        }

        Progress(this);
        return null;
    }

    private void Work(int number, CancellationToken stop)
    {
        using var last = new LastInput(Path.Combine(scratch, $"input-{number}"));
        var savedAt = new Dictionary<TargetSession, TimeSpan>();
        while (!stop.IsCancellationRequested && Elapsed < time && _waiting.TryDequeue(out var session))
        {
            session.BeforeRun = last.Write;
            var slice = Slice * session.Target.Weight;
            session.Continue(slice < time - Elapsed ? slice : time - Elapsed, executionsPerTarget - session.Executions);
            if (SaveTo is { } directory && Elapsed - savedAt.GetValueOrDefault(session) > SaveInterval)
            {
                savedAt[session] = Elapsed;
                Save(session, directory);
            }

            if (session.Executions < executionsPerTarget)
            {
                _waiting.Enqueue(session);
            }
        }
    }

    public static void Save(TargetSession session, string directory) => CorpusFile.Write(
        directory, session.Target.Name, session.Minimised(CorpusFile.MostEntries, CorpusFile.LongestEntry));
}
