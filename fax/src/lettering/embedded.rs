//! DejaVu Sans and its sister with letters of one width: what they have, and as much of it as a file uses, embedded there (ISO 32000-1 section 9.7).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Finish as _, Name, Pdf, Rect, Ref, Str};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, GlyphId, MetadataProvider as _};
use subsetter::GlyphRemapper;

use super::Face;

fn file(face: Face) -> &'static [u8] {
    match face {
        Face::Regular => dejavu::sans::regular(),
        Face::Bold => dejavu::sans::bold(),
        Face::Fixed => dejavu::sans_mono::regular(),
    }
}

/// A face, read once.
struct Read {
    letters: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
}

impl Read {
    fn new(face: Face) -> Option<Self> {
        let font = FontRef::new(file(face)).ok()?;
        let metrics = font.glyph_metrics(Size::new(1000.0), LocationRef::default());
        Some(Self { letters: font.charmap(), metrics })
    }
}

fn read(face: Face) -> Option<&'static Read> {
    static REGULAR: LazyLock<Option<Read>> = LazyLock::new(|| Read::new(Face::Regular));
    static BOLD: LazyLock<Option<Read>> = LazyLock::new(|| Read::new(Face::Bold));
    static FIXED: LazyLock<Option<Read>> = LazyLock::new(|| Read::new(Face::Fixed));
    match face {
        Face::Regular => REGULAR.as_ref(),
        Face::Bold => BOLD.as_ref(),
        Face::Fixed => FIXED.as_ref(),
    }
}

/// Its number for this character. None for scripts that are written from right to left, or whose letters change with their neighbours: it has
/// their letters, and put beside each other as they are they would be another word, or none.
pub(super) fn glyph(c: char, face: Face) -> Option<u16> {
    if matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{10800}'..='\u{10fff}')
    {
        return None;
    }
    let glyph = read(face)?.letters.map(c)?;
    u16::try_from(glyph.to_u32()).ok().filter(|glyph| *glyph != 0)
}

/// The advance in thousandths of the size.
pub(super) fn advance(glyph: u16, face: Face) -> f32 {
    read(face).and_then(|read| read.metrics.advance_width(GlyphId::from(glyph))).unwrap_or_default()
}

/// What is used of one face.
#[derive(Default)]
pub(super) struct Embedded {
    glyphs: GlyphRemapper,
    /// By its number in the file that embeds it: its number in the font, and what it stands for.
    used: BTreeMap<u16, (u16, char)>,
}

impl Embedded {
    /// The number under which the file that embeds it has this glyph.
    pub(super) fn number(&mut self, glyph: u16, letter: char) -> u16 {
        let number = self.glyphs.remap(glyph);
        self.used.entry(number).or_insert((glyph, letter));
        number
    }

    /// Nothing if nothing of it is used.
    pub(super) fn write(self, pdf: &mut Pdf, next: &mut Ref, face: Face) -> Option<Ref> {
        if self.used.is_empty() {
            return None;
        }
        let subset = subsetter::subset(file(face), 0, &self.glyphs).ok()?;
        let [whole, inner, descriptor, program, letters] = [(); 5].map(|()| next.bump());
        // Six letters before a font's name say that it is a part of it (section 9.6.4).
        let name = match face {
            Face::Regular => Name(b"FRONTD+DejaVuSans"),
            Face::Bold => Name(b"FRONTD+DejaVuSans-Bold"),
            Face::Fixed => Name(b"FRONTD+DejaVuSansMono"),
        };
        let identity = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
        pdf.type0_font(whole)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(inner)
            .to_unicode(letters);
        let mut cid = pdf.cid_font(inner);
        cid.subtype(CidFontType::Type2)
            .base_font(name)
            .system_info(identity)
            .font_descriptor(descriptor)
            .default_width(0.0)
            .cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = cid.widths();
        for (number, (glyph, _)) in &self.used {
            widths.consecutive(*number, [advance(*glyph, face)]);
        }
        widths.finish();
        cid.finish();
        // As the font's own tables give them, by thousandths of the size.
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::NON_SYMBOLIC)
            .bbox(Rect::new(-1021.0, -463.0, 1793.0, 1232.0))
            .italic_angle(0.0)
            .ascent(928.0)
            .descent(-236.0)
            .cap_height(729.0)
            .stem_v(if face == Face::Bold { 140.0 } else { 90.0 })
            .font_file2(program);
        let length = i32::try_from(subset.len()).unwrap_or(i32::MAX);
        pdf.stream(program, &subset).pair(Name(b"Length1"), length);
        let mut map = UnicodeCmap::new(Name(b"Frontdesk"), identity);
        for (number, (_, letter)) in &self.used {
            map.pair(*number, *letter);
        }
        pdf.cmap(letters, &map.finish());
        Some(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a paper says may be any of them, and a font that could not be made would leave its words out.
    #[test]
    fn every_letter_of_all_faces_can_be_embedded() {
        for (face, least) in [(Face::Regular, 4_000), (Face::Bold, 4_000), (Face::Fixed, 2_500)] {
            let mut font = Embedded::default();
            let letters = (0..0x2_0000).filter_map(char::from_u32).filter_map(|c| Some((glyph(c, face)?, c)));
            for (glyph, c) in letters {
                font.number(glyph, c);
            }
            assert!(font.used.len() > least, "{}", font.used.len());
            let mut pdf = Pdf::new();
            assert!(font.write(&mut pdf, &mut Ref::new(1), face).is_some());
        }
    }
}
