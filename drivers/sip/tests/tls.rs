//! TLS over real sockets: who is trusted, how certificates change, and by which connection a phone is called.

mod net;

use std::time::Duration;

use net::{Authority, Running, Wanted, answers, ended, head, register, soon, start};
use sip::io::Patience;
use sip::io::tls::{Clients, Identity, Server};
use sip::{Command, SecurePeer, Transport, Trust};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn a_phone_is_called_over_the_connection_that_it_opened_and_over_no_other() {
    let clinic = Authority::new();
    let mut running = start(&clinic, Wanted::default()).await;
    let mut phone = clinic.connect(running.tls).await.expect("connected");
    phone.write_all(register("1", "TLS").as_bytes()).await.expect("written");
    let flow = running.registered().await;
    assert!(head(&mut phone).await.starts_with("SIP/2.0 200 OK\r\n"));
    assert!(flow.transport == Transport::Tls && flow.connection != 0);
    running.call(1, flow).await;
    let invite = head(&mut phone).await;
    assert!(invite.starts_with("INVITE sip:102@phone.invalid SIP/2.0\r\n"), "{invite}");
    assert!(
        invite.contains(&format!("Via: SIP/2.0/TLS {}", running.tls)) && invite.contains(";transport=tls>"),
        "{invite}"
    );

    // It goes, without a word. A call fails at once: at the port that it came from, nobody listens.
    drop(phone);
    assert_eq!(running.refused().await, 503);
    running.call(2, flow).await;
    assert_eq!(running.refused().await, 503);
    let mut phone = clinic.connect(running.tls).await.expect("connected again");
    phone.write_all(register("2", "TLS").as_bytes()).await.expect("written");
    let again = running.registered().await;
    assert!(head(&mut phone).await.starts_with("SIP/2.0 200 OK\r\n"));
    running.call(3, again).await;
    assert!(head(&mut phone).await.starts_with("INVITE "));
    running.call(4, flow).await;
    assert_eq!(running.refused().await, 503, "the old connection is still gone");
}

#[tokio::test]
async fn a_new_certificate_disconnects_nobody() {
    let (old, new) = (Authority::new(), Authority::new());
    let running = start(&old, Wanted::default()).await;
    let mut before = old.connect(running.tls).await.expect("connected");
    let (chain, key) = (b"no certificate".as_slice(), b"no key".as_slice());
    assert!(Identity::from_pem(chain, key).is_err());
    running.server.replace(new.identity(&["clinic.demo"]), &Clients::Anybody).expect("a certificate");
    assert!(answers(&mut before, "1", "TLS").await, "the old connection goes on");
    assert!(old.connect(running.tls).await.is_err(), "the old certificate is not shown any more");
    let mut after = new.connect(running.tls).await.expect("connected");
    assert!(answers(&mut after, "2", "TLS").await);
}

#[tokio::test]
async fn a_phone_shows_its_certificate_where_that_is_asked() {
    let (clinic, phones) = (Authority::new(), Authority::new());
    let wanted = || Wanted { clients: Clients::MustShow(phones.pem()), ..Wanted::default() };
    let running = start(&clinic, wanted()).await;
    // TLS 1.3 tells a client only after its own side of the handshake.
    let refused = async |stream: std::io::Result<tokio_rustls::client::TlsStream<TcpStream>>| match stream {
        Ok(mut stream) => !answers(&mut stream, "1", "TLS").await,
        Err(_) => true,
    };
    assert!(refused(clinic.connect(running.tls).await).await, "none");
    assert!(refused(clinic.connect_with(clinic.client(true), running.tls).await).await, "one of another authority");
    running.server.replace(clinic.identity(&["clinic.demo"]), &Clients::MustShow(clinic.pem())).expect("an authority");
    let mut phone = clinic.connect_with(clinic.client(true), running.tls).await.expect("connected");
    assert!(answers(&mut phone, "2", "TLS").await);
    running.server.replace(clinic.identity(&["clinic.demo"]), &Clients::MayShow(clinic.pem())).expect("an authority");
    let mut phone = clinic.connect(running.tls).await.expect("connected");
    assert!(answers(&mut phone, "3", "TLS").await, "it may, and need not");
}

/// Calls a carrier whose certificate is for these names, as one that must be `carrier.example`; true if the INVITE got there.
async fn carrier_is_called(
    running: &mut Running,
    names: &[&str],
    by: &Authority,
    trusted: &Authority,
    clients: &Clients,
) -> bool {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let server = Server::new(by.identity(names), clients).expect("a certificate");
    let peer = SecurePeer { address, domain: "carrier.example".to_owned(), trust: Trust::Only(trusted.pem()) };
    running.commands.send(Command::SetSecurePeers(vec![peer])).await.expect("it runs");
    running.call(u64::from(address.port()), running.towards(Transport::Tls, address)).await;
    let (stream, _) = soon(listener.accept()).await.expect("a connection");
    let got = match soon(server.accept(stream)).await {
        Ok(mut stream) => {
            let invite = head(&mut stream).await;
            let here = format!("Contact: <sip:{};transport=tls>", running.tls);
            assert!(
                !invite.starts_with("INVITE ") || invite.contains(&here),
                "it may come back where TLS is: {invite}"
            );
            invite.starts_with("INVITE ")
        }
        Err(_) => false,
    };
    // The carrier hangs up, or never was one.
    assert_eq!(running.refused().await, 503);
    got
}

#[tokio::test]
async fn a_carrier_must_be_who_it_is_called() {
    let (clinic, public, other) = (Authority::new(), Authority::new(), Authority::new());
    let mut running = start(&clinic, Wanted::default()).await;
    let none = Clients::Anybody;
    assert!(carrier_is_called(&mut running, &["carrier.example"], &public, &public, &none).await);
    assert!(
        carrier_is_called(&mut running, &["sip:carrier.example"], &public, &public, &none).await,
        "RFC 5922 section 7.1"
    );
    assert!(!carrier_is_called(&mut running, &["other.example"], &public, &public, &none).await, "another name");
    assert!(!carrier_is_called(&mut running, &["127.0.0.1"], &public, &public, &none).await, "its address is no name");
    assert!(!carrier_is_called(&mut running, &["carrier.example"], &other, &public, &none).await, "another authority");
    let both = ["sip:other.example", "carrier.example"];
    assert!(
        !carrier_is_called(&mut running, &both, &public, &public, &none).await,
        "with a SIP URI, no DNS name counts"
    );
    let must = Clients::MustShow(clinic.pem());
    assert!(
        !carrier_is_called(&mut running, &["carrier.example"], &public, &public, &must).await,
        "it asks who we are"
    );
    let own = Some(clinic.identity(&["clinic.demo"]));
    let mut running = start(&clinic, Wanted { own, ..Wanted::default() }).await;
    assert!(carrier_is_called(&mut running, &["carrier.example"], &public, &public, &must).await, "and is told");
}

/// A box without a battery starts with a clock that is years behind, and help is to be reached before it has found out the time.
#[tokio::test]
async fn a_clock_that_is_behind_keeps_no_carrier_away() {
    let clinic = Authority::new();
    let mut running = start(&clinic, Wanted::default()).await;
    let none = Clients::Anybody;
    for (years, good) in [(2090..2091, true), (1990..2000, false)] {
        let (public, other) = (Authority::new().in_years(years.clone()), Authority::new());
        let mut called = async |name, trusted| carrier_is_called(&mut running, &[name], &public, trusted, &none).await;
        assert_eq!(called("carrier.example", &public).await, good, "{years:?}");
        assert!(!called("other.example", &public).await, "another name");
        assert!(!called("carrier.example", &other).await, "another authority");
    }
}

#[tokio::test]
async fn a_peer_without_a_name_must_prove_its_address_to_a_public_authority() {
    let clinic = Authority::new();
    let mut running = start(&clinic, Wanted::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    running.call(1, running.towards(Transport::Tls, address)).await;
    let server = Server::new(clinic.identity(&["127.0.0.1"]), &Clients::Anybody).expect("a certificate");
    let (stream, _) = soon(listener.accept()).await.expect("a connection");
    assert!(soon(server.accept(stream)).await.is_err(), "our own authority is no public one");
    assert_eq!(running.refused().await, 503);
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_ended() {
    let clinic = Authority::new();
    let patience = Patience { handshake: Duration::from_millis(300), ..Patience::default() };
    let running = start(&clinic, Wanted { patience, ..Wanted::default() }).await;
    let mut silent = TcpStream::connect(running.tls).await.expect("connected");
    let mut begun = TcpStream::connect(running.tls).await.expect("connected");
    // The head of a ClientHello of 512 bytes, of which no more comes.
    begun.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await.expect("written");
    let mut phone = clinic.connect(running.tls).await.expect("others connect meanwhile");
    assert!(answers(&mut phone, "1", "TLS").await);
    ended(&mut silent).await;
    ended(&mut begun).await;
    let mut plain = TcpStream::connect(running.tls).await.expect("connected");
    plain.write_all(net::options("2", "TCP").as_bytes()).await.expect("written");
    let mut answer = Vec::new();
    let _ = soon(plain.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"SIP"), "no SIP without TLS");
}

#[tokio::test]
async fn hands_are_shaken_in_the_runtime_that_is_for_it_and_connections_go_on_without_that() {
    let clinic = Authority::new();
    let aside = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let running = start(&clinic, Wanted { aside: Some(aside.handle().clone()), ..Wanted::default() }).await;
    let mut phone = clinic.connect(running.tls).await.expect("connected");
    assert!(answers(&mut phone, "1", "TLS").await);
    aside.shutdown_background();
    assert!(clinic.connect(running.tls).await.is_err(), "nobody is there who shakes hands");
    assert!(answers(&mut phone, "2", "TLS").await, "a connection that stands does not need it");
}
