//! Codes: what staff dial to have the box do something, and where phones listen to pages.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::http::StatusCode;
use model::switches::Forward;
use plan::edit::{Change, Editor, NewCodes, is_code, is_page_group};
use plan::{Plan, Service};

use super::super::{Answer, Ctx, Fact, Place, Shell, page_with};
use super::edit::mark;
use super::forms::{self, Fields, Posted, Sent, Slip, SlipView};
use super::hours::Broken;

const PAGE: &str = "/plan/codes";

/// The services in the order in which people look for them, under the headings of their lists.
pub(super) const LISTS: [(&str, &[Service]); 5] = [
    (
        "dial-calls",
        &[
            Service::Pickup,
            Service::PickupGroup,
            Service::Intercom,
            Service::Page,
            Service::Private,
            Service::Directory,
            Service::Echo,
        ],
    ),
    ("dial-own", &[Service::DoNotDisturb(true), Service::DoNotDisturb(false), Service::Queues]),
    (
        "dial-forward",
        &[
            Service::Forward(Forward::Always),
            Service::ForwardOff(Forward::Always),
            Service::Forward(Forward::Busy),
            Service::ForwardOff(Forward::Busy),
            Service::Forward(Forward::NoAnswer),
            Service::ForwardOff(Forward::NoAnswer),
            Service::Forward(Forward::Unreachable),
            Service::ForwardOff(Forward::Unreachable),
            Service::Forward(Forward::Also),
            Service::ForwardOff(Forward::Also),
        ],
    ),
    ("dial-messages", &[Service::MyMailbox, Service::AnyMailbox]),
    (
        "dial-clinic",
        &[
            Service::Night,
            Service::BlockLast,
            Service::RefuseAnonymous(true),
            Service::RefuseAnonymous(false),
            Service::Record,
        ],
    ),
];

/// `GET /plan/codes`.
pub(crate) async fn codes_page(ctx: Ctx) -> Answer {
    show(&ctx, &Slip::default(), StatusCode::OK).await
}

/// `POST /plan/codes/{what}`.
pub(crate) async fn change_codes(ctx: Ctx, posted: Posted) -> Answer {
    match posted.change(&ctx, PAGE, |_, sent| wanted(&ctx, sent)).await? {
        Ok(done) => Ok(done),
        Err(slip) => show(&ctx, &slip, slip.status()).await,
    }
}

fn wanted(ctx: &Ctx, sent: &Sent) -> Result<Change, String> {
    match sent.what.as_str() {
        "codes" => codes(ctx, &sent.fields).map(Change::Codes),
        "page" => page_group(ctx, &sent.fields).map(Change::PageGroup),
        _ => Err(ctx.t("form-gone")),
    }
}

/// Those of a service that the form does not have stay as they are.
fn codes(ctx: &Ctx, fields: &Fields) -> Result<NewCodes, String> {
    let mut all = NewCodes::new();
    let mut whose: BTreeMap<&str, Service> = BTreeMap::new();
    for service in Service::all() {
        let Some(typed) = fields.get(service.word()) else { continue };
        let codes: BTreeSet<&str> = typed.split([' ', ',', ';']).filter(|code| !code.is_empty()).collect();
        for code in &codes {
            if !is_code(code) {
                let what = service_said(ctx, service);
                return Err(ctx.with("codes-none", &[("code", (*code).into()), ("what", (&what).into())]));
            }
            if let Some(other) = whose.insert(code, service).filter(|other| *other != service) {
                let (one, other) = (service_said(ctx, other), service_said(ctx, service));
                let args = [("code", (*code).into()), ("one", (&one).into()), ("other", (&other).into())];
                return Err(ctx.with("codes-twice", &args));
            }
        }
        all.insert(service, codes.into_iter().map(str::to_owned).collect());
    }
    Ok(all)
}

fn page_group(ctx: &Ctx, fields: &Fields) -> Result<Option<String>, String> {
    match fields.said("group") {
        "" => Ok(None),
        group if is_page_group(group) => Ok(Some(group.to_owned())),
        _ => Err(ctx.t("page-no-group")),
    }
}

/// What a code does, in words.
pub(super) fn service_said(ctx: &Ctx, service: Service) -> String {
    ctx.t(&format!("dial-{}", service.word()))
}

/// Which codes do what, in words.
pub(super) fn code_facts(ctx: &Ctx, plan: &Plan) -> Vec<Fact> {
    let said = |service| {
        let codes = codes_of(plan, service);
        (service_said(ctx, service), if codes.is_empty() { ctx.t("codes-off") } else { codes })
    };
    LISTS.iter().flat_map(|(_, services)| *services).map(|service| said(*service)).collect()
}

/// Where phones listen, in words.
pub(super) fn page_facts(ctx: &Ctx, plan: &Plan) -> Vec<Fact> {
    let at = plan.page_group().map_or_else(|| ctx.t("page-nowhere"), |at| at.to_string());
    vec![(ctx.t("page-group"), at)]
}

fn codes_of(plan: &Plan, service: Service) -> String {
    plan.codes(service).collect::<Vec<_>>().join(" ")
}

async fn show(ctx: &Ctx, slip: &Slip, status: StatusCode) -> Answer {
    let shell = ctx.shell(ctx.t("codes-title"), Place::Plan, &[]).await;
    let Some(editor) = forms::editor(ctx) else {
        return page_with(status, &Broken { shell });
    };
    let page = CodesPage {
        slip: &slip.said,
        over: mark(&ctx.settings),
        lists: lists(ctx, &editor, slip.of("codes")),
        page: PageForm::new(ctx, editor.plan(), slip.of("page")),
        shell,
    };
    page_with(status, &page)
}

#[derive(Template)]
#[template(path = "plan_codes.html")]
struct CodesPage<'a> {
    shell: Shell,
    slip: &'a SlipView,
    over: String,
    lists: Vec<List>,
    page: PageForm,
}

struct List {
    title: String,
    /// The field, what its code does, and the code.
    rows: Vec<(&'static str, String, String)>,
}

fn lists(ctx: &Ctx, editor: &Editor, typed: Option<&Fields>) -> Vec<List> {
    let row = |service: &Service| {
        let now = codes_of(editor.plan(), *service);
        let now = typed.and_then(|fields| fields.get(service.word())).map_or(now, str::to_owned);
        (service.word(), service_said(ctx, *service), now)
    };
    LISTS.iter().map(|(title, all)| List { title: ctx.t(title), rows: all.iter().map(row).collect() }).collect()
}

struct PageForm {
    said: Vec<Fact>,
    group: String,
    is_open: bool,
}

impl PageForm {
    fn new(ctx: &Ctx, plan: &Plan, typed: Option<&Fields>) -> Self {
        let now = plan.page_group().map(|at| at.to_string()).unwrap_or_default();
        Self {
            said: page_facts(ctx, plan),
            group: typed.map_or(now, |fields| fields.said("group").to_owned()),
            is_open: typed.is_some(),
        }
    }
}
