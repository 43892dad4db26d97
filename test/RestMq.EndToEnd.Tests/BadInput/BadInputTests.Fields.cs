namespace RestMq.EndToEnd.BadInput;

/// <summary>Tests invalid fields and numbers.</summary>
public abstract partial class BadInputTests
{
    /// <summary>
    /// Returns requests with invalid fields. <c>{q}</c> stands for a queue with one ready message and one message in
    /// flight.
    /// </summary>
    public static TheoryData<string, string> BadForms() => new()
    {
        { "POST /q/{q}", "" },
        { "POST /q/{q}", "foo=bar" },
        { "POST /q/{q}", "value=%FF%FE" },
        { "POST /q/{q}", "value=a%C3" },
        { "POST /q/{q}", "value=x&id=" + new string('i', 201) },
        { "POST /q/{q}", "value=x&callback=alert(1)" },
        { "POST /q/{q}?value=%FF", "" },
        { "POST /q/{q}?callback=a%20b", "value=x" },
        { "POST /", "queue={q}" },
        { "POST /", "queue={q}&value=%C0%80" },
        { "GET /q/{q}?callback=alert(1)", "" },
        { "GET /q/{q}?callback=a%20b", "" },
        { "GET /q/{q}?callback=%3Cscript%3E", "" },
        { "GET /q/{q}?callback=a..b", "" },
        { "GET /q/{q}?callback=1a", "" },
        { "GET /q/{q}?callback=a.", "" },
        { "GET /q/{q}?callback=a%0Ab", "" },
        { "GET /q/{q}?callback=%FF", "" },
        { "GET /q/{q}?callback=caf%C3%A9", "" },
        { "GET /q/{q}?callback=%D0%B0lert", "" },
        { "GET /q/{q}?callback=a%D9%A1", "" },
        { "POST /q/{q}", "value=x&callback=app.%C3%BC" },
        { "GET /q/{q}?callback=" + new string('c', 101), "" },
        { "GET /c/{q}?callback=alert(1)", "" },
        { "GET /?queue={q}&callback=alert(1)", "" },
        { "GET /stats/{q}?callback=alert(1)", "" },
        { "GET /q?callback=alert(1)", "" },
        { "GET /q/{q}?format=xml", "" },
        { "GET /q/{q}?format=raw&max=2", "" },
        { "POST /p/{q}", "" },
        { "POST /p/{q}", "foo=bar" },
        { "POST /p/{q}", "policy=random" },
        { "POST /p/{q}", "policy=roundrobin&max_receives=0" },
        { "POST /p/{q}", "max_receives=1001" },
        { "POST /p/{q}", "max_receives=1.5" },
        { "POST /p/{q}", "max_length=-1" },
        { "POST /p/{q}", "max_length=ten" },
        { "POST /p/{q}", "ttl=-1" },
        { "POST /p/{q}", "history=-1" },
        { "POST /p/{q}", "history=100001" },
        { "POST /p/{q}", "history_bytes=-1" },
        { "POST /p/{q}", "history_bytes=1.5" },
        { "POST /p/{q}", "history_bytes=1099511627777" },
        { "POST /p/{q}", "history_bytes=64MB" },
        { "POST /p/{q}", "history=99999999999999999999" },
        { "POST /control/{q}", "" },
        { "POST /control/{q}", "status=pause" },
        { "POST /control/{q}", "status=" },
        { "POST /q/{q}/{q}:1.1", "" },
        { "POST /q/{q}/{q}:1.1", "foo=bar" },
        { "POST /q/{q}/{q}:1.1", "release=-1" },
        { "POST /q/{q}/{q}:1.1", "release=soon" },
        { "POST /q/{q}/other:1.1", "release=0" },
        { "POST /q/{q}/nothing", "release=0" },
        { "POST /q/{q}/{q}:-1.1", "release=0" },
        { "POST /q/{q}/{q}:1", "release=0" },
        { "DELETE /q/{q}/other:1", "" },
        { "DELETE /q/{q}/other:1.1", "" },
        { "DELETE /q/{q}/{q}", "" },
        { "DELETE /q/{q}/{q}:x", "" },
    };

    public static TheoryData<string, string> BadNumbers()
    {
        var data = new TheoryData<string, string>();
        string[] never = ["-1", "-0.001", "NaN", "Infinity", "abc", "1s", "0x10", "1e999", "99999999999999999999", "%FF"];
        Add("GET /q/{q}?wait=", [.. never, "60.5", "61", "3600"]);
        Add("GET /q/{q}?max=", [.. never, "0", "1001", "1.5"]);
        Add("GET /q/{q}?lease=", [.. never, "0", "0.5", "43201"]);
        Add("POST /q/{q}?value=x&delay=", [.. never, "31536001"]);
        Add("POST /q/{q}?value=x&ttl=", [.. never, "0", "0.5", "315360001"]);
        Add("POST /q/{q}/{q}:1.1?lease=", [.. never, "0", "43201"]);
        Add("POST /q/{q}/{q}:1.1?release=", [.. never]);
        return data;

        void Add(string request, string[] values)
        {
            foreach (var value in values) data.Add(request, value);
        }
    }

    [Theory]
    [MemberData(nameof(BadForms))]
    public Task Request_InvalidField_Returns400(string request, string form) =>
        ChangesNothingAsync(async queue => (await Host.AskAsync(request.Replace("{q}", queue), form.Replace("{q}", queue))).IsProblem(400, "bad-request"));

    [Theory]
    [MemberData(nameof(BadNumbers))]
    public Task Request_NumberOutOfRange_Returns400(string request, string value) =>
        ChangesNothingAsync(async queue =>
        {
            (await Host.AskAsync(request.Replace("{q}", queue) + value)).IsProblem(400, "bad-request");
            if (!request.StartsWith("POST", StringComparison.Ordinal)) return;
            var (target, field) = (request[..request.LastIndexOfAny(['?', '&'])], request[(request.LastIndexOfAny(['?', '&']) + 1)..]);
            (await Host.AskAsync(target.Replace("{q}", queue), field + value)).IsProblem(400, "bad-request");
        });
}
