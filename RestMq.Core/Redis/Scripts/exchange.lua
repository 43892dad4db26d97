-- Settles deliveries, then makes new ones: what callers are done with and what they want go in one step.
--
-- Input: KEYS those of the queue, then, with requests, the key that remembers this exchange. ARGV: wake-up channel, a
-- token that names this exchange, how many arguments the requests have, the requests, the settlements.
-- A request is how many messages, for how many ms, and for whom: 0 a caller; 1 live consumers, who get nothing while
-- the queue is stopped or its policy is not round robin; 2 live consumers that settle by themselves, who get nothing
-- while it is stopped. Behind 1 or 2 comes ':' and how many bytes at most, give or take a message. The first request is
-- served whole before the second.
-- A settlement is an id alone, which acks a first delivery (most are), or five arguments: '-', id, delivery, action and
-- its argument: 'ack', 'extend' ms, 'release' ms, 'return', 'bury' reason. It holds when that delivery of the message
-- is under way. With delivery 0 only 'ack' holds, and deletes the message in whatever state it is. Settlements are done
-- one after another.
-- Output: 0 when all settlements are done, else a list of 0 done, 1 stale, 2 unknown. With requests also: next due when
-- there was too little, else -1; next due in any case, or -2 when all that was wanted was there and more is ready;
-- policy, state and epoch for live consumers, else 0; deliveries ('' when each is the first); then the texts.
--
-- A reply may be lost. The exchange is remembered for a while, so that recover.lua can return what nobody got.
--
--- @include "includes/queue.lua"
--- @include "includes/remove.lua"
--- @include "includes/place.lua"
--- @include "includes/promote_due.lua"
--- @include "includes/take.lua"
--- @include "includes/settle.lua"
--- @include "includes/lease.lua"
local at, last = now_ms(), 3 + ARGV[3]
local settled, changed, reply, moved = 0, false, nil, 0
if #ARGV > last then settled, changed = settle(at, last + 1) end
if last > 3 then reply, moved = lease(at, last, settled) end
if changed then wake() else wake_for(moved) end
return reply_of(reply or { settled })
