//! Where a changing request comes from. A browser sends our cookie also with a form that another site made it post (`SameSite=Lax`
//! stops most of that, not a sibling host), so such a request must show that one of our own pages made it.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method, Uri};

/// True if the request changes nothing, or was made by one of our own pages: by `Sec-Fetch-Site` where the browser sends it, or else
/// because `Origin` names the host that was asked. A browser that sends neither is refused.
pub(crate) fn same_origin(method: &Method, headers: &HeaderMap) -> bool {
    if method.is_safe() {
        return true;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let text = |name| headers.get(name).and_then(|v: &axum::http::HeaderValue| v.to_str().ok());
    let (Some(origin), Some(host)) = (text(ORIGIN), text(HOST)) else { return false };
    origin
        .parse::<Uri>()
        .ok()
        .and_then(|uri| uri.authority().map(|a| a.as_str().eq_ignore_ascii_case(host)))
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, headers: &[(&'static str, &'static str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, axum::http::HeaderValue::from_static(value));
        }
        same_origin(&method, &map)
    }

    #[test]
    fn only_our_own_pages_change_things() {
        let host = ("host", "127.0.0.1:8080");
        assert!(check(Method::GET, &[]));
        assert!(check(Method::POST, &[host, ("sec-fetch-site", "same-origin")]));
        assert!(!check(Method::POST, &[host, ("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:8080")]));
        assert!(!check(Method::POST, &[host, ("sec-fetch-site", "same-site")]));
        assert!(check(Method::POST, &[host, ("origin", "http://127.0.0.1:8080")]));
        assert!(!check(Method::POST, &[host, ("origin", "http://127.0.0.1:8081")]));
        assert!(!check(Method::POST, &[host, ("origin", "null")]));
        assert!(!check(Method::POST, &[host]));
    }
}
