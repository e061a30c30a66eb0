using System.Diagnostics;

namespace Eddy.Failpoints;

/// <summary>
/// The failpoints of this process. One can be armed at a time: a name such as <c>before:commit:initiator.paying</c>, or with <c>#2</c> at
/// its end for the second time it is passed. When it is reached the process kills itself with SIGKILL, so that nothing is tidied up.
/// </summary>
internal sealed class Armoury(TextWriter output)
{
    public const string Before = "before";
    public const string After = "after";

    private readonly Lock _gate = new();
    private string? _armed;
    private int _left;

    public void Arm(string name)
    {
        lock (_gate)
        {
            var mark = name.LastIndexOf('#');
            _armed = mark < 0 ? name : name[..mark];
            _left = mark < 0 ? 1 : int.Parse(name[(mark + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Takes commands from standard input; each is acknowledged.</summary>
    public void Listen(TextReader input) => new Thread(() =>
    {
        while (input.ReadLine() is { } line)
        {
            if (line.Split(' ') is ["arm", var name])
            {
                Arm(name);
                Say($"armed {name}");
            }
        }
    })
    {
        IsBackground = true,
        Name = "failpoints",
    }.Start();

    /// <summary>Does the work with a failpoint on either side of it.</summary>
    public T Around<T>(IReadOnlyCollection<string> names, Func<T> work)
    {
        Pass(Before, names);
        var result = work();
        Pass(After, names);
        return result;
    }

    private void Pass(string side, IReadOnlyCollection<string> names)
    {
        lock (_gate)
        {
            if (_armed is null || !names.Any(name => _armed == $"{side}:{name}") || --_left > 0)
            {
                return;
            }

            Say($"hit {_armed}");
            Process.GetCurrentProcess().Kill();
            Thread.Sleep(Timeout.Infinite);
        }
    }

    private void Say(string line)
    {
        lock (output)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}
