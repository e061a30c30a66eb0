using Eddy.CommandLine;
using Eddy.Demo;
using Eddy.Failpoints;
using Eddy.Hosting;

// `eddy`, command line and all, with failpoints between its engine and its ports. It kills itself where it is told to: by `--failpoint NAME`
// before the command, or by a line `arm NAME` on standard input while it runs. Searches only when it is asked to.
const string AtStart = "--failpoint";

var failpoints = new Armoury(Console.Out);
var arguments = args;
if (args is [AtStart, var name, .. var rest])
{
    failpoints.Arm(name);
    arguments = rest;
}

failpoints.Listen(Console.In);
return await new EddyCommands(Terminal.OfProcess(), options => options with
{
    Lnd = options.Lnd with { Timings = DemoSite.Timings },
    Engine = options.Engine with { Rings = options.Engine.Rings with { SearchesByItself = false, ProposalTtl = TimeSpan.FromSeconds(8) } },
    Ports = new PortDecoration
    {
        Store = store => new FailingStore(store, failpoints),
        Bindings = bindings => new FailingBindings(bindings, failpoints),
        Node = node => new FailingNode(node, failpoints),
        Messenger = messenger => new FailingMessenger(messenger, failpoints),
    },
}).RunAsync(arguments);
