# Words of every page.
skip = Skip to the page
find-placeholder = Find a person, number or fax
offline = Connection lost, trying again
demo-pill = Demo: nothing leaves this computer
send-a-fax = Send a fax
sign-out = Sign out
older = Older

nav-label = Main
nav-work = Work
nav-clinic = Clinic
nav-today = Today
nav-calls = Calls
nav-faxes = Faxes
nav-people = People & phones
badge =
    { $count ->
        [one] , 1 needs a person
       *[other] , { $count } need a person
    }
badge-calls =
    { $count ->
        [one] , 1 caller waits to be called back
       *[other] , { $count } callers wait to be called back
    }
badge-voicemail =
    { $count ->
        [one] , 1 new message
       *[other] , { $count } new messages
    }

locked = The records are still locked.
locked-what = Emergency calls and phones work. Faxes, mail and the history come back when the passphrase has been given.
alert-acknowledge = I have seen this

pages =
    { $count ->
        [one] 1 page
       *[other] { $count } pages
    }
record = Record
what-happened = What happened
every-frame = Every detail
steps-none = Nothing was recorded yet.
steps-dropped =
    { $count ->
        [one] One entry before this was dropped
       *[other] { $count } entries before this were dropped
    }
mark-warn = Worth a look
mark-bad = Went wrong

# Times and numbers.
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
date-weekday = { $weekday } { $date }
date-day = { $day } { $month }
date-yesterday = Yesterday
date-time = { $date }, { $time }
ago-now = just now
ago-minutes = { $count } min
ago-hours = { $count } h
ago-days =
    { $count ->
        [one] 1 day
       *[other] { $count } days
    }
duration-seconds = { $seconds } s
duration-minutes = { $minutes } min { $seconds } s
milliseconds = { $count } ms
number-separator = ,
bit-rate = { $rate } bit/s

# Signing in.
login-title = Sign in
login-how = Ask somebody who manages Frontdesk for a sign-in link: they make one on the page People & phones. At the box itself, “frontdesk access link” prints one.
login-why = There is no password to guess or to lose yet: a link works once, for one hour.
login-press = This link signs you in once.
login-button = Sign in
login-stay = Stay signed in on this computer for { $days } days
login-stay-hint = Only on a computer that nobody else uses. It is signed off all the same when nobody was at it for a week.
login-used = This link no longer works
login-used-what = It was used already, or it is older than an hour.

# Finding.
find-title = Find
find-type = Type a name, a number, or what a fax is about.
find-for = For “{ $what }”
find-send = Send a fax to this number
find-all-faxes = All faxes like this
find-all-calls = All calls like this
find-extension = Extension { $number }
find-nothing = Nothing found
find-nothing-what = Try fewer letters, a part of the number, or the name of their fax machine.

# What went wrong.
to-today = To Today
failure-back = Back to where you were
failure-not-found = There is no such page
failure-not-found-what = It may have been deleted, or the link is not whole.
failure-not-allowed = You may not do this
failure-not-allowed-what = Your account does not have the right for it. Who manages the clinic’s settings can give it to you.
failure-origin = This did not come from Frontdesk
failure-origin-what = Another web site, or an old browser, sent this. Nothing was changed. Open the page in Frontdesk and try again there.
failure-too-many = Too many at once
failure-too-many-what = Wait ten seconds, then try again.
failure-unusable = This cannot be used as it is
failure-too-large = This document is too large
failure-too-large-what = Nothing was accepted. Send it in parts, or scan it in black and white.
failure-command = This was not done
failure-not-taken = Frontdesk is not taking orders right now
failure-not-taken-what = Nothing was ordered. Wait a moment and try again.
failure-unknown = We can’t tell whether this was done
failure-unknown-what = The order was handed on, but no answer came. Look at the list before you order it again.
failure-store = The records cannot be read right now
failure-store-what = Calls go on. Wait a moment and load the page again; if this stays, the disk or its key needs a person.
failure-not-recorded = This look could not be recorded
failure-not-recorded-what = Every look at a record is written down, so it is not shown now. The disk may be full.
failure-not-drawn = This page cannot be shown
failure-not-drawn-what = The record is there, but its picture could not be drawn.
failure-token = A token is needed
failure-token-what = Send “Authorization: Bearer” with a token that is still in use.
api-limit = “limit” is a number from 1 to { $most }.
api-key = “Idempotency-Key” has 1 to 128 characters.
api-priority = “priority” is “urgent”, “normal” or “bulk”.
api-time = “not_before” is a time as in 2026-11-20T14:00:00Z.
api-after = “after” stands alone, beside “limit”: it names the call whose record a program has read last.
api-before = “before” is the “id” of one in the list.
api-flag = “{ $name }” is “true” or “false”.
api-direction = “direction” is “in” or “out”.
upload-long-numbers = That is more than the numbers of one order. Nothing was accepted.
upload-too-many = That is more than one order takes: { $most } documents. Nothing was accepted.
upload-many-numbers = One order goes to { $most } numbers at most. Nothing was accepted.
upload-many-fields = A form has { $most } fields at most, beside numbers and documents. Nothing was accepted.
upload-sound-too-large = This file is too large. Record it in fewer bits, in one channel or shorter. Nothing was changed.
upload-too-large = This document is too large, and nothing was accepted. Send it in parts, or scan it in black and white.
upload-busy = Several other documents are being read just now, so this one was not, and nothing was accepted. Choose it again in ten seconds.
upload-unreadable = The form did not arrive whole. Nothing was accepted.

closed-title = Frontdesk is locked
closed-first = Choose a passphrase
closed-what = Phones can register and call each other, and emergency calls go out. Faxes, mail and this console wait until it is unlocked.
closed-broken = Frontdesk cannot read its store
closed-broken-what = Phones can register and call each other, and emergency calls go out. Faxes, mail and this console wait until this is mended; it is tried again every twenty seconds.
closed-passphrase = Passphrase
closed-again = The same once more
closed-choose = Choose this passphrase
closed-unlock = Unlock
closed-short = A passphrase has twelve characters at least: four or five words that nobody would guess.
closed-differs = These are not the same. Type it once more, twice.
closed-wrong = That passphrase does not open it.
closed-opened = Frontdesk is unlocked
closed-go-on = Go on to the console
