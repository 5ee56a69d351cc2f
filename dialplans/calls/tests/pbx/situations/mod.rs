//! Situations in which many tests begin. Each builds on another, and what happens in it is told once, in `told`; a test that
//! begins in one tells only what follows.

mod told;

use crate::bench::Situation;

/// 101, 102 and 103 have a phone each.
pub(crate) static PHONES: Situation = Situation::first("register 101\nregister 102\nregister 103");
/// 102 has a second phone.
pub(crate) static TWO_PHONES: Situation = Situation::after(&PHONES, "register 102 host=52");
/// 101 (a) calls 102 (B1).
pub(crate) static CALLING: Situation = Situation::after(&PHONES, "invite a 101 102");
/// 102 has answered.
pub(crate) static TALKING: Situation = Situation::after(&CALLING, "pickup B1\nack a");
/// 101 has put 102 on hold.
pub(crate) static HELD: Situation = Situation::after(&TALKING, "ask a hold\nagree B1 held");
/// 101 hands 102 on to 103 (B2).
pub(crate) static HANDING_ON: Situation = Situation::after(&TALKING, "refer a 103");
/// 103 (c) has called 101 on a second line (B2), who answered.
pub(crate) static SECOND_CALL: Situation = Situation::after(&TALKING, "invite c 103 101\npickup B2\nack c");
/// 101 (a) talks with 102 (B1), whose phone knows one codec.
pub(crate) static ONE_CODEC: Situation = Situation::after(&CALLING, "pickup B1 pcmu\nack a");
/// 101 has handed 102 on to 103 (B2), whose phone knows only the other codec.
pub(crate) static OTHER_CODEC: Situation = Situation::after(&ONE_CODEC, "refer a 103\npickup B2 pcma");
/// 101 (a) has called 102 (B1) without an offer; 102 answered, and 101 has not said yet what it knows.
pub(crate) static NO_OFFER: Situation = Situation::after(&PHONES, "invite a 101 102 nosdp\nring B1\npickup B1\nack a");
/// A patient (p) calls from outside; 101 (B1) and 102 (B2) ring.
pub(crate) static RINGING: Situation =
    Situation::after(&PHONES, "invite p main:+12025550101 +12025550123\nring B1\nring B2");
/// 101 has answered.
pub(crate) static PATIENT: Situation = Situation::after(&RINGING, "pickup B1\nack p");
/// 101 hands the patient on to 102 (B3).
pub(crate) static REFERRED: Situation = Situation::after(&PATIENT, "refer B1 102");
/// 101 has put the patient on hold.
pub(crate) static PATIENT_HELD: Situation = Situation::after(&PATIENT, "ask B1 hold\nagree p held");
/// … and calls 103 (a, B3) to ask.
pub(crate) static ASKED: Situation = Situation::after(&PATIENT_HELD, "invite a 101 103");
/// 103 has answered.
pub(crate) static CONSULTED: Situation = Situation::after(&ASKED, "pickup B3\nack a");
/// 101 has connected the patient with 103.
pub(crate) static JOINED: Situation = Situation::after(&CONSULTED, "refer B1 replaces a");
/// 101 talks with the patient, and calls somebody outside (a, B3).
pub(crate) static ASKED_OUTSIDE: Situation = Situation::after(&PATIENT, "invite a 101 202-555-0109");
/// 101 (a) talks over a trunk (B1).
pub(crate) static OUTSIDE: Situation = Situation::after(&PHONES, "invite a 101 202-555-0101\npickup B1\nack a");
/// 101 (a) calls over a trunk (B1), and hears the carrier's tones.
pub(crate) static OUTSIDE_EARLY: Situation = Situation::after(&PHONES, "invite a 101 202-555-0101\nearly B1");
/// 101 (a) has called for help (B1).
pub(crate) static HELP: Situation = Situation::after(&PHONES, "invite a 101 911\npickup B1\nack a");
/// 101 (a) calls 102 (B1), whose calls go outside if nobody takes them: somebody there (B2) is called.
pub(crate) static FORWARDED_OUTSIDE: Situation =
    Situation::after(&PHONES, "switch forward 102 no-answer 12025550188\ninvite a 101 102\nring B1\nwait 26");
/// 101 parks the patient in 700.
pub(crate) static PARKING: Situation = Situation::after(&PATIENT, "refer B1 700");
/// … and has hung up.
pub(crate) static PARKED: Situation = Situation::after(&PARKING, "bye B1");
/// 101 (a) talks with 102 (B1) over TLS, and both are encrypted. No other phone is there.
pub(crate) static SEALED: Situation =
    Situation::first("register 102 tls\ninvite a 101 102 tls savp=2\npickup B1 keys=2\nack a");
