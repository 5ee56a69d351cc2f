fetch-title = Fetch a fax
fetch-sub = Their machine is called and asked for the document that it holds ready (polling). What comes stands in the inbox.
fetch-number = Their fax number
fetch-subject-hint = Stands in your lists only; their machine is not told.
fetch-when-hint = Leave it empty to fetch it now. You can undo it for a moment.
fetch-inside = Only if they gave you a subaddress or a password
fetch-inside-hint = They say which of their documents you want, and let you in. Digits, * and #.
fetch-subaddress = Subaddress of the document
fetch-password = Password for it
fetch-go = Fetch it
fetch-from = Fetch from { $who }
fetch-calls-at = Calls at { $time }
fetch-state-waiting = Waiting to fetch
fetch-state-sent = Fetched
fetch-state-failed = Not fetched
fetch-see-fax = See the fax that came
fetch-see-order = See how it was fetched
fetch-by = Ordered by
fetch-ordered = ordered by { $who }
fetch-no-pages = What comes is a fax of its own, in the inbox.
fetch-failed = Nothing was fetched.
fetch-part = Only a part was fetched.
fetch-part-what =
    { $count ->
        [one] 1 page came and is kept. It is not asked for again by itself: their machine may have given it away.
       *[other] { $count } pages came and are kept. They are not asked for again by themselves: their machine may have given them away.
    }
fetch-again = Fetch it again
fetch-waiting = It waits for a free line.
fetch-undo-until = Their machine is called at { $time }.
fetch-again-what = Their phone will be called, and their machine asked for the document again.
fetch-again-part =
    { $count ->
        [one] The page that came before stays, and may come a second time.
       *[other] The { $count } pages that came before stay, and may come a second time.
    }
fetch-recall-what =
    { $done ->
        [0] No page has come. None will.
        [one] 1 page has come and stays. The call will be ended.
       *[other] { $done } pages have come and stay. The call will be ended.
    }
confirm-title-fetch-again = Fetch it again?
confirm-title-fetch-recall = Recall this order?
confirm-button-fetch-again = Fetch it again
confirm-button-fetch-recall = Recall it
confirm-keep-fetch-again = Don’t fetch
confirm-keep-fetch-recall = Let it go
