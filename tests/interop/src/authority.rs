//! An authority of a carrier's own, made by OpenSSL, and the certificate of its server.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run;

/// An authority.
pub struct Authority {
    folder: PathBuf,
}

impl Authority {
    /// Makes one in this folder.
    pub fn new(folder: &Path) -> Self {
        let this = Self { folder: folder.to_owned() };
        let (key, pem) = (this.file("authority-key.pem"), this.file("authority.pem"));
        let curve = "ec_paramgen_curve:prime256v1";
        let named = ["-subj", "/CN=Authority of a carrier", "-days", "2"];
        let made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", curve, "-nodes", "-keyout", &key, "-out", &pem];
        run("openssl", &[made.as_slice(), &named].concat());
        this
    }

    /// Its certificate, as the settings hold it.
    ///
    /// # Panics
    /// If the folder is gone.
    pub fn pem(&self) -> String {
        fs::read_to_string(self.file("authority.pem")).expect("OpenSSL made it")
    }

    /// Writes `key.pem` and `certificate.pem` for a server of this name.
    ///
    /// # Panics
    /// If the folder is gone.
    pub fn certify(&self, name: &str) {
        let (key, request, pem) = (self.file("key.pem"), self.file("request.pem"), self.file("certificate.pem"));
        let (by, by_key, more) = (self.file("authority.pem"), self.file("authority-key.pem"), self.file("more.cnf"));
        fs::write(&more, format!("subjectAltName=DNS:{name}\n")).expect("a file in a temporary folder");
        let curve = "ec_paramgen_curve:prime256v1";
        let named = ["-subj", "/CN=A server"];
        let asked = ["req", "-newkey", "ec", "-pkeyopt", curve, "-nodes", "-keyout", &key, "-out", &request];
        run("openssl", &[asked.as_slice(), &named].concat());
        let by = ["-CA", &by, "-CAkey", &by_key, "-CAcreateserial", "-extfile", &more, "-days", "2"];
        let signed = ["x509", "-req", "-in", &request, "-out", &pem];
        run("openssl", &[signed.as_slice(), &by].concat());
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}
