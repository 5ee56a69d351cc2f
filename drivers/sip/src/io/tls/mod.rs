//! TLS by rustls with ring.
//!
//! A listener's certificate is replaced while connections stand: each keeps what its handshake began with. Towards a carrier the
//! certificate must be its own, by name (RFC 5922), and come from whom its trunk trusts: there is no way to switch that off.

mod verify;

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::link::Stream;
use crate::api::Trust;

/// Certificates or keys that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable(String);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

fn unusable(what: &str, why: impl fmt::Display) -> Unusable {
    Unusable(format!("{what}: {why}"))
}

/// A certificate with those that lead to its authority, and its key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({} certificates)", self.chain.len())
    }
}

impl Identity {
    /// From PEM: the certificate first, then what leads to its authority; and the key (PKCS #8, PKCS #1 or SEC 1).
    ///
    /// # Errors
    /// If either cannot be read. Whether they belong together is found when they are used.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, Unusable> {
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|e| unusable("the key cannot be read", e))?;
        Ok(Self { chain: certificates(chain)?, key })
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.map_err(|e| unusable("the certificate cannot be read", e))?;
    if all.is_empty() {
        return Err(Unusable("there is no certificate in it".to_owned()));
    }
    Ok(all)
}

fn roots(pem: &[u8]) -> Result<RootCertStore, Unusable> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).map_err(|e| unusable("the authority cannot be used", e))?;
    }
    Ok(roots)
}

/// What is asked of those who connect to us.
#[derive(Clone, Debug, Default)]
pub enum Clients {
    /// Nothing: a phone shows who it is by its password.
    #[default]
    Anybody,
    /// A certificate of one of these authorities (PEM), if it has one. A wrong one is refused.
    MayShow(Vec<u8>),
    /// A certificate of one of these authorities (PEM).
    MustShow(Vec<u8>),
}

/// The TLS side of listeners. All clones are the same one.
#[derive(Clone)]
pub struct Server(Arc<RwLock<Arc<ServerConfig>>>);

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}

impl Server {
    /// Shows this identity.
    ///
    /// # Errors
    /// If certificate and key do not belong together, or an authority cannot be read.
    pub fn new(identity: Identity, clients: &Clients) -> Result<Self, Unusable> {
        Ok(Self(Arc::new(RwLock::new(server_config(identity, clients)?))))
    }

    /// Shows another one from the next handshake on; connections that stand, go on. After an error all is as it was.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn replace(&self, identity: Identity, clients: &Clients) -> Result<(), Unusable> {
        let fresh = server_config(identity, clients)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Shakes hands. How long that may take is the caller's affair.
    ///
    /// # Errors
    /// If the other side does not speak TLS, or shows a certificate that is not trusted.
    pub async fn accept<S: Stream>(&self, stream: S) -> io::Result<impl Stream + use<S>> {
        let config = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        TlsAcceptor::from(config).accept(stream).await
    }
}

fn server_config(identity: Identity, clients: &Clients) -> Result<Arc<ServerConfig>, Unusable> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|e| unusable("TLS cannot be used", e))?;
    let verifier = |pem: &[u8]| -> Result<_, Unusable> {
        Ok(WebPkiClientVerifier::builder_with_provider(Arc::new(roots(pem)?), provider))
    };
    let broken = |e| unusable("the authority of the phones cannot be used", e);
    let builder = match clients {
        Clients::Anybody => builder.with_no_client_auth(),
        Clients::MayShow(pem) => builder.with_client_cert_verifier(
            verifier(pem)?.allow_unauthenticated().build().map_err(|e| broken(e.to_string()))?,
        ),
        Clients::MustShow(pem) => {
            builder.with_client_cert_verifier(verifier(pem)?.build().map_err(|e| broken(e.to_string()))?)
        }
    };
    let config = builder
        .with_single_cert(identity.chain, identity.key)
        .map_err(|e| unusable("the certificate and its key cannot be used", e))?;
    Ok(Arc::new(config))
}

/// The TLS side of connections that we open, for one kind of trust.
#[derive(Clone)]
pub(super) struct Client(Arc<ClientConfig>);

impl Client {
    /// Trusts these authorities, and shows our own certificate if it is asked for one.
    pub(super) fn new(trust: &Trust, own: Option<&Identity>) -> Result<Self, Unusable> {
        let roots = match trust {
            Trust::Public => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
            Trust::Only(pem) => roots(pem)?,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = verify::Verifier::new(roots, provider.clone())?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| unusable("TLS cannot be used", e))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let config = match own {
            None => builder.with_no_client_auth(),
            Some(own) => builder
                .with_client_auth_cert(own.chain.clone(), own.key.clone_key())
                .map_err(|e| unusable("our own certificate cannot be used", e))?,
        };
        Ok(Self(Arc::new(config)))
    }

    /// Shakes hands with a server that must be `name`.
    pub(super) async fn connect<S: Stream>(
        &self,
        name: ServerName<'static>,
        stream: S,
    ) -> io::Result<impl Stream + use<S>> {
        TlsConnector::from(self.0.clone()).connect(name, stream).await
    }
}

/// The name that a peer must prove: its domain, or its address if we know no domain.
pub(super) fn server_name(domain: Option<&str>, ip: IpAddr) -> Option<ServerName<'static>> {
    match domain {
        Some(domain) => ServerName::try_from(domain.to_owned()).ok(),
        None => Some(ServerName::IpAddress(ip.into())),
    }
}
