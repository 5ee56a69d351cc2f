//! The console at its boundary: requests in, answers out, over a real store. What a browser makes of a page is not tested here.

mod access;
mod alerts;
mod api;
mod call_records;
mod callbacks;
mod ended;
mod faxes;
mod fetch;
mod gate;
mod handing;
mod live_call;
mod login;
mod looks;
mod missed;
mod offer;
mod orders;
mod pages;
mod password;
mod phone;
mod plan;
mod plan_callers;
mod plan_codes;
mod plan_costs;
mod plan_forms;
mod plan_groups;
mod plan_kept;
mod plan_numbers;
mod plan_oncall;
mod plan_outside;
mod plan_queues;
mod plan_removal;
mod plan_rooms;
mod prompts;
mod recording;
mod repeated;
mod send;
mod settings;
mod staff;
mod switches;
mod voicemail;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use model::command::{Command, CommandError, CommandOutcome};
use model::time::{Clock, Now, Wall};
use model::{FaxId, Random};
use store::TokenKind;
use tower::ServiceExt;

use crate::sample::{self, Faxes, Sample};

/// The host that requests ask.
const HOST: &str = "127.0.0.1:8080";
/// More than any page weighs.
const MOST: usize = 4 * 1024 * 1024;

/// A clinic with its console, an appliance that takes every order and remembers it, and somebody who is signed in, or not.
struct Clinic {
    router: Router,
    app: crate::App,
    faxes: Faxes,
    call: model::CallId,
    settings: tokio::sync::watch::Sender<Arc<model::Settings>>,
    snapshot: tokio::sync::watch::Sender<Arc<model::Snapshot>>,
    orders: Arc<Mutex<Vec<Command>>>,
    answer: Arc<Mutex<Result<CommandOutcome, CommandError>>>,
    /// Settings that are ordered are used.
    settles: Arc<AtomicBool>,
    _dir: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Clinic {
    /// On a Friday morning in November.
    async fn open() -> Self {
        Self::open_at(Now::simulation_start().wall).await
    }

    /// What it is now does not decide how a test ends.
    async fn open_at(wall: Wall) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let Sample { handles, orders: mut queue, snapshot, settings, faxes, call } =
            sample::open(dir.path(), Clock::start_at(wall)).await;
        let orders = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(Mutex::new(Ok(CommandOutcome::Done)));
        let settles = Arc::new(AtomicBool::new(false));
        let (seen, says, uses) = (orders.clone(), answer.clone(), settles.clone());
        let (store, live, clock) = (handles.store.clone(), settings.clone(), handles.clock);
        tokio::spawn(async move {
            while let Some(order) = queue.recv().await {
                let mut answer = says.lock().unwrap().clone();
                if let (Ok(_), Command::SetSettings { by, text, over }) = (&answer, &order.command)
                    && uses.load(Ordering::Relaxed)
                {
                    let set = sample::set_settings(&store, &live, (by, text.expose(), *over), clock.now().wall).await;
                    answer = set.map(|()| CommandOutcome::Done);
                }
                seen.lock().unwrap().push(order.command);
                let _ = order.reply.send(answer);
            }
        });
        let app = crate::App::new(handles);
        let router = crate::routes::router(app.clone());
        Self { router, app, faxes, call, settings, snapshot, orders, answer, settles, _dir: dir }
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("no error reaches the server");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, MOST).await.expect("a body");
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// A session of this user: the value of its cookie.
    async fn sign_in(&self, user: &str) -> String {
        let link = self.app.sessions.mint_login_link(user, user).await.expect("a link");
        let answer = self.ask(post(&link, None).body(Body::empty()).expect("request")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let cookie = answer.headers["set-cookie"].to_str().expect("text");
        cookie.split(';').next().expect("a pair").to_owned()
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.ask(get(path, Some(cookie)).body(Body::empty()).expect("request")).await
    }

    async fn post(&self, path: &str, cookie: &str) -> Answer {
        self.ask(post(path, Some(cookie)).body(Body::empty()).expect("request")).await
    }

    async fn token(&self, user: &str) -> String {
        let now = self.app.clock.now().wall;
        let mut random = Random::from_u64(5);
        self.app.store.tokens().mint(&mut random, user, TokenKind::Api, None, now).await.expect("a token")
    }

    /// The stable words of the audit, oldest first.
    async fn audit(&self) -> Vec<String> {
        let mut rows = self.app.store.audit().list(500).await.expect("rows");
        rows.reverse();
        rows.into_iter().map(|r| format!("{} {}", r.by, r.what)).collect()
    }

    fn ordered(&self) -> Vec<Command> {
        std::mem::take(&mut self.orders.lock().unwrap())
    }

    fn answers(&self, answer: Result<CommandOutcome, CommandError>) {
        *self.answer.lock().unwrap() = answer;
    }
}

fn get(path: &str, cookie: Option<&str>) -> axum::http::request::Builder {
    request(Method::GET, path, cookie)
}

fn post(path: &str, cookie: Option<&str>) -> axum::http::request::Builder {
    request(Method::POST, path, cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
}

fn request(method: Method, path: &str, cookie: Option<&str>) -> axum::http::request::Builder {
    let elsewhere: SocketAddr = ([192, 0, 2, 9], 40_000).into();
    let builder = Request::builder().method(method).uri(path).header("host", HOST).extension(ConnectInfo(elsewhere));
    match cookie {
        Some(cookie) => builder.header("cookie", cookie),
        None => builder,
    }
}

/// A multipart form: name, file name (or nothing), content.
fn form(fields: &[(&str, Option<&str>, &[u8])]) -> (String, Vec<u8>) {
    const LINE: &str = "----between";
    let mut body = Vec::new();
    for (name, file, content) in fields {
        let file = file.map(|f| format!("; filename=\"{f}\"")).unwrap_or_default();
        body.extend(format!("--{LINE}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").into_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend(format!("--{LINE}--\r\n").into_bytes());
    (format!("multipart/form-data; boundary={LINE}"), body)
}

fn some_fax(clinic: &Clinic) -> FaxId {
    clinic.faxes.unowned
}
