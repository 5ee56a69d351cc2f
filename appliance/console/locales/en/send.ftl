send-sub = You will see the number once more before anything is sent.
send-taken = It was accepted.
send-taken-what = What becomes of it is told by mail to whoever ordered it. Do not send it again.
send-not-accepted = It was not accepted.
send-to = Their fax number
send-to-hint = With its area code, as in 202-555-0123. Several: one a line, or with commas between them.
send-wrong-number = { $number }: { $sentence }
send-too-many = One order goes to { $most } numbers at most; these are { $count }.
send-too-large-for-all = The document is too large for so many numbers. Send it to fewer at a time.
send-inside-one = A subaddress and a password are for one machine. Send it there by itself.
send-subject = What it is about
send-subject-hint = Stands in your lists only; it is not sent.
send-document = Document
send-document-hint = One PDF, picture (JPEG, PNG, TIFF, WebP, GIF, BMP) or text, up to { $size }.
send-document-hint-office = One PDF, picture (JPEG, PNG, TIFF, WebP, GIF, BMP), text or office document (Word, Excel, OpenDocument), up to { $size }.
send-document-other = Choose a file only if you want another one.
send-check = Check and go on
send-no-document = Choose the document to send.
send-empty-document = This file is empty.
send-heic-document = This is a photograph in HEIC, which cannot be faxed. Choose a JPEG: on an iPhone, set Settings > Camera > Formats > Most Compatible before the picture is taken.
send-wrong-document = This is no PDF, picture or text. Print it to a PDF, then choose that.
send-kept = { $name }, { $size }
send-confirm = Is this the right number?
send-inside = For somebody inside their house
send-inside-hint = Only where their machine has been set up for it; most have not. Digits, * and #.
send-subaddress = Subaddress, such as an extension
send-password = Password of their machine
send-for = For the subaddress { $subaddress }
send-with-password = With a password for their machine
send-about = About: { $subject }
send-button = Send to { $number }
send-confirm-several = Are these the right numbers?
send-count = { $count } numbers
send-each = Each is a fax of its own, with its own status and receipt. All are accepted, or none.
send-repeated = { $number } was written more than once; it is sent there once.
send-button-several = Send to { $count } numbers
send-numbers = The numbers
send-change = Change something
send-gone = This fax was filled in more than a quarter of an hour ago, and is forgotten. Nothing was sent. Fill it in again.
send-first = No fax has gone to this number before. Compare it digit by digit.
send-history =
    { $count ->
        [one] The last fax to this number: { $arrived ->
            [0] it is not known to have arrived.
           *[other] it arrived.
        }
       *[other] Of the last { $count } faxes to this number, { $arrived } arrived.
    }
send-priority = How urgent
send-priority-normal = In its turn
send-priority-urgent = Before all others
send-priority-bulk = When nothing else waits
send-when = Not before
send-when-hint = Leave it empty to send it now. You can undo it for a moment.
send-bad-time = This is no time.
send-too-late = More than a month ahead is too far.
send-later = Not before { $time }.
send-is-urgent = It goes before all others.
send-is-bulk = It goes when nothing else waits.
