//! Helvetica in WinAnsi.

use pdf_writer::{Name, Pdf, Ref};

use super::Face;

/// The advances of Helvetica's ASCII characters, from the blank on, as its public metrics give them.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

/// "…" in WinAnsi.
pub(super) const ELLIPSIS: u8 = 0x85;

/// The advance of a WinAnsi byte in thousandths of the size. Letters with accents and the rest of the upper half are taken as wide as most
/// letters are; the bold face as a tenth wider. Only line breaks depend on it, and where another font goes on.
pub(super) fn advance(byte: u8, face: Face) -> f32 {
    let regular = match byte {
        b' '..=b'~' => WIDTHS[usize::from(byte - b' ')],
        0xa0 => WIDTHS[0],
        ELLIPSIS | 0x97 | 0x99 => 1000,
        _ => 600,
    };
    let regular = f32::from(regular);
    if face == Face::Bold { regular * 1.1 } else { regular }
}

/// Names it: every reader has it.
pub(super) fn write(pdf: &mut Pdf, number: Ref, face: Face) {
    let name = match face {
        Face::Regular | Face::Fixed => Name(b"Helvetica"),
        Face::Bold => Name(b"Helvetica-Bold"),
    };
    pdf.type1_font(number).base_font(name).encoding_predefined(Name(b"WinAnsiEncoding"));
}
