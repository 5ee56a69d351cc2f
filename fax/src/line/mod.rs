//! What stands between a fax and a telephone line when neither T.38 nor our own modem does: other people's modems and programs.

pub mod between;
mod child;
pub mod class1;
pub mod gateway;
pub mod port;
pub mod virtual_modem;

pub use child::Helper;
