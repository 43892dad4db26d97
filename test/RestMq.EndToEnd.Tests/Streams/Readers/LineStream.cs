namespace RestMq.EndToEnd.Streams.Readers;

/// <summary>Reads one JSON object from each line. A blank line is a heartbeat.</summary>
internal sealed class LineStream(CometStream lines) : LiveStream
{
    public override RawReply Head => lines.Head;

    public override async Task<LiveItem?> ReadAsync() => await lines.NextLineAsync() switch
    {
        null => null,
        "" => LiveItem.Heartbeat,
        var line => LiveItem.Of(line),
    };

    public override void Kill() => lines.Kill();

    public override ValueTask DisposeAsync() => lines.DisposeAsync();
}
