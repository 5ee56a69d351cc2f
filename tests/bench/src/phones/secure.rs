//! Phones that register over TLS and stay connected, each with a connection of its own. They block: one after the other is enough for what
//! they are to measure, which is memory.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use rustix::net::{AddressFamily, SocketType};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::message::Message;
use super::{Account, PATIENCE};

/// Phones at one address: fewer than the connections that one address may have.
const OF_ADDRESS: usize = 50;

/// A connection over which a phone is registered; it is while this lives.
pub(crate) struct Registered {
    stream: StreamOwned<ClientConnection, TcpStream>,
}

/// Registers so many phones of these accounts over TLS with the server at this address, whose authority's certificate is in this file.
pub(crate) fn register(
    accounts: &[Account],
    phones: usize,
    server: SocketAddr,
    authority: &str,
) -> io::Result<Vec<Registered>> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(&fs::read(authority)?).map_err(io::Error::other)?;
    roots.add(certificate).map_err(io::Error::other)?;
    let config = Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    let mut all = Vec::new();
    for n in 0..phones {
        let local = Ipv4Addr::new(127, 0, 1, u8::try_from(n / OF_ADDRESS + 1).map_err(io::Error::other)?);
        all.push(Registered::new(&accounts[n % accounts.len()], n, (local, server), &config)?);
    }
    Ok(all)
}

impl Registered {
    fn new(
        account: &Account,
        number: usize,
        (local, server): (Ipv4Addr, SocketAddr),
        config: &Arc<ClientConfig>,
    ) -> io::Result<Self> {
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
        rustix::net::bind(&socket, &SocketAddr::from((local, 0)))?;
        rustix::net::connect(&socket, &server)?;
        let socket = TcpStream::from(socket);
        socket.set_read_timeout(Some(PATIENCE))?;
        let name = ServerName::from(IpAddr::from(Ipv4Addr::LOCALHOST));
        let tls = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        let mut this = Self { stream: StreamOwned::new(tls, socket) };
        let challenge = this.ask(account, number, 1, "")?;
        let uri = format!("sip:{}", account.domain);
        let authorization = Message::new(&challenge).authorization("REGISTER", &uri, account);
        let authorization = authorization.ok_or_else(|| io::Error::other(format!("no challenge: {challenge}")))?;
        let answer = this.ask(account, number, 2, &authorization)?;
        match Message::new(&answer).status() {
            200 => Ok(this),
            status => Err(io::Error::other(format!("phone {number} over TLS was answered {status}"))),
        }
    }

    fn ask(&mut self, account: &Account, number: usize, cseq: u8, authorization: &str) -> io::Result<String> {
        let Account { user, domain, .. } = account;
        let local = self.stream.sock.local_addr()?;
        let request = format!(
            "REGISTER sip:{domain} SIP/2.0\r\nVia: SIP/2.0/TLS {local};branch=z9hG4bKt{number}c{cseq}p{};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{user}@{domain}>;tag=t{number}\r\nTo: <sip:{user}@{domain}>\r\n\
             Call-ID: t{number}@{local}\r\nCSeq: {cseq} REGISTER\r\nContact: <sip:{user}-{number}@{local};transport=tls>\r\n\
             Expires: 3600\r\nUser-Agent: Frontdesk bench\r\n{authorization}Content-Length: 0\r\n\r\n",
            local.port()
        );
        self.stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut some = [0; 2048];
            let read = self.stream.read(&mut some)?;
            if read == 0 {
                return Err(io::Error::other(format!("phone {number} was disconnected")));
            }
            answer.extend_from_slice(&some[..read]);
        }
        String::from_utf8(answer).map_err(io::Error::other)
    }
}
