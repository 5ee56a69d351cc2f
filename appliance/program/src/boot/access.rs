//! The ways in that `frontdesk access` asks for, given by the program that has the store open, and the socket through which that is asked.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use console::PasswordFor;
use model::settings::Right;
use model::time::Clock;
use model::{Random, Settings};
use store::effect::StoreError;
use store::{Store, TokenKind};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::Failure;
use super::at_the_box::AtTheBox;
use super::giving::Giving;
use super::taking_back::TakingBack;
use crate::control::{Answer, Asked, LONGEST, SOCKET, Way};
use crate::ports::Ports;

/// Who is in the audit for what was asked for at the box. People's user names are extensions, so nobody is called that.
pub(super) const BY: &str = "box";
/// How long somebody has to ask: what asks is a program.
const QUESTION: Duration = Duration::from_secs(5);
/// How long to wait after one could not be heard.
const AGAIN: Duration = Duration::from_millis(100);
const DAY: Duration = Duration::from_hours(24);

/// What ways in are made of.
pub(super) struct Access {
    pub(super) store: Store,
    pub(super) settings: watch::Receiver<Arc<Settings>>,
    pub(super) sessions: console::Sessions,
    pub(super) taking_back: TakingBack,
    pub(super) giving: Giving,
    pub(super) clock: Clock,
    pub(super) random: Random,
    /// Where the console is, and phones and mail programs sign in.
    pub(super) ports: Ports,
    /// For who asks for the settings.
    pub(super) at_the_box: AtTheBox,
}

/// The socket that is asked through, in the state folder. If it cannot be had the box does everything else.
pub(super) fn listen(state: &Path) -> Option<UnixListener> {
    let path = state.join(SOCKET);
    let bound = || {
        // One of an earlier start: the folder is locked, so nobody listens there.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        // Nobody else comes into the folder meanwhile.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    };
    bound().inspect_err(|error| tracing::error!(%error, "\"frontdesk access\" and \"frontdesk settings\" cannot reach this program")).ok()
}

impl Access {
    /// Answers one after the other, until the program ends.
    pub(super) async fn serve(mut self, listener: UnixListener) {
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                // Not the system's word: the program ends.
                Err(error) if error.raw_os_error().is_none() => return,
                // No descriptor is left, which passes; who asks meanwhile waits.
                Err(error) => {
                    tracing::error!(%error, "who asks for access cannot be heard");
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
            };
            if let Err(error) = self.answer(stream).await {
                tracing::debug!(%error, "who asked for access is gone");
            }
        }
    }

    async fn answer(&mut self, mut stream: UnixStream) -> io::Result<()> {
        let mut line = String::new();
        let (reader, mut writer) = stream.split();
        timeout(QUESTION, BufReader::new(reader.take(LONGEST)).read_line(&mut line)).await??;
        let answer = match serde_json::from_str(&line) {
            Ok(Asked::Access { what, user }) => self.give(what, user).await,
            Ok(Asked::Settings(asked)) => self.at_the_box.answer(asked).await,
            Err(_) => Answer::Refused("this program and the one that runs are not of the same version".to_owned()),
        };
        writer.write_all(&serde_json::to_vec(&answer)?).await
    }

    async fn give(&mut self, what: Way, user: String) -> Answer {
        let settings = self.settings.borrow().clone();
        if settings.person(&user).is_none() && !(what == Way::Forget && self.is_left(&user).await) {
            let all: Vec<&str> = settings.people.iter().map(|p| p.user.as_str()).collect();
            return Answer::Refused(format!("the clinic has nobody {user}; it has {}", all.join(", ")));
        }
        let given = match what {
            Way::Link => self.link(&user).await,
            Way::Phone => self.phone(&user).await,
            Way::Mail => self.mail(&user).await,
            Way::Token { days } => self.token(&user, days).await,
            Way::Forget => self.forget(&user).await,
        };
        given.map_or_else(|Failure(sentence)| Answer::Refused(sentence), Answer::Given)
    }

    /// Where a link for this person leads: at each address of the console, encrypted ones first. It works at one of them, once.
    async fn link(&self, user: &str) -> Result<String, Failure> {
        let path = self.sessions.mint_login_link(user, BY).await.map_err(unkept)?;
        let secure = self.ports.console_tls.iter().map(|at| ("https", at));
        let plain = self.ports.console.iter().map(|at| ("http", at));
        Ok(secure.chain(plain).map(|(scheme, at)| format!("{scheme}://{}{path}\n", reachable(*at))).collect())
    }

    async fn phone(&self, user: &str) -> Result<String, Failure> {
        let given = self.giving.give(PasswordFor::Phones, user, BY).await?;
        let (user, password) = (given.user.expose(), given.password.expose());
        let mut said = format!("user      {user}\npassword  {password}\ndomain    {}\n", given.domain);
        self.ports.sip.iter().for_each(|at| said += &format!("server    {at}\n"));
        Ok(said)
    }

    /// True if somebody who is not among the people any more has left what lets them in.
    async fn is_left(&self, user: &str) -> bool {
        let ways = self.store.people().ways(user, self.clock.now().wall).await;
        ways.is_ok_and(|ways| ways != store::Ways::default())
    }

    async fn forget(&self, user: &str) -> Result<String, Failure> {
        let sessions = self.taking_back.forget(user, BY).await?;
        Ok(format!("nothing lets {user} in any more; sessions that were ended: {sessions}\n"))
    }

    async fn mail(&self, user: &str) -> Result<String, Failure> {
        let given = self.giving.give(PasswordFor::Mail, user, BY).await?;
        let (user, password) = (given.user.expose(), given.password.expose());
        Ok(format!("user      {user}\npassword  {password}\nserver    {}\n", self.ports.submission))
    }

    async fn token(&mut self, user: &str, days: u32) -> Result<String, Failure> {
        let now = self.clock.now().wall;
        let until = Some(now + DAY * days);
        let tokens = self.store.tokens();
        let token = tokens.mint_by(BY, &mut self.random, user, TokenKind::Api, until, now).await.map_err(unkept)?;
        Ok(format!("{token}\n"))
    }

    /// For whoever starts a new box by hand: where its first manager signs in, while nobody ever has. Without a terminal what is printed ends in a
    /// log, in which nothing may stand that lets people in; and so it does in a container, which may have a terminal that nobody sits at. There
    /// nobody types into it, or the program is the first process.
    #[allow(clippy::print_stdout, reason = "for the person at the terminal")]
    pub(super) async fn welcome(&self) {
        if !matches!(self.store.audit().has("login").await, Ok(false)) {
            return;
        }
        let settings = self.settings.borrow().clone();
        let Some(manager) = settings.people.iter().find(|p| p.rights.contains(&Right::Manage)) else { return };
        let user = &manager.user;
        let is_seen = io::stdout().is_terminal() && io::stdin().is_terminal() && std::process::id() != 1;
        if !is_seen {
            return tracing::info!("nobody has signed in yet: \"frontdesk access link {user}\" prints a link");
        }
        match self.link(user).await {
            Ok(links) => {
                let mut said = format!("\nNobody has signed in yet. This signs {user} in, once, within an hour:\n\n");
                links.lines().for_each(|link| _ = writeln!(said, "  {link}"));
                println!("{said}\n\"frontdesk access link {user}\" prints another.\n");
            }
            Err(Failure(reason)) => tracing::error!("{reason}"),
        }
    }
}

pub(super) fn unkept(error: StoreError) -> Failure {
    Failure(format!("it cannot be stored, so nothing was given or taken: {error}"))
}

/// A listener at every address is reached, from the box itself, at the loopback.
fn reachable(at: SocketAddr) -> SocketAddr {
    let ip = match at.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, at.port())
}
