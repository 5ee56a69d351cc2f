//! Style, scripts and icon, inside the program. Their names carry a hash of their bytes, so that a browser may keep them for a year
//! and still gets the new ones after an update.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use ring::digest;

/// Where each asset is found.
pub(crate) struct Assets {
    /// The style sheet.
    pub(crate) style: String,
    /// The scripts, in the order in which they must run.
    pub(crate) scripts: Vec<String>,
    /// The telephone, on its own page alone.
    pub(crate) phone: Vec<String>,
    /// For pages with something to copy.
    pub(crate) copy: String,
    /// The icon.
    pub(crate) icon: String,
    files: Vec<(String, &'static str, &'static [u8])>,
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let mut files = Vec::new();
    let mut add = |stem: &str, ending: &str, kind, bytes: &'static [u8]| {
        let sum = digest::digest(&digest::SHA256, bytes);
        let short: String = sum.as_ref().iter().take(6).map(|b| format!("{b:02x}")).collect();
        let name = format!("{stem}.{short}.{ending}");
        files.push((name.clone(), kind, bytes));
        format!("/assets/{name}")
    };
    let style = add("frontdesk", "css", CSS, include_bytes!("../../assets/frontdesk.css"));
    let icon = add("icon", "svg", SVG, include_bytes!("../../assets/icon.svg"));
    let scripts = vec![
        add("htmx", "js", JS, include_bytes!("../../assets/vendor/htmx.min.js")),
        add("idiomorph", "js", JS, include_bytes!("../../assets/vendor/idiomorph-ext.min.js")),
        add("alarm", "js", JS, include_bytes!("../../assets/alarm.js")),
        add("app", "js", JS, include_bytes!("../../assets/app.js")),
    ];
    let phone = vec![
        add("phone-line", "js", JS, include_bytes!("../../assets/phone-line.js")),
        add("phone-sound", "js", JS, include_bytes!("../../assets/phone-sound.js")),
        add("phone-call", "js", JS, include_bytes!("../../assets/phone-call.js")),
        add("phone", "js", JS, include_bytes!("../../assets/phone.js")),
    ];
    let copy = add("copy", "js", JS, include_bytes!("../../assets/copy.js"));
    Assets { style, scripts, phone, copy, icon, files }
});

/// The assets.
pub(crate) fn assets() -> &'static Assets {
    &ASSETS
}

/// `GET /assets/{name}`.
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.files.iter().find(|(n, ..)| *n == name) {
        Some((_, kind, bytes)) => {
            ([(CONTENT_TYPE, *kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")], *bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The promise is 25 KB compressed. These scripts compress to about a third, so their plain size is held here.
    #[test]
    fn scripts_stay_small() {
        let of = |keep: &dyn Fn(&str) -> bool| -> usize {
            ASSETS.files.iter().filter(|(name, kind, _)| *kind == JS && keep(name)).map(|(_, _, b)| b.len()).sum()
        };
        let every_page = of(&|name| !name.starts_with("phone") && !name.starts_with("copy"));
        let phone = of(&|name| name.starts_with("phone"));
        assert!(every_page < 73_000, "{every_page} bytes of script");
        assert!(phone < 40_000, "{phone} bytes of script for the telephone");
    }
}
