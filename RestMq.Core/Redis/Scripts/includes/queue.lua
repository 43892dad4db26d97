-- The keys of a queue and what every script uses. RedisKeys.cs has the keys in the same order; the limits come from
-- StoreLimits.cs.
--
-- Data model. A message is text: "<id> <added ms> <expires ms or 0> <kind>\n<bytes>". It is stored once:
--   ready    stream: messages that wait for their first delivery. The entry id is "<message id>-0"; the field is the
--            value of `shift` at the time.
--   body     hash: id -> text of every other message. Each is in exactly one of the following.
--   back     sorted set: ids that wait again, or that came due, by position (see "Positions" in place.lua).
--   leased   sorted set: deliveries under way by the end of their lease: "<id>" for a first delivery, "<id>.<delivery>"
--            for a later one.
--   delayed  sorted set: ids by the time at which they become ready.
--   dead     sorted set: dead letters by burial; `why` has their reasons.
-- Beside them: `count` (id -> deliveries that are over, for messages that had any), `expiry` (ids that expire, by when;
-- infinite while leased).
-- Times are Redis' own, in ms. No step depends on the length of a queue by more than its logarithm.
local meta, ready, back, body, leased, delayed, expiry, count, dead, why, log, held = unpack(KEYS)
local wake_channel = ARGV[1]
local call, format, match = redis.call, string.format, string.match

local function now_ms()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function exists(key) return call('EXISTS', key) == 1 end

-- Most queues have none of these keys: one look answers for all. A script that creates one of them calls
-- mark_special().
local special = call('EXISTS', back, delayed, expiry, held) > 0
local function mark_special() special = true end
local function has(key) return special and exists(key) end

-- Applies a command to a list in parts: Lua passes at most about 8000 arguments to a call. The parts have an even
-- length, for pairs.
local function call_in_parts(command, key, list)
  local done = 0
  for first = 1, #list, 2000 do
    done = done + call(command, key, unpack(list, first, math.min(first + 1999, #list)))
  end
  return done
end

-- Publishes a wake-up: the queue changed. Wake-ups may be lost: waiters also poll, and the epoch tells streams of a
-- purge. So a PUBLISH that an ACL refuses must not fail the script. While somebody streams messages that it settles
-- itself (`held`), deliveries that ended are named.
local ended = {}
local function wake(text)
  redis.pcall(PUBLISH, wake_channel, text or (#ended > 0 and 'c ' .. table.concat(ended, ' ') or 'c'))
end

-- The member of `leased` for a delivery. Only later deliveries carry their number, so an ack of a first one is an id
-- and nothing to look up.
local function lease_of(id, delivery)
  return delivery == 1 and id or id .. '.' .. format('%d', delivery)
end

-- An id as a member of `delayed`.
local function padded(id) return format('%016d', id) end

-- The message and the delivery of a member of `leased`; the message of one of `delayed`.
local function parse_lease(lease)
  local id, delivery = match(lease, '^0*(%d+)%.?(%d*)$')
  return id, delivery == '' and 1 or tonumber(delivery)
end

-- The number of the delivery that follows those that are over.
local function next_delivery(past) return (tonumber(past) or 0) + 1 end

-- When a message expires, in ms; 0 for never.
local function expires_at(text) return tonumber(match(text, '^%d+ %d+ (%d+)')) end

-- How many messages there are, in every state.
local function messages() return call('XLEN', ready) + call('HLEN', body) end

-- Messages that expired or were buried in this call though no caller asked for it. The reply tells the host, which
-- counts them: see reply_of.
local expired, buried = 0, 0

local function reply_of(reply)
  if expired + buried == 0 then return reply end
  return { { ok = 'gone' }, expired, buried, reply }
end
