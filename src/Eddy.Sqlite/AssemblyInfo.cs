using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("eddy")]
[assembly: InternalsVisibleTo("Eddy.Engine.Tests")]
