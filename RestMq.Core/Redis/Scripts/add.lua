-- Adds messages in order. ARGV: wake, the idempotency window in ms, 1 when they belong together (then a queue without room for all takes
-- none), then for each message its kind, its bytes, and its options: '' or "<delay ms> <ttl ms, 0 for the queue's> <index of its once key in KEYS, or 0>".
--
-- Ids are reserved for the whole batch at once; a duplicate or refused message leaves no gap, because ids are given out as messages are
-- kept and the counter is set to the last of them. Replies: 1 when the queue is new, then for each message its id, -id of the first one
-- for a duplicate, or 0 when the queue is full.
local at = now()
local state = call('HMGET', meta, 'created', 'next', 'max_length', 'ttl', 'floor')
local fresh = state[1] and 0 or 1
local next = tonumber(state[2]) or 0
local limit, ttl, floor = tonumber(state[3]), tonumber(state[4]) or 0, tonumber(state[5]) or 0
if exists(expiry) then sweep(at) end
local live = limit and call('HLEN', body) or 0
local was_empty = not exists(ready)

-- The message that was added under a once key, 0 when there was none.
local function seen(once)
  local id = once > 0 and tonumber(call('GET', KEYS[once])) or 0
  return id > floor and id or 0
end

-- How many messages need room: duplicates, of what was added before or of one another, need none.
local function new_ones()
  local n, named = 0, {}
  for i = 6, #ARGV, 3 do
    local once = tonumber(string.match(ARGV[i], '%d+$')) or 0
    if seen(once) == 0 and not named[KEYS[once]] then
      n = n + 1
      if once > 0 then named[KEYS[once]] = true end
    end
  end
  return n
end
if limit and ARGV[3] == '1' and live + (#ARGV - 3) / 3 > limit and live + new_ones() > limit then limit = 0 end

local first, reply, bodies, n, tail, later = next, { fresh }, {}, 0, {}, false
local added = ' ' .. at .. ' '
local function keep(kind, bytes, delay, life)
  next = next + 1
  local id = tostring(next) -- Once, for a number is made text again by everything that takes it.
  bodies[n + 1], bodies[n + 2] = id, id .. added .. (life > 0 and at + life or '0') .. ' ' .. kind .. '\n' .. bytes
  n = n + 2
  if life > 0 then call('ZADD', expiry, at + life, id) end
  if delay > 0 then
    call('ZADD', delayed, at + delay, id)
    later = true
  else
    tail[#tail + 1] = id
  end
  return next
end

for i = 4, #ARGV, 3 do
  local options = ARGV[i + 2]
  local delay, life, once = 0, 0, 0
  if options ~= '' then
    delay, life, once = string.match(options, '^(%d+) (%d+) (%d+)$')
    delay, life, once = tonumber(delay), tonumber(life), tonumber(once)
  end
  local first_id = seen(once)
  local id
  if first_id > 0 then
    id = -first_id
  elseif limit and live + (next - first) >= limit then
    id = 0
  else
    id = keep(ARGV[i], ARGV[i + 1], delay, life > 0 and life or ttl)
    if once > 0 then call('SET', KEYS[once], id, 'PX', ARGV[2]) end
  end
  reply[#reply + 1] = id
end

if next > first then
  call('HSET', body, unpack(bodies))
  if #tail > 0 then call('RPUSH', ready, unpack(tail)) end
  if fresh == 1 then
    call('HSET', meta, 'next', next, 'created', at)
    call('PERSIST', meta)
  else
    call('HSET', meta, 'next', next)
  end
  -- Whoever waits has found the list empty, so only the first message after that needs to be told.
  if later or (was_empty and #tail > 0) then tell() end
end
return reply
