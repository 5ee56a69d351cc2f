//! One URI, address, Via or list: what is kept is what came in, and what is read twice reads the same.

use sip::wire::{Address, Scheme, Uri, Via, lex, uri};

pub fn run(data: &[u8]) {
    if let Ok(read) = Uri::parse(data) {
        assert_eq!(read.raw, data);
        assert!(read.port.is_none() || matches!(read.scheme, Scheme::Sip | Scheme::Sips));
        uri::literal(read.host);
        // In brackets it is the same URI.
        let bracketed = [b"<", data, b">;tag=1"].concat();
        let address = Address::parse(&bracketed).expect("a URI is an address when it is in brackets");
        assert_eq!((address.uri, address.tag()), (read, Some(&b"1"[..])));
    }
    if let Ok(address) = Address::parse(data) {
        assert_eq!(Uri::parse(address.uri.raw), Ok(address.uri));
        let name = address.name();
        assert!(name.len() <= 2 * address.display.len());
    }
    if let Some(via) = Via::parse(data) {
        assert_eq!(uri::host_port(via.host), Some((via.host, None)));
        let again = [via.head, b";", via.params].concat();
        assert_eq!(Via::parse(&again).map(|v| (v.host, v.port)), Some((via.host, via.port)));
    }
    lists(data);
}

fn lists(data: &[u8]) {
    let members: Vec<_> = lex::list(data).collect();
    // A list in its own words is the same list, unless a quote or a bracket stays open.
    let joined = members.join(&b","[..]);
    assert_eq!(lex::list(&joined).collect::<Vec<_>>(), members);
    for (name, value) in lex::params(data) {
        let _ = value.map(|v| lex::unquote(v).len() <= v.len());
        assert_eq!(lex::trim(name), name);
    }
    assert!(lex::unescape(data).len() <= data.len());
    assert!(lex::text(data).len() <= 2 * data.len());
}
