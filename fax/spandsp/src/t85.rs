//! A page packed by T.85 (JBIG), for a machine that takes it so.
//!
//! The engine can pack a page itself, and then looks in each stripe for dots that repeat at a distance (T.82 Annex C): over a hundred comparisons for each
//! dot of two rows in 128, which is more than all the rest. That finds the rasters of print; our photographs have none. A document
//! that is packed already goes out as it is.

#![allow(unsafe_code, reason = "this module is a border to the C library; each block says why it holds")]

use std::ffi::{c_int, c_void};
use std::ptr::{NonNull, null_mut};

use spandsp_sys as sys;

/// Rows in a stripe, without more being agreed on (T.85 Table 1).
const STRIPE: u32 = 128;
/// How far away repeated dots are looked for.
const REACH: c_int = 0;
/// Options stay as they are.
const USUAL: c_int = -1;
/// So much is taken at once.
const PART: usize = 16 << 10;

/// Packs `rows` rows of `width` dots each, which stand in `dots`: a row begins at a byte, its leftmost dot in the highest bit, and 1 is black. `None` if
/// there are fewer, there is no memory, or more than `most` bytes come of it.
pub fn pack_t85(width: u32, rows: u32, dots: &[u8], most: usize) -> Option<Vec<u8>> {
    let stride = width.div_ceil(8) as usize;
    if width == 0 || rows == 0 || dots.len() < stride.checked_mul(rows as usize)? {
        return None;
    }
    let mut left = dots;
    let encoder = Encoder::new(width, rows, &mut left)?;
    let mut packed = Vec::new();
    loop {
        let at = packed.len();
        packed.resize(at + PART, 0);
        // SAFETY: the encoder lives, and so does what it reads from; there is room for as much.
        let got = unsafe { sys::t85_encode_get(encoder.0.as_ptr(), packed[at..].as_mut_ptr(), PART) };
        let got = usize::try_from(got).ok().filter(|got| *got <= PART)?;
        packed.truncate(at + got);
        if packed.len() > most {
            return None;
        }
        if got < PART {
            return Some(packed);
        }
    }
}

struct Encoder(NonNull<sys::t85_encode_state_t>);

impl Encoder {
    /// One that reads from `left`, which must stay where it is as long as the encoder lives.
    fn new(width: u32, rows: u32, left: &mut &[u8]) -> Option<Self> {
        let user: *mut &[u8] = left;
        // SAFETY: without a state it allocates one.
        let raw = unsafe { sys::t85_encode_init(null_mut(), width, rows, Some(next_row), user.cast()) };
        let encoder = Self(NonNull::new(raw)?);
        // SAFETY: it lives, and nothing is packed yet.
        unsafe { sys::t85_encode_set_options(encoder.0.as_ptr(), STRIPE, REACH, USUAL) };
        Some(encoder)
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: it was made by `t85_encode_init`, and nothing uses it any more.
        unsafe { sys::t85_encode_free(self.0.as_ptr()) };
    }
}

unsafe extern "C" fn next_row(user: *mut c_void, row: *mut u8, len: usize) -> c_int {
    // SAFETY: `user` is what `Encoder::new` was given.
    let left = unsafe { &mut *user.cast::<&[u8]>() };
    let Some((next, rest)) = left.split_at_checked(len) else { return 0 };
    // SAFETY: there is room for a row of that length.
    unsafe { row.copy_from_nonoverlapping(next.as_ptr(), len) };
    *left = rest;
    c_int::try_from(len).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    unsafe extern "C" fn keep(user: *mut c_void, row: *const u8, len: usize) -> c_int {
        // SAFETY: the test's own vector, and a row of that length.
        unsafe { (*user.cast::<Vec<u8>>()).extend_from_slice(std::slice::from_raw_parts(row, len)) };
        0
    }

    /// What the engine's own decoder makes of it.
    fn unpack(packed: &[u8]) -> Vec<u8> {
        let mut dots = Vec::<u8>::new();
        let user = (&raw mut dots).cast::<c_void>();
        // SAFETY: the decoder and what it writes to live until it is freed.
        unsafe {
            let decoder = sys::t85_decode_init(null_mut(), Some(keep), user);
            sys::t85_decode_put(decoder, packed.as_ptr(), packed.len());
            sys::t85_decode_put(decoder, std::ptr::null(), 0);
            sys::t85_decode_free(decoder);
        }
        dots
    }

    #[test]
    fn what_is_packed_is_what_was_given() {
        for (width, rows) in [(1728, 1), (1728, 127), (1728, 128), (1728, 129), (2592, 300), (5, 3)] {
            let stride = width / 8 + u32::from(width % 8 != 0);
            let spare = (stride * 8 - width) as u8;
            let dots: Vec<u8> = (0..stride * rows)
                .map(|at| {
                    let byte = if (at / stride) % 9 < 4 { (at.wrapping_mul(at) >> 3) as u8 } else { 0 };
                    if at % stride == stride - 1 { byte & (0xff << spare) } else { byte }
                })
                .collect();
            let packed = pack_t85(width, rows, &dots, 1 << 20).expect("room");
            assert_eq!(unpack(&packed), dots, "{width} x {rows}");
        }
    }

    /// JBIG-KIT is the other program that reads T.85.
    #[test]
    fn another_program_reads_it() {
        let (width, rows) = (1728_u32, 400);
        let dots: Vec<u8> = (0..width / 8 * rows).map(|at| if at % 7 < 3 { (at >> 5) as u8 } else { 0 }).collect();
        let folder = tempfile::tempdir().unwrap();
        let (packed, unpacked) = (folder.path().join("page.jbg"), folder.path().join("page.pbm"));
        std::fs::write(&packed, pack_t85(width, rows, &dots, 1 << 20).expect("room")).unwrap();
        let output = Command::new("jbgtopbm85").arg(&packed).arg(&unpacked).output().expect("jbigkit-bin");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let pbm = std::fs::read(&unpacked).unwrap();
        let (head, theirs) = pbm.split_at(pbm.len() - dots.len());
        let head: Vec<_> = std::str::from_utf8(head).unwrap().split_whitespace().collect();
        assert_eq!(head, ["P4", "1728", "400"]);
        assert!(theirs == dots);
    }

    #[test]
    fn too_little_and_too_much_is_nothing() {
        assert_eq!(pack_t85(0, 1, &[], 100), None);
        assert_eq!(pack_t85(8, 0, &[], 100), None);
        assert_eq!(pack_t85(16, 2, &[0; 3], 1000), None);
        assert_eq!(pack_t85(u32::MAX, u32::MAX, &[0; 3], 1000), None);
        assert!(pack_t85(16, 2, &[0; 4], 1000).is_some());
        assert_eq!(pack_t85(16, 2, &[0; 4], 10), None, "its head alone is 20 bytes");
    }
}
