# The text of the clinic's settings.
nav-settings = Settings
settings-sub = Who is in the clinic, its numbers, carriers and networks, as one text. It is checked as a whole; calls and faxes that are up go on.
settings-saved = Saved, and in use
settings-saved-what = Whoever calls next is led by it.
settings-waiting = Waits for the next start of Frontdesk
settings-good = No problems
settings-good-what = Nothing was saved yet.
settings-changes = What would change
settings-now = At once
settings-next-start = At the next start
settings-never = Not at all
settings-same = Nothing: it says what the settings in use say.
settings-problems =
    { $count ->
        [one] 1 problem. Nothing was changed.
       *[other] { $count } problems. Nothing was changed.
    }
settings-overtaken = Settings have been saved since you began. Nothing was changed.
settings-overtaken-by = { $by } saved them: { $time }.
settings-overtaken-next = Yours are below, as you wrote them. If they are to take the place of the others, save them once more.
settings-overtaken-see = See the settings in use
settings-label = Settings
settings-hint = Lines that begin with # are for people. The password of a carrier, password = "…" under its [[trunks]], is taken out when it is saved and shown to nobody. The plan is not changed here.
settings-check = Check
settings-save = Save
settings-save-all-the-same = Save all the same
settings-shut-out = Phones would be shut out
settings-shut-out-who = { $phones }: registered now, from outside the networks of this text. Nobody would answer them any more, not even when they call for help. Nothing was saved yet.
settings-versions = Saved before
settings-no-versions = Nothing has been saved yet.
settings-generation = Number { $count }
settings-is-used = In use
settings-back = Back to these
settings-by-box = At the box
settings-by-first = The first start
