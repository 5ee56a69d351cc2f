//! What stands on a PDF's page beside its contents: the entries of a form, and what somebody drew or wrote over it (annotations, ISO 32000-1 section
//! 12.5).
//!
//! The renderer paints those that bring a picture of themselves (`AP`), and says nothing of the others: a viewer draws them. A referral whose
//! fields a program filled without painting them would leave as an empty form, and be reported as delivered.

use hayro::hayro_syntax::object::{Array, Dict, Name, Stream, String};
use hayro::hayro_syntax::page::Page;

/// What nobody sees on paper: `Hidden` and `NoView`.
const UNSEEN: i32 = 1 << 1 | 1 << 5;
/// How far a field's parents are looked through: forms have two or three levels, and a file may lead in a circle.
const DEPTH: usize = 8;
/// What people draw and write. Links, pop-ups and marks over a text say nothing of their own.
const DRAWN: [&[u8]; 8] = [b"FreeText", b"Ink", b"Stamp", b"Line", b"Square", b"Circle", b"Polygon", b"PolyLine"];

/// False if something that a viewer would show on this page would be missing on paper.
pub(super) fn is_painted(page: &Page<'_>) -> bool {
    let Some(all) = page.raw().get::<Array<'_>>("Annots") else { return true };
    all.iter::<Dict<'_>>().all(|annotation| {
        let unseen = annotation.get::<i32>("F").is_some_and(|flags| flags & UNSEEN != 0);
        unseen || paints_itself(&annotation)
    })
}

fn paints_itself(annotation: &Dict<'_>) -> bool {
    let kind = annotation.get::<Name<'_>>("Subtype");
    let kind: &[u8] = kind.as_deref().unwrap_or_default();
    if kind == b"Widget" {
        return !has_entry(annotation) || normal(annotation).is_some_and(|picture| shows_text(&picture));
    }
    !DRAWN.contains(&kind) || normal(annotation).is_some() || has_states(annotation)
}

/// A field for a text or a choice, and somebody has filled it.
fn has_entry(field: &Dict<'_>) -> bool {
    let kind = inherited(field, |field| field.get::<Name<'_>>("FT"));
    if !kind.is_some_and(|kind| matches!(&*kind, b"Tx" | b"Ch")) {
        return false;
    }
    let filled = |text: &String<'_>| text.as_bytes().iter().any(|byte| byte.is_ascii_graphic());
    let entry = |field: &Dict<'_>| {
        let one = field.get::<String<'_>>("V").map(|text| filled(&text));
        one.or_else(|| Some(field.get::<Array<'_>>("V")?.iter::<String<'_>>().any(|text| filled(&text))))
    };
    inherited(field, entry).unwrap_or(false)
}

/// What a field says, or one of its parents.
fn inherited<'a, T>(field: &Dict<'a>, says: impl Fn(&Dict<'a>) -> Option<T>) -> Option<T> {
    let mut field = field.clone();
    for _ in 0..DEPTH {
        if let Some(said) = says(&field) {
            return Some(said);
        }
        field = field.get::<Dict<'a>>("Parent")?;
    }
    None
}

/// How it looks when nobody points at it.
fn normal<'a>(annotation: &Dict<'a>) -> Option<Stream<'a>> {
    annotation.get::<Dict<'a>>("AP")?.get::<Stream<'a>>("N")
}

/// It has a picture for each of its states.
fn has_states(annotation: &Dict<'_>) -> bool {
    annotation.get::<Dict<'_>>("AP").is_some_and(|pictures| pictures.get::<Dict<'_>>("N").is_some())
}

/// It writes something: a picture that was made before the field was filled does not.
fn shows_text(picture: &Stream<'_>) -> bool {
    let Ok(operations) = picture.decoded_data() else { return false };
    let shows = |operation: &[u8]| operations.windows(operation.len()).any(|window| window == operation);
    // Another picture may do it for this one.
    shows(b"Tj") || shows(b"TJ") || shows(b"'") || shows(b"\"") || shows(b" Do")
}
