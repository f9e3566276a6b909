-- An operator's word: it stands until the operator takes it back, whatever calls show.
-- ARGV[4] open | closed | automatic
-- Keeps: a probe that is under way is void from here on; after a forced opening a probe decides, not the operator.
if ARGV[4] == 'open' then
  breaker.forced = 'open'
  open('operator', 0)
elseif ARGV[4] == 'closed' then
  breaker.forced = 'closed'
  close('operator')
elseif breaker.forced ~= '' then
  local was = breaker.forced
  breaker.forced = ''
  if was == 'open' then open('operator', 0) else close('operator') end
end
tell()
return reply()
