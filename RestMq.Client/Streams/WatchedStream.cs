namespace RestMq.Client.Streams;

/// <summary>
/// Wraps a stream and fails a read that gets no data for too long. Otherwise a connection that is lost without a TCP
/// reset would be read for ever.
/// </summary>
internal sealed class WatchedStream(Stream inner, TimeSpan silence, TimeProvider time) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="TimeoutException">No data arrived within the silence.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var watch = new CancellationTokenSource(silence, time);
        using var cancelled = cancellationToken.UnsafeRegister(static watch => ((CancellationTokenSource)watch!).Cancel(), watch);
        try
        {
            return await inner.ReadAsync(buffer, watch.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"The host must send a message or a heartbeat within {silence}, but sent nothing.");
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <summary>
    /// Closes the connection at once, so that the host releases the unsettled messages to other consumers. Disposing an
    /// unfinished response would first read on for two seconds, in case the response ends. Cancelling a read closes the
    /// connection without that delay.
    /// </summary>
    public async ValueTask CloseAsync()
    {
        var rest = new byte[16 * 1024];
        try
        {
            // Only a read that has to wait can be cancelled. So the data that has already arrived is read first, at
            // most 64 buffers.
            for (var i = 0; i < 64; i++)
            {
                using var close = new CancellationTokenSource();
                var read = inner.ReadAsync(rest, close.Token);
                if (!read.IsCompleted) await close.CancelAsync().ConfigureAwait(false);
                if (await read.ConfigureAwait(false) == 0) return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The connection is closed.
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
