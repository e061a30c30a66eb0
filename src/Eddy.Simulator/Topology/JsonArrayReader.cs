using System.Buffers;
using System.Text.Json;

namespace Eddy.Simulator;

/// <summary>
/// Reads an object whose members are large arrays, one element at a time, so that a file of any size takes the memory of its largest
/// element. Members that are not arrays are skipped.
/// </summary>
internal sealed class JsonArrayReader : IDisposable
{
    private const int FirstBuffer = 1 << 16;
    private const int LargestElement = 1 << 24;

    private readonly Stream _stream;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
    private int _start;
    private int _end;
    private bool _isEnd;
    private JsonReaderState _state;

    public JsonArrayReader(Stream stream) => _stream = stream;

    /// <summary>Calls <paramref name="onElement"/> with the member's name for every element of every array.</summary>
    /// <exception cref="JsonException">The text is no JSON, not an object, or one element of it is unreasonably large.</exception>
    public void Read(Action<string, JsonElement> onElement)
    {
        Expect(JsonTokenType.StartObject);
        while (Next(out var name) != JsonTokenType.EndObject)
        {
            if (Peek() == JsonTokenType.StartArray)
            {
                Expect(JsonTokenType.StartArray);
                while (Peek() != JsonTokenType.EndArray)
                {
                    using var element = ReadValue();
                    onElement(name, element.RootElement);
                }

                Expect(JsonTokenType.EndArray);
            }
            else
            {
                ReadValue().Dispose();
            }
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void Expect(JsonTokenType expected)
    {
        var type = Next(out _);
        if (type != expected)
        {
            throw new JsonException($"Expected {expected} and found {type}.");
        }
    }

    private JsonTokenType Next(out string name)
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _isEnd, _state);
            if (reader.Read())
            {
                name = reader.TokenType == JsonTokenType.PropertyName ? reader.GetString()! : "";
                Advance(reader);
                return reader.TokenType;
            }

            Fill();
        }
    }

    private JsonTokenType Peek()
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _isEnd, _state);
            if (reader.Read())
            {
                return reader.TokenType;
            }

            Fill();
        }
    }

    private JsonDocument ReadValue()
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _isEnd, _state);
            if (reader.Read() && JsonDocument.TryParseValue(ref reader, out var document))
            {
                Advance(reader);
                return document;
            }

            Fill();
        }
    }

    private void Advance(in Utf8JsonReader reader)
    {
        _start += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
    }

    private void Fill()
    {
        if (_isEnd)
        {
            throw new JsonException("The text ends too early.");
        }

        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= LargestElement)
            {
                throw new JsonException($"One value has more than {LargestElement} bytes.");
            }

            var larger = ArrayPool<byte>.Shared.Rent(2 * _buffer.Length);
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _isEnd = read == 0;
        _end += read;
    }
}
