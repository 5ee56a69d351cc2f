//! All that can be said.

use std::borrow::Cow;

/// A clip, in whatever language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Prompt {
    /// A number from 0 to 99.
    Number(u8),
    /// So many hundreds, and nothing after them: 1 to 9.
    Hundred(u8),
    /// So many hundreds, before the rest of a number: 1 to 9.
    HundredBefore(u8),
    /// The hour of a time, from 0 to 23: "at two", "a las catorce".
    Hour(u8),
    /// The minute after it, from 1 to 59: "oh five".
    Minute(u8),
    /// Which half of the day; said in English alone.
    Half {
        /// From noon to midnight.
        afternoon: bool,
    },
    /// From 1, Monday, to 7.
    Weekday(u8),
    /// From 1 to 12.
    Month(u8),
    /// The day of a month, from 1 to 31.
    Day(u8),
    /// "Goodbye."
    Goodbye,
    /// "Please hold the line."
    PleaseHold,
    /// "Thank you."
    ThankYou,
    /// "We are sorry, something went wrong here. Please try again later."
    SorryFault,
    /// "That is not possible."
    NotPossible,
    /// "The limit for calls outside has been reached."
    LimitReached,
    /// "That is not one of the choices."
    InvalidChoice,
    /// "More than one name begins so. Please type more letters."
    SeveralNames,
    /// "To type another name, press star."
    NamesAnew,
    /// "To reach somebody by name, please type the first letters of it on the keys of your phone."
    DialByName,
    /// "Too many tries."
    TooManyTries,
    /// "Please try again."
    TryAgain,
    /// "today"
    Today,
    /// "yesterday"
    Yesterday,
    /// "and"
    And,
    /// "on."
    On,
    /// "off."
    Off,
    /// "Extension"
    Extension,
    /// "Press"
    Press,
    /// "star"
    Star,
    /// "pound"
    Pound,
    /// "The person you are calling is not available."
    GreetingUnavailable,
    /// "The person you are calling is on another call."
    GreetingBusy,
    /// "You have reached us outside our opening hours. If this is an emergency, please hang up and call 9 1 1."
    GreetingClosed,
    /// "is not available.", after a name.
    NameUnavailable,
    /// "is on another call.", after a name.
    NameBusy,
    /// "You have reached extension"
    GreetingExtension,
    /// "Please leave a message after the tone. When you are done, hang up, or press pound for more options."
    LeaveAMessage,
    /// "To send your message, press 1. To listen to it, press 2. To record it again, press 3. To mark it as urgent, press 4."
    MessageOptions,
    /// "Your message was saved."
    MessageSaved,
    /// "Your message is marked as urgent."
    MessageUrgent,
    /// "Your message is no longer marked as urgent."
    MessageNotUrgent,
    /// "Your message was too short, and was not saved."
    MessageTooShort,
    /// "We are sorry, your message could not be saved."
    MessageNotSaved,
    /// "You have reached the longest time that a message may take."
    MessageLimit,
    /// "Messages cannot be taken now."
    VoicemailOff,
    /// "Nothing was recorded."
    NothingRecorded,
    /// "Please enter the extension of your mailbox, then press pound."
    MailboxNumber,
    /// "Please enter your PIN, then press pound."
    EnterPin,
    /// "That is not right."
    WrongPin,
    /// "This mailbox is locked for a while, because of wrong PINs. Please try again later."
    MailboxBlocked,
    /// "This mailbox has no PIN yet. It can be opened from its own phone only."
    NoPinYet,
    /// "Please choose a PIN of four to ten digits, then press pound."
    ChoosePin,
    /// "Please enter the same PIN once more, then press pound."
    RepeatPin,
    /// "Your PIN was set."
    PinSet,
    /// "The two are not the same."
    PinsDiffer,
    /// "That PIN is too easy to guess."
    PinTooSimple,
    /// "You have"
    YouHave,
    /// "You have no messages."
    NoMessages,
    /// "new message."
    NewMessage,
    /// "new messages."
    NewMessages,
    /// "saved message."
    KeptMessage,
    /// "saved messages."
    KeptMessages,
    /// "To listen to new messages, press 1. To saved messages, press 2. For your greetings, press 3. To change your PIN, press 4. To end, press star."
    MailboxMenu,
    /// "Urgent."
    Urgent,
    /// "Message from"
    MessageFrom,
    /// "an unknown number"
    UnknownNumber,
    /// "received"
    Received,
    /// "To listen again, press 1. To save it, press 2. To delete it, press 3. For the next message, press 6."
    MessageMenu,
    /// "To call back whoever left it, press 8."
    MessageCallBack,
    /// "To give it to a colleague, press 4."
    MessageGive,
    /// "Please enter the extension of your colleague, then press pound. To go back, press star."
    GiveExtension,
    /// "To give it to them, press 1. For another extension, press 2. To go back, press star."
    GiveConfirm,
    /// "No colleague with a mailbox has that extension."
    GiveNobody,
    /// "It was given to them."
    GiveDone,
    /// "It could not be given. Their mailbox may be full."
    GiveNoRoom,
    /// "We are sorry, it could not be given. It is still yours."
    GiveNotStored,
    /// "Saved."
    MessageKept,
    /// "Deleted. To take that back, press 7."
    MessageDeleted,
    /// "It was taken back."
    MessageRestored,
    /// "There are no more messages."
    NoMoreMessages,
    /// "This message cannot be played. It may be damaged."
    MessageUnreadable,
    /// "For the greeting when you do not answer, press 1. When you are busy, press 2. When the clinic is closed, press 3. For your name, press 4.
    /// To go back, press star."
    GreetingsMenu,
    /// "To listen to it, press 1. To record it, press 2. To use the standard greeting, press 3. To go back, press star."
    GreetingMenu,
    /// "Callers hear your name when they find you by it. To listen to it, press 1. To record it, press 2. To take it away, press 3. To go back, press star."
    NameMenu,
    /// "Record your greeting after the tone, then press pound."
    RecordGreeting,
    /// "Your greeting was saved."
    GreetingSaved,
    /// "The standard greeting is used."
    GreetingStandard,
    /// "After the tone, say what callers are to hear, then press pound."
    RecordAnnouncement,
    /// "To keep it, press 1. To record it again, press 2. To listen again, press 3. If you hang up now, nothing is changed."
    AnnouncementChoices,
    /// "It is kept. From now on callers hear it."
    AnnouncementKept,
    /// "We are sorry, it could not be kept. Callers hear what they heard before."
    AnnouncementNotKept,
    /// "Please choose a PIN for your mailbox first."
    PinFirst,
    /// "This call is recorded."
    RecordingNotice,
    /// "If you do not want that, press"
    RecordingDecline,
    /// "This call is not recorded."
    RecordingDeclined,
    /// "The recording is paused."
    RecordingPaused,
    /// "The recording goes on."
    RecordingResumed,
    /// "The recording has ended."
    RecordingStopped,
    /// "Nobody can take your call at the moment."
    NobodyAvailable,
    /// "We are closed now."
    ClinicClosed,
    /// "If this is an emergency, please hang up and call 9 1 1."
    ClinicEmergency,
    /// "Your place in the line is number"
    QueuePosition,
    /// "You are next."
    QueueNext,
    /// "Please stay on the line. Your call will be answered in turn."
    QueueStay,
    /// "The wait is about one minute."
    QueueMinute,
    /// "The wait is about", before a number and [`Prompt::Minutes`].
    QueueMinutes,
    /// "minutes."
    Minutes,
    /// "If you would like us to call you back, without losing your place, press"
    QueueCallback,
    /// "We will call you back at this number:"
    CallbackNumber,
    /// "If that is right, press 1. For another number, press 2. To stay on the line, press star."
    CallbackConfirm,
    /// "Please type your number with its area code, then press pound. To stay on the line, press star."
    CallbackType,
    /// "We cannot call that number."
    CallbackRefused,
    /// "You keep your place, and we will call you back."
    CallbackTaken,
    /// "Somebody of the queue wants to be called back:"
    CallbackFor,
    /// "To call them now, press 1."
    CallbackCall,
    /// "Please choose again."
    ChooseAgain,
    /// "There is a call for you. To take it, press 1."
    TakeCall,
    /// "Please say your name after the tone, then press the pound key."
    SayYourName,
    /// "You have a call from"
    CallFrom,
    /// "You have a call from somebody who did not say a name."
    NoNameSaid,
    /// "To take it, press 1. To send it on, press 2."
    TakeOrSendOn,
    /// "Night service is on."
    NightOn,
    /// "Night service is off."
    NightOff,
    /// "Do not disturb is on."
    DoNotDisturbOn,
    /// "Do not disturb is off."
    DoNotDisturbOff,
    /// "Calls of the queue come to you."
    QueueIn,
    /// "Calls of the queue do not come to you."
    QueueOut,
    /// "Your calls are forwarded to"
    ForwardOn,
    /// "Your calls are no longer forwarded."
    ForwardOff,
    /// "The call is parked at"
    ParkedAt,
    /// "No call is parked there."
    NothingParked,
    /// "There is no call to pick up."
    NothingToPickUp,
    /// "You are joining the conference."
    ConferenceJoin,
    /// "You are the only one in the conference."
    ConferenceAlone,
    /// "The conference is full."
    ConferenceFull,
    /// "This is not allowed from your phone."
    NotAllowed,
    /// "This number is now blocked."
    BlockedNumber,
    /// "This number is no longer blocked."
    UnblockedNumber,
}

const PHRASES: &[(Prompt, &str)] = &[
    (Prompt::Goodbye, "goodbye"),
    (Prompt::PleaseHold, "please_hold"),
    (Prompt::ThankYou, "thank_you"),
    (Prompt::SorryFault, "sorry_fault"),
    (Prompt::NotPossible, "not_possible"),
    (Prompt::LimitReached, "limit_reached"),
    (Prompt::InvalidChoice, "invalid_choice"),
    (Prompt::SeveralNames, "several_names"),
    (Prompt::NamesAnew, "names_anew"),
    (Prompt::DialByName, "dial_by_name"),
    (Prompt::TooManyTries, "too_many_tries"),
    (Prompt::TryAgain, "try_again"),
    (Prompt::Today, "today"),
    (Prompt::Yesterday, "yesterday"),
    (Prompt::And, "and"),
    (Prompt::On, "on"),
    (Prompt::Off, "off"),
    (Prompt::Extension, "extension"),
    (Prompt::Press, "press"),
    (Prompt::Star, "star"),
    (Prompt::Pound, "pound"),
    (Prompt::GreetingUnavailable, "greeting_unavailable"),
    (Prompt::GreetingBusy, "greeting_busy"),
    (Prompt::GreetingClosed, "greeting_closed"),
    (Prompt::NameUnavailable, "name_unavailable"),
    (Prompt::NameBusy, "name_busy"),
    (Prompt::GreetingExtension, "greeting_extension"),
    (Prompt::LeaveAMessage, "leave_a_message"),
    (Prompt::MessageOptions, "message_options"),
    (Prompt::MessageSaved, "message_saved"),
    (Prompt::MessageUrgent, "message_urgent"),
    (Prompt::MessageNotUrgent, "message_not_urgent"),
    (Prompt::MessageTooShort, "message_too_short"),
    (Prompt::MessageNotSaved, "message_not_saved"),
    (Prompt::MessageLimit, "message_limit"),
    (Prompt::VoicemailOff, "voicemail_off"),
    (Prompt::NothingRecorded, "nothing_recorded"),
    (Prompt::MailboxNumber, "mailbox_number"),
    (Prompt::EnterPin, "enter_pin"),
    (Prompt::WrongPin, "wrong_pin"),
    (Prompt::MailboxBlocked, "mailbox_blocked"),
    (Prompt::NoPinYet, "no_pin_yet"),
    (Prompt::ChoosePin, "choose_pin"),
    (Prompt::RepeatPin, "repeat_pin"),
    (Prompt::PinSet, "pin_set"),
    (Prompt::PinsDiffer, "pins_differ"),
    (Prompt::PinTooSimple, "pin_too_simple"),
    (Prompt::YouHave, "you_have"),
    (Prompt::NoMessages, "no_messages"),
    (Prompt::NewMessage, "new_message"),
    (Prompt::NewMessages, "new_messages"),
    (Prompt::KeptMessage, "kept_message"),
    (Prompt::KeptMessages, "kept_messages"),
    (Prompt::MailboxMenu, "mailbox_menu"),
    (Prompt::Urgent, "urgent"),
    (Prompt::MessageFrom, "message_from"),
    (Prompt::UnknownNumber, "unknown_number"),
    (Prompt::Received, "received"),
    (Prompt::MessageMenu, "message_menu"),
    (Prompt::MessageCallBack, "message_call_back"),
    (Prompt::MessageGive, "message_give"),
    (Prompt::GiveExtension, "give_extension"),
    (Prompt::GiveConfirm, "give_confirm"),
    (Prompt::GiveNobody, "give_nobody"),
    (Prompt::GiveDone, "give_done"),
    (Prompt::GiveNoRoom, "give_no_room"),
    (Prompt::GiveNotStored, "give_not_stored"),
    (Prompt::MessageKept, "message_kept"),
    (Prompt::MessageDeleted, "message_deleted"),
    (Prompt::MessageRestored, "message_restored"),
    (Prompt::NoMoreMessages, "no_more_messages"),
    (Prompt::MessageUnreadable, "message_unreadable"),
    (Prompt::GreetingsMenu, "greetings_menu"),
    (Prompt::GreetingMenu, "greeting_menu"),
    (Prompt::NameMenu, "name_menu"),
    (Prompt::RecordGreeting, "record_greeting"),
    (Prompt::GreetingSaved, "greeting_saved"),
    (Prompt::GreetingStandard, "greeting_standard"),
    (Prompt::RecordAnnouncement, "record_announcement"),
    (Prompt::AnnouncementChoices, "announcement_choices"),
    (Prompt::AnnouncementKept, "announcement_kept"),
    (Prompt::AnnouncementNotKept, "announcement_not_kept"),
    (Prompt::PinFirst, "pin_first"),
    (Prompt::RecordingNotice, "recording_notice"),
    (Prompt::RecordingDecline, "recording_decline"),
    (Prompt::RecordingDeclined, "recording_declined"),
    (Prompt::RecordingPaused, "recording_paused"),
    (Prompt::RecordingResumed, "recording_resumed"),
    (Prompt::RecordingStopped, "recording_stopped"),
    (Prompt::NobodyAvailable, "nobody_available"),
    (Prompt::ClinicClosed, "clinic_closed"),
    (Prompt::ClinicEmergency, "clinic_emergency"),
    (Prompt::QueuePosition, "queue_position"),
    (Prompt::QueueNext, "queue_next"),
    (Prompt::QueueStay, "queue_stay"),
    (Prompt::QueueMinute, "queue_minute"),
    (Prompt::QueueMinutes, "queue_minutes"),
    (Prompt::Minutes, "minutes"),
    (Prompt::QueueCallback, "queue_callback"),
    (Prompt::CallbackNumber, "callback_number"),
    (Prompt::CallbackConfirm, "callback_confirm"),
    (Prompt::CallbackType, "callback_type"),
    (Prompt::CallbackRefused, "callback_refused"),
    (Prompt::CallbackTaken, "callback_taken"),
    (Prompt::CallbackFor, "callback_for"),
    (Prompt::CallbackCall, "callback_call"),
    (Prompt::ChooseAgain, "choose_again"),
    (Prompt::TakeCall, "take_call"),
    (Prompt::SayYourName, "say_your_name"),
    (Prompt::CallFrom, "call_from"),
    (Prompt::NoNameSaid, "no_name_said"),
    (Prompt::TakeOrSendOn, "take_or_send_on"),
    (Prompt::NightOn, "night_on"),
    (Prompt::NightOff, "night_off"),
    (Prompt::DoNotDisturbOn, "do_not_disturb_on"),
    (Prompt::DoNotDisturbOff, "do_not_disturb_off"),
    (Prompt::QueueIn, "queue_in"),
    (Prompt::QueueOut, "queue_out"),
    (Prompt::ForwardOn, "forward_on"),
    (Prompt::ForwardOff, "forward_off"),
    (Prompt::ParkedAt, "parked_at"),
    (Prompt::NothingParked, "nothing_parked"),
    (Prompt::NothingToPickUp, "nothing_to_pick_up"),
    (Prompt::ConferenceJoin, "conference_join"),
    (Prompt::ConferenceAlone, "conference_alone"),
    (Prompt::ConferenceFull, "conference_full"),
    (Prompt::NotAllowed, "not_allowed"),
    (Prompt::BlockedNumber, "blocked_number"),
    (Prompt::UnblockedNumber, "unblocked_number"),
];

impl Prompt {
    /// Its name in the texts.
    pub fn name(self) -> Cow<'static, str> {
        let numbered = match self {
            Self::Number(n) => ("number", n),
            Self::Hundred(n) => ("hundred", n),
            Self::HundredBefore(n) => ("hundred-before", n),
            Self::Hour(n) => ("hour", n),
            Self::Minute(n) => ("minute", n),
            Self::Half { afternoon } => ("half", u8::from(afternoon)),
            Self::Weekday(n) => ("weekday", n),
            Self::Month(n) => ("month", n),
            Self::Day(n) => ("day", n),
            phrase => {
                let name = PHRASES.iter().find(|(p, _)| *p == phrase).map_or("", |(_, name)| name);
                return Cow::Borrowed(name);
            }
        };
        Cow::Owned(format!("{}-{}", numbered.0, numbered.1))
    }

    /// Every one that there is.
    pub fn all() -> impl Iterator<Item = Self> {
        let phrases = PHRASES.iter().map(|(prompt, _)| *prompt);
        (0..100)
            .map(Self::Number)
            .chain((1..10).map(Self::Hundred))
            .chain((1..10).map(Self::HundredBefore))
            .chain((0..24).map(Self::Hour))
            .chain((1..60).map(Self::Minute))
            .chain([false, true].map(|afternoon| Self::Half { afternoon }))
            .chain((1..8).map(Self::Weekday))
            .chain((1..13).map(Self::Month))
            .chain((1..32).map(Self::Day))
            .chain(phrases)
    }
}
