//! fax
