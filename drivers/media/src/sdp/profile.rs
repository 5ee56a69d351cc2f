//! How an audio line travels, by the name of its transport.

/// A transport of RTP (RFC 3551, RFC 3711, RFC 4585, RFC 5764).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `RTP/AVP`: in the clear. With keys beside it, its end can do SRTP too (RFC 8643).
    #[default]
    Avp,
    /// The same with feedback.
    Avpf,
    /// `RTP/SAVP`: SRTP, under keys in the description.
    Savp,
    /// The same with feedback.
    Savpf,
    /// `UDP/TLS/RTP/SAVP`: SRTP, under keys that come by DTLS.
    Dtls,
    /// The same with feedback: what browsers speak.
    Dtlsf,
}

impl Profile {
    const ALL: [(Self, &str); 6] = [
        (Self::Avp, "RTP/AVP"),
        (Self::Avpf, "RTP/AVPF"),
        (Self::Savp, "RTP/SAVP"),
        (Self::Savpf, "RTP/SAVPF"),
        (Self::Dtls, "UDP/TLS/RTP/SAVP"),
        (Self::Dtlsf, "UDP/TLS/RTP/SAVPF"),
    ];

    /// Its name in `m=`.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(p, _)| *p == self).map_or("", |(_, name)| name)
    }

    /// By that name.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name)| text.eq_ignore_ascii_case(name)).map(|(p, _)| p)
    }

    /// It demands SRTP.
    pub const fn is_sealed(self) -> bool {
        !matches!(self, Self::Avp | Self::Avpf)
    }

    /// Its keys come by DTLS.
    pub const fn is_dtls(self) -> bool {
        matches!(self, Self::Dtls | Self::Dtlsf)
    }
}
