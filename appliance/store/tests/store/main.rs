//! The store at its boundary: effects in, what they came to and what can be read afterwards out. Every test has a real database in
//! a folder of its own.

mod clinic;
mod commit;
mod crash;
mod disk;
mod fetched;
mod handing;
mod incoming;
mod looks;
mod mails;
mod messages;
mod missed;
mod offered;
mod outgoing;
mod people;
mod plans;
mod prompts;
mod purge;
mod queue_waits;
mod recordings;
mod sessions;
mod settings;
mod several;
mod statistics;
mod upgrade;
mod voicemails;
