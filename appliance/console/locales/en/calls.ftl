calls-now =
    { $count ->
        [0] Nobody is on the phone
        [one] 1 call is up
       *[other] { $count } calls are up
    }
calls-past = Earlier
calls-who = From and to
calls-phase = State
calls-length = Length
calls-end = How it ended
calls-when = When
calls-export = Save as a table (CSV)
export-day = Write the day as in 2026-11-01.
calls-act = What you can do
calls-hang-up = Hang up
calls-empty = No calls yet
calls-empty-what = Every call will stand here once it has ended.
call-unknown = Unknown
call-emergency = Emergency call
call-ringing = Ringing
call-talking = Talking
call-fax = Fax
call-from = From
call-to = To
call-answered-after = Answered after
call-cause = Cause
call-caller = Sound from the caller
call-callee = Sound from the called side
call-encrypted = Encrypted, { $cipher }
call-in-the-clear = Not encrypted
fault-caller = The caller’s side
fault-callee = The called side
fault-trunk = The phone line
fault-us = Frontdesk
quality-in = Packets received
quality-out = Packets sent
quality-lost = Lost on the way
quality-jitter = Jitter
quality-round-trip = There and back
quality-far-lost = Lost on the way there
quality-far-jitter = Jitter there
quality-from = Sound from there
quality-to = Sound to there
quality-unknown = Unknown
mos = { $word } (MOS { $score })
mos-very-good = Very good
mos-good = Good
mos-fair = Fair
mos-poor = Poor
mos-bad = Bad
far-silent = The far end does not say what it heard.
far-no-gaps = The far end heard no gaps.
far-gaps = The far end heard { $share } gaps.
far-gaps-before = The far end heard { $share } gaps. { $before } had not come to us either.
hang-up-title = End this call?
hang-up-what = { $phase }, { $length }. Both sides will be cut off at once.
hang-up-keep = Let it go on
