-- Results of settlements.
local DONE, STALE, UNKNOWN = 0, 1, 2

local function stale_or_unknown(id)
  return (call('HEXISTS', body, id) == 1 or #call('XRANGE', ready, id, id) > 0) and STALE or UNKNOWN
end

-- Acks first deliveries, which is what nearly every settlement does. Returns nil when all are done, else a result for
-- each.
local function ack_first_deliveries(ids)
  if call_in_parts('ZREM', leased, ids) == #ids then
    call_in_parts('HDEL', body, ids)
    if special then
      if has(expiry) then call_in_parts('ZREM', expiry, ids) end
      for _, id in ipairs(ids) do tell_ended(id, 1) end
    end
    return nil
  end
  -- Some were not leased. A message in `body` that was never delivered before, and is in no other place, has just lost
  -- its lease here.
  local results = {}
  for i, id in ipairs(ids) do
    if call('HEXISTS', body, id) == 1 and call('HEXISTS', count, id) == 0
      and not call('ZSCORE', back, id) and not call('ZSCORE', delayed, padded(id)) then
      results[i] = DONE
      tell_ended(id, 1)
      forget({ id })
    else
      results[i] = stale_or_unknown(id)
    end
  end
  return results
end

-- Deletes a message in whatever state it is.
local function delete(id)
  if delete_ready({ id }) == 1 then
    if has(expiry) then call('ZREM', expiry, id) end
    return DONE
  end
  if call('HEXISTS', body, id) == 0 then return UNKNOWN end
  local delivery = next_delivery(call('HGET', count, id))
  if call('ZREM', leased, lease_of(id, delivery)) == 1 then
    tell_ended(id, delivery)
  elseif call('ZREM', back, id) + call('ZREM', delayed, padded(id)) == 0 and call('ZREM', dead, id) == 1 then
    call('HDEL', why, id)
  end
  forget({ id })
  return DONE
end

-- Settles a delivery. Returns the result, and whether waiters must look again.
local function settle_one(id, delivery, action, argument, at)
  local lease = lease_of(id, delivery)
  local ends = call('ZSCORE', leased, lease)
  if not ends then return stale_or_unknown(id), false end
  if action == 'extend' then
    call('ZADD', leased, format('%d', at + argument), lease)
    return DONE, at + argument < tonumber(ends)
  end
  call('ZREM', leased, lease)
  tell_ended(id, delivery)
  if action == 'ack' then
    forget({ id })
  elseif action == 'bury' then
    call('HSET', count, id, format('%d', delivery))
    bury(id, at, argument)
  else
    local counts = action == 'release'
    return DONE, give_back(id, delivery, at, counts, counts and tonumber(argument) or 0)
  end
  return DONE, false
end

-- Does the settlements from an argument on. Returns 0 when all are done, else a result for each; and whether waiters
-- must look again.
local function settle(at, from)
  -- No-op write. At `maxmemory`, Redis refuses a script whose first write can need memory. This write keeps settlements
  -- working.
  call('ZREM', leased, '')
  local results, n, refused, changed = {}, 0, false, false
  local argv, arguments, i = ARGV, #ARGV, from
  while i <= arguments do
    local first = i
    while i <= arguments and argv[i] ~= '-' do i = i + 1 end
    if i > first then
      local told = ack_first_deliveries({ unpack(argv, first, i - 1) })
      for ack = 1, i - first do results[n + ack] = told and told[ack] or DONE end
      n, refused = n + i - first, refused or told ~= nil
    else
      local id, delivery, action, due = argv[i + 1], tonumber(argv[i + 2]), argv[i + 3], false
      n, i = n + 1, i + 5
      if delivery == 0 then
        results[n] = action == 'ack' and delete(id) or stale_or_unknown(id)
      else
        results[n], due = settle_one(id, delivery, action, argv[i - 1], at)
      end
      changed, refused = changed or due, refused or results[n] ~= DONE
    end
  end
  return refused and results or 0, changed
end
