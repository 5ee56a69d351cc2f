//! The one table of routes: method, path, what it needs, how it answers a stranger, and its handler. A route that is not in the table
//! does not exist; one that is cannot forget its gate.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use model::settings::{LONGEST_SETTINGS, Right};

use crate::auth::Guard;
use crate::failure::{ApiFailure, Failure, problems_to_programs, with_way_back};
use crate::http::{assets, headers};
use crate::{App, api, auth, phone, sip, ui};

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: signing in, assets, health.
    Nothing,
    /// Anybody who is signed in.
    Person,
    /// The telephone of whoever is signed in, which rings on at a desk that was left.
    Telephone,
    /// This right.
    Right(Right),
    /// Both of these rights.
    Rights(Right, Right),
    /// A request from this machine, or this right.
    LoopbackOr(Right),
}

/// Whom a route answers: a person with a browser, or a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// Pages.
    Page,
    /// JSON, or another format for programs.
    Api,
}

/// A line of the table.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) need: Need,
    pub(crate) face: Face,
    handler: MethodRouter<App>,
}

/// Forms without a document.
const SMALL_BODY: usize = 64 * 1024;
/// Forms with documents: the most that settings can allow, and the form around it. What they do allow is held while a form is read, since
/// they may change.
const LARGEST_BODY: usize = 101 * 1024 * 1024;

fn get<H, T>(path: &'static str, need: Need, handler: H) -> Route
where
    H: Handler<T, App>,
    T: 'static,
{
    Route { method: Method::GET, path, need, face: Face::Page, handler: on(MethodFilter::GET, handler) }
}

fn post<H, T>(path: &'static str, need: Need, handler: H) -> Route
where
    H: Handler<T, App>,
    T: 'static,
{
    Route { method: Method::POST, path, need, face: Face::Page, handler: on(MethodFilter::POST, handler) }
}

fn for_programs(route: Route) -> Route {
    Route { face: Face::Api, ..route }
}

/// The table.
pub(crate) fn table() -> Vec<Route> {
    use Need::{LoopbackOr, Nothing, Person, Right as R, Rights, Telephone};
    use Right::{Manage, SeeCalls, SeeFaxes, SeePeople, SendFaxes};
    vec![
        get("/login", Nothing, ui::login::how),
        get("/login/{secret}", Nothing, ui::login::link),
        post("/login/{secret}", Nothing, ui::login::redeem),
        post("/logout", Person, ui::login::out),
        get("/account", Person, ui::access::account),
        post("/account/link", Person, ui::access::own_link),
        get("/account/password/{what}", Person, ui::password::confirm_own),
        post("/account/password/{what}", Person, ui::password::give_own),
        for_programs(get("/assets/{name}", Nothing, assets::asset)),
        for_programs(get("/health", Nothing, api::health)),
        for_programs(get("/metrics", LoopbackOr(Manage), api::metrics)),
        for_programs(get("/ws/sip", Nothing, sip::upgrade)),
        for_programs(get("/ws/phone", Telephone, phone::upgrade)),
        for_programs(get("/events", Person, ui::live::events)),
        get("/", Person, ui::today::page),
        get("/find", Person, ui::find::page),
        get("/alerts", Person, ui::alerts::alone),
        post("/alerts/{id}/acknowledge", Person, ui::alerts::acknowledge),
        get("/phone", Person, ui::phone::page),
        get("/dial", Person, ui::plan::dial_page),
        get("/calls", R(SeeCalls), ui::calls::page),
        get("/calls/turned-away", R(SeeCalls), ui::turned_away::page),
        get("/calls/statistics", R(SeeCalls), ui::call_statistics::page),
        get("/calls/{id}", R(SeeCalls), ui::calls::one),
        get("/calls/{id}/recording.wav", R(SeeCalls), ui::recording::sound),
        post("/calls/{id}/recording", R(SeeCalls), ui::recording::mark),
        get("/calls/{id}/capture", R(SeeCalls), ui::calls::capture),
        get("/calls/{id}/block", R(SeeCalls), ui::calls::confirm_block),
        post("/calls/{id}/block", R(SeeCalls), ui::calls::block),
        post("/calls/{id}/missed/{verb}", R(SeeCalls), ui::missed::mark),
        get("/calls/{id}/hang-up", R(Manage), ui::calls::confirm_hang_up),
        post("/calls/{id}/hang-up", R(Manage), ui::calls::hang_up),
        get("/calls.csv", R(SeeCalls), ui::calls::export),
        get("/voicemail", Person, ui::voicemail::page),
        get("/voicemail/pin", Person, ui::voicemail::to_page),
        post("/voicemail/pin", Person, ui::voicemail::set_pin),
        get("/voicemail/greetings/{kind}/greeting.wav", Person, ui::voicemail::greeting_sound),
        post("/voicemail/greetings/{kind}", Person, ui::voicemail::set_greeting),
        get("/voicemail/{id}/message.wav", Person, ui::voicemail::sound),
        post("/voicemail/{id}/give", Person, ui::voicemail::give),
        post("/voicemail/{id}/{verb}", Person, ui::voicemail::mark),
        get("/faxes", R(SeeFaxes), ui::faxes::page),
        get("/faxes/{id}", R(SeeFaxes), ui::fax::page),
        get("/faxes/{id}/pages/{number}", R(SeeFaxes), ui::pages::viewer),
        get("/faxes/{id}/pages/{number}/{size}", R(SeeFaxes), ui::pages::picture),
        get("/faxes/{id}/fax.pdf", R(SeeFaxes), ui::pages::pdf),
        get("/faxes/{id}/fax.tif", R(SeeFaxes), ui::pages::tiff),
        get("/faxes/statistics", R(SeeFaxes), ui::statistics::page),
        post("/faxes/unblock", R(SeeFaxes), ui::filing::unblock),
        get("/faxes/{id}/receipt.pdf", R(SeeFaxes), ui::receipt::download),
        post("/faxes/{id}/file", R(SeeFaxes), ui::filing::file),
        get("/faxes/{id}/block", R(SeeFaxes), ui::filing::confirm_block),
        post("/faxes/{id}/block", R(SeeFaxes), ui::filing::block),
        post("/faxes/{id}/forget", R(SendFaxes), ui::filing::forget),
        get("/faxes/{id}/forward", Rights(SeeFaxes, SendFaxes), ui::filing::confirm_forward),
        post("/faxes/{id}/forward", Rights(SeeFaxes, SendFaxes), ui::filing::forward),
        post("/faxes/{id}/take", R(SeeFaxes), ui::decide::take),
        post("/faxes/{id}/give", R(SeeFaxes), ui::handing::give),
        post("/faxes/{id}/lay-back", R(SeeFaxes), ui::handing::lay_back),
        get("/faxes/{id}/arrived", R(SendFaxes), ui::decide::confirm_arrived),
        post("/faxes/{id}/arrived", R(SendFaxes), ui::decide::arrived),
        get("/faxes/{id}/again", R(SendFaxes), ui::decide::confirm_again),
        post("/faxes/{id}/again", R(SendFaxes), ui::decide::again),
        get("/faxes/{id}/recall", R(SendFaxes), ui::decide::confirm_recall),
        post("/faxes/{id}/recall", R(SendFaxes), ui::decide::recall),
        get("/send", R(SendFaxes), ui::send::form),
        post("/send", R(SendFaxes), ui::send::check),
        get("/send/{draft}", R(SendFaxes), ui::send::confirm),
        post("/send/{draft}", R(SendFaxes), ui::send::send),
        get("/fetch", R(SendFaxes), ui::fetch::form),
        post("/fetch", R(SendFaxes), ui::fetch::order),
        get("/offer", R(SendFaxes), ui::offer::form),
        post("/offer", R(SendFaxes), ui::offer::order),
        get("/people", R(SeePeople), ui::people::page),
        get("/people/add", R(Manage), ui::staff::form),
        post("/people/add", R(Manage), ui::staff::add),
        get("/people/{id}", Person, ui::switches::page),
        post("/people/{id}", Person, ui::switches::save),
        post("/people/{id}/link", R(Manage), ui::access::link),
        get("/people/{id}/forget", R(Manage), ui::access::confirm_forget),
        post("/people/{id}/forget", R(Manage), ui::access::forget),
        get("/people/{id}/change", R(Manage), ui::staff::change_form),
        post("/people/{id}/change", R(Manage), ui::staff::change),
        get("/people/{id}/remove", R(Manage), ui::staff::confirm_remove),
        post("/people/{id}/remove", R(Manage), ui::staff::remove),
        get("/people/{id}/password/{what}", R(Manage), ui::password::confirm),
        post("/people/{id}/password/{what}", R(Manage), ui::password::give),
        post("/callbacks/{id}/cancel", R(SeeCalls), ui::callbacks::cancel),
        post("/switch/queue", Person, ui::queues::switch),
        post("/switch/night", R(SeePeople), ui::switches::night),
        post("/switch/anonymous", R(SeeCalls), ui::switches::anonymous),
        post("/switch/let-in", R(SeeCalls), ui::switches::let_in),
        get("/plan", R(SeeCalls), ui::plan::page),
        post("/plan/hours", R(SeePeople), ui::plan::hours),
        get("/plan/hours", R(Manage), ui::plan::hours_page),
        post("/plan/hours/{what}", R(Manage), ui::plan::change_hours),
        get("/plan/groups", R(Manage), ui::plan::groups_page),
        post("/plan/groups/{what}", R(Manage), ui::plan::change_groups),
        get("/plan/oncall", R(Manage), ui::plan::oncall_page),
        post("/plan/oncall/{what}", R(Manage), ui::plan::change_oncall),
        get("/plan/numbers", R(Manage), ui::plan::numbers_page),
        post("/plan/numbers/{what}", R(Manage), ui::plan::change_numbers),
        get("/plan/callers", R(Manage), ui::plan::rules_page),
        post("/plan/callers/{what}", R(Manage), ui::plan::change_rules),
        get("/plan/costs", R(Manage), ui::plan::costs_page),
        post("/plan/costs/{what}", R(Manage), ui::plan::change_costs),
        get("/plan/outside", R(Manage), ui::plan::outside_page),
        post("/plan/outside/{what}", R(Manage), ui::plan::change_outside),
        get("/plan/rooms", R(Manage), ui::plan::rooms_page),
        post("/plan/rooms/{what}", R(Manage), ui::plan::change_rooms),
        get("/plan/kept", R(Manage), ui::plan::kept_page),
        post("/plan/kept/{what}", R(Manage), ui::plan::change_kept),
        get("/plan/codes", R(Manage), ui::plan::codes_page),
        post("/plan/codes/{what}", R(Manage), ui::plan::change_codes),
        get("/plan/names", R(Manage), ui::plan::names_page),
        post("/plan/names/{what}", R(Manage), ui::plan::change_names),
        get("/plan/text", R(Manage), ui::plan::form),
        post("/plan/text", R(Manage), ui::plan::save),
        post("/plan/back", R(Manage), ui::plan::back),
        get("/settings", R(Manage), ui::settings::edit::form),
        post("/settings", R(Manage), ui::settings::edit::save),
        post("/settings/back", R(Manage), ui::settings::edit::back),
        get("/plan/prompts", R(Manage), ui::plan::prompts::page),
        post("/plan/prompts", R(Manage), ui::plan::prompts::add),
        get("/plan/prompts/{what}/sound.wav", R(Manage), ui::plan::prompts::sound),
        post("/plan/prompts/{what}", R(Manage), ui::plan::prompts::record),
        post("/plan/prompts/{what}/by-phone", R(Manage), ui::plan::prompts::by_phone),
        post("/plan/prompts/{what}/undo", R(Manage), ui::plan::prompts::undo),
        post("/door/lift", R(Manage), ui::people::lift),
        post("/ports/no-modem", R(Manage), ui::today::no_modem),
        for_programs(get("/api/v1/status", R(SeeCalls), api::status)),
        for_programs(get("/api/v1/defence", R(SeePeople), api::defence)),
        for_programs(get("/api/v1/calls", R(SeeCalls), api::calls::list)),
        for_programs(get("/api/v1/calls/live", R(SeeCalls), api::calls::live)),
        for_programs(get("/api/v1/calls/{id}/ladder", R(SeeCalls), api::calls::ladder)),
        for_programs(get("/api/v1/calls/{id}/capture", R(SeeCalls), api::calls::capture)),
        for_programs(post("/api/v1/calls/{id}/missed/{verb}", R(SeeCalls), api::calls::mark_missed)),
        for_programs(get("/api/v1/calls/{id}/recording", R(SeeCalls), api::recordings::one)),
        for_programs(get("/api/v1/calls/{id}/recording.wav", R(SeeCalls), api::recordings::sound)),
        for_programs(post("/api/v1/calls/{id}/recording/{verb}", R(SeeCalls), api::recordings::mark)),
        for_programs(get("/api/v1/calls.csv", R(SeeCalls), api::calls::export)),
        for_programs(get("/api/v1/voicemails", Person, api::voicemails::list)),
        for_programs(get("/api/v1/voicemails/{id}/message.wav", Person, api::voicemails::sound)),
        for_programs(post("/api/v1/voicemails/{id}/give", Person, api::voicemails::give)),
        for_programs(post("/api/v1/voicemails/{id}/{verb}", Person, api::voicemails::mark)),
        for_programs(get("/api/v1/faxes", R(SeeFaxes), api::faxes::list)),
        for_programs(post("/api/v1/faxes", R(SendFaxes), api::faxes::send)),
        for_programs(post("/api/v1/faxes/fetch", R(SendFaxes), api::fetch::order)),
        for_programs(get("/api/v1/faxes/offers", R(SeeFaxes), api::offers::list)),
        for_programs(post("/api/v1/faxes/offers", R(SendFaxes), api::offers::lay_out)),
        for_programs(post("/api/v1/faxes/{id}/withdraw", R(SendFaxes), api::offers::withdraw)),
        for_programs(get("/api/v1/faxes/to-fetch", R(SeeFaxes), api::faxes::to_fetch)),
        for_programs(get("/api/v1/faxes/{id}", R(SeeFaxes), api::faxes::one)),
        for_programs(get("/api/v1/faxes/{id}/fax.pdf", R(SeeFaxes), api::faxes::pdf)),
        for_programs(get("/api/v1/faxes/{id}/fax.tif", R(SeeFaxes), api::faxes::tiff)),
        for_programs(post("/api/v1/faxes/{id}/recall", R(SendFaxes), api::faxes::recall)),
        for_programs(post("/api/v1/faxes/{id}/give", R(SeeFaxes), api::handing::give)),
        for_programs(post("/api/v1/faxes/{id}/lay-back", R(SeeFaxes), api::handing::lay_back)),
        for_programs(post("/api/v1/faxes/{id}/fetched", R(SeeFaxes), api::faxes::fetched)),
    ]
}

/// The router of the table.
pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in table() {
        let takes_documents = route.method == Method::POST
            && matches!(
                route.path,
                "/send"
                    | "/offer"
                    | "/api/v1/faxes"
                    | "/api/v1/faxes/offers"
                    | "/voicemail/greetings/{kind}"
                    | "/plan/prompts"
                    | "/plan/prompts/{what}"
            );
        // A form may make three bytes of one: a plan has 64 KiB at most, and settings are told that they are too long.
        let limit = if takes_documents {
            LARGEST_BODY
        } else if route.path == "/plan/text" {
            4 * SMALL_BODY
        } else if route.path == "/settings" {
            3 * LONGEST_SETTINGS + SMALL_BODY
        } else {
            SMALL_BODY
        };
        let guard = Guard { app: app.clone(), need: route.need, face: route.face };
        let handler =
            route.handler.layer(DefaultBodyLimit::max(limit)).route_layer(from_fn_with_state(guard, auth::gate));
        router = router.route(route.path, handler);
    }
    router
        .fallback(nowhere)
        .layer(from_fn(with_way_back))
        .layer(from_fn(problems_to_programs))
        .layer(from_fn_with_state(app.clone(), headers::strict))
        .with_state(app)
}

async fn nowhere(uri: Uri) -> Response {
    if uri.path().starts_with("/api/") {
        ApiFailure::from(Failure::NotFound).into_response()
    } else {
        Failure::NotFound.into_response()
    }
}
