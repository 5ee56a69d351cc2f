//! Calls: who may call whom, which phones ring, and what becomes of each call until its record.
//!
//! [`Pbx`] is a sans-I/O core. SIP and media events and orders go in; SIP and media commands and events for the rest of the
//! appliance come out. It owns every registration, leg and bridge, and is driven by one task, so that nothing here is locked.
//!
//! `pbx` owns everything and is the only room that knows all others: it sorts each input to what it is about, and has a file for each kind.
//! `call` is one call, stage by stage; a stage sees the rest of the appliance through its `step` alone. The other rooms know one thing each
//! and nothing of the `Pbx`.
//!
//! What holds whatever comes in:
//! * every call ends with exactly one [`Event::Record`], and gives back every port and leg it had;
//! * a fax call reports exactly one of [`Event::FaxFailed`] and [`Event::FaxLineEnded`], the second only after [`Event::Attach`];
//! * no call waits for ever: every stage has a timer of its own (`timers::CallTimer`), since SIP's Timer B stops at the first 1xx;
//! * an emergency number dialled on the clinic's networks is routed before any challenge, permission or limit;
//! * a step computes first and applies after: a panic in a call's step sends nothing of it and ends that one call, at the next
//!   input. (The shell catches the panic and goes on.)

mod api;
mod call;
pub mod callback;
mod door;
mod guard;
mod ladders;
mod lender;
mod line;
pub mod mailbox;
mod meetings;
mod pbx;
pub mod recording;
mod refusal;
mod registrar;
mod secrecy;
mod site;
mod step;
mod taping;
mod timers;
mod tolls;
mod trunks;
mod waits;
mod watch;
mod words;

pub use api::{Command, Event, FaxWay, Input, Limits, Output, PbxConfig};
pub use pbx::{Pbx, emergency_numbers};
pub use trunks::{target_of, target_text};
pub use watch::Mailbox;
pub use words::{may_not_record, may_not_take_back, unknown_prompts};
