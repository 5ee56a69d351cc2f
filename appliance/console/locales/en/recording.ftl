recording-title = Recording
recording-when =
    { $pauses ->
        [0] From { $from } to { $to }.
        [one] From { $from } to { $to }, paused once.
        [2] From { $from } to { $to }, paused twice.
       *[other] From { $from } to { $to }, paused { $pauses } times.
    }
recording-kept-until = Kept until { $day }, then destroyed with its key.
recording-kept-held = Kept until somebody lets it go.
recording-held-for = Must not go: { $why }
recording-gap-paused = Paused from { $from } to { $to }
recording-gap-held = On hold from { $from } to { $to }
recording-gap-elsewhere = Not recorded from { $from } to { $to }: handed on, waiting, or in a conference
recording-gap-alone = Not recorded from { $from } to { $to }: fewer than two were in the room
recording-gap-declined = Not recorded from { $from } to { $to }: somebody was in the room who did not want it
recording-gap-end = the end of the call
recording-wave = How loud the caller (above) and the called side (below) are, from the beginning to the end
recording-wave-together = How loud those in the room are together, from the beginning to the end
recording-player = Recording of this call
recording-legend = The caller is on the left, the called side on the right. Each time somebody listens or saves a copy is in the audit.
recording-legend-together = All who were in the room are heard together. Each time somebody listens or saves a copy is in the audit.
recording-not-yours = Only those who talked, and whoever manages the clinic, may listen to it.
recording-save = Save a copy
recording-delete = Delete
recording-restore = Take back
recording-deleted = It was deleted, and goes for good after seven days.
recording-hold = Must not go
recording-hold-reason = Why it must be kept
recording-hold-why = Write why it must be kept, in a few words.
recording-release = May go again
calls-filter = Which calls
calls-all = All
calls-recorded = Recorded
calls-recorded-empty = No recordings
calls-recorded-empty-what = Calls are recorded only where the plan says so.
