using System.Diagnostics;
using System.Runtime.InteropServices;
using Eddy.Fuzzing.Coverage;
using Eddy.Fuzzing.Running;
using Eddy.Fuzzing.Targets;

const string ScratchVariable = "EDDY_FUZZING_SCRATCH";

Arguments arguments;
IReadOnlyList<FuzzTarget> targets;
try
{
    arguments = Arguments.Parse(args);
    targets = AllTargets.Find(arguments.Targets);
}
catch (FormatException e)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(Arguments.Usage);
    return 2;
}

if (arguments.IsList)
{
    foreach (var target in targets)
    {
        Console.WriteLine($"{target.Name,-16} {target.What} (at most {target.MaxLength} bytes; may allocate {target.Bound})");
    }

    return 0;
}

if (arguments.Replay is { } file)
{
    return Replay(targets, file);
}

// The program as it was built rewrites itself into a directory of its own and runs what it wrote.
if (Environment.GetEnvironmentVariable(ScratchVariable) is { } given)
{
    return Fuzz(arguments, targets, given);
}

var scratch = Directory.CreateTempSubdirectory("eddy-fuzzing-").FullName;
try
{
    return arguments.IsUninstrumented ? Fuzz(arguments, targets, scratch) : FuzzInstrumented(args, arguments, scratch);
}
finally
{
    Directory.Delete(scratch, recursive: true);
}

static int FuzzInstrumented(string[] args, Arguments arguments, string scratch)
{
    var program = Path.Combine(scratch, "program");
    var blocks = Instrumenter.Rewrite(AppContext.BaseDirectory, program);
    Console.Error.WriteLine($"Counting in {blocks.Values.Sum():N0} basic blocks: {string.Join(", ", blocks.Select(static entry => $"{entry.Key} {entry.Value:N0}"))}.");
    var dotnet = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
    var start = new ProcessStartInfo(dotnet, ["exec", Path.Combine(program, "Eddy.Fuzzing.dll"), .. args]);
    start.Environment[ScratchVariable] = scratch;
    using var process = Process.Start(start)!;
    process.WaitForExit();
    if (process.ExitCode is 0 or 1 or 2)
    {
        return process.ExitCode;
    }

    foreach (var last in Directory.EnumerateFiles(scratch, "input-*").Select(LastInput.Read).OfType<(string Target, byte[] Input)>())
    {
        Report.Write(new Crash(last.Target, new Failure("process", $"The process ended with {process.ExitCode} while this, or another thread's input, ran."), last.Input), arguments.Crashes);
    }

    return 1;
}

static int Fuzz(Arguments arguments, IReadOnlyList<FuzzTarget> targets, string scratch)
{
    var corpus = arguments.Corpus ?? CorpusFile.Directory;
    TargetSession[] sessions = [.. targets.Select(target => new TargetSession(target, arguments.Seed, CorpusFile.Read(corpus, target.Name)))];
    using var stop = new CancellationTokenSource();
    Console.CancelKeyPress += (_, pressed) =>
    {
        pressed.Cancel = true;
        stop.Cancel();
    };
    using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
    {
        signal.Cancel = true;
        stop.Cancel();
    });
    var reportedAt = TimeSpan.Zero;
    var told = new HashSet<Crash>();
    var run = new FuzzRun(sessions, arguments.Time, arguments.Executions, scratch)
    {
        SaveTo = arguments.Save,
        Progress = run =>
        {
            if (!arguments.IsJson)
            {
                Report.Live(run);
            }

            // A run of hours may be ended from outside: its figures are not lost with it.
            if (arguments.Save is { } reports && run.Elapsed - reportedAt > TimeSpan.FromMinutes(1))
            {
                reportedAt = run.Elapsed;
                Directory.CreateDirectory(reports);
                File.WriteAllText(Path.Combine(reports, "report.json"), Report.Json(run));
            }

            foreach (var crash in run.Sessions.SelectMany(static session => session.Crashes.ToArray()).Where(told.Add))
            {
                Report.Write(crash, arguments.Crashes);
            }
        },
    };
    var hanging = run.Run(stop.Token);
    if (hanging is not null)
    {
        var crash = new Crash(hanging.Target.Name, new Failure("hang", "It does not come back."), hanging.LastInput);
        told.Add(crash);
        Report.Write(crash, arguments.Crashes);
    }
    else if (arguments.Save is { } directory)
    {
        foreach (var session in sessions)
        {
            FuzzRun.Save(session, directory);
        }
    }

    Console.WriteLine(arguments.IsJson ? Report.Json(run) : Report.Table(run));
    return told.Count == 0 ? 0 : 1;
}

static int Replay(IReadOnlyList<FuzzTarget> targets, string file)
{
    if (targets is not [var target])
    {
        Console.Error.WriteLine("Which target? Give exactly one.");
        return 2;
    }

    var execution = Executor.Run(target, File.ReadAllBytes(file));
    Console.WriteLine(execution.Failure is { } failure ? $"{failure.Signature}\n{failure.Text}" : $"Nothing is wrong; outcome {execution.Feature}.");
    return execution.Failure is null ? 0 : 1;
}
