//! The shells over real sockets on loopback: swaks against our server, our client against our sink.

use std::net::IpAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};

use mail::inbound::{Access, AuthVerdict, Config, RecipientVerdict, StoreVerdict, Submission};
use mail::io::{Handler, Limits, deliver, serve};
use mail::outbound::Client;
use mail::sink;
use model::Pii;
use model::time::Clock;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::{config, settings};

/// Keeps what it gets; knows one user; panics for one recipient.
#[derive(Default)]
struct Desk(Mutex<Vec<Submission>>);

impl Handler for Desk {
    async fn check_auth(&self, _: Pii<IpAddr>, user: Pii<String>, password: Pii<String>) -> AuthVerdict {
        if user.expose() == "nurse@clinic.demo" && password.expose() == "secret" {
            AuthVerdict::Accept { by: "101".to_owned() }
        } else {
            AuthVerdict::Refuse
        }
    }

    async fn check_recipient(&self, _: Option<String>, address: Pii<String>) -> RecipientVerdict {
        assert!(!address.expose().starts_with("panic"), "as the test wants it");
        match mail::faxmail::recipient(address.expose(), &settings()) {
            Ok(_) => RecipientVerdict::Accept,
            Err(rejection) => RecipientVerdict::Refuse(rejection),
        }
    }

    async fn deliver(&self, submission: Submission) -> Result<(), StoreVerdict> {
        self.0.lock().expect("not poisoned").push(submission);
        Ok(())
    }
}

struct Server {
    port: u16,
    desk: Arc<Desk>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

#[allow(clippy::disallowed_methods, reason = "a test of a shell")]
async fn server(config: Config, limits: Limits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let port = listener.local_addr().expect("address").port();
    let desk = Arc::new(Desk::default());
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(serve(listener, config, Arc::clone(&desk), Clock::start(), limits, stopped));
    Server { port, desk, stop, task }
}

async fn line(stream: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).await.expect("read");
    line.trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swaks_submits_a_fax() {
    let server = server(Config { max_message: 1 << 20, ..config() }, Limits::default()).await;
    let port = server.port.to_string();
    let arguments = [
        "--server",
        "127.0.0.1",
        "--port",
        &port,
        "--from",
        "nurse@clinic.demo",
        "--to",
        "12025550101@fax.clinic.demo",
        "--auth",
        "LOGIN",
        "--auth-user",
        "nurse@clinic.demo",
        "--auth-password",
        "secret",
        "--header",
        "Subject: nocover x",
        "--body",
        ".\n..\nend",
        "--attach-type",
        "application/pdf",
        "--attach-name",
        "a.pdf",
        "--attach",
        "%PDF-1.7 x %%EOF",
    ];
    let arguments = arguments.map(str::to_owned);
    let run = move || Command::new("swaks").args(arguments).output();
    let output = match tokio::task::spawn_blocking(run).await.expect("ran") {
        // Not on every machine; CI has it.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && std::env::var_os("CI").is_none() => return,
        output => output.expect("swaks runs"),
    };
    let transcript = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && transcript.contains("250 2.0.0 Accepted, and safely stored"), "{transcript}");
    let kept = server.desk.0.lock().expect("not poisoned").pop().expect("kept");
    assert_eq!(kept.by.as_deref(), Some("101"));
    let order = mail::faxmail::parse(kept.body.expose(), &mail::faxmail::Config::default()).expect("an order");
    assert_eq!((order.subject.expose().as_str(), order.cover, order.documents.len()), ("x", None, 1));
    assert!(String::from_utf8_lossy(kept.body.expose()).contains("\r\n.\r\n..\r\nend"));
}

#[tokio::test]
async fn the_client_delivers_into_the_sinks_maildir() {
    let dir = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("address");
    let (stop, stopped) = watch::channel(false);
    let clock = Clock::start();
    let path = dir.path().to_owned();
    let sink = async move { sink::serve(listener, &path, clock, stopped).await };
    let body = [b"Subject: x\r\n\r\n".to_vec(), b".line of a large message\r\n".repeat(20_000)].concat();
    let client = |to: &str| Client::new("box", "".into(), to.into(), body.clone().into(), clock.now());
    let deliveries = async {
        let one = deliver(address, client("desk@clinic.demo"), clock).await;
        let two = deliver(address, client("nurse@clinic.demo"), clock).await;
        stop.send(true).expect("the sink listens");
        (one, two)
    };
    let (served, (one, two)) = tokio::join!(sink, deliveries);
    served.expect("served");
    assert_eq!((one.code, two.code), (250, 250));
    let files: Vec<_> = std::fs::read_dir(dir.path().join("new")).expect("new").collect();
    assert_eq!((files.len(), std::fs::read_dir(dir.path().join("tmp")).expect("tmp").count()), (2, 0));
    for file in files {
        let text = std::fs::read(file.expect("file").path()).expect("read");
        assert!(text.starts_with(b"Return-Path: <>\r\nDelivered-To: ") && text.ends_with(&body));
    }
}

#[tokio::test]
async fn a_sink_refuses_to_listen_to_the_world() {
    let dir = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("bound");
    let (_stop, stopped) = watch::channel(false);
    assert!(sink::serve(listener, dir.path(), Clock::start(), stopped).await.is_err());
}

#[tokio::test]
async fn nobody_there_is_code_0() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("address");
    drop(listener);
    let clock = Clock::start();
    let client = Client::new("box", "".into(), "a@b".into(), b"x".to_vec().into(), clock.now());
    let reply = deliver(address, client, clock).await;
    assert_eq!((reply.code, reply.text.expose().as_str()), (0, "no connection to the server: connection refused"));
}

#[tokio::test]
async fn above_the_limit_a_client_hears_421_and_a_place_comes_free_again() {
    let server = server(config(), Limits { connections: 2, per_peer: 2, ..Limits::default() }).await;
    let address = ("127.0.0.1", server.port);
    let mut first = BufReader::new(TcpStream::connect(address).await.expect("connected"));
    let mut second = BufReader::new(TcpStream::connect(address).await.expect("connected"));
    assert!(line(&mut first).await.starts_with("220 ") && line(&mut second).await.starts_with("220 "));
    let mut third = BufReader::new(TcpStream::connect(address).await.expect("connected"));
    assert_eq!(line(&mut third).await, "421 4.3.2 Too many connections; try again in a minute");
    // One session panics; only that one is lost, and its place is free.
    let script = "EHLO x\r\nAUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHNlY3JldA==\r\nMAIL FROM:<>\r\nRCPT TO:<panic@x>\r\n";
    first.write_all(script.as_bytes()).await.expect("written");
    let mut rest = String::new();
    let _ = first.read_to_string(&mut rest).await;
    loop {
        let mut again = BufReader::new(TcpStream::connect(address).await.expect("connected"));
        // The place is free when the server has noticed.
        if line(&mut again).await.starts_with("220 ") {
            break;
        }
        tokio::task::yield_now().await;
    }
    second.write_all(b"QUIT\r\n").await.expect("written");
    assert_eq!(line(&mut second).await, "221 2.0.0 Bye");
}

#[tokio::test]
async fn a_stop_says_goodbye() {
    let server = server(Config { access: Access::Open, ..config() }, Limits::default()).await;
    let mut idle = BufReader::new(TcpStream::connect(("127.0.0.1", server.port)).await.expect("connected"));
    assert!(line(&mut idle).await.starts_with("220 "));
    server.stop.send(true).expect("listens");
    assert_eq!(line(&mut idle).await, "421 4.3.2 We are restarting; try again in a minute");
    drop(idle);
    server.task.await.expect("ended");
}

#[tokio::test]
async fn messages_that_fill_the_memory_are_put_off() {
    let limits = Limits { held_bytes: 100_000, ..Limits::default() };
    let server = server(Config { access: Access::Open, max_message: 80_000, ..config() }, limits).await;
    let begin = b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<12025550101@fax.clinic.demo>\r\nDATA\r\n";
    let text = b"a line of text\r\n".repeat(4_000);
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let mut session = BufReader::new(TcpStream::connect(("127.0.0.1", server.port)).await.expect("connected"));
        session.write_all(begin).await.expect("written");
        while !line(&mut session).await.starts_with("354") {}
        session.write_all(&text).await.expect("written");
        sessions.push(session);
    }
    // Which of the two came last to the limit is for the scheduler to say; one is put off, and the other goes through.
    let mut last = Vec::new();
    for mut session in sessions {
        let _ = session.write_all(b".\r\n").await;
        last.push(line(&mut session).await);
    }
    last.sort();
    assert_eq!(
        last,
        ["250 2.0.0 Accepted, and safely stored", "421 4.3.1 Too many large messages at once; try again in a minute"]
    );
}
