using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Eddy.Engine.Tests")]
