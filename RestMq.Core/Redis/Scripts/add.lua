-- Adds messages in order.
--
-- Input:
--   KEYS: the keys of the queue, then the keys that remember the idempotency keys of these messages.
--   ARGV[1]: the wake-up channel.
--   ARGV[2]: how long an idempotency key is remembered, in ms.
--   ARGV[3]: how many messages belong together. A queue without room for all of them takes none. It is 0 when each
--     message stands alone.
--   ARGV[4]: 1 when SERVER has just been read from the server, else 0.
--   ARGV[5]: the greatest id of this queue that the host has seen.
--   ARGV[6]: 1 when a message asks for replicas, else 0.
--   ARGV[7] and later: the messages in runs. The messages of a run differ only in their bytes. A run is the number of
--     its messages, their kind, their options, then the bytes of each message. Options are '' or "<delay ms> <ttl ms, 0
--     for the queue's> <index in KEYS of the idempotency key, or 0> <fingerprint, or ''> <how long the key is
--     remembered, in ms, or ''>". With index 0 the rest is left out.
-- Output: a list that begins with flags (1: the queue is new; 2: its setting asks for replicas).
--   When all messages were added, the first id follows. The ids of the others are consecutive.
--   Otherwise 0 follows, then a value for each message: its id, or -id of the earlier message for a duplicate, or 0
--   when the queue is full. It is "!<id>" when the idempotency key belongs to an earlier message with another
--   fingerprint. Among messages that belong together, one such message refuses all, and the others get 0 or -id.
--   When a message or the setting asks for replicas, the last value is the server's replication id. It is '' when the
--   server refuses INFO.
--   A list of -1 alone: the queue was last written on another server than SERVER. Nothing was done.
--
-- Each stored message gets the next id, and the counter is then set to the last id. So a duplicate or a refused message
-- leaves no gap. SERVER names the process that runs the script (RedisIdentity.cs). On another server than before,
-- writes may have been lost, and with them ids that were given out. Then the counter goes on at a place that depends on
-- the time, beyond all ids that can have been given out. So servers that go on from the same state give out different
-- ids. When the host has seen a greater id, the counter goes on far beyond this id.
--
--- @include "includes/queue.lua"
local state = call('HMGET', meta, 'created', 'next', 'max_length', 'ttl', 'shift', 'server', 'durability')
local is_new = not state[1]
local flags = (is_new and 1 or 0) + (state[7] == 'replicated' and 2 or 0)
local first = tonumber(state[2]) or 0
local limit, default_ttl = tonumber(state[3]), tonumber(state[4]) or 0
local shift, server = state[5] or '0', state[6]
local argv, arguments = ARGV, #ARGV -- Locals, because a loop reads them faster than globals.

local moves, seen, skipped = SERVER ~= '' and server ~= SERVER, tonumber(argv[5]), 0
if moves and server and argv[4] ~= '1' then return { -1 } end
if moves and server then
  local base = call('HMGET', meta, 'base', 'based')
  local since = tonumber(base[2] or state[1])
  if since then skipped = math.max((tonumber(base[1]) or 0) + (now - since) * IDS_PER_MS - first, 0) end
end
if seen > first + skipped then
  skipped = seen + MAX_LOST_IDS - first
  call('HSET', meta, 'base', format('%d', first + skipped), 'based', now)
end
first = first + skipped

if queue.has(expiry) then
  -- Writes something that needs memory first. At `maxmemory`, Redis refuses a script only at its first write, and an
  -- add must be refused.
  call('HSET', meta, 'next', format('%d', first - skipped))
  queue.remove_expired(2 * MAX_EXPIRED) -- More than one call adds, so that adds are not faster.
end
local length = limit and queue.length() or 0

local function read_options(options)
  local wait, ttl, once, print, window = match(options, '^(%d+) (%d+) (%d+) ?(%d*) ?(%d*)$')
  if not wait then return 0, default_ttl end
  ttl = tonumber(ttl)
  return tonumber(wait), ttl > 0 and ttl or default_ttl, once ~= '0' and tonumber(once) or nil, print, window
end

-- Returns the id of the message that was added under an idempotency key, or 0 when there was none, and whether that
-- message had another fingerprint. The value of the key is "<id>" or "<id>.<fingerprint>", which hosts of older
-- versions read as the id.
local function added_under(once, print)
  local id, known = match(call('GET', KEYS[once]) or '', '^(%d+)%.?(%d*)$')
  id = tonumber(id) or 0
  if id <= (tonumber(call('HGET', meta, 'floor')) or 0) then return 0, false end
  return id, known ~= '' and print ~= '' and known ~= print
end

if tonumber(argv[3]) > 0 then
  local i = 7
  while i <= arguments do
    local _, _, once, print = read_options(argv[i + 2])
    if once then
      local _, differs = added_under(once, print)
      if differs then limit = 0 end -- As in a full queue, nothing is added.
    end
    i = i + 3 + argv[i]
  end
end

if limit and length + argv[3] > limit then
  -- Counts the messages that need room. Duplicates, of earlier messages or of one another, need none.
  local new, named, i = 0, {}, 7
  while i <= arguments do
    local _, _, once = read_options(argv[i + 2])
    if not once then
      new = new + argv[i]
    elseif added_under(once) == 0 and not named[KEYS[once]] then
      new, named[KEYS[once]] = new + 1, true
    end
    i = i + 3 + argv[i]
  end
  if length + new > limit then limit = 0 end
end

local next, ready_now, later, reply = first, 0, false, nil
local i = 7
while i <= arguments do
  local last = i + 2 + argv[i]
  local wait, ttl, once, print, window = read_options(argv[i + 2])
  local expires = ttl > 0 and format('%d', now + ttl) or '0'
  local head = ' ' .. format('%d', now) .. ' ' .. expires .. ' ' .. argv[i + 1] .. '\n'
  for message = i + 3, last do
    local duplicate, differs = 0, false
    if once then duplicate, differs = added_under(once, print) end
    if duplicate == 0 and not (limit and length + (next - first) >= limit) then
      next = next + 1
      local id = format('%d', next) -- Formatted once, because every command formats a number again.
      local text = id .. head .. argv[message]
      if wait > 0 then
        call('HSET', body, id, text)
        queue.put_off(id, now + wait)
        later = true
      else
        call('XADD', ready, id, shift, text)
        ready_now = ready_now + 1
      end
      if ttl > 0 then
        call('ZADD', expiry, expires, id)
        queue.special = true
      end
      if once then
        call('SET', KEYS[once], print == '' and id or id .. '.' .. print, 'PX', window == '' and argv[2] or window)
      end
      if reply then reply[#reply + 1] = next end
    else
      if not reply then
        reply = { flags, 0 }
        for id = first + 1, next do reply[#reply + 1] = id end
      end
      reply[#reply + 1] = differs and '!' .. format('%d', duplicate) or -duplicate
    end
  end
  i = last + 1
end

if next > first then
  call('HSET', meta, 'next', format('%d', next))
  if is_new then
    call('HSET', meta, 'created', now)
    call('PERSIST', meta)
  end
  if moves then call('HSET', meta, 'server', SERVER) end
  if skipped > 0 then call('HINCRBY', meta, 'skipped', skipped) end
  -- Waiting calls have found the queue empty, so only the first message after that needs a wake-up.
  if later or (ready_now > 0 and call('XLEN', ready) == ready_now) then queue.wake() end
end
reply = reply or { flags, first + 1 }
if flags > 1 or argv[6] == '1' then
  -- The replication id names the history of writes that contains this add. Replicas of a server with another history
  -- cannot confirm the add.
  local info = redis.pcall('INFO', 'replication')
  reply[#reply + 1] = type(info) == 'string' and match(info, 'master_replid:(%w+)') or ''
end
return queue.reply(reply)
