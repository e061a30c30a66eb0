using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server;

internal interface IHttpCall
{
    HttpContext Http { get; }
}
