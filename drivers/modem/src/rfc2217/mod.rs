//! A serial port at the other end of a network: Telnet with the COM-PORT option (RFC 2217), as terminal servers, `ser2net` and the COM port
//! redirectors of Windows speak it.
//!
//! Sans-I/O: bytes of the connection in, bytes of the port out, and back. [`Client`] uses a port that another machine gives away; [`Server`]
//! gives one away. Both read and agree by the same grammar of Telnet. Nothing that the other end sends can hold us up, make us grow or make us
//! answer for ever.

mod client;
mod server;
mod telnet;

pub use client::Client;
pub use server::{Heard, Lines, Server};

use telnet::{IAC, SB, SE};

/// The port's settings, as an option of Telnet.
const COM_PORT: u8 = 44;

/// What a client says of the port (RFC 2217 section 3).
const SIGNATURE: u8 = 0;
const SET_BAUDRATE: u8 = 1;
const SET_DATASIZE: u8 = 2;
const SET_PARITY: u8 = 3;
const SET_STOPSIZE: u8 = 4;
const SET_CONTROL: u8 = 5;
const NOTIFY_LINESTATE: u8 = 6;
const NOTIFY_MODEMSTATE: u8 = 7;
const SUSPEND: u8 = 8;
const RESUME: u8 = 9;
const SET_LINESTATE_MASK: u8 = 10;
const SET_MODEMSTATE_MASK: u8 = 11;
const PURGE_DATA: u8 = 12;
/// What a server says is the client's word and this.
const FROM_SERVER: u8 = 100;

/// Values of `SET_CONTROL`.
const FLOW_BY_WIRES: u8 = 3;
const DTR_ON: u8 = 8;
const DTR_OFF: u8 = 9;
/// Of `PURGE_DATA`: both directions.
const BOTH: u8 = 3;

/// A port of a fax modem has this speed unless somebody says otherwise.
const BAUD: u32 = 115_200;

/// A setting of the port, or what it is set to by now.
fn say(what: u8, value: &[u8], out: &mut Vec<u8>) {
    out.extend([IAC, SB, COM_PORT, what]);
    telnet::shield(value, out);
    out.extend([IAC, SE]);
}
