today-needs = Needs a person
today-needs-count =
    { $count ->
        [0] nothing needs a person
        [one] 1 thing needs a person
       *[other] { $count } things need a person
    }
today-all-faxes = All faxes
today-mine =
    { $count ->
        [one] 1 fax is yours
       *[other] { $count } faxes are yours
    }
today-call-back =
    { $count ->
        [one] 1 caller waits to be called back
       *[other] { $count } callers wait to be called back
    }
today-more-needs = All that need a person
today-calm = Nothing waits for you
today-calm-what = Faxes without an owner, and faxes that may not have arrived, will stand here.
today-on-the-line = On the line now
today-on-the-phone = On the phone now
today-nobody = Nobody is on the phone.
queues = Queues
queue-waiting =
    { $count ->
        [0] nobody waits
        [one] 1 caller waits, for { $longest }
       *[other] { $count } callers wait, the first for { $longest }
    }
queue-taken-by = Taken by { $who }
queue-deserted = Nobody takes its calls.
queue-leave = Take no calls
queue-join = Take calls
today-calls = Calls today
today-calls-sum = { $answered } answered · { $missed } missed
today-chart-table = As a table
today-hour = Hour
today-answered = Answered
today-missed = Missed
today-lines = Lines
today-no-lines = No phone line is set up.
line-name = Line “{ $name }”
line-in-use = { $used } of { $channels } in use
line-failed = last call failed
line-registering = registering
line-lost = not registered: { $why }
line-wrong-password = the carrier says that the user name or the password is wrong
line-no-password = the carrier asks for a password, and none is set
line-unknown-proof = the carrier asks for a kind of proof that Frontdesk does not know
line-no-answer = the carrier does not answer
line-untrusted = the carrier does not prove who it is (its certificate is of another name, of an unknown authority, or out of date); nothing is sent to it
line-refused = the carrier refuses (status { $code })
line-left = signed off
line-modem = Modem “{ $name }”
line-port = Port “{ $name }”
modem-ready = waits for a call
modem-ringing = rings
modem-in-call = in a call
modem-away = not there
modem-unfit = of no use
modem-probed = is being looked at
demo-try = Numbers to try
demo-what = Their far ends run on this computer and speak the real protocols.
today-plugged = Plugged in, and in no setting: { $name }. If that is a fax modem, write it as the device of one under [[modems]], and start Frontdesk again.
today-no-modem = It is no modem
today-no-modems =
    { $count ->
        [one] 1 device is no modem
       *[other] { $count } devices are no modems
    }
today-may-be-modem = Name it again
today-door =
    { $count ->
        [one] 1 address is shut out
       *[other] { $count } addresses are shut out
    }
today-door-see = See why
