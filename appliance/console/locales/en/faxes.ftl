faxes-needs-count =
    { $count ->
        [0] Nothing needs a person
        [one] 1 needs a person
       *[other] { $count } need a person
    }
faxes-all = All
faxes-needs = Needs a person
faxes-mine = Mine
faxes-in = Received
faxes-out = Sent
faxes-junk = Junk
faxes-folders = Folders
faxes-all-folders = All folders
faxes-filter = Which faxes
faxes-search = Find in faxes
faxes-search-button = Find
faxes-who = From or to
faxes-state = State
faxes-owner = Owner
faxes-when = When
faxes-empty = No faxes here
faxes-empty-what = What is received and sent will stand here.
faxes-empty-needs = Everything has an owner, and nothing is in doubt.
faxes-empty-mine = No received fax is yours to look after. One that you take, or that is given to you, stands here until you are done with it.
faxes-not-found = No fax like this
faxes-not-found-what = Search by a part of the number, of the subject, or of the name of their machine.

fax-from = Fax from { $who }
fax-to = Fax to { $who }
fax-unknown-number = an unknown number
fax-no-owner = No owner · { $ago }
fax-again-at = Again at { $time }
fax-state-rendering = Being prepared
fax-state-waiting = Waiting to send
fax-state-sending = On the line
fax-state-offered = Lies ready
fax-state-held = Held: sent already?
fax-leaves-at = Leaves at { $time }
fax-state-sent = Arrived
fax-state-failed = Not sent
fax-state-failed-in = Nothing arrived
fax-state-uncertain = Not sure it arrived
fax-state-cancelled = Recalled
fax-state-receiving = Arriving
fax-state-received = Received
fax-state-partial = Incomplete

fax-take = Take it
fax-see = See what happened
fax-arrived = It arrived
fax-recall = Recall it
fax-again-all = Send it again
fax-again-page = Send page { $page } again
fax-again-rest = Send again from page { $page }
fax-download = PDF
fax-download-tiff = TIFF
fax-receipt = Receipt
fax-going = { $doing }, { $done } of { $count }
fax-viewer = Open viewer
fax-pages = Pages
fax-pages-theirs = Pages as they see them
fax-no-pages = There are no pages.
fax-no-pages-yet = The pages are being drawn as their machine will print them.
fax-more-pages =
    { $count ->
        [one] 1 more page in the viewer
       *[other] { $count } more pages in the viewer
    }
fax-by-mail = from { $who } (by mail)
fax-by-api = from { $who } (by another system)
fax-by-console = from { $who }

fax-uncertain = We can’t tell whether this fax arrived.
fax-uncertain-what = Frontdesk never sends again on its own in this case: call them, or send it again.
fax-failed = This fax was not sent.
fax-failed-rest = Only a part of this fax was sent.
fax-failed-part =
    { $done ->
        [one] 1 of { $count } pages is confirmed by their machine.
       *[other] { $done } of { $count } pages are confirmed by their machine.
    }
fax-failed-in = Somebody tried to fax, but no page arrived.
fax-tried =
    { $count ->
        [one] It was tried once, and will not be tried again without you.
       *[other] It was tried { $count } times, and will not be tried again without you.
    }
fax-partial = Only a part of this fax arrived.
fax-partial-what =
    { $count ->
        [one] The call broke after 1 page. Nothing was confirmed to their machine that is not here.
       *[other] The call broke after { $count } pages. Nothing was confirmed to their machine that is not here.
    }
fax-rendering = Its pages are being prepared.
fax-waiting = It waits for a free line.
fax-sending = It is on the line now.
fax-undo = Undo
fax-undo-until = It leaves at { $time }.
fax-undo-what = Until then nothing is dialled, and one press takes it back.
fax-held = This looks like a fax that was ordered already.
fax-held-what = The same pages were ordered to this number a short while ago. Nothing of this one is sent until you say so.
fax-held-other = See the other one
fax-held-recall = It is the same: recall this one
fax-held-send = Send it too
fax-next-at = Attempt { $number } at { $time }.
fax-unowned = Nobody has taken this fax yet.
fax-unowned-what = Who takes it looks after it, and the others can leave it.
fax-mail-failed = It could not be mailed to its reader
fax-mail-failed-what = The mail server did not take it. The fax itself is safe here.
fax-mail-unmade-what = Frontdesk could not make a mail of it. The fax itself is safe here.
fax-unwritten = It could not be written into the folder “{ $name }”
fax-unwritten-what = The last try ended so: { $why }. The fax itself is safe here.
fax-unwritten-any = It could not be written into its folder

page-confirmed = confirmed
page-not-confirmed = not confirmed
page-in-part = broke off, not confirmed
page-alt = Page { $page } of { $count }
viewer-keys = The arrow keys turn the pages.
viewer-prev = Previous page
viewer-next = Next page

attempt = Attempt { $number }
reception = Reception
attempt-line = Line
attempt-began = Began
attempt-outcome = Outcome
attempt-open = on the line now
attempt-speed = Speed
attempt-ecm = Error correction
attempt-ecm-on = on
attempt-ecm-off = off
attempt-repaired = Packets repaired
attempt-lost = Packets lost
attempt-repeated = Blocks sent again
attempt-bad-rows = Damaged rows
attempt-time = Time
fax-earlier = Earlier attempts
live-doing = Now
live-confirmed = Pages confirmed
live-confirmed-of = { $done } of { $count }
nobody-yet = nobody yet
record-by = Sent by
record-owner = Owner
record-called = Came in on
record-ident = Their machine
record-delivery = Mail to its reader
record-receipt = Receipt
record-receipt-mail = by mail
record-receipt-lost = could not be delivered by mail
record-left-out = Left out of the mail
record-kept = Kept until
delivery-queued = on its way
delivery-delivered = delivered
delivery-failed = could not be delivered

step-mail = Mail accepted
step-api = Order accepted
step-console = Fax accepted
step-stored = Stored before we answered.
step-attempt = Attempt { $number } over { $line }
step-from-page = From page { $page }: those before it are confirmed already.
step-ended =
    { $count ->
        [0] Attempt { $number } ended
        [one] Attempt { $number } ended, 1 page confirmed
       *[other] Attempt { $number } ended, { $count } pages confirmed
    }
step-received =
    { $count ->
        [0] The call ended without a page
        [one] The call ended, 1 page stored
       *[other] The call ended, { $count } pages stored
    }
step-received-part =
    { $count ->
        [one] The call ended in the midst of a page; what came of it is stored
       *[other] The call ended in the midst of page { $count }; what came of it is stored with those before
    }
step-arrived-by = { $who } said that it arrived
step-arrived-by-what = Their machine had not confirmed every page.
step-unrenderable = The document could not become pages

confirm-title-arrived = Did it arrive?
confirm-title-again = Send it again?
confirm-title-recall = Recall this fax?
confirm-button-arrived = Yes, it arrived
confirm-button-again = Send it again
confirm-button-recall = Recall it
confirm-keep-arrived = Leave it open
confirm-keep-again = Don’t send
confirm-keep-recall = Let it go
arrived-what = Ask them first: their machine did not confirm { $open } of { $count } pages. The fax will stand as arrived, with your name.
again-all =
    { $count ->
        [one] Their phone will be called and 1 page sent.
       *[other] Their phone will be called and { $count } pages sent.
    }
again-rest =
    { $count ->
        [one] Their phone will be called and page { $first } sent. { $done } of { $last } pages are confirmed already and stay unsent.
       *[other] Their phone will be called and pages { $first } to { $last } sent. { $done } of { $last } pages are confirmed already and stay unsent.
    }
again-held = They get the same pages a second time.
again-twice = If they did get the last page, they will have it twice.
recall-none = No page has been sent. Nothing will be.
recall-tried = No page of it is confirmed by their machine, though it was called. Nothing more will be sent.
recall-part = { $done } of { $count } pages are confirmed by their machine and cannot be called back. The rest will not be sent.
recall-line = It is on the line: { $done } of { $count } pages are confirmed so far and cannot be called back. The call will be ended, and a page that is on its way may still be printed.

filing-title = What to do with it
filing-done = Done with it
filing-open = Not done after all
filing-folder = Folder
filing-file = File it
filing-forward = Fax it on to
filing-forward-go = Check the number
filing-junk = It is junk
filing-not-junk = It is no junk
filing-block = Junk, and don’t answer them again
block-fax-title = Not answer them any more?
block-fax-count =
    { $count ->
        [one] 1 fax came from this number in the last 90 days.
       *[other] { $count } faxes came from this number in the last 90 days.
    }
block-fax-what = This one becomes junk, and fax calls from this number are not answered from now on; nobody here is told that they tried. It can be undone on the page “How faxing goes”.
block-fax-keep = Go on answering them
filing-hold = Keep it for good
filing-release = No need to keep it any more
handing-title = Who looks after it
handing-nobody = Nobody has it yet.
handing-yours = It is yours. If it is not for you, give it on or lay it back.
handing-has = { $who } has it.
handing-to = Give it to
handing-choose = Choose a person
handing-give = Give it
handing-back = Lay it back
handing-whom = Choose who is to have it. Nothing was changed.
handing-whose = Say whose it is now (owner; empty if nobody has it), so that nobody who was faster is overlooked. Nothing was changed.
handing-step-taken = { $who } took it
handing-step-over = { $who } took it over from { $before }
handing-step-given = { $who } gave it to { $to }
handing-step-moved = { $who } gave it to { $to }, from { $before }
handing-step-back = { $who } laid it back
handing-step-lost = { $before } has left, or may not see faxes any more: it waits for somebody again
forward-title = Fax it on?
forward-what =
    { $count ->
        [one] Its 1 page goes to this number as a new fax.
       *[other] Its { $count } pages go to this number as a new fax.
    }
forward-button = Fax it on
machine-title = Their machine
machine-arrived = Faxes that arrived
machine-of = { $sent } of { $attempts } attempts
machine-in-a-row = In a row, up to now
machine-returned = Pages it sent back
machine-manner = How it is called
machine-learned = Learned
machine-one-a-call = Hung up after one fax of several
machine-forget = Forget what was learned
record-folder = Folder
record-done = Done by
record-arrived-by = Said to have arrived by
record-held = for good
way-folder = Folder “{ $name }” of the computer
way-api = For another system
way-waits = waits to be fetched
way-failed = given up

stats-title = How faxing goes
stats-sub = The last { $days } days, by attempt.
stats-days = Attempts by day
stats-days-sum = { $sent } arrived, { $failed } did not
stats-day = Day
stats-table = As a table
stats-arrived = Arrived
stats-failed = Did not
stats-lines = By line
stats-line = Line
stats-attempts = Attempts
stats-share = Arrived
stats-speed = Speed
stats-lost = Packets lost
stats-machines = By number, called last
stats-number = Number
stats-row = In a row
stats-manner = How it is called
stats-none = Nothing was sent in these days.
stats-causes = Why attempts ended
stats-cause = Cause
stats-blocked = Callers that are not answered
stats-blocked-none = Nobody is blocked. Open a fax that nobody wants to block its caller.
stats-unblock = Answer again
receipt-title = Fax receipt
receipt-fax = Fax
receipt-to = To
receipt-about = About
receipt-by = From
receipt-ordered = Ordered
receipt-ended = Ended
receipt-pages = Pages
receipt-pages-of = { $done } of { $count } confirmed by their machine
receipt-machine = Their machine
receipt-attempts = Attempts
receipt-attempt = { $number }. { $time }, { $line }: { $sentence }
receipt-detail = { $pages } pages, { $rate } bit/s, { $ecm }, { $repeated } blocks sent again, { $lost } packets lost, { $time }
receipt-printed = Printed { $time }
