using System.Diagnostics;
using Eddy.Fuzzing.Coverage;
using Eddy.Fuzzing.Mutation;
using Eddy.Fuzzing.Targets;

namespace Eddy.Fuzzing.Running;

/// <summary>A fault and the smallest input found that shows it.</summary>
internal sealed record Crash(string Target, Failure Failure, byte[] Input);

/// <summary>
/// The fuzzing of one target: its corpus, what was covered, what was found. Used by one thread at a time. What it does follows from seed and
/// corpus; how far it gets is a matter of time.
/// </summary>
internal sealed class TargetSession
{
    private const int MaxCorpus = 4_000;
    private const int MaxCrashes = 10;

    private readonly byte[] _seen = new byte[CoverageMap.Size];
    private readonly HashSet<int> _features = [];
    private readonly List<byte[]> _corpus = [];
    private readonly HashSet<string> _signatures = new(StringComparer.Ordinal);
    private readonly List<Crash> _crashes = [];
    private readonly Mutator _mutator;
    private IEnumerator<byte[]>? _first;
    private long _since;

    public TargetSession(FuzzTarget target, ulong seed, IEnumerable<byte[]> corpus)
    {
        Target = target;
        var random = new SplitMix(unchecked(seed + (ulong)target.Name.Sum(static letter => letter * 31)));
        _mutator = new Mutator(random, target.Dictionary, target.IsProtobuf, target.MaxLength);
        _first = target.Seeds().Append([]).Concat(corpus).GetEnumerator();
    }

    public FuzzTarget Target { get; }

    public long Executions { get; private set; }

    /// <summary>Places of the map that were hit: edges, but for those that share one.</summary>
    public int Edges { get; private set; }

    public int Features => _features.Count;

    public int CorpusSize => _corpus.Count;

    /// <summary>The most that one execution allocated, as a share of its bound; first calls and all.</summary>
    public double MostOfBound { get; private set; }

    public TimeSpan Taken { get; private set; }

    public IReadOnlyList<Crash> Crashes => _crashes;

    /// <summary>How long the execution under way takes already; zero between two. May be asked from any thread.</summary>
    public TimeSpan RunningFor => Volatile.Read(ref _since) is var since and not 0 ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>What is run or was run last.</summary>
    public byte[] LastInput { get; private set; } = [];

    /// <summary>Told of each input before it is run.</summary>
    public Action<FuzzTarget, byte[]> BeforeRun { get; set; } = static (_, _) => { };

    /// <summary>Goes on for so long or so many executions, whichever ends first.</summary>
    public void Continue(TimeSpan time, long executions)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var last = Executions + executions;
        while (Executions < last && (Executions % 16 != 0 || Stopwatch.GetElapsedTime(startedAt) < time))
        {
            Try(Next());
        }

        Taken += Stopwatch.GetElapsedTime(startedAt);
    }

    /// <summary>The corpus again with as few and as short inputs as still cover what it covers.</summary>
    public IReadOnlyList<byte[]> Minimised(int most, int longest)
    {
        var covered = new byte[CoverageMap.Size];
        var features = new HashSet<int>();
        var kept = new List<byte[]>();
        foreach (var input in _corpus.Where(input => input.Length <= longest).OrderBy(static input => input.Length).ThenBy(Convert.ToHexString, StringComparer.Ordinal).ToArray())
        {
            // Hit counts aside: what is kept is for edges.
            var recorder = CoverageMap.Begin();
            var execution = Executor.Run(Target, input);
            var isNew = features.Add(execution.Feature);
            foreach (var edge in recorder.Touched)
            {
                isNew |= covered[edge] == 0;
                covered[edge] = 1;
            }

            if (isNew)
            {
                kept.Add(input);
            }
        }

        CoverageMap.End();

        // The later ones are those that go deepest.
        return kept.Count <= most ? kept : [.. kept.Where((_, index) => index * most / kept.Count != (index - 1) * most / kept.Count || index == 0).Take(most)];
    }

    private byte[] Next()
    {
        if (_first?.MoveNext() == true)
        {
            return _first.Current;
        }

        _first = null;
        return _mutator.Mutate(_corpus);
    }

    private void Try(byte[] input)
    {
        BeforeRun(Target, input);
        LastInput = input;
        Volatile.Write(ref _since, Stopwatch.GetTimestamp());
        var recorder = CoverageMap.Begin();
        var execution = Executor.Run(Target, input);
        Executions++;
        MostOfBound = Math.Max(MostOfBound, (double)execution.Allocated / Target.Bound.For(input.Length));
        Volatile.Write(ref _since, 0);
        if (execution.Failure is { } failure)
        {
            OnFailure(failure, input);
        }
        else if (IsNews(recorder, execution.Feature) || _corpus.Count == 0)
        {
            Keep(input);
        }
    }

    private void Keep(byte[] input)
    {
        if (_corpus.Count < MaxCorpus)
        {
            _corpus.Add(input);
        }
        else
        {
            _corpus[(int)(Executions % MaxCorpus)] = input;
        }
    }

    private bool IsNews(CoverageMap.Recorder recorder, int feature)
    {
        var isNews = _features.Count < MaxCorpus && _features.Add(feature);
        foreach (var edge in recorder.Touched)
        {
            var kind = recorder.ClassOf(edge);
            ref var seen = ref _seen[edge];
            if ((seen & kind) == 0)
            {
                Edges += seen == 0 ? 1 : 0;
                seen |= kind;
                isNews = true;
            }
        }

        return isNews;
    }

    private void OnFailure(Failure failure, byte[] input)
    {
        if (_crashes.Count < MaxCrashes && _signatures.Add(failure.Signature))
        {
            var small = Shrinker.Shrink(input, candidate => Executor.Run(Target, candidate).Failure?.Signature == failure.Signature);
            _crashes.Add(new(Target.Name, Executor.Run(Target, small).Failure ?? failure, small));
        }
    }
}
