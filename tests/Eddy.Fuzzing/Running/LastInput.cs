using System.IO.MemoryMappedFiles;
using System.Text;
using Eddy.Fuzzing.Targets;

namespace Eddy.Fuzzing.Running;

/// <summary>
/// What a worker is running, in a file that is mapped into memory: it outlives the process, so that an input which ends the process (a stack
/// overflow, no memory left) is not lost. Layout: length of the name, name, length of the input, input.
/// </summary>
internal sealed class LastInput : IDisposable
{
    private const int Capacity = 1 << 17;
    private const int MaxName = 64;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public LastInput(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, Capacity);
        _view = _file.CreateViewAccessor();
    }

    public void Write(FuzzTarget target, byte[] input)
    {
        var name = Encoding.ASCII.GetBytes(target.Name);
        var length = Math.Min(input.Length, Capacity - MaxName - (2 * sizeof(int)));
        _view.Write(0, name.Length);
        _view.WriteArray(sizeof(int), name, 0, name.Length);
        _view.Write(sizeof(int) + MaxName, length);
        _view.WriteArray(sizeof(int) + MaxName + sizeof(int), input, 0, length);
    }

    public static (string Target, byte[] Input)? Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var name = BitConverter.ToInt32(bytes, 0);
        var length = BitConverter.ToInt32(bytes, sizeof(int) + MaxName);
        return name is > 0 and <= MaxName
            ? (Encoding.ASCII.GetString(bytes, sizeof(int), name), bytes.AsSpan(MaxName + (2 * sizeof(int)), length).ToArray())
            : null;
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
