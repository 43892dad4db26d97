-- Ends hand-outs. ARGV: wake, then for each either its id alone, which acks a first hand-out (the most common by far), or five: '-', id, fence,
-- action and argument: 'ack', 'extend' ms, 'release' ms, 'return', 'bury' reason. A settlement holds when the message is leased and its
-- fence is the hand-out under way; without a fence (0) only 'ack' holds, and deletes the message wherever it is. They are done one after
-- another. Replies 0 when all are done; else for each: 0 done, 1 stale, 2 unknown.
local at = now()
local ids, special = {}, {}
local i = 2
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
local leases = call('ZMSCORE', leased, unpack(ids))
local past = exists(count) and call('HMGET', count, unpack(ids))

local reply, acked, freed, back, free = {}, {}, {}, {}, {}
local told, cut, refused = false, false, false
local done, watched = {}, exists(held)
for i, id in ipairs(ids) do
  local from = special[i]
  local fence, action, argument = 1, 'ack', nil
  if from then fence, action, argument = tonumber(ARGV[from]), ARGV[from + 1], ARGV[from + 2] end
  local there = done[id] ~= 'ack' and (leases[i] or call('HEXISTS', body, id) == 1)
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
        if watched then ended[#ended + 1] = id .. '.' .. (past and tonumber(past[i]) or 0) + 1 end
      end
      done[id] = action
      if action == 'ack' then
        acked[#acked + 1] = id
        cut = cut or fence == 0
      elseif action == 'bury' then
        call('HINCRBY', count, id, 1)
        bury(id, at, argument)
      elseif action == 'return' or tonumber(argument) == 0 then
        back[#back + 1] = id
        free[id] = action == 'return'
      else
        if not spent(id, at, max_receives()) then call('ZADD', delayed, at + argument, id) end
        told = true
      end
    end
  end
end

if #freed > 0 then call('ZREM', leased, unpack(freed)) end
if #acked > 0 then
  if cut then
    call('ZREM', delayed, unpack(acked))
    if call('ZREM', dead, unpack(acked)) > 0 then call('HDEL', why, unpack(acked)) end
  end
  forget(acked)
  call('HINCRBY', meta, 'settled', #acked)
  if cut then trim() end
end
local alive = {}
for _, id in ipairs(back) do
  if done[id] ~= 'ack' then alive[#alive + 1] = id end
end
if #alive > 0 and give_back(alive, at, free) > 0 then told = true end
if told or #ended > 0 then tell() end
return refused and reply or 0
