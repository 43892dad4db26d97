-- Adds messages in order. ARGV: wake, the idempotency window in ms, how many messages belong together (a queue without room for all of them
-- takes none; 0 when each stands alone), 1 when a message asks for replicas and else 0, then the messages
-- in runs of those that differ in their bytes alone: how many, their kind, their options, and the bytes of each.
-- Options are '' or "<delay ms> <ttl ms, 0 for the queue's> <index of its once key in KEYS, or 0>".
--
-- Ids are reserved for the whole batch at once; a duplicate or refused message leaves no gap, because ids are given out as messages are
-- kept and the counter is set to the last of them.
-- Replies: flags (1: the queue is new; 2: its setting asks for replicas), then the first id when all were added, one after
-- another; else 0, and for each message its id, -id of the first one for a duplicate, or 0 when the queue is full.
-- Last, when a message or the setting asks for replicas: the server's replication id, '' when it may not be asked.
local WHOLE = 1024 -- The most bytes of a message that stands in the list itself: a larger one would be copied whenever it moves.
local format = string.format
local at = now()
local state = call('HMGET', meta, 'created', 'next', 'max_length', 'ttl', 'floor', 'durability')
local fresh = state[1] and 0 or 1
local flags = fresh + (state[6] == 'replicated' and 2 or 0)
local first = tonumber(state[2]) or 0
local limit, ttl, floor = tonumber(state[3]), tonumber(state[4]) or 0, tonumber(state[5]) or 0
if has(expiry) then
  -- Nothing, but a write that grows, which a Redis that is full refuses: after one that shrinks it would take whatever this call adds.
  call('HSET', meta, 'next', first)
  local _, _, _, sweep = removal()
  sweep(at, 2 * DEATHS) -- More than one call adds.
end
local live = limit and messages() or 0

local function read(options)
  if options == '' then return 0, ttl, 0 end
  local delay, life, once = string.match(options, '^(%d+) (%d+) (%d+)$')
  life = tonumber(life)
  return tonumber(delay), life > 0 and life or ttl, tonumber(once)
end

-- The message that was added under a once key, 0 when there was none.
local function seen(once)
  local id = once > 0 and tonumber(call('GET', KEYS[once])) or 0
  return id > floor and id or 0
end

-- How many messages need room: duplicates, of what was added before or of one another, need none.
local function new_ones()
  local n, named, i = 0, {}, 5
  while i <= #ARGV do
    local _, _, once = read(ARGV[i + 2])
    if once == 0 then
      n = n + ARGV[i]
    elseif seen(once) == 0 and not named[KEYS[once]] then
      n, named[KEYS[once]] = n + 1, true
    end
    i = i + 3 + ARGV[i]
  end
  return n
end
if limit and live + ARGV[3] > limit and live + new_ones() > limit then limit = 0 end

local next, bodies, n, tail, ready_now, names, later = first, {}, 0, {}, 0, 0, false

-- What to reply for each, as soon as one was not added.
local reply
local function tell_each()
  reply = { flags, 0 }
  for id = first + 1, next do reply[#reply + 1] = id end
end

local argv, arguments, i = ARGV, #ARGV, 5 -- Locals, which a loop finds quicker than a script's guarded globals.
while i <= arguments do
  local last = i + 2 + ARGV[i]
  local delay, life, once = read(ARGV[i + 2])
  local head = ' ' .. at .. ' ' .. (life > 0 and at + life or 0) .. ' ' .. ARGV[i + 1] .. '\n'
  local plain = life == 0 and delay == 0
  for message = i + 3, last do
    local id = once > 0 and -seen(once) or 0
    if id == 0 and not (limit and live + (next - first) >= limit) then
      next = next + 1
      id = next
      local number = format('%d', id) -- Once, for a number is made text again by everything that takes it.
      local text = number .. head .. argv[message]
      if plain and #text <= WHOLE then
        ready_now = ready_now + 1
        tail[ready_now] = text
      else
        bodies[n + 1], bodies[n + 2], n = number, text, n + 2
        if life > 0 then call('ZADD', expiry, at + life, number) end
        if delay > 0 then
          put_off(number, at + delay)
          later = true
        else
          ready_now, names = ready_now + 1, names + 1
          tail[ready_now] = number
        end
      end
      if once > 0 then call('SET', KEYS[once], number, 'PX', ARGV[2]) end
    elseif not reply then
      tell_each()
    end
    if reply then reply[#reply + 1] = id end
  end
  i = last + 1
end

if next > first then
  if n > 0 then call('HSET', body, unpack(bodies)) end
  name(names)
  local was_empty = ready_now > 0 and call('RPUSH', ready, unpack(tail)) == ready_now
  if fresh == 1 then
    call('HSET', meta, 'next', next, 'created', at)
    call('PERSIST', meta)
  else
    call('HSET', meta, 'next', next)
  end
  -- Whoever waits has found the list empty, so only the first message after that needs to be told.
  if later or was_empty then tell() end
end
reply = reply or { flags, first + 1 }
if flags > 1 or ARGV[4] == '1' then
  -- It names the history of writes that this call is part of: replicas of a server with another history say nothing of it.
  local told = redis.pcall('INFO', 'replication')
  reply[#reply + 1] = type(told) == 'string' and string.match(told, 'master_replid:(%w+)') or ''
end
return answer(reply)
