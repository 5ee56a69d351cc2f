//! Digest authentication (RFC 7616, RFC 8760): MD5, SHA-256 and SHA-512-256, with `qop` auth or auth-int. How a response is computed stands
//! here, once; `server` asks phones for one, and `client` gives carriers theirs.

pub(crate) mod client;
pub(crate) mod server;

use md5::Md5;
use sha2::{Sha256, Sha512_256};

/// How the password is hashed (RFC 8760 section 2.2), by strength. The names are those of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
    Sha512_256,
}

/// Which part of a message a response covers (RFC 7616 section 3.4), by preference of who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Quality {
    /// RFC 2069: no count, no nonce of the client's.
    Legacy,
    /// The body too, which whoever rewrites SDP on the way changes.
    AuthInt,
    Auth,
}

/// What both sides know of a response, beside the secret; each as the client writes it.
struct Proof<'a> {
    algorithm: Algorithm,
    quality: Quality,
    method: &'a [u8],
    uri: &'a [u8],
    body: &'a [u8],
    nonce: &'a [u8],
    /// `nc`, `cnonce` and `qop`: of no meaning if the quality is [`Quality::Legacy`].
    count: &'a [u8],
    cnonce: &'a [u8],
    qop: &'a [u8],
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Md5, Self::Sha256, Self::Sha512_256];

    const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512_256 => "SHA-512-256",
        }
    }

    /// Without a name it is MD5 (RFC 7616 section 3.4).
    fn named(name: &[u8]) -> Option<Self> {
        let name = if name.is_empty() { b"MD5" } else { name };
        Self::ALL.into_iter().find(|a| name.eq_ignore_ascii_case(a.name().as_bytes()))
    }

    /// The hash of the parts with colons between, in lower-case hexadecimal.
    fn hash(self, parts: &[&[u8]]) -> Hex {
        match self {
            Self::Md5 => joined::<Md5>(parts),
            Self::Sha256 => joined::<Sha256>(parts),
            Self::Sha512_256 => joined::<Sha512_256>(parts),
        }
    }

    /// HA1, which stands for the password in this realm (RFC 7616 section 3.4.2).
    fn secret(self, user: &[u8], realm: &[u8], password: &[u8]) -> String {
        self.hash(&[user, realm, password]).as_str().to_owned()
    }
}

fn joined<D: sha2::Digest>(parts: &[&[u8]]) -> Hex {
    let mut hasher = D::new();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            hasher.update(b":");
        }
        hasher.update(part);
    }
    Hex::of(&hasher.finalize())
}

/// A hash in lower-case hexadecimal, without a place on the heap: three of them are made for each request that proves its sender.
pub(crate) struct Hex {
    text: [u8; Self::LONGEST],
    length: usize,
}

impl Hex {
    /// Of 32 bytes.
    pub(crate) const LONGEST: usize = 64;

    /// Of at most 32 bytes; the rest is left out.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let (mut text, length) = ([0; Self::LONGEST], 2 * bytes.len().min(Self::LONGEST / 2));
        let written = hex::encode_to_slice(&bytes[..length / 2], &mut text[..length]);
        debug_assert!(written.is_ok(), "two digits for each byte");
        Self { text, length }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.text[..self.length]
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl Quality {
    /// As `qop` names it; without one the client is of RFC 2069.
    fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"" => Some(Self::Legacy),
            _ if name.eq_ignore_ascii_case(b"auth-int") => Some(Self::AuthInt),
            _ if name.eq_ignore_ascii_case(b"auth") => Some(Self::Auth),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Legacy => "",
            Self::AuthInt => "auth-int",
            Self::Auth => "auth",
        }
    }
}

impl Proof<'_> {
    /// The response of whoever knows this HA1 (RFC 7616 sections 3.4.1 and 3.4.3).
    fn response(&self, secret: &str) -> Hex {
        let hash = |parts: &[&[u8]]| self.algorithm.hash(parts);
        let ha2 = match self.quality {
            Quality::AuthInt => hash(&[self.method, self.uri, hash(&[self.body]).as_bytes()]),
            Quality::Legacy | Quality::Auth => hash(&[self.method, self.uri]),
        };
        let (secret, ha2) = (secret.as_bytes(), ha2.as_bytes());
        match self.quality {
            Quality::Legacy => hash(&[secret, self.nonce, ha2]),
            Quality::AuthInt | Quality::Auth => hash(&[secret, self.nonce, self.count, self.cnonce, self.qop, ha2]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7616 section 3.9.1, for both of its algorithms.
    #[test]
    fn the_example_of_the_standard() {
        for (algorithm, expected) in [
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let proof = Proof {
                algorithm,
                quality: Quality::Auth,
                method: b"GET",
                uri: b"/dir/index.html",
                body: b"",
                nonce: b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                count: b"00000001",
                cnonce: b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                qop: b"auth",
            };
            let secret = algorithm.secret(b"Mufasa", b"http-auth@example.org", b"Circle of Life");
            assert_eq!(proof.response(&secret).as_str(), expected);
        }
    }

    /// RFC 2069 section 2.4, with the response as its erratum 749 corrects it.
    #[test]
    fn the_example_of_the_old_standard() {
        let proof = Proof {
            algorithm: Algorithm::Md5,
            quality: Quality::Legacy,
            method: b"GET",
            uri: b"/dir/index.html",
            body: b"",
            nonce: b"dcd98b7102dd2f0e8b11d0f600bfb0c093",
            count: b"",
            cnonce: b"",
            qop: b"",
        };
        let secret = Algorithm::Md5.secret(b"Mufasa", b"testrealm@host.com", b"CircleOfLife");
        assert_eq!(proof.response(&secret).as_str(), "1949323746fe6a43ef61f9606e7febea");
    }

    /// RFC 7616 section 3.9.2 gives a digest in SHA-512-256, but with a hash of the user name; this is the hash itself, of FIPS 180-4's
    /// example.
    #[test]
    fn sha_512_256_is_the_truncated_one_with_its_own_start() {
        let of_abc = "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23";
        assert_eq!(Algorithm::Sha512_256.hash(&[b"abc"]).as_str(), of_abc);
    }
}
