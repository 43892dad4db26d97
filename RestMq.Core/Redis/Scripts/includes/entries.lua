-- Formats and parses texts and the members of the sorted sets.

-- Returns the member of `leased` for a delivery. The member of a first delivery is the id alone, so an ack of a first
-- delivery needs no lookup.
function queue.lease_of(id, delivery)
  return delivery == 1 and id or id .. '.' .. format('%d', delivery)
end

-- Returns an id as a member of `delayed`. Delays that end together must end in the order of the ids. Redis orders equal
-- scores as texts, so these members have leading zeros.
function queue.padded(id) return format('%016d', id) end

-- Returns the id and the delivery number of a member of `leased`, and the id of a member of `delayed`.
function queue.parse_lease(lease)
  local id, delivery = match(lease, '^0*(%d+)%.?(%d*)$')
  return id, delivery == '' and 1 or tonumber(delivery)
end

-- Returns when a message expires, in ms, or 0 for never.
function queue.expires_at(text) return tonumber(match(text, '^%d+ %d+ (%d+)')) end

-- Returns how many bytes a message has, without the head of its text.
function queue.size_of(text) return #text - string.find(text, '\n', 1, true) end

-- Returns how many deliveries of a message are over.
function queue.deliveries_of(id) return tonumber(call('HGET', count, id)) or 0 end

-- Returns a list of numbers as text, with all their digits.
function queue.numbers(list)
  local texts = {}
  for i, number in ipairs(list) do texts[i] = format('%d', number) end
  return table.concat(texts, ' ')
end

-- Returns how many messages there are, in all states.
function queue.length() return call('XLEN', ready) + call('HLEN', body) end

function queue.is_any_ready() return call('XLEN', ready) > 0 or queue.has(back) end
