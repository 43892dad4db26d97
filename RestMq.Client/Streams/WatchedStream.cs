namespace RestMq.Client.Streams;

/// <summary>A stream whose silence is a failure: a connection that is lost without a word would otherwise be waited on for ever.</summary>
internal sealed class WatchedStream(Stream inner, TimeSpan silence, TimeProvider time) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="TimeoutException">Nothing came for too long.</exception>
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
            throw new TimeoutException($"Nothing came for {silence}.");
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <summary>
    /// Closes the connection at once, so that the host gives what was not settled to others. To dispose a response that goes on is to read it for
    /// two seconds more, in the hope of its end; a read that is cancelled is not waited for.
    /// </summary>
    public async ValueTask CloseAsync()
    {
        var rest = new byte[16 * 1024];
        try
        {
            // What has arrived already is read first, up to a bound; only a read that has to wait can be cancelled.
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
            // So it is closed.
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
