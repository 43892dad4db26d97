-- Put before every script of a queue: its keys, and the steps that several scripts share. Those that move what is due have due.lua after it.
--
-- A message is its text ("<id> <added ms> <dies ms or 0> <kind>\n<bytes>") in exactly one place: `ready` (a list), `leased` or `delayed`
-- (sorted by when they end), or `dead` (sorted by burial). One that waits for its first hand-out mostly stands in `ready` whole, in the order of the ids.
-- Of all others `ready` and the other places have the id, and `body` the text; `named` of meta counts the ids in `ready`. An id there whose body is
-- gone is skipped, so nothing is cut out of the list's middle. `count` has the hand-outs that are over, so the one under way is count + 1. A redrive takes it to
-- the next multiple of REDRIVE: what is above that is the count that is shown and limited, and the whole, which only grows, is the fence.
-- All times are Redis' own, in ms. Nothing here depends on the length of a queue.
local meta, body, ready, leased, delayed, expiry, count, dead, why, log, held = unpack(KEYS)
local wake = ARGV[1]
local call = redis.call
local BOUND = 100                 -- what one call moves at most of each kind
local DEATHS = 1000               -- what one call lets die at most, unless it adds
local REDRIVE = 100000000         -- more than the hand-outs of a message between two redrives; HandOuts.cs has the same
local BYTES = 16 * 1024 * 1024    -- what one reply holds at most, give or take a message or two

local function now()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function exists(key) return call('EXISTS', key) == 1 end

-- In most queues nothing dies, waits, comes a second time, or is watched: one look tells so for all, and nobody needs to ask for each.
-- Whoever makes one of these keys and is not done says so here.
local unusual = call('EXISTS', expiry, delayed, count, held) > 0
local function has(key) return unusual and exists(key) end

-- The hint that something changed, with the hand-outs that ended where somebody watches them. Lost ones do no harm: those who wait also look
-- for themselves now and then, and the epoch tells streams of a purge. So one that may not be published, for want of rights, must not fail what has been done.
local ended = {}
local function tell(what)
  if not what then what = #ended > 0 and 'c ' .. table.concat(ended, ' ') or 'c' end
  redis.pcall('PUBLISH', wake, what)
end

-- After due(): tells what others have to know of it, once the caller has taken what it wanted.
local function tell_of(moved)
  if #ended > 0 or (moved > 0 and exists(ready)) then tell() end
end

-- While somebody streams messages that he settles himself, settlements are told too: they make room for more.
local function watch(lease)
  unusual = true
  if call('PTTL', held) < tonumber(lease) and call('PEXPIRE', held, lease * 2) == 0 then call('SET', held, 1, 'PX', lease * 2) end
end

local function put_off(id, till)
  unusual = true
  call('ZADD', delayed, till, id)
end

-- The hand-out that comes after those that are over, as a text: `..` and table.concat would round a number of 15 digits.
local function next_hand_out(past) return string.format('%d', (tonumber(past) or 0) + 1) end

-- When a stored body dies: 0 for never.
local function dies(stored) return tonumber(string.match(stored, '^%d+ %d+ (%d+)')) end

-- The number that an entry of `ready` begins with: nil for one that pack has emptied.
local function id_of(entry) return string.match(entry, '^%d+') end

-- The id of a message that stands in `ready` whole, else nil: it begins with "<id> ", and an entry that names one has no blank.
local function whole(entry) return string.match(entry, '^(%d+) ') end

-- Ids came to `ready`, or went.
local function name(ids)
  if ids ~= 0 then call('HINCRBY', meta, 'named', ids) end
end

local function named() return tonumber(call('HGET', meta, 'named')) or 0 end

-- How many messages there are.
local function messages() return call('HLEN', body) + call('LLEN', ready) - named() end

-- Removes what belongs to ids, but for the place they were in.
local function forget(ids)
  if #ids == 0 then return end
  local counted, mortal = has(count), has(expiry)
  for i = 1, #ids, 1000 do
    local last = math.min(i + 999, #ids)
    call('HDEL', body, unpack(ids, i, last))
    if counted then call('HDEL', count, unpack(ids, i, last)) end
    if mortal then call('ZREM', expiry, unpack(ids, i, last)) end
  end
end

-- What went without its receiver's doing, in this call: a script that moves what is due, or drops what died, answers by `answer`.
local expired, buried = 0, 0

-- The reply, behind what went if anything did: whoever called counts it, and nobody else.
local function answer(reply)
  if expired + buried == 0 then return reply end
  return { { ok = 'gone' }, expired, buried, reply }
end

-- Removes what died. Deaths are counted, and settlements are not: they are what is left of all that was added.
local function die(ids)
  if #ids == 0 then return end
  forget(ids)
  expired = expired + #ids
  call('HINCRBY', meta, 'expired', #ids)
end

-- Whether an entry of `ready` is a message, or names one.
local function waits(entry)
  return whole(entry) or (entry ~= '' and call('HEXISTS', body, id_of(entry)) == 1)
end

-- Drops ids without a body from one end of `ready`.
local function strip(pop)
  local part = 1
  for _ = 0, DEATHS / BOUND do
    local entries = pop == 'LPOP' and call('LRANGE', ready, 0, part - 1) or call('LRANGE', ready, -part, -1)
    local gone = 0
    while gone < #entries and not waits(entries[pop == 'LPOP' and gone + 1 or #entries - gone]) do gone = gone + 1 end
    if gone > 0 then
      call(pop, ready, gone)
      name(-gone)
    end
    if gone == 0 or gone < #entries then return end
    part = BOUND
  end
end

-- Where ids without a body are most of `ready`, empties them, a part a call, and drops them once all have been looked at: what lives in front of
-- them and behind them would keep them for ever.
local function pack(part)
  local length = call('LLEN', ready)
  if 2 * (named() - call('HLEN', body)) <= length + DEATHS then return end
  local from = tonumber(call('HGET', meta, 'packed')) or 0
  call('HDEL', meta, 'packed') -- Before what a Redis that is full refuses as the first write of a script.
  if from >= length then
    name(-call('LREM', ready, 0, ''))
    return
  end
  for i, entry in ipairs(call('LRANGE', ready, from, from + part - 1)) do
    if entry ~= '' and not waits(entry) then call('LSET', ready, from + i - 1, '') end
  end
  call('HSET', meta, 'packed', from + part)
end

-- Drops ids without a body from `ready`: from both ends, where deletes and deaths leave most of them, and from between. Work is bounded, by how many
-- are new.
local function trim(new)
  if messages() == 0 then
    call('DEL', ready)
    call('HDEL', meta, 'named')
    return
  end
  strip('LPOP')
  strip('RPOP')
  pack(2 * math.max(new or 0, BOUND))
end

-- Drops what died. A leased message may finish: it is looked at again when its lease ends.
local function sweep(at, most)
  most = most or DEATHS
  local over = call('ZRANGEBYSCORE', expiry, '-inf', at, 'LIMIT', 0, most)
  if #over == 0 then return false end
  local leases, gone = call('ZMSCORE', leased, unpack(over)), {}
  for i, id in ipairs(over) do
    if leases[i] then
      -- Taken out first: as the first write of a script, one that grows is refused by a Redis that is full, and nothing would ever leave this queue.
      call('ZREM', expiry, id)
      call('ZADD', expiry, tonumber(leases[i]) + 1, id)
    else
      gone[#gone + 1] = id
    end
  end
  if #gone > 0 then
    call('ZREM', delayed, unpack(gone))
    die(gone)
    trim(#gone)
  end
  return #over == most
end
