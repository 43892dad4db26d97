-- One run of wrk for capacity.sh. BENCH_METHOD is the method of the requests. BENCH_QUEUES is the number of queues: the
-- requests rotate over them, with the number of the queue after its name. BENCH_BODY=batch posts 100 messages a
-- request. The script writes one line to the file BENCH_RESULT: requests/s, p50 and p99 in microseconds, number of
-- failed requests.
local method = os.getenv("BENCH_METHOD")
local queues = tonumber(os.getenv("BENCH_QUEUES"))
local body, headers = nil, {}
if method == "POST" and os.getenv("BENCH_BODY") == "batch" then
  body = string.rep('"foobar"\n', 100)
  headers["Content-Type"] = "application/x-ndjson"
elseif method == "POST" then
  body = "value=foobar"
  headers["Content-Type"] = "application/x-www-form-urlencoded"
end

local requests, n = {}, 0

function init()
  for i = 1, queues do
    local suffix = queues > 1 and tostring(i) or ""
    requests[i] = wrk.format(method, (wrk.path:gsub("/q/bench", "/q/bench" .. suffix)), headers, body)
  end
end

function request()
  n = n % queues + 1
  return requests[n]
end

function done(summary, latency)
  local e = summary.errors
  local file = assert(io.open(os.getenv("BENCH_RESULT"), "w"))
  file:write(string.format("%.0f %d %d %d\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
  file:close()
end
