using System.Globalization;
using Eddy.Forwarding;

namespace Eddy.Api.Routes;

/// <summary>The ledger of phantom fees: what LND books as income and nobody received.</summary>
internal static class LedgerRoutes
{
    private static readonly ApiParameter From = new("from", "The first day (UTC), as 20260131. Without it: from the beginning.", 0, 99_991_231, 0);
    private static readonly ApiParameter To = new("to", "The last day (UTC), as 20260131. Without it: until now.", 0, 99_991_231, 0);

    public static IEnumerable<ApiRoute> Of(IEngineDesk desk) =>
    [
        new("GET", "/v1/ledger", "Waived forwards, and the fees that LND booked for them and nobody received, by day and by channel.", context => LedgerAsync(context, desk))
        {
            Query = [From, To],
            Answers = [ApiAnswer.Ok("Oldest first.", static () => ApiJson.Default.LedgerReport), ApiAnswer.BadRequest("A day is no date, or the last is before the first.")],
        },
    ];

    public static LedgerReport ToReport(IReadOnlyList<PhantomFee> fees) => new(
        fees.Count,
        fees.Sum(static fee => fee.Amount.Value),
        fees.Sum(static fee => fee.Fee.Value),
        [
            .. fees.GroupBy(static fee => DateOnly.FromDateTime(fee.SettledAt.UtcDateTime)).OrderBy(static day => day.Key)
                .Select(static day => new LedgerDayReport(Text(day.Key), day.Count(), day.Sum(static fee => fee.Amount.Value), day.Sum(static fee => fee.Fee.Value))),
        ],
        [
            .. fees.GroupBy(static fee => (In: fee.Key.Channel, Out: fee.Outgoing)).OrderBy(static pair => pair.Key.In).ThenBy(static pair => pair.Key.Out)
                .Select(static pair => new LedgerChannelReport(
                    pair.Key.In.ToString(), pair.Key.Out.ToString(), pair.Count(), pair.Sum(static fee => fee.Amount.Value), pair.Sum(static fee => fee.Fee.Value))),
        ],
        [
            .. fees.Select(static fee => new LedgerEntryReport(
                fee.SettledAt, fee.Key.Channel.ToString(), fee.Key.HtlcId, fee.Outgoing.ToString(), fee.Amount.Value, fee.Fee.Value, fee.Ring.ToString())),
        ]);

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static async Task LedgerAsync(HttpContext context, IEngineDesk desk)
    {
        if (Day(From, context.Request, DateOnly.MinValue) is not { } from || Day(To, context.Request, DateOnly.MaxValue) is not { } to || to < from)
        {
            await context.WriteErrorAsync(StatusCodes.Status400BadRequest, "from and to are days like 20260131, and the last is not before the first");
            return;
        }

        var fees = await desk.GetLedgerAsync(from, to, context.RequestAborted);
        await context.WriteAsync(ToReport(fees), ApiJson.Default.LedgerReport);
    }

    private static DateOnly? Day(ApiParameter parameter, HttpRequest request, DateOnly standard) => parameter.Read(request) switch
    {
        null => null,
        0 => standard,
        { } number => DateOnly.TryParseExact(number.ToString("D8", CultureInfo.InvariantCulture), "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null,
    };
}
