nav-voicemail = Messages
voicemail-new =
    { $count ->
        [0] No new messages
        [one] 1 new message
       *[other] { $count } new messages
    }
voicemail-messages = Your messages
voicemail-empty = No messages
voicemail-empty-what = When somebody calls you and nobody answers, what they say after the tone will stand here.
voicemail-urgent = Urgent
voicemail-state-new = New
voicemail-wave = How loud the message is from its beginning to its end
voicemail-player = Message from
voicemail-call-back = Call back
voicemail-mark-heard = I have heard it
voicemail-mark-new = Mark as new
voicemail-delete = Delete
voicemail-restore = Take back
voicemail-give-to = Give to…
voicemail-give = Give
voicemail-given-by = given by { $who }
voicemail-deleted = Deleted
voicemail-deleted-what = These go for good after seven days.
voicemail-greetings = What callers hear
voicemail-greetings-what = Record a greeting by phone (dial *97), or choose a WAV file of at most two minutes; of eight seconds for your name.
greeting-unavailable = When you do not answer
greeting-busy = When you are on another call
greeting-closed = When the clinic is closed
greeting-name = Your name, as you say it
name-own = Callers hear it who find you by the letters of your name, and before the standard greeting
name-none = Not recorded; callers hear your extension
name-remove = Take it away
greeting-own = Your own greeting
greeting-standard = The standard greeting
greeting-file = WAV file
greeting-upload = Use this file
greeting-remove = Use the standard greeting
voicemail-switches = Do not disturb and forwarding
voicemail-pin = PIN
voicemail-pin-new = New PIN
voicemail-pin-set = Four to ten digits, and none that anybody would try first, as 1234, 1111 or your extension. You are asked for it when you listen by phone.
voicemail-pin-unset = You have none yet. Choose four to ten digits, and none that anybody would try first, as 1234, 1111 or your extension, here or at your first call to *97.
voicemail-pin-save = Save PIN
