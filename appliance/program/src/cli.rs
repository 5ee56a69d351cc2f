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
    /// Until somebody has signed in, a start in a terminal prints a link for the first person who may manage; `frontdesk access` prints
    /// more, and passwords for phones and mail programs.
    /// Fax modems stand in the settings under [[modems]], ports for other fax programs under [[virtual_modems]]; who runs this must be
    /// allowed to open the modems' ports (on Debian: the group dialout).
    #[command(after_long_help = crate::config::HELP)]
    Run(RunOptions),
    /// Start the whole product on loopback, with a sample clinic, to try it.
    ///
    /// Nothing leaves this computer. When every part listens, it writes DIR/demo.json (a stable interface for tests and
    /// tools), and prints a one-time link to sign in and the numbers to try. SIGTERM or Ctrl-C ends it cleanly, and so does
    /// closing its terminal; a second start on the same --state continues where it was.
    Demo(DemoOptions),
    /// Check a dial plan, or say what happens to a call and why.
    ///
    /// Nothing goes live by this: a plan goes live in the console, under Plan, and can be taken back there with one press.
    /// Wherever a plan is wanted, write the name of a library plan (`frontdesk plan library` lists them) or a file.
    Plan(PlanOptions),
    /// Let a person, their phone or a program in, or out: links to sign in, passwords and tokens.
    ///
    /// The running program gives them, once its store is open: it is asked through a socket in its state folder (STATE/control), which
    /// only the user who runs it, and root, can open. What is printed is printed once and kept nowhere in the clear; what the
    /// person had before of the same kind ends, except for links and tokens. Each leaves a line in the audit, by "box".
    Access(AccessOptions),
    /// Print the clinic's settings, check a text of them, or let it take their place while everything runs.
    ///
    /// The running program does it, once its store is open, by the same socket as `frontdesk access`, and with the same checks as the
    /// console's page Settings: all problems at once, each with its line and what to do. Settings are saved whole or not at all, and
    /// calls and faxes that are up go on. What takes effect at once and what with the next start is printed, a line each. Settings
    /// that were saved before are kept, and are one press away in the console. The plan is none of them: see `frontdesk plan`.
    /// Passwords of trunks may stand in the text (password = "..." under [[trunks]]); they are taken out, kept apart, and never printed.
    ///
    /// Exits 0 if it was done; 1 if the text has problems or cannot be read; 2 if the verb was used wrongly; 3 if somebody else has saved
    /// settings since the text was printed; 4 if Frontdesk cannot be asked, or could not store it; 5 if it would leave registered phones
    /// outside the networks, where nobody answers them, not even when they call for help. Unless it exits 0, nothing was changed.
    Settings(SettingsOptions),
    /// (internal) The sandboxed fax engine of one call; started by `run`.
    #[command(hide = true)]
    FaxWorker,
    /// (internal) The sandboxed modem behind one port for other programs; started by `run`.
    #[command(hide = true)]
    FaxPort,
    /// (internal) The sandboxed gateway between two fax machines of others, in one call; started by `run`.
    #[command(hide = true)]
    FaxGateway,
    /// (internal) The sandboxed converter of one fax's documents; started by `run`.
    #[command(hide = true)]
    Convert,
    /// (internal) LibreOffice in its sandbox, for one office document; started by `run`.
    #[command(hide = true)]
    Office {
        /// The folder with the document.
        folder: std::path::PathBuf,
    },
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

#[derive(Args)]
pub(crate) struct AccessOptions {
    #[command(subcommand)]
    pub(crate) verb: AccessVerb,
}

#[derive(Subcommand)]
pub(crate) enum AccessVerb {
    /// Print a link that signs a person in at the console: once, within an hour.
    ///
    /// It is printed for each address at which the console listens; the first that their browser reaches is the one to open.
    /// Whoever has the link is that person: hand it over as you would a key.
    ///
    /// Example: frontdesk access link 103
    Link(AccessOf),
    /// Give a person's phones a new password, and print it with what else a phone wants to know.
    ///
    /// All phones of this person sign in with it from now on; those that have an older one are refused when they register next.
    ///
    /// Example: frontdesk access phone 101
    Phone(AccessOf),
    /// Give a person's mail program a new password, with which it hands in what is to be faxed, and print it.
    ///
    /// Example: frontdesk access mail 102
    Mail(AccessOf),
    /// Print a token with which a program calls the API, with the rights of this person.
    ///
    /// The program sends it with each request: "Authorization: Bearer TOKEN".
    ///
    /// Example: frontdesk access token 103 --days 30
    Token {
        #[command(flatten)]
        of: AccessOf,
        /// After how many days it ends.
        #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
    },
    /// Take back everything that lets a person in: links, sessions, tokens, the passwords of their phones and mail program, and the PIN of their mailbox.
    ///
    /// For somebody who leaves, or whose phone, notebook or token is in wrong hands. Their mailbox, faxes and messages stay, and so does
    /// their place in the plan. A phone that is registered already rings until its registration ends, an hour at most, and
    /// still reaches help, as any phone does. What lets them in again is given by the other verbs.
    ///
    /// Example: frontdesk access forget 102
    Forget(AccessOf),
}

#[derive(Args)]
pub(crate) struct AccessOf {
    /// The person: their user name, which is their extension.
    pub(crate) user: String,
    /// The state folder of the running program, as its configuration names it.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/frontdesk")]
    pub(crate) state: PathBuf,
}

#[derive(Args)]
pub(crate) struct SettingsOptions {
    #[command(subcommand)]
    pub(crate) verb: SettingsVerb,
    /// The state folder of the running program, as its configuration names it.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/frontdesk", global = true)]
    pub(crate) state: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum SettingsVerb {
    /// Print the settings that were saved last, without passwords.
    ///
    /// The first line says which generation they are: a text that is saved with it undoes nothing that others have saved meanwhile.
    ///
    /// Example: frontdesk settings show > clinic.toml
    Show,
    /// Say every problem of a text, or else what it would change and when. Changes nothing.
    ///
    /// Example: frontdesk settings check clinic.toml && echo good
    Check {
        /// A file, or - for what is piped in.
        file: PathBuf,
    },
    /// Let a text take the place of the settings, and print what that changes and when. Audited, by "box".
    ///
    /// Without the first line that `show` prints it takes the place of whatever is saved.
    ///
    /// If phones that are registered now would be outside the networks of the text, it names them and saves nothing, unless it is told
    /// to save all the same.
    ///
    /// Example: frontdesk settings show > clinic.toml; nano clinic.toml; frontdesk settings save clinic.toml
    Save {
        /// A file, or - for what is piped in.
        file: PathBuf,
        /// Also if registered phones would be left outside the networks.
        #[arg(long)]
        all_the_same: bool,
    },
}

#[derive(Args)]
pub(crate) struct PlanOptions {
    #[command(subcommand)]
    pub(crate) verb: PlanVerb,
}

#[derive(Subcommand)]
pub(crate) enum PlanVerb {
    /// Say every problem of a plan, each with its line and what to do. Exits 1 if there is one.
    ///
    /// Reported are, beside what cannot be read: steps that are not there, steps that no call reaches, ways that go round for
    /// ever, hours that overlap or never open, two who stand in at the same time, numbers that the plan may not call, and any
    /// entry that stands where an emergency number belongs, and prompts that nobody can say. With the clinic's settings also
    /// people, mailboxes and trunks that they do not have. A text that no prompt says is no problem: a hint names it.
    ///
    /// Example: frontdesk plan check my-plan.toml --settings clinic.toml --state /var/lib/frontdesk
    Check {
        /// A library plan or a file.
        plan: String,
        /// The clinic's settings (TOML): its people, trunks and numbers.
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
        /// The state folder, whose recordings (prompts/LANGUAGE/NAME.wav) may be named like prompts.
        #[arg(long, value_name = "DIR")]
        state: Option<PathBuf>,
    },
    /// List what a plan may let callers hear: the name of each prompt, and its words.
    ///
    /// A plan names them, as in prompt = ["clinic_closed", "clinic_emergency"]; callers hear them in their language, or in the
    /// one that stands before the name, as in "es/clinic_closed". Recordings of the clinic's own are named in the same way.
    ///
    /// Example: frontdesk plan prompts es --state /var/lib/frontdesk
    Prompts {
        /// en, es or fr.
        #[arg(default_value = "en")]
        language: String,
        /// The state folder, to list its recordings too.
        #[arg(long, value_name = "DIR")]
        state: Option<PathBuf>,
    },
    /// Say what happens to a call, and why: the very answer that the switchboard would give.
    ///
    /// First come the sentences of the decision, then the whole way of the call: each step with a number, and where it leads
    /// from there. "(perhaps)" depends on people: a key, nobody who answers. "(not at this time)" would happen at another hour.
    ///
    /// Example: frontdesk plan explain --settings clinic.toml --to main --at "2026-12-24 17:30"
    Explain(ExplainOptions),
    /// List the library's plans, or print one, to begin a plan of your own with.
    ///
    /// Example: frontdesk plan library dental > my-plan.toml
    Library {
        /// Which to print.
        name: Option<String>,
    },
}

#[derive(Args)]
pub(crate) struct ExplainOptions {
    /// A library plan or a file. Left out: the library plan that the settings name.
    pub(crate) plan: Option<String>,
    /// The clinic's settings (TOML): its people, trunks, numbers and time zone.
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: PathBuf,
    /// Who calls: an extension, a number outside, or "hidden" for somebody who shows none. Left out: somebody from outside of whom nothing is
    /// known, over the first trunk.
    #[arg(long, value_name = "CALLER")]
    pub(crate) from: Option<String>,
    /// What is dialled: a number or an extension, or "main" or "fax" for the clinic's own numbers.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) to: String,
    /// When, where the clinic is, as in "2026-12-24 17:30". Left out: now.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// How the night switch stands: "open" or "closed". Left out: it says nothing, and the hours decide.
    #[arg(long, value_name = "STATE")]
    pub(crate) night: Option<String>,
}
