//! What stands between a fax and a telephone line when neither T.38 nor our own modem does: modems, and other people's programs.

pub mod between;
mod child;
mod class1;
mod class2;
mod driver;
pub mod gateway;
pub mod port;
mod speeds;
pub mod virtual_modem;

pub use child::{Helper, close_in};
pub use driver::ModemCall;
pub(crate) use driver::{Action, Driver};
