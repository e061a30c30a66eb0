using Eddy.Benchmarks.Finder;
using Eddy.Benchmarks.Measuring;
using Eddy.Benchmarks.Micro;
using Eddy.Benchmarks.Network;
using Eddy.Benchmarks.Systems;

const string Usage = """
    Figures that eddy promises; docs/performance.md and docs/reliability.md say what they mean.
      rings [--count N] [--hops 4,8]                      proposal to settlement
      start [--count N] [--eddy PATH]                     process start to connected
      memory [--seconds N] [--eddy PATH] [--variants yes] resident memory of an idle daemon
      measuring [--seconds N] [--pages N]                 what metrics and traces cost an idle daemon
      interceptor [--seconds N] [--rate N] [--downstream yes]
                                                          ordinary payments through a node with a daemon
      frozen [--seconds N] [--times N] [--calm N]         ordinary payments while the daemon is stopped, without its guard and with it
      flood [--seconds N] [--rate N]                      a hostile peer beside honest rings; docs/reliability.md
      gossip [--nodes small|all|N] [--hours N] [--day N] [--seed N] [--memory yes] [--said yes]
                                                          copies, bytes and delays of adverts in a network of daemons; memory of a book; all that is said
      privacy [--nodes small|all|N] [--hops N] [--seed N] what adverts give away of balances, against the volume that rings move
      finder [--nodes N] [--size N] [--references no] [--graph FILE --balances FILE]
                                                          the best ring through a node, beside other programs; adverts
      growth [--nodes N] [--svg FILE]                     the same as the network grows
      micro [--filter NAME]                               the small things, by BenchmarkDotNet
    """;

if (args.Length == 0)
{
    Console.Error.WriteLine(Usage);
    return 2;
}

if (args[0] == HostedDaemon.Command)
{
    await HostedDaemon.HostAsync(args[1..]);
    return 0;
}

try
{
    var arguments = new Arguments(args[1..]);
    Console.WriteLine(Machine.Describe());
    Console.WriteLine();
    switch (args[0])
    {
        case "rings":
            await RingsFigure.RunAsync(arguments);
            break;
        case "start":
            await StartFigure.RunAsync(arguments);
            break;
        case "memory":
            await MemoryFigure.RunAsync(arguments);
            break;
        case "measuring":
            await MeasuringFigure.RunAsync(arguments);
            break;
        case "interceptor":
            await InterceptorFigure.RunAsync(arguments);
            break;
        case "frozen":
            await FrozenFigure.RunAsync(arguments);
            break;
        case "flood":
            await FloodFigure.RunAsync(arguments);
            break;
        case "gossip":
            GossipFigure.Run(arguments);
            break;
        case "privacy":
            PrivacyFigure.Run(arguments);
            break;
        case "finder":
            FinderFigure.Run(arguments);
            break;
        case "growth":
            GrowthFigure.Run(arguments);
            break;
        case "micro":
            MicroFigures.Run(arguments);
            break;
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }

    Console.WriteLine($"Load at the end: {Machine.Load:0.0}");
    return 0;
}
catch (FormatException e)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(Usage);
    return 2;
}
