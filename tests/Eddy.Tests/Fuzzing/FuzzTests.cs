using Eddy.Fuzzing.Coverage;
using Eddy.Fuzzing.Running;
using Eddy.Fuzzing.Targets;

namespace Eddy.Tests.Fuzzing;

/// <summary>
/// A slice of what tests/Eddy.Fuzzing does for hours: the whole corpus once more, and some mutations of it. Without instrumentation; what is
/// found here is found with <c>dotnet run --project tests/Eddy.Fuzzing</c> too, which says more about it.
/// </summary>
public sealed class FuzzTests
{
    private const ulong Seed = 20_260_102;

    /// <summary>Mutations stop after so long: they are extra, and slow targets would take the time of all tests.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromMilliseconds(400);

    private const int Mutations = 2_000;

    public static TheoryData<string> Targets => [.. AllTargets.Create().Select(static target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Corpus_and_seeded_mutations_break_nothing(string name)
    {
        var target = Assert.Single(AllTargets.Find(name));
        var corpus = CorpusFile.Read(CorpusFile.Directory, name);
        Assert.NotEmpty(corpus);
        Assert.True(corpus.Count <= CorpusFile.MostEntries && corpus.All(static input => input.Length <= CorpusFile.LongestEntry));
        foreach (var input in corpus)
        {
            var failure = Executor.Run(target, input).Failure;
            Assert.True(failure is null, $"{Convert.ToBase64String(input)}: {failure?.Text}");
        }

        var session = new TargetSession(target, Seed, []);
        session.Continue(MostTime, Mutations);

        Assert.Empty(session.Crashes.Select(static crash => $"{Convert.ToBase64String(crash.Input)}: {crash.Failure.Text}"));
        Assert.True(session.Executions >= 16 && session.CorpusSize > 0);
    }

    [Fact]
    public void Coverage_leads_to_a_fault_behind_comparisons_that_chance_does_not_pass()
    {
        // Blocks are counted here by hand, as the rewritten program does by itself.
        var guided = new TargetSession(new CountedFault(), Seed, []);
        var blind = new TargetSession(new PlantedFaultTarget(), Seed, []);

        guided.Continue(TimeSpan.FromMinutes(1), 400_000);
        blind.Continue(TimeSpan.FromSeconds(1), 50_000);

        Assert.Equal("planted-fault", Assert.Single(guided.Crashes).Target);
        Assert.Equal(9, guided.Crashes[0].Input.Length);
        Assert.Empty(blind.Crashes);
    }

    [Fact]
    public void The_engines_target_starts_where_money_moves()
    {
        var target = new EngineTarget();
        var outcomes = target.Seeds().Select(target.Execute).ToArray();

        Assert.Contains(outcomes, static outcome => (outcome & EngineTarget.HasWaived) != 0);
        Assert.Contains(outcomes, static outcome => (outcome & EngineTarget.HasPaid) != 0);
    }

    [Fact]
    public void The_same_seed_makes_the_same_inputs()
    {
        Assert.Equal(Inputs(1), Inputs(1));
        Assert.NotEqual(Inputs(1), Inputs(2));

        static string[] Inputs(ulong seed)
        {
            var inputs = new List<string>();
            var session = new TargetSession(new OfferTarget(), seed, []) { BeforeRun = (_, input) => inputs.Add(Convert.ToHexString(input)) };
            session.Continue(TimeSpan.FromMinutes(1), 500);
            return [.. inputs];
        }
    }

    [Fact]
    public void What_takes_more_memory_than_its_bound_or_breaks_its_oracle_is_found_and_shrunk()
    {
        var greedy = new TargetSession(new Faulty(static input => input.Contains((byte)200) ? new byte[1_000_000].Length : 0), Seed, []);
        var lying = new TargetSession(new Faulty(static input => input.Contains((byte)200) ? throw new OracleException("It lied.") : 0), Seed, []);

        greedy.Continue(TimeSpan.FromMinutes(1), 20_000);
        lying.Continue(TimeSpan.FromMinutes(1), 20_000);

        Assert.Equal([200], Assert.Single(greedy.Crashes).Input);
        Assert.Equal("allocation", greedy.Crashes[0].Failure.Signature);
        Assert.Equal([200], Assert.Single(lying.Crashes).Input);
        Assert.Contains("It lied.", lying.Crashes[0].Failure.Text, StringComparison.Ordinal);
    }

    private sealed class Faulty(Func<byte[], int> run) : FuzzTarget
    {
        public override string Name => "faulty";

        public override string What => "a fault on purpose";

        public override int MaxLength => 16;

        public override IEnumerable<byte[]> Seeds() => [[1, 2, 3]];

        public override int Execute(byte[] input) => run(input) == 0 ? 0 : 1;
    }

    private sealed class CountedFault : FuzzTarget
    {
        private readonly PlantedFaultTarget _target = new();

        public override string Name => _target.Name;

        public override string What => _target.What;

        public override int MaxLength => _target.MaxLength;

        public override IEnumerable<byte[]> Seeds() => _target.Seeds();

        public override int Execute(byte[] input)
        {
            CoverageMap.Hit(1);
            if (input.Length > 8 && input[3] == 0xED)
            {
                CoverageMap.Hit(1_000);
                if (input[5] == 0xD1)
                {
                    CoverageMap.Hit(2_000);
                    if (input[2] == input[7] + 9)
                    {
                        CoverageMap.Hit(3_000);
                    }
                }
            }

            return _target.Execute(input);
        }
    }
}
