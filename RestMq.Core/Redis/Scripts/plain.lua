-- Put between the prelude and the rest of exchange.lua: the way of nearly every exchange, gone before all the functions are made that it needs none of.
-- In this queue nothing dies, waits for its time, came back or is watched, and all that waits stands whole; no lease is over; what is settled are
-- acks of first hand-outs, and what is wanted, which is there, is for callers who want the same. What it does not do is left as it is but for
-- `released`: how many acks were done, when that were not all.
local at, last, released = now(), 2 + ARGV[2], nil

local function is_plain()
  if unusual or last ~= 5 or ARGV[5] ~= '0' then return false end
  local want = tonumber(ARGV[3])
  if want < 1 or want > 1000 or named() ~= 0 then return false end
  for i = last + 1, #ARGV do
    if ARGV[i] == '-' then return false end
  end
  return call('LLEN', ready) >= want and #call('ZRANGEBYSCORE', leased, '-inf', at, 'LIMIT', 0, 1) == 0
end

if is_plain() then
  local done = { unpack(ARGV, last + 1) }
  if #done > 0 then released = call('ZREM', leased, unpack(done)) end
  if (released or 0) == #done then
    if released then call('HDEL', body, unpack(done)) end
    local messages = call('LPOP', ready, ARGV[3])
    local ends, texts, leases, n, all = string.format('%d', at + ARGV[4]), {}, {}, 0, true
    -- From the last: what comes before all that ends then is put in its place at once.
    for i = #messages, 1, -1 do
      local id = whole(messages[i])
      all = all and id
      texts[n + 1], texts[n + 2], leases[n + 1], leases[n + 2] = id, messages[i], ends, id
      n = n + 2
    end
    if all then
      call('HSET', body, unpack(texts))
      call('ZADD', leased, unpack(leases))
      return { 0, -1, 0, '', unpack(messages) }
    end
    -- Ids that are not counted, as when every message was named: back, for the rest of the script.
    for i = #messages, 1, -1 do call('LPUSH', ready, messages[i]) end
  end
end

