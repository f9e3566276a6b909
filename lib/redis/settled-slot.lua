-- Prelude, in a Cluster, of each script that touches names beside its KEYS: it does nothing at all while their slot moves
-- to another master. Redis only sees to it that all KEYS are on one side. Another name is then not there on the new side,
-- without a word, and on the old side it stops the script half-way. Two names that nobody has are refused on both.
local unsettled = redis.pcall('EXISTS', KEYS[1] .. '?', KEYS[1] .. '??')
if type(unsettled) == 'table' then
  local moves = string.find(unsettled.err, 'non local key', 1, true)
  return moves and redis.error_reply('TRYAGAIN the slot moves to another master') or unsettled
end
