using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Eddy.Grpc.Tests.Harness;

/// <summary>An HTTP/2 server that says exactly what a test wants it to say, right or wrong.</summary>
internal sealed class RawHttp2Peer : IAsyncDisposable
{
    private const int PrefaceLength = 24;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<int> _requests = Channel.CreateUnbounded<int>();
    private readonly TaskCompletionSource _data = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Task _serving;
    private Socket? _socket;
    private NetworkStream? _stream;
    private bool _sentSincePing;

    internal RawHttp2Peer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    private enum Frame : byte
    {
        Data = 0,
        Headers = 1,
        Reset = 3,
        Settings = 4,
        Ping = 6,
        GoAway = 7,
    }

    internal string Authority => _listener.LocalEndpoint.ToString()!;

    internal string Address => $"http://{Authority}";

    /// <summary>Done when the client has sent a part of a body.</summary>
    internal Task Data => _data.Task;

    internal int Pings { get; private set; }

    /// <summary>Pings that a Go server would count as bad: nothing was sent to the client since its ping before.</summary>
    internal int PingStrikes { get; private set; }

    /// <summary>The stream of the next call.</summary>
    internal Task<int> RequestAsync() => _requests.Reader.ReadAsync().AsTask().Soon();

    internal Task HeadersAsync(int streamId, bool end, params (string Name, string Value)[] headers)
    {
        var block = new MemoryStream();
        foreach (var (name, value) in headers)
        {
            block.WriteByte(0);
            WriteText(block, name);
            WriteText(block, value);
        }

        return SendAsync(Frame.Headers, (byte)(4 | (end ? 1 : 0)), streamId, block.ToArray());
    }

    internal Task OkHeadersAsync(int streamId) => HeadersAsync(streamId, false, (":status", "200"), ("content-type", "application/grpc"));

    internal Task DataAsync(int streamId, byte[] bytes, bool end = false) => SendAsync(Frame.Data, (byte)(end ? 1 : 0), streamId, bytes);

    internal Task ResetAsync(int streamId, int code) => SendAsync(Frame.Reset, 0, streamId, BigEndian(code));

    internal Task GoAwayAsync(int lastStreamId, int code) => SendAsync(Frame.GoAway, 0, 0, [.. BigEndian(lastStreamId), .. BigEndian(code)]);

    /// <summary>Breaks the connection as a killed process does.</summary>
    internal void Kill()
    {
        _socket!.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        _socket?.Dispose();
        await _serving;
        _sending.Dispose();
    }

    private static void WriteText(MemoryStream block, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        if (bytes.Length < 127)
        {
            block.WriteByte((byte)bytes.Length);
        }
        else
        {
            block.WriteByte(127);
            var rest = bytes.Length - 127;
            for (; rest >= 128; rest /= 128)
            {
                block.WriteByte((byte)((rest % 128) | 128));
            }

            block.WriteByte((byte)rest);
        }

        block.Write(bytes);
    }

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private async Task ServeAsync()
    {
        try
        {
            _socket = await _listener.AcceptSocketAsync();
            _stream = new NetworkStream(_socket);
            await _stream.ReadExactlyAsync(new byte[PrefaceLength]);
            await SendAsync(Frame.Settings, 0, 0, []);
            while (true)
            {
                await ReadFrameAsync(_stream);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            _requests.Writer.TryComplete(exception);
        }
    }

    private async Task ReadFrameAsync(NetworkStream stream)
    {
        var header = new byte[9];
        await stream.ReadExactlyAsync(header);
        var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
        await stream.ReadExactlyAsync(payload);
        var isAck = (header[4] & 1) != 0;
        switch ((Frame)header[3])
        {
            case Frame.Headers:
                _requests.Writer.TryWrite(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)));
                break;
            case Frame.Data when payload.Length > 0:
                _data.TrySetResult();
                break;
            case Frame.Settings when !isAck:
                await SendAsync(Frame.Settings, 1, 0, []);
                break;
            case Frame.Ping when !isAck:
                Pings++;
                PingStrikes += _sentSincePing ? 0 : 1;
                _sentSincePing = false;
                await SendAsync(Frame.Ping, 1, 0, payload);
                break;
        }
    }

    private async Task SendAsync(Frame type, byte flags, int streamId, byte[] payload)
    {
        byte[] frame =
        [
            (byte)(payload.Length >> 16), (byte)((payload.Length >> 8) & 0xFF), (byte)(payload.Length & 0xFF), (byte)type, flags,
            .. BigEndian(streamId), .. payload,
        ];
        await _sending.WaitAsync();
        try
        {
            _sentSincePing |= type is Frame.Headers or Frame.Data;
            await _stream!.WriteAsync(frame);
        }
        finally
        {
            _sending.Release();
        }
    }
}
