-- Ends a probe by what it showed.
-- ARGV[4] epoch of the probe  [5] well | unwell | silent  [6] open for ms
-- Keeps: only the probe of this epoch moves the breaker, whoever answers how late.
if breaker.state == 'half-open' and breaker.probe == ARGV[3] and text(breaker.epoch) == ARGV[4] then
  if ARGV[5] == 'well' then
    close('probe-went-well')
    tell()
  else
    -- A probe that showed nothing does not make the others wait for the next one.
    open('probe-failed', ARGV[5] == 'unwell' and ARGV[6] or 0)
  end
end
return reply()
