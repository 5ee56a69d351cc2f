# The telephone in the browser.
phone-title = Phone
phone-open = Phone
phone-sub = Calls to { $extension } ring here while this window is open.
phone-number = Name or number
phone-call = Call
phone-keys = Keypad
phone-calls = Calls
phone-people = People
phone-free = Free
phone-in-call = In a call
phone-away = No phone
phone-people-closed = Nobody has been at this phone for half an hour, so it shows no names. Calls still ring here, and numbers can be called. Sign in to see the names again.
phone-devices = Microphone and speaker
phone-microphone = Microphone
phone-speaker = Speaker
phone-ringer = Rings on
phone-filter = Take noise and echo out of the microphone
phone-test = Test
phone-level = Level of the microphone
phone-needs-script = The telephone needs JavaScript, which is switched off in this browser.
phone-sign-in = Sign in
phone-again = Try again
phone-bell = Let it ring

# Buttons of a call.
phone-answer = Answer
phone-refuse = Decline
phone-hang-up = Hang up
phone-hold = Hold
phone-resume = Go on
phone-mute = Mute
phone-unmute = Unmute
phone-transfer = Transfer
phone-transfer-to = Transfer to
phone-hand-on = Hand on
phone-connect = Connect with { $who }
phone-cancel = Cancel

# How the phone stands.
phone-is-connecting = Connecting…
phone-is-ready = Ready
phone-is-not-ready = Not connected
phone-is-lost = Connection lost. It comes back by itself; a call that is up goes on meanwhile.
phone-is-signed-out = You are signed out, so this phone does not ring and cannot call. For help use another phone.
phone-is-unanswered = The switchboard does not take this phone just now: { $why } It tries again by itself.
phone-is-elsewhere = The phone is open in another window of this browser, and rings there. What you call here is handed to it; if it is closed, this one takes its place.
phone-elsewhere = In another window
phone-handed-over = { $who } stands in the window that has the phone. Press Call there.
phone-is-mute-bell = This browser lets nothing sound before somebody has pressed something in the window.

# How a call stands.
phone-call-calling = Calling { $who }…
phone-call-ringing = Ringing at { $who }
phone-call-called = { $who } calls
phone-call-answering = Answering { $who }. If the browser asks for the microphone, allow it.
phone-call-rings-on = { $who } still rings. { $why }
phone-call-talking = In a call with { $who }
phone-call-held = On hold
phone-call-holding = They have put you on hold
phone-call-muted = Muted: they cannot hear you
phone-call-transferring = Handing on…
phone-call-transferred = { $who } was handed on.
phone-call-ended = The call with { $who } is over. { $why }
phone-call-unknown = Unknown caller
phone-call-kept = The transfer came to nothing: { $why } You still have the call.
phone-call-unchanged = That could not be changed just now. Try again.
phone-microphone-changed = The microphone was unplugged. Another one has taken its place.
phone-microphone-lost = The microphone is gone, so they cannot hear you. { $why }

# Why something ended or did not happen.
phone-why-hung-up = Somebody hung up.
phone-why-stopped = The caller gave up, or somebody else took the call.
phone-why-busy = It is busy.
phone-why-declined = The call was declined.
phone-why-no-answer = Nobody answers.
phone-why-unknown-number = There is no such number.
phone-why-not-allowed = You may not call this number.
phone-why-unreachable = No phone is there at the moment.
phone-why-no-sound = The two ends could not agree on how to send sound.
phone-why-lost = The connection to the other side is gone.
phone-why-overloaded = Frontdesk has more to do than it can. Try again in a moment.
phone-why-failed = It could not be connected.
phone-why-too-many = There are too many calls or phones at once.
phone-why-not-a-number = That is not a number.
phone-why-several = Several people have this name. Choose one from the list.
phone-why-no-such-call = That call is over.
phone-why-nonsense = Frontdesk did not understand this page. Load it again.
phone-why-signed-out = You are signed out.
phone-why-no-microphone = This browser may not use the microphone. Allow it beside the address of this page, then try again.
phone-why-no-device = No microphone was found. Plug one in, then try again.
phone-why-not-secure = A browser gives the microphone only to a page that came encrypted. Open Frontdesk by https.
phone-why-not-connected = This phone is not connected.
phone-help = This phone could not reach help. Use another phone now.
phone-handed-help = Help is being called in the window that has the phone.
phone-help-mute = They cannot hear you, since there is no microphone here. Use another phone if you can.
