//! The clinic's own certificate authority, and the certificate that it gives the box.
//!
//! Both are made at the first start. Phones and browsers are told to trust the authority (`ca.pem`), which stays the same for the life of
//! the box; the box's certificate is renewed at each start and whenever the program is told to read its certificates again (SIGHUP), so
//! it always names the addresses that the box has, and by itself before it runs out or when the clock was put right. Whoever has a certificate of a public authority names it in the configuration, and is shown that.
//!
//! These files lie outside the store, in the clear and readable by the program only: phones must reach the box before anybody has unlocked it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use model::Wall;
use model::time::Clock;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use sip::io::tls::{Clients, Identity, Server};

/// What the configuration says about certificates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// A certificate (with what leads to its authority) and its key; else the clinic's own authority makes one.
    pub(crate) files: Option<(PathBuf, PathBuf)>,
    /// The authority of the phones' own certificates, and whether a phone must have one.
    pub(crate) phones: Option<(PathBuf, bool)>,
}

/// The certificates of a running box.
#[derive(Clone)]
pub(crate) struct Certificates {
    source: Source,
    state: PathBuf,
    names: Vec<String>,
    /// The first and the last day of the certificate of our own that is shown.
    shown: Arc<Mutex<[Date; 2]>>,
    /// What phones are shown.
    pub(crate) phones: Server,
    /// What browsers are shown.
    pub(crate) console: Server,
}

/// The lifetime of the box's certificate: browsers and phones accept no more than 825 days.
const DAYS: i64 = 800;
/// It is renewed so many days before its end.
const RENEWED: i64 = 30;
/// How often that is looked at: a clock that was wrong at the start is put right at any time.
const LOOK: Duration = Duration::from_secs(60 * 60);
/// A box without a clock battery may believe that it is 1970. No certificate of ours begins before this year, and the authority's ends in the other.
const YEARS: [i32; 2] = [2025, 2055];

impl Certificates {
    /// Loads or makes them. `names` are the domains and addresses by which the box is reached.
    pub(crate) fn load(source: Source, state: &Path, names: Vec<String>, now: Wall) -> Result<Self, String> {
        let identities = || identity(&source, state, &names, now);
        let clients = clients(&source)?;
        let phones = Server::new(identities()?, &clients).map_err(|e| e.to_string())?;
        let console = Server::new(identities()?, &Clients::Anybody).map_err(|e| e.to_string())?;
        let shown = Arc::new(Mutex::new(days(now)));
        Ok(Self { source, state: state.to_owned(), names, shown, phones, console })
    }

    /// Reads or makes them again. Connections that stand go on; after an error everything is as it was.
    pub(crate) fn reload(&self, now: Wall) -> Result<(), String> {
        let clients = clients(&self.source)?;
        let identity = || identity(&self.source, &self.state, &self.names, now);
        // Both before either is shown.
        let (phones, console) = (identity()?, identity()?);
        self.phones.replace(phones, &clients).map_err(|e| e.to_string())?;
        self.console.replace(console, &Clients::Anybody).map_err(|e| e.to_string())?;
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = days(now);
        Ok(())
    }

    /// Whether a certificate of our own is shown that does not hold today, or not for long, and another one would. While the clock is at
    /// 1970 there is none better.
    fn is_due(&self, now: Wall) -> bool {
        let shown = *self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let [from, until] = shown;
        let holds = from <= today(now) && today(now) < until.saturating_sub(jiff::Span::new().days(RENEWED));
        self.source.files.is_none() && !holds && days(now) != shown
    }

    /// Renews our own in time, for ever.
    pub(crate) async fn stay_valid(self, clock: Clock) {
        loop {
            tokio::time::sleep(LOOK).await;
            let now = clock.now().wall;
            if self.is_due(now) {
                match self.reload(now) {
                    Ok(()) => tracing::info!("the certificate was renewed"),
                    Err(reason) => tracing::error!("the certificate cannot be renewed: {reason}"),
                }
            }
        }
    }
}

/// The certificate of the clinic's authority, for phones and browsers.
pub(crate) fn authority(state: &Path) -> PathBuf {
    state.join("ca.pem")
}

/// Every name by which a box that listens on these addresses is reached. A wildcard has no name of its own, and a clinic whose settings
/// cannot be read has no domain yet.
pub(crate) fn names(domain: &str, addresses: impl Iterator<Item = IpAddr>) -> Vec<String> {
    let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    let addresses = addresses.chain(loopback).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string());
    let mut names: Vec<String> = [domain.to_owned(), "localhost".to_owned()].into_iter().chain(addresses).collect();
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    names
}

fn clients(source: &Source) -> Result<Clients, String> {
    Ok(match &source.phones {
        None => Clients::Anybody,
        Some((path, true)) => Clients::MustShow(read(path)?),
        Some((path, false)) => Clients::MayShow(read(path)?),
    })
}

fn identity(source: &Source, state: &Path, names: &[String], now: Wall) -> Result<Identity, String> {
    let (chain, key) = match &source.files {
        Some((chain, key)) => (read(chain)?, read(key)?),
        None => own(state, names, now)?,
    };
    Identity::from_pem(&chain, &key).map_err(|e| e.to_string())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|e| format!("the file {} cannot be read: {e}", path.display()))
}

/// A certificate of the clinic's own authority, and its key, in PEM.
fn own(state: &Path, names: &[String], now: Wall) -> Result<(Vec<u8>, Vec<u8>), String> {
    let folder = state.join("tls");
    fs::create_dir_all(&folder).map_err(|e| format!("the folder {} cannot be made: {e}", folder.display()))?;
    let (issuer, made) = issuer(&folder)?;
    if made || !authority(state).exists() {
        // Signed again by the same key under the same name, it is the same authority.
        let certificate = issuer.params.self_signed(&issuer.key).map_err(|e| e.to_string())?;
        write(&authority(state), certificate.pem().as_bytes(), 0o644)?;
    }
    let key = key(&folder.join("server.key"))?.0;
    let certificate = server_params(names, now)?
        .signed_by(&key, &Issuer::from_params(&issuer.params, &issuer.key))
        .map_err(|e| format!("the certificate cannot be made: {e}"))?;
    Ok((certificate.pem().into_bytes(), key.serialize_pem().into_bytes()))
}

struct Authority {
    params: CertificateParams,
    key: KeyPair,
}

/// The authority, and whether it is new. All but its key can be made again from that.
fn issuer(folder: &Path) -> Result<(Authority, bool), String> {
    let (key, made) = key(&folder.join("ca.key"))?;
    let digest = ring::digest::digest(&ring::digest::SHA256, key.public_key_raw());
    // A contractor's browser may trust the authorities of forty clinics: each has a name of its own.
    let name: String = digest.as_ref().iter().take(4).map(|b| format!("{b:02x}")).collect();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("Frontdesk clinic CA {name}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let [first, last] = YEARS;
    params.not_before = rcgen::date_time_ymd(first, 1, 1);
    params.not_after = rcgen::date_time_ymd(last, 1, 1);
    Ok((Authority { params, key }, made))
}

fn server_params(names: &[String], now: Wall) -> Result<CertificateParams, String> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    // For people who look at it; programs read the names below.
    params.distinguished_name.push(DnType::CommonName, "Frontdesk");
    for name in names {
        params.subject_alt_names.push(match name.parse::<IpAddr>() {
            Ok(ip) => SanType::IpAddress(ip),
            Err(_) => SanType::DnsName(name.as_str().try_into().map_err(|_| format!("{name} is not a domain"))?),
        });
    }
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    let [from, until] = days(now);
    let day = |d: Date| rcgen::date_time_ymd(i32::from(d.year()), d.month().unsigned_abs(), d.day().unsigned_abs());
    (params.not_before, params.not_after) = (day(from), day(until));
    Ok(params)
}

fn today(now: Wall) -> Date {
    now.timestamp().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The first and the last day of a certificate that is made now.
fn days(now: Wall) -> [Date; 2] {
    let first = today(now).max(jiff::civil::date(i16::try_from(YEARS[0]).unwrap_or(2025), 1, 2));
    // A phone whose clock is a day behind must not refuse us.
    [first.yesterday().unwrap_or(first), first.saturating_add(jiff::Span::new().days(DAYS))]
}

/// The key of this file, and whether it was made just now.
fn key(path: &Path) -> Result<(KeyPair, bool), String> {
    let broken = |e: rcgen::Error| format!("the key {} cannot be used: {e}", path.display());
    match fs::read_to_string(path) {
        Ok(pem) => Ok((KeyPair::from_pem(&pem).map_err(broken)?, false)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let key = KeyPair::generate().map_err(broken)?;
            write(path, key.serialize_pem().as_bytes(), 0o600)?;
            Ok((key, true))
        }
        Err(e) => Err(format!("the key {} cannot be read: {e}", path.display())),
    }
}

/// Replaces a file whole, durably.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), String> {
    let fresh = path.with_extension("new");
    let _ = fs::remove_file(&fresh);
    let written = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    written().map_err(|e| format!("the file {} cannot be written: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_authority_stays_and_the_keys_are_private() {
        let dir = tempfile::tempdir().expect("a folder");
        let now = model::Now::simulation_start().wall;
        let addresses = [IpAddr::from([192, 168, 1, 10]), IpAddr::from([0, 0, 0, 0])];
        let names = names("clinic.demo", addresses.into_iter());
        assert_eq!(names, ["127.0.0.1", "192.168.1.10", "::1", "clinic.demo", "localhost"]);
        let load = || Certificates::load(Source::default(), dir.path(), names.clone(), now).expect("certificates");
        let ca = || fs::read(authority(dir.path())).expect("ca.pem");
        load();
        let first = ca();
        load().reload(now).expect("reloaded");
        assert_eq!(first, ca());
        for file in ["ca.key", "server.key"] {
            let mode = fs::metadata(dir.path().join("tls").join(file)).expect("a key").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_box_that_believes_it_is_1970_has_certificates_all_the_same() {
        let dir = tempfile::tempdir().expect("a folder");
        let made = Certificates::load(Source::default(), dir.path(), vec!["clinic.demo".to_owned()], Wall(0));
        assert!(made.is_ok());
    }

    #[test]
    fn a_certificate_is_renewed_when_the_clock_is_put_right_and_before_it_runs_out() {
        let dir = tempfile::tempdir().expect("a folder");
        let of = |source| Certificates::load(source, dir.path(), vec!["clinic.demo".to_owned()], Wall(0));
        let made = of(Source::default()).expect("certificates");
        let at = |year, month, day| {
            let midnight = jiff::civil::date(year, month, day).to_zoned(jiff::tz::TimeZone::UTC).expect("a day");
            Wall(midnight.timestamp().as_millisecond())
        };
        let shown = || *made.shown.lock().expect("nobody has panicked");
        assert!(!made.is_due(Wall(0)), "there is none better");
        let right = at(2028, 5, 1);
        assert!(made.is_due(right) && shown()[1] < today(right));
        made.reload(right).expect("renewed");
        assert!(shown()[0] < today(right) && today(right) < shown()[1]);
        assert!(!made.is_due(right) && !made.is_due(at(2030, 6, 1)));
        assert!(made.is_due(at(2030, 7, 1)), "its last day is {}", shown()[1]);
        assert!(made.is_due(at(2027, 1, 1)), "the clock was ahead");
        // What others have made, others renew.
        let files = Some((dir.path().join("chain.pem"), dir.path().join("tls/server.key")));
        fs::copy(authority(dir.path()), dir.path().join("chain.pem")).expect("a certificate");
        fs::copy(dir.path().join("tls/ca.key"), dir.path().join("tls/server.key")).expect("its key");
        assert!(!of(Source { files, phones: None }).expect("certificates").is_due(right));
    }
}
