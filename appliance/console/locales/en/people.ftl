people-ready = { $ready } of { $count } can be called
people-name = Name
people-extension = Extension
people-phone = Phone
people-location = Where
people-nowhere = Help would not find it
people-phones =
    { $count ->
        [0] No phone is registered
        [one] Registered
       *[other] { $count } phones registered
    }
people-silent =
    { $count ->
        [one] 1 does not answer
       *[other] { $count } do not answer
    }
people-empty = Nobody is set up yet
people-empty-what = Add somebody, and their phone can be set up.

access-title = Who signs in here
access-link = Sign-in link
access-forget = Take back access
access-link-title = A sign-in link for { $name }
access-link-what = It signs { $name } in once, until { $time }. Whoever opens it is { $name } here, so show it to nobody else.
access-link-label = The link
access-link-where = It is shown only now. It leads to { $at }, where you have opened Frontdesk.
access-link-here = It is shown only now, and works on this computer alone: you have opened Frontdesk at { $at }. For another computer, open this page by the address that the other uses, and make another link there.
access-picture = A phone in the same network signs in by its camera:
account-back = Back
account-sessions =
    { $count ->
        [one] You are signed in at 1 browser, this one.
       *[other] You are signed in at { $count } browsers, this one among them.
    }
account-elsewhere = Sign in on another device
account-elsewhere-what = A link for your phone or another computer: it works once, within an hour, and shows a code for a camera. Whoever opens it is you here.
account-elsewhere-button = Make a link
access-copy = Copy
access-copied = Copied
access-forget-title = Take back all access of { $name }?
access-forget-sessions =
    { $count ->
        [0] They are signed in nowhere. Links that nobody has used end, too.
        [one] They are signed in at 1 browser, which shows nothing any more. Links that nobody has used end, too.
       *[other] They are signed in at { $count } browsers, which show nothing any more. Links that nobody has used end, too.
    }
access-forget-tokens =
    { $count ->
        [one] 1 program that acts in their name is let in no more.
       *[other] { $count } programs that act in their name are let in no more.
    }
access-forget-pin = The PIN of their mailbox ends.
access-forget-both = Their phones and their mail program need new passwords, which are given on their page. Calls for help always go through.
access-forget-phones = Their phones need a new password, which is given on their page. Calls for help always go through.
access-forget-mail = Their mail program needs a new password, which is given on their page.
access-forget-stays = Their messages, faxes and calls stay as they are.
access-forget-button = Take it back
access-forget-keep = Leave it
access-forget-last = You are the only one who manages this clinic: nobody here could let you in again. It can be done at the box (frontdesk access).

door-title = Turned away
door-calm = No address is shut out. Who tries to break in is not answered for a while, and will stand here.
door-what = Who tries to break in is not answered for a while. Calls for help always are, and so are your phones at the same address.
door-why-scanner = A program there searches for telephone systems.
door-why-wrong-passwords = Password after password was wrong. If it is one of your phones, correct the password in it: the right one ends this at once.
door-why-unknown-names = It tried extensions that do not exist, one after the other. If it is one of your phones, correct its user name.
door-why-asking = It asked again and again and never gave a password. If it is one of your phones, give it its password.
door-until = not answered until { $time }
door-again = It was shut out { $count } times within a day.
door-since = Since
door-lift = Answer it again
door-counts = What was turned away since the start
door-foreign-calls = Calls from outside the clinic's networks
door-foreign-registrations = Attempts to register from outside
door-foreign-probes = Questions from outside whether a telephone system is here
door-foreign-other = Anything else from outside
door-blocked = Requests from addresses that were shut out
door-share = Requests beyond what one address may ask
door-busy = Calls and registrations refused because there was too much to do
door-broken = Messages that were broken or no telephony at all
door-altered-title = A router changes phone messages
door-altered = A router on the way to the phone of { $name } ({ $extension }) seems to change its messages.
door-mirror-changed = The router here changes phone messages on their way out: { $what } came changed to { $mirror }.
door-mirror-via = the address for answers
door-mirror-contact = the address of the phone
door-mirror-call-id = the name of the call
door-mirror-body = the address for the sound
door-mirror-length = the length of the message
door-mirror = Messages to { $mirror }
door-mirror-unchanged = Pass the router unchanged, { $time }
door-mirror-silent = Nothing came back, { $time }
door-altered-what = Calls may have no sound, or break off. Switch off “SIP ALG” (also called SIP helper, SIP fix-up or SIP transformations) in the router at the internet connection where the phone is, or let the phone register by TLS.

switch-title = Switched by staff
switch-night-on = The clinic is switched to night
switch-night-off = The clinic goes by its hours
switch-open = The clinic is open, whatever its hours
switch-open-until = The clinic is open until { $time }, whatever its hours
switch-closed-until = The clinic is closed until { $time }, whatever its hours
switch-night = Switch to night
switch-day = Go by the hours
switch-anonymous-on = Callers who hide their number are not let in
switch-anonymous-off = Callers who hide their number are let in
switch-anonymous-refuse = Do not let them in
switch-anonymous-let-in = Let them in
switch-blocked = Callers who are not let in
switch-blocked-none = Every caller is let in.
switch-let-in = Let in again
switch-block = Do not let this caller in any more
person-calls = Calls with them
switch-own = Their calls
switch-sub = The same as with the codes at the phone; what is changed there stands here at once.
switch-dnd = Do not disturb
switch-dnd-hint = The phones do not ring; calls go where busy calls go. Intercom and paging do not come through either.
switch-queue = Takes calls of the queue
switch-out-of = Takes no calls of { $queue }
switch-forward-always = Forward all calls to
switch-forward-busy = Forward calls when busy to
switch-forward-no-answer = Forward calls that nobody answers to
switch-forward-unreachable = Forward calls when no phone is there to
switch-forward-also = Ring this number outside as well (whoever answers there presses 1)
switch-forward-hint = An extension or a number. Outside calls count as those of the person who forwards. Leave it empty to end the forwarding.
switch-refused = Not everything was switched
switch-save = Save
switch-forwards-always = All calls go to { $to }
switch-forwards-busy = When busy: { $to }
switch-forwards-no-answer = Without an answer: { $to }
switch-forwards-unreachable = Without a phone: { $to }
switch-forwards-also = Rings as well: { $to }
