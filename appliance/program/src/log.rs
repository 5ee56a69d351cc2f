//! The log: to standard error, `FRONTDESK_LOG` sets the level ("info", "sip=debug"). Nothing personal reaches it: personal
//! values are wrapped in `Pii`, which prints nothing.

use tracing_subscriber::EnvFilter;

/// Starts the log. A second call (tests in one process) does nothing.
pub(crate) fn start(default: &str) {
    let filter = EnvFilter::try_from_env("FRONTDESK_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true).try_init();
}
