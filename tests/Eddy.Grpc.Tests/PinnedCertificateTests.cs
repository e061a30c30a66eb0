using System.Security.Cryptography;
using Eddy.Grpc.Tests.Harness;
using Eddy.Grpc.Tests.Protos;
using Eddy.Security;
using Grpc.Core;

namespace Eddy.Grpc.Tests;

public sealed class PinnedCertificateTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("eddy-grpc-").FullName;

    private string Pem => Path.Combine(_directory, "tls.cert");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_servers_own_certificate_is_trusted_whatever_its_name()
    {
        using var certificate = TestCertificate.Create();
        Pin(certificate.Pem);
        await using var server = await EchoServer.StartAsync(certificate: certificate.Certificate);

        Assert.Equal("hi", (await Client(server).UnaryAsync(new EchoRequest { Text = "hi" }).ResponseAsync.Soon()).Text);
    }

    [Fact]
    public async Task Streams_run_over_tls()
    {
        using var certificate = TestCertificate.Create();
        Pin(certificate.Pem);
        await using var server = await EchoServer.StartAsync(certificate: certificate.Certificate);
        using var call = Client(server).Duplex();
        for (var i = 0; i < 50; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Payload = Bytes.Pattern(50_000) });
            Assert.True(await call.ResponseStream.MoveNext().Soon());
            Assert.Equal(Bytes.Pattern(50_000), call.ResponseStream.Current.Payload);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext().Soon());
    }

    [Fact]
    public async Task Another_certificate_is_refused_until_the_file_has_it()
    {
        using var old = TestCertificate.Create();
        using var replaced = TestCertificate.Create();
        Pin(old.Pem);
        await using var server = await EchoServer.StartAsync(certificate: replaced.Certificate);
        var client = Client(server);

        var fault = await RefusedAsync(client);
        Assert.Equal(CertificateFault.Different, fault.Fault);
        Assert.Contains(old.Certificate.GetCertHashString(HashAlgorithmName.SHA256), fault.Message, StringComparison.Ordinal);
        Assert.Contains(replaced.Certificate.GetCertHashString(HashAlgorithmName.SHA256), fault.Message, StringComparison.Ordinal);

        Pin(replaced.Pem);
        Assert.Equal("now", (await client.UnaryAsync(new EchoRequest { Text = "now" }).ResponseAsync.Soon()).Text);
    }

    [Fact]
    public async Task One_of_several_certificates_in_the_file_is_enough()
    {
        using var old = TestCertificate.Create();
        using var current = TestCertificate.Create();
        Pin(old.Pem + "\n" + current.Pem + "\n");
        await using var server = await EchoServer.StartAsync(certificate: current.Certificate);

        await Client(server).UnaryAsync(new EchoRequest()).ResponseAsync.Soon();
    }

    [Theory]
    [InlineData(null, CertificateFault.FileMissing)]
    [InlineData(" \n", CertificateFault.FileEmpty)]
    [InlineData("0201036c6e64", CertificateFault.FileNotPem)]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", CertificateFault.FileNotPem)]
    public async Task A_file_that_is_no_certificate_is_named_with_its_fault(string? content, CertificateFault expected)
    {
        if (content is not null)
        {
            Pin(content);
        }

        using var certificate = TestCertificate.Create();
        await using var server = await EchoServer.StartAsync(certificate: certificate.Certificate);

        var fault = await RefusedAsync(Client(server));

        Assert.Equal(expected, fault.Fault);
        Assert.Contains(Pem, fault.Message, StringComparison.Ordinal);
        Assert.Equal(expected, Assert.Throws<PinnedCertificateException>(new PinnedCertificate(Pem).CheckFile).Fault);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_told_from_one_that_is_not_there()
    {
        Directory.CreateDirectory(Pem);

        Assert.Equal(CertificateFault.FileUnreadable, Assert.Throws<PinnedCertificateException>(new PinnedCertificate(Pem).CheckFile).Fault);
    }

    [Theory]
    [InlineData(-20, -10, CertificateFault.Expired)]
    [InlineData(10, 20, CertificateFault.NotYetValid)]
    public async Task The_right_certificate_at_the_wrong_time_is_refused(int from, int to, CertificateFault expected)
    {
        using var certificate = TestCertificate.Create(from, to);
        Pin(certificate.Pem);
        await using var server = await EchoServer.StartAsync(certificate: certificate.Certificate);

        Assert.Equal(expected, (await RefusedAsync(Client(server))).Fault);
    }

    [Fact]
    public async Task An_expired_certificate_that_is_not_the_files_is_called_different()
    {
        using var ours = TestCertificate.Create();
        using var other = TestCertificate.Create(-20, -10);
        Pin(ours.Pem);
        await using var server = await EchoServer.StartAsync(certificate: other.Certificate);

        Assert.Equal(CertificateFault.Different, (await RefusedAsync(Client(server))).Fault);
    }

    [Fact]
    public async Task A_server_that_does_not_run_is_no_fault_of_the_certificate()
    {
        using var certificate = TestCertificate.Create();
        Pin(certificate.Pem);
        var server = await EchoServer.StartAsync(certificate: certificate.Certificate);
        var client = Client(server);
        await server.StopAsync();

        var exception = await client.UnaryAsync(new EchoRequest()).ResponseAsync.Fails(StatusCode.Unavailable);
        await server.DisposeAsync();

        Assert.Null(PinnedCertificateException.FindIn(exception));
    }

    [Fact]
    public async Task Without_a_pin_a_self_signed_certificate_is_not_trusted()
    {
        using var certificate = TestCertificate.Create();
        await using var server = await EchoServer.StartAsync(certificate: certificate.Certificate);

        var exception = await server.Client().UnaryAsync(new EchoRequest()).ResponseAsync.Fails(StatusCode.Unavailable);

        Assert.Contains($"TLS with 127.0.0.1:{server.Port}", exception.Status.Detail, StringComparison.Ordinal);
    }

    private static async Task<PinnedCertificateException> RefusedAsync(Echo.EchoClient client)
    {
        var exception = await client.UnaryAsync(new EchoRequest()).ResponseAsync.Fails(StatusCode.Unavailable);
        var fault = PinnedCertificateException.FindIn(exception.Status.DebugException);
        Assert.NotNull(fault);
        Assert.Contains(fault.Message, exception.Status.Detail, StringComparison.Ordinal);
        return fault;
    }

    private void Pin(string text) => File.WriteAllText(Pem, text);

    private Echo.EchoClient Client(EchoServer server) => server.Client(options =>
    {
        options.HttpHandler = new PinnedCertificate(Pem).CreateHandler();
        options.DisposeHttpClient = true;
    });
}
