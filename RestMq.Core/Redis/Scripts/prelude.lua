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

local function put_off(id, till)
  unusual = true
  call('ZADD', delayed, till, id)
end

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

-- What went without its receiver's doing, in this call: a script that moves what is due, or drops what died, answers by `answer`.
local expired, buried = 0, 0

-- The reply, behind what went if anything did: whoever called counts it, and nobody else.
local function answer(reply)
  if expired + buried == 0 then return reply end
  return { { ok = 'gone' }, expired, buried, reply }
end
