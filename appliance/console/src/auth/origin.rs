//! Where a changing request comes from. A browser sends our cookie also with a form that another site made it post (`SameSite=Lax`
//! stops most of that, not a sibling host), so such a request must show that one of our own pages made it.

use axum::http::header::{HOST, ORIGIN, REFERER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

/// True if the request changes nothing, or was made by one of our own pages: by `Sec-Fetch-Site` where the browser sends it, or else
/// because `Origin` names the host that was asked. A browser that sends neither is refused.
pub(crate) fn same_origin(method: &Method, headers: &HeaderMap) -> bool {
    if method.is_safe() {
        return true;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    ours(headers, ORIGIN).is_some()
}

/// The page of ours that a form was sent from, if its browser says so.
pub(crate) fn came_from(headers: &HeaderMap) -> Option<String> {
    let page = ours(headers, REFERER)?;
    // A path that begins with two names another host.
    page.path_and_query().map(|path| path.as_str().to_owned()).filter(|path| !path.starts_with("//"))
}

/// Where this console is for whoever asked ("https://192.0.2.1:8443"): for a link that somebody else shall open.
pub(crate) fn reached_at(headers: &HeaderMap, https: bool) -> Option<String> {
    if let Some(origin) = ours(headers, ORIGIN) {
        return Some(format!("{}://{}", origin.scheme_str()?, origin.authority()?));
    }
    let host = headers.get(HOST)?.to_str().ok()?;
    Some(format!("{}://{host}", if https { "https" } else { "http" }))
}

/// The address in this header, if it names the host that was asked.
fn ours(headers: &HeaderMap, name: HeaderName) -> Option<Uri> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let uri: Uri = text(name)?.parse().ok()?;
    let host = text(HOST)?;
    uri.authority().is_some_and(|named| named.as_str().eq_ignore_ascii_case(host)).then_some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, headers: &[(&'static str, &'static str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
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

    #[test]
    fn only_a_page_of_ours_is_gone_back_to() {
        let from = |referer: &'static str| {
            let host = ("host", "127.0.0.1:8080");
            let headers = [host, ("referer", referer)]
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            came_from(&HeaderMap::from_iter(headers))
        };
        assert_eq!(
            from("http://127.0.0.1:8080/plan/prompts?language=es").as_deref(),
            Some("/plan/prompts?language=es")
        );
        for bad in
            ["http://127.0.0.1:8081/plan", "http://127.0.0.1:8080//evil.example/", "/plan", "javascript:alert(1)", ""]
        {
            assert_eq!(from(bad), None, "{bad}");
        }
    }
}
