//! Whether a certificate is the carrier's (RFC 5922 section 7).

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use webpki::EndEntityCert;

use super::{Unusable, unusable};

/// Checks the chain as any TLS client does, and then the name as SIP wants it: a certificate with SIP URIs is for those domains alone,
/// any other one for its DNS names. A wildcard in these is taken, against section 7.2, since carriers have such certificates.
#[derive(Debug)]
pub(super) struct Verifier(Arc<WebPkiServerVerifier>);

/// Certificates of one chain that may each begin at another time.
const CHAIN: usize = 4;

impl Verifier {
    /// A certificate that is not good yet says that a clock is behind, and ours is likelier to be than its authority's: a box without a battery starts
    /// years back, and may have to call help before it has found out the time. Its chain and its name prove it as they do later. One that is over
    /// is refused.
    fn in_time(
        now: UnixTime,
        verify: impl Fn(UnixTime) -> Result<ServerCertVerified, Error>,
    ) -> Result<ServerCertVerified, Error> {
        let mut verified = verify(now);
        for _ in 0..CHAIN {
            let Err(Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. })) = verified
            else {
                break;
            };
            verified = verify(not_before);
        }
        verified
    }

    pub(super) fn new(roots: RootCertStore, provider: Arc<CryptoProvider>) -> Result<Self, Unusable> {
        let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        built.map(Self).map_err(|e| unusable("the authorities cannot be used", e))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let by_dns = Self::in_time(now, |now| self.0.verify_server_cert(certificate, intermediates, name, ocsp, now));
        // The name is what is looked at last: with this error, the chain was good.
        let wrong_name = |e: &Error| {
            matches!(
                e,
                Error::InvalidCertificate(
                    CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
                )
            )
        };
        if by_dns.as_ref().is_err_and(|e| !wrong_name(e)) {
            return by_dns;
        }
        match is_for_sip_domain(certificate, name) {
            Some(true) => Ok(ServerCertVerified::assertion()),
            Some(false) => Err(CertificateError::NotValidForName.into()),
            None => by_dns,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Whether one of the certificate's SIP URIs is this domain; `None` if it has no such URI (section 7.1).
fn is_for_sip_domain(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Option<bool> {
    let certificate = EndEntityCert::try_from(certificate).ok()?;
    let mut domains = certificate.valid_uri_names().filter_map(domain_of).peekable();
    domains.peek()?;
    let ServerName::DnsName(wanted) = name else { return Some(false) };
    Some(domains.any(|domain| domain.eq_ignore_ascii_case(wanted.as_ref())))
}

/// "sip:carrier.example" is an identity of that domain; one with a user is not (section 7.1).
fn domain_of(uri: &str) -> Option<&str> {
    let (scheme, domain) = uri.split_once(':')?;
    (scheme.eq_ignore_ascii_case("sip") && !domain.contains(['@', ';', '?', ':'])).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::domain_of;

    #[test]
    fn only_a_bare_domain_is_one() {
        assert_eq!(domain_of("SIP:carrier.example"), Some("carrier.example"));
        for other in
            ["sips:carrier.example", "sip:bob@carrier.example", "https://carrier.example", "sip:a;b", "carrier"]
        {
            assert_eq!(domain_of(other), None, "{other}");
        }
    }
}
