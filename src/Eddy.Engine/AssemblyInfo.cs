using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Eddy.Benchmarks")]
[assembly: InternalsVisibleTo("Eddy.Engine.Tests")]
[assembly: InternalsVisibleTo("Eddy.Lnd.Tests")]
[assembly: InternalsVisibleTo("Eddy.Failpoints")]
[assembly: InternalsVisibleTo("Eddy.Fuzzing")]
