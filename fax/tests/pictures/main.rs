//! Pictures in, dots out: what scanners, phones and drawing programs make, made here by libtiff's tools and ImageMagick. What stands on
//! the page is compared with what ImageMagick reads from the same file.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bench;
mod child;
mod damaged;
mod moving;
mod old_jpeg;
mod others;
mod tiff;
