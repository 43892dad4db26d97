-- The script of wrk for one measurement of run.sh. BENCH_METHOD is POST, with a small form as the body, or GET. The
-- script writes one line to the file BENCH_RESULT: requests/s, p50 and p99 in microseconds, number of failed requests.
if os.getenv("BENCH_METHOD") == "POST" then
  wrk.method = "POST"
  wrk.body = "value=foobar"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
end

function done(summary, latency, requests)
  -- wrk reports the duration and the latencies in microseconds.
  local e = summary.errors
  local file = assert(io.open(os.getenv("BENCH_RESULT"), "w"))
  file:write(string.format("%.0f %d %d %d\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
  file:close()
end
