-- Ends hand-outs, then makes new ones: what was done with a queue's messages and what is wanted of them go in one step. ARGV: wake, how many
-- arguments the requests have, the requests, the settlements.
--
-- A request is how many messages, for how many ms, and for whom: 0 a caller, 1 live consumers, who get nothing while the queue is stopped or
-- not round robin, 2 live consumers that settle by themselves, who get nothing while it is stopped. Behind a live one's 1 or 2 is ':' and how
-- many bytes it takes, give or take a message. The first is served whole before the second. A settlement is an id alone, which acks a first
-- hand-out (the most common by far), or five: '-', id, fence, action and argument: 'ack', 'extend' ms, 'release' ms, 'return', 'bury' reason. It
-- holds when the message is leased and its fence is the hand-out under way; without a fence (0) only 'ack' holds, and deletes the message wherever
-- it is. Settlements are done one after another.
--
-- Replies: 0 when all settlements are done, else a list of 0 done, 1 stale, 2 unknown for each; and where there were requests: next due, a list
-- of policy, state and epoch for live consumers (else 0), hand-outs ('' when every one is the first), then the stored bodies.

-- While somebody streams messages that he settles himself, settlements are told too: they make room for more.
local function watch(lease)
  unusual = true
  if call('PTTL', held) < tonumber(lease) and call('PEXPIRE', held, lease * 2) == 0 then call('SET', held, 1, 'PX', lease * 2) end
end

-- Only acks of first hand-outs, the way of nearly every message: not gone through one by one. Nil when it is not so; else what was done.
local function ack_all(from)
  if unusual then return nil end
  local ids = { unpack(ARGV, from) }
  if not released then
    for i = 1, #ids do
      if ids[i] == '-' then return nil end
    end
    -- Nothing is delayed or dead, so what has a body is leased, unless it waits by its id. (Fewer than none where ids came uncounted.)
    if named() ~= 0 then
      for _, lease in ipairs(call('ZMSCORE', leased, unpack(ids))) do
        if not lease then return nil end
      end
    end
    released = call('ZREM', leased, unpack(ids))
  end
  if released == #ids then
    forget(ids)
    return 0
  end
  -- Some were not, or no more: the second time that one is acked there is nothing left.
  local reply = {}
  for i, id in ipairs(ids) do reply[i] = call('HDEL', body, id) == 1 and 0 or find(id) and 1 or 2 end
  return reply
end

local function settle(at, from)
  local all = ack_all(from)
  if all then return all, false end
  local ids, special = {}, {}
  local i = from
  while i <= #ARGV do
    local id = ARGV[i]
    if id == '-' then
      id = ARGV[i + 1]
      special[#ids + 1] = i + 2
      i = i + 5
    else
      i = i + 1
    end
    ids[#ids + 1] = id
  end
  -- Nothing, but a write: what follows may grow, and as the first write a Redis that is full would refuse it, with the acks beside it.
  call('ZREM', leased, '')
  local leases = call('ZMSCORE', leased, unpack(ids))
  local past = has(count) and call('HMGET', count, unpack(ids))

  local reply, acked, freed, back = {}, {}, {}, {}
  local told, refused = false, false
  local cut, stands, done, watched = {}, {}, {}, has(held)
  for i, id in ipairs(ids) do
    local at_argument = special[i]
    local fence, action, argument = 1, 'ack', nil
    if at_argument then fence, action, argument = tonumber(ARGV[at_argument]), ARGV[at_argument + 1], ARGV[at_argument + 2] end
    local there = done[id] ~= 'ack' and done[id] ~= 'gone' and (leases[i] or call('HEXISTS', body, id) == 1)
    if not there and not done[id] then
      stands[id] = find(id)
      there = stands[id]
    end
    local mine = leases[i] and not done[id] and fence == (past and tonumber(past[i]) or 0) + 1
    if not there then
      reply[i], refused = 2, true
    elseif not mine and not (fence == 0 and action == 'ack') then
      reply[i], refused = 1, true
    else
      reply[i] = 0
      if action == 'extend' then
        if at + argument < tonumber(leases[i]) then told = true end
        call('ZADD', leased, at + argument, id)
      else
        if leases[i] and not done[id] then
          freed[#freed + 1] = id
          if watched then ended[#ended + 1] = id .. '.' .. next_hand_out(past and past[i]) end
        end
        done[id] = action
        if action == 'ack' then
          acked[#acked + 1] = id
          if fence == 0 then cut[#cut + 1] = id end
        elseif action == 'bury' then
          count_one(id)
          bury(id, at, argument)
        elseif not goes_back(id, at, max_receives(), action == 'release') then
          -- Gone, unless it has been buried.
          if call('HEXISTS', body, id) == 0 then done[id] = 'gone' end
        elseif action == 'return' or tonumber(argument) == 0 then
          back[#back + 1] = id
        else
          put_off(id, at + argument)
          told = true
        end
      end
    end
  end

  if #freed > 0 then call('ZREM', leased, unpack(freed)) end
  if #acked > 0 then
    if #cut > 0 then
      call('ZREM', delayed, unpack(cut))
      if call('ZREM', dead, unpack(cut)) > 0 then call('HDEL', why, unpack(cut)) end
      for _, id in ipairs(cut) do
        if stands[id] then -- What is left of it there has no body.
          call('LSET', ready, stands[id], id)
          name(1)
        end
      end
    end
    forget(acked)
    if #cut > 0 then trim(#cut) end
  end
  local alive = {}
  for _, id in ipairs(back) do
    if done[id] ~= 'ack' then alive[#alive + 1] = id end
  end
  put_first(alive)
  return refused and reply or 0, told or #alive > 0
end

local function lease(at, last, settled)
  local moved, again = due(at)
  local settings, want, shares, watched, most = nil, 0, {}, 0, BYTES
  for i = 3, last, 3 do
    local share = tonumber(ARGV[i])
    local whom = ARGV[i + 2]
    if whom ~= '0' then
      whom, most = string.match(whom, '(%d):(%d+)')
      settings = settings or call('HMGET', meta, 'policy', 'state', 'epoch')
      if settings[2] == 'stopped' or (whom == '1' and settings[1] ~= 'roundrobin') then share = 0 end
    end
    if whom == '2' then watched = math.max(watched, tonumber(ARGV[i + 1])) end
    want, shares[#shares + 1] = want + share, share
  end

  local ids, bodies, hand_outs, more = pop(want, at, tonumber(most))
  -- After the first write, which pop made: a Redis that is full would refuse it before.
  if watched > 0 and (#ids > 0 or exists(held)) then watch(watched) end
  local leases, caller, ends = {}, 0, nil
  for i, id in ipairs(ids) do
    while not ends or shares[caller] == 0 do
      caller = caller + 1
      ends = tostring(at + ARGV[caller * 3 + 1])
    end
    shares[caller] = shares[caller] - 1
    leases[2 * i - 1], leases[2 * i] = ends, id
  end
  if #ids > 0 then call('ZADD', leased, unpack(leases)) end
  return {
    settled, #ids < want and next_due(at, again or more) or -1, settings or 0,
    hand_outs and table.concat(hand_outs, ' ') or '',
    unpack(bodies),
  }, moved
end

local settled, told, reply, moved = 0, false, nil, 0
if #ARGV > last then settled, told = settle(at, last + 1) end
if last > 2 then reply, moved = lease(at, last, settled) end
if told then tell() else tell_of(moved) end
return answer(reply or { settled })
