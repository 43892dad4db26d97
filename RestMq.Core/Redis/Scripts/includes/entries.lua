-- Texts and members of the sorted sets.

-- The member of `leased` for a delivery. Only later deliveries carry their number, so an ack of a first one is an id
-- and nothing to look up.
function queue.lease_of(id, delivery)
  return delivery == 1 and id or id .. '.' .. format('%d', delivery)
end

-- An id as a member of `delayed`. Delays that end together are over in the order of the ids. Redis orders equal scores
-- as texts: so these have leading zeros.
function queue.padded(id) return format('%016d', id) end

-- The message and the delivery of a member of `leased`; the message of one of `delayed`.
function queue.parse_lease(lease)
  local id, delivery = match(lease, '^0*(%d+)%.?(%d*)$')
  return id, delivery == '' and 1 or tonumber(delivery)
end

-- When a message expires, in ms; 0 for never.
function queue.expires_at(text) return tonumber(match(text, '^%d+ %d+ (%d+)')) end

-- How many deliveries of a message are over.
function queue.deliveries_of(id) return tonumber(call('HGET', count, id)) or 0 end

-- A list of numbers as text, every digit of each.
function queue.numbers(list)
  local texts = {}
  for i, number in ipairs(list) do texts[i] = format('%d', number) end
  return table.concat(texts, ' ')
end

-- How many messages there are, in every state.
function queue.length() return call('XLEN', ready) + call('HLEN', body) end

function queue.is_any_ready() return call('XLEN', ready) > 0 or queue.has(back) end
