using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Eddy.Api;
using Eddy.Configuration;

namespace Eddy.CommandLine;

/// <summary>The running daemon, as the commands reach it. What goes wrong is a <see cref="CommandException"/> with its exit code.</summary>
internal sealed class DaemonClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly IPEndPoint _address;
    private readonly string _tokenPath;

    private DaemonClient(IPEndPoint address, string tokenPath, string token)
    {
        _address = address;
        _tokenPath = tokenPath;
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            BaseAddress = new Uri($"http://{address}/"),
            Timeout = TimeSpan.FromSeconds(20),
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public static DaemonClient Open(EddyConfig config)
    {
        var path = AccessToken.PathIn(config.DataDirectory);
        try
        {
            return new(config.Listen, path, File.ReadAllText(path).Trim());
        }
        catch (UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Refused, $"this user may not read the daemon's token {path}: run the command as the daemon's user");
        }
        catch (IOException)
        {
            throw new CommandException(
                ExitCode.Unreachable, $"no daemon has run with the data directory {config.DataDirectory}: start 'eddy run', or say where with --config or --eddy.datadir");
        }
    }

    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), type, cancellationToken);

    /// <summary>A request to the engine; its refusals are replies, too.</summary>
    public Task<ReplyReport> PostAsync(string path, HttpContent? content, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, ApiJson.Default.ReplyReport, cancellationToken);

    public Task<T> PostAsync<T>(string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, type, cancellationToken);

    public Task<T> PostAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path), type, cancellationToken);

    public void Dispose() => _http.Dispose();

    private static string ErrorOf(byte[] body)
    {
        var error = JsonSerializer.Deserialize(body, ApiJson.Default.ErrorReport);
        return error?.Error ?? throw new JsonException("neither an answer nor an error");
    }

    /// <summary>True for the statuses with which the engine's own reply may come.</summary>
    private static bool IsReply(HttpStatusCode status, byte[] body)
    {
        if (status is not (HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.ServiceUnavailable))
        {
            return false;
        }

        using var document = JsonDocument.Parse(body);
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("message", out _);
    }

    private async Task<T> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using (request)
        {
            try
            {
                using var response = await _http.SendAsync(request, cancellationToken);
                var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                if (response.IsSuccessStatusCode || (typeof(T) == typeof(ReplyReport) && IsReply(response.StatusCode, body)))
                {
                    return JsonSerializer.Deserialize(body, type) ?? throw new JsonException("an empty answer");
                }

                throw Failure(response.StatusCode, ErrorOf(body));
            }
            catch (HttpRequestException e)
            {
                throw new CommandException(ExitCode.Unreachable, e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused }
                    ? $"no daemon answers at {_address}: start 'eddy run', or say where with --config or --eddy.listen"
                    : $"cannot talk to the daemon at {_address}: {e.Message}");
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new CommandException(ExitCode.Unreachable, $"the daemon at {_address} does not answer in time");
            }
            catch (JsonException)
            {
                throw new CommandException(ExitCode.Unreachable, $"what answers at {_address} is not eddy: see eddy.listen");
            }
        }
    }

    private CommandException Failure(HttpStatusCode status, string error) => status switch
    {
        HttpStatusCode.Unauthorized => new(
            ExitCode.Refused, $"the daemon at {_address} does not accept the token in {_tokenPath}: it runs with another data directory, see --eddy.datadir"),
        HttpStatusCode.BadRequest => new(ExitCode.Usage, error),
        HttpStatusCode.Forbidden => new(ExitCode.Refused, error),
        HttpStatusCode.NotFound => new(ExitCode.NotFound, error),
        HttpStatusCode.ServiceUnavailable => new(ExitCode.Unreachable, error),
        _ => new(ExitCode.Failed, error),
    };
}
