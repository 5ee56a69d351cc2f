//! The log: to standard error, `FRONTDESK_LOG` sets the level ("info", "sip=debug"). Nothing personal reaches it: personal
//! values are wrapped in `Pii`, which prints nothing.

use tracing_subscriber::EnvFilter;

/// Starts the log. A second call (tests in one process) does nothing.
pub(crate) fn start(default: &str) {
    let filter = EnvFilter::try_from_env("FRONTDESK_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    // It warns of every extension of a browser's that it does not know.
    let filter = match "rtc_dtls=error".parse() {
        Ok(quiet) => filter.add_directive(quiet),
        Err(_) => filter,
    };
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true).try_init();
}
