-- Put after the prelude, for scripts that hand messages out or look at a queue as it is now: moves what is due, and takes what is ready.

local forget, die, trim, sweep = removal()

-- The hand-out that comes after those that are over, as a text: `..` and table.concat would round a number of 15 digits.
local function next_hand_out(past) return string.format('%d', (tonumber(past) or 0) + 1) end

-- After due(): tells what others have to know of it, once the caller has taken what it wanted.
local function tell_of(moved)
  if #ended > 0 or (moved > 0 and exists(ready)) then tell() end
end

-- Each burial has a time of its own, later than the one before, so that the dead keep their order.
local function bury(id, at, reason)
  local newest = call('ZRANGE', dead, -1, -1, 'WITHSCORES')
  call('ZADD', dead, newest[2] and math.max(at, tonumber(newest[2]) + 0.001) or at, id)
  call('HSET', why, id, reason)
  call('ZREM', expiry, id)
end

-- Counts a hand-out that is over, and returns how many are since the last redrive.
local function count_one(id)
  unusual = true
  return call('HINCRBY', count, id, 1) % REDRIVE
end

local function max_receives() return tonumber(call('HGET', meta, 'max_receives')) or 20 end

-- Ends a hand-out, which counts or does not. True when the message goes back; not when it died meanwhile (its body tells: the entry in `expiry`
-- may have been put off, see sweep), and not when it was the last hand-out allowed: then it is buried.
local function goes_back(id, at, limit, counts)
  local ends = has(expiry) and dies(call('HGET', body, id)) or 0
  if ends > 0 and ends <= at then
    die({ id })
    return false
  end
  if not counts or count_one(id) < limit then return true end
  buried = buried + 1
  bury(id, at, 'max_receives (' .. limit .. ') reached')
  return false
end

-- Puts ids, in this order, at the head of `ready`.
local function put_first(ids)
  for i = #ids, 1, -1 do call('LPUSH', ready, ids[i]) end
  name(#ids)
end

-- Puts ids at the tail of `ready`, each with the last one given out, behind which it stands: find.lua looks by that order.
local function put_last(ids)
  if #ids == 0 then return end
  local last = call('HGET', meta, 'next')
  for _, id in ipairs(ids) do call('RPUSH', ready, id .. '@' .. last) end
  name(#ids)
end

-- The first ids of a sorted set up to a score, by score and then by number (Redis would put 10 before 2). Ids that were put there in one step
-- share a score and come together, even when they are more than BOUND. Says also whether there may be more.
local function earliest(key, upto)
  local found = call('ZRANGEBYSCORE', key, '-inf', upto, 'WITHSCORES', 'LIMIT', 0, BOUND)
  if #found == 0 then return found, false end
  local again = #found == 2 * BOUND
  if again then found = call('ZRANGEBYSCORE', key, '-inf', found[#found], 'WITHSCORES') end
  local ids, score = {}, {}
  for i = 1, #found, 2 do
    ids[#ids + 1] = found[i]
    score[found[i]] = tonumber(found[i + 1])
  end
  table.sort(ids, function(a, b)
    if score[a] ~= score[b] then return score[a] < score[b] end
    return tonumber(a) < tonumber(b)
  end)
  -- In slices: Lua gives a call some 8000 arguments at most, and more may share an instant.
  for i = 1, #ids, 1000 do call('ZREM', key, unpack(ids, i, math.min(i + 999, #ids))) end
  return ids, again
end

-- Moves what is due: deaths, leases that are over (to the head, counted, the lowest id first), delays that are over (to the tail, or to the
-- head when the message has been handed out before). Returns how many became ready, and whether there is more to move.
local function due(at)
  local moved, again = 0, unusual and sweep(at)
  local over, more_over = earliest(leased, at)
  if #over > 0 then
    if has(held) then
      for _, id in ipairs(over) do ended[#ended + 1] = id .. '.' .. next_hand_out(call('HGET', count, id)) end
    end
    table.sort(over, function(a, b) return tonumber(a) < tonumber(b) end)
    local limit, back = max_receives(), {}
    for _, id in ipairs(over) do
      if goes_back(id, at, limit, true) then back[#back + 1] = id end
    end
    put_first(back)
    moved = #back
  end
  if not unusual then return moved, more_over end
  local ripe, more_ripe = earliest(delayed, at)
  local back, new = {}, {}
  for _, id in ipairs(ripe) do
    local place = call('HEXISTS', count, id) == 1 and back or new
    place[#place + 1] = id
  end
  put_last(new)
  put_first(back)
  return moved + #ripe, again or more_over or more_ripe
end

-- How long until something becomes ready by itself: ms, 0 when it is already so, -1 for never.
local function next_due(at, again)
  if again then return 0 end
  local first = -1
  for _, key in ipairs({ delayed, leased }) do
    local head = call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if #head > 0 then
      local left = math.max(tonumber(head[2]) - at, 1)
      if first < 0 or left < first then first = left end
    end
  end
  return first
end

-- Takes up to `want` living messages off `ready`; those that stood there whole go to `body`, unless they are `gone` for good. Work is bounded in
-- messages skipped, dead ones among them, and in bytes (`most`, if it is given). Returns ids, texts, and hand-outs (nil when every one is the
-- first), and whether a bound was met, so that there may be more.
local function pop(want, at, most, gone)
  most = math.min(most or BYTES, BYTES)
  local mortal, counted = has(expiry), has(count)
  local ids, texts, hand_outs, n = {}, {}, counted and {} or nil, 0
  local moved, m, named_ones, bytes, skipped, more = {}, 0, 0, 0, 0, false
  while n < want do
    more = bytes >= most or skipped > 10 * BOUND
    if more then break end
    -- As many as their size so far lets fit; the first few are taken on trust.
    local fit = n > 0 and math.ceil((most - bytes + 1) * n / (bytes + 1)) or most < BYTES and 4 or 8
    -- Behind some that are gone there are mostly more.
    local some = call('LPOP', ready, math.min(skipped > 8 and 32 or want - n, 32, math.max(fit, 1)))
    if not some then break end
    local own, names, taken = {}, {}, #some
    for i = 1, taken do
      own[i] = whole(some[i]) or false
      if not own[i] then names[#names + 1] = id_of(some[i]) or '' end
    end
    local seen, stored, past, died = 0, nil, nil, {}
    if #names > 0 then stored, past = call('HMGET', body, unpack(names)), counted and call('HMGET', count, unpack(names)) end
    for i = 1, taken do
      if n == want or bytes >= most then
        taken = i - 1
        break
      end
      local id, text, hand_out = own[i], some[i], 1
      if id then
        if not gone then moved[m + 1], moved[m + 2], m = id, text, m + 2 end
      else
        seen = seen + 1
        id, text, hand_out = names[seen], stored[seen], past and next_hand_out(past[seen])
        local ends = text and mortal and dies(text) or 0
        if not text then
          skipped = skipped + 1
        elseif ends > 0 and ends <= at then
          died[#died + 1], skipped, text = id, skipped + 1, nil
        end
      end
      if text then
        n, bytes = n + 1, bytes + #text
        ids[n], texts[n] = id, text
        if counted then hand_outs[n] = hand_out end
      end
    end
    -- More than were asked for, or larger than those before them: they wait for the next call.
    for i = #some, taken + 1, -1 do call('LPUSH', ready, some[i]) end
    named_ones = named_ones + seen
    die(died)
  end
  for i = 1, m, 1000 do call('HSET', body, unpack(moved, i, math.min(i + 999, m))) end
  name(-named_ones)
  return ids, texts, hand_outs, more
end
