-- Defines the keys of a queue, and the functions that every script uses. RedisKeys.cs has the keys in the same order.
-- RedisScript.cs replaces names in capitals (MAX_MOVED, ...) by values.
--
-- Data model. A message is text: "<id> <added ms> <expires ms or 0> <kind>\n<bytes>". It is stored once:
--   ready    stream: messages that wait for their first delivery. The entry id is "<message id>-0". The field is the
--            shift, so that id + shift is the position (see "Positions" in place.lua).
--   body     hash: id -> text of every other message. Each is in exactly one of the following.
--   back     sorted set: ids that wait again, or whose delay is over, by position (see "Positions" in place.lua).
--   leased   sorted set: deliveries in flight by the end of their lease: "<id>" for a first delivery, "<id>.<delivery>"
--            for a later one.
--   delayed  sorted set: ids by the time at which they become ready.
--   dead     sorted set: ids of dead letters by the time of their burial. The hash `why` has their reasons.
-- Other keys:
--   meta     hash: settings, counters, and `epoch`, which a delete of the queue changes.
--   log      stream: the history of a broadcast queue.
--   held     text: exists while live consumers may hold deliveries of this queue (see queue.watch).
--   count    hash: id -> how many deliveries are over, for messages that had any.
--   expiry   sorted set: ids that expire, by the time at which they do. The time is infinite while a message is leased.
-- Times are those of Redis' own clock, in ms. The cost of a command grows at most with the logarithm of the length of
-- the queue.
local meta, ready, back, body, leased, delayed, expiry, count, dead, why, log, held = unpack(KEYS)
local call, format, match = redis.call, string.format, string.match
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Holds the functions that scripts share, and the state that these functions share.
local queue = {
  -- False while none of these keys exists, as in most queues. A function that creates one of them sets it.
  special = call('EXISTS', back, delayed, expiry, held) > 0,
  ended = {}, -- Deliveries that the next wake-up names (see tell_ended).
  expired = 0, buried = 0, -- How many messages expired, or were buried without a call that asked for it (see reply).
}

-- Only for these four keys.
function queue.has(key) return queue.special and call('EXISTS', key) == 1 end

-- Applies a command to a list in parts, because Lua passes at most about 8000 arguments to a call. The parts have an
-- even length, so that pairs stay together. Returns the sum of the replies.
function queue.call_in_parts(command, key, list)
  local done = 0
  for first = 1, #list, 2000 do
    done = done + call(command, key, unpack(list, first, math.min(first + 1999, #list)))
  end
  return done
end

-- Publishes a wake-up, which says that the queue changed. A lost wake-up does no harm, because waiting calls also
-- poll, and the epoch tells streams of a purge. So a PUBLISH that an ACL refuses must not fail the script.
function queue.wake(text)
  local ended = queue.ended
  redis.pcall(WAKE_COMMAND, ARGV[1], text or (#ended > 0 and 'c ' .. table.concat(ended, ' ') or 'c'))
end

-- Deletes the stream `ready` when it is empty, because Redis keeps an empty stream, and an empty queue keeps only its
-- counters. Returns how many messages the stream has.
function queue.delete_if_empty()
  local length = call('XLEN', ready)
  if length == 0 then call('DEL', ready) end
  return length
end

-- Adds to a reply how many messages expired and were buried, for the metrics of the host.
function queue.reply(reply)
  if queue.expired + queue.buried == 0 then return reply end
  return { { ok = 'gone' }, queue.expired, queue.buried, reply }
end

-- Most calls need none of the other functions. Lua creates the functions of a script again in every call, which costs
-- 0.2 us for each function. So the other functions are created when the first of them is used.
setmetatable(queue, { __index = function(_, name)
  --- @include "includes/entries.lua"
  --- @include "includes/wake.lua"
  --- @include "includes/remove.lua"
  --- @include "includes/place.lua"
  --- @include "includes/promote_due.lua"
  --- @include "includes/settle.lua"
  return rawget(queue, name)
end })
