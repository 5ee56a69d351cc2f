//! spandsp
