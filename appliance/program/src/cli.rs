//! The command line. The help of each verb is meant to be enough to use it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Phone, fax and mail for a clinic, in one box that the clinic owns.
#[derive(Parser)]
#[command(name = "frontdesk", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Start the appliance.
    ///
    /// Reads a configuration file that says where the state lives, how it is unlocked, and on which addresses to listen.
    /// The clinic's own settings live in the store; on the first start they are taken from the file that `settings` names.
    /// Emergency calls work from the first second, before the store is unlocked. SIGTERM ends it cleanly.
    Run(RunOptions),
    /// Start the whole product on loopback, with a sample clinic, to try it.
    ///
    /// Nothing leaves this computer. When every part listens, it writes DIR/demo.json (a stable interface for tests and
    /// tools), and prints a one-time link to sign in and the numbers to try. SIGTERM or Ctrl-C ends it cleanly; a second
    /// start on the same --state continues where it was.
    Demo(DemoOptions),
    /// (internal) The sandboxed fax engine of one call; started by `run`.
    #[command(hide = true)]
    FaxWorker,
    /// (internal) The sandboxed converter of one fax's documents; started by `run`.
    #[command(hide = true)]
    Convert,
}

#[derive(Args)]
pub(crate) struct RunOptions {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

#[derive(Args, Clone)]
pub(crate) struct DemoOptions {
    /// Where the demo keeps its state. Left out: a fresh temporary folder, removed at the end.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Added to every port (5060, 8080, 2587 …), so that several demos can run side by side.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) port_offset: u16,
    /// The settings of another clinic than the sample one, for the first start on a state folder: to try a carrier of your own, say.
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Who looks the names of carriers up, in place of the system's servers.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) dns: Option<std::net::SocketAddr>,
    /// Drive the whole tour without a person: calls, mail to fax, fax to mail. Prints each step with its time; exits 0 or 1.
    #[arg(long)]
    pub(crate) check: bool,
}
