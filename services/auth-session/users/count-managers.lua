-- Shared by the scripts that change who may manage users.

-- How many enabled users hold a role that grants users:manage. Programs are no users: none of them can help a person.
-- index: the practice's users  prefix: of their access keys  grants: role -> permissions, separated by commas
local function count_managers(index, prefix, grants)
  local managing = {}
  for role, permissions in pairs(grants) do
    if (',' .. permissions .. ','):find(',users:manage,', 1, true) then managing[role] = true end
  end
  local managers = 0
  for _, id in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    local access = redis.call('HMGET', prefix .. id, 'roles', 'disabled')
    if access[1] and access[2] ~= '1' then
      for role in access[1]:gmatch('[^,]+') do
        if managing[role] then
          managers = managers + 1
          break
        end
      end
    end
  end
  return managers
end

-- The practice's own table, or where it has none the standard one, given as role, permissions, ...
local function grants_of(own, standard)
  local flat = #own > 0 and own or standard
  local grants = {}
  for at = 1, #flat, 2 do grants[flat[at]] = flat[at + 1] end
  return grants
end
