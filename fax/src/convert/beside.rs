//! What stands on a PDF's page beside its contents: the entries of a form, and what somebody drew or wrote over it (annotations, ISO 32000-1 section
//! 12.5).
//!
//! The renderer paints those that bring a picture of themselves (`AP`), and says nothing of the others: a viewer draws them. A referral whose
//! fields a program filled without painting them would leave as an empty form, and be reported as delivered; and one whose program says that
//! its fields are to be painted anew (`NeedAppearances`, section 12.7.3), with the entries of last time.
//!
//! Of some documents a viewer shows something else than their pages, which then only ask for another viewer: forms whose pages are made
//! of a description of their own (XFA, section 12.7.8), and collections of other documents (section 12.3.5).

use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::content::TypedIter;
use hayro::hayro_syntax::content::ops::TypedInstruction;
use hayro::hayro_syntax::object::{Array, Dict, Name, Object, Stream, String};
use hayro::hayro_syntax::page::Page;

/// What nobody sees on paper: `Hidden` and `NoView`.
const UNSEEN: i32 = 1 << 1 | 1 << 5;
/// How far a field's parents are looked through: forms have two or three levels, and a file may lead in a circle.
const DEPTH: usize = 8;
/// What people draw and write. Links, pop-ups and highlights say nothing of their own; a line through a text, or below it, says that it holds
/// no longer, or matters.
const DRAWN: [&[u8]; 13] = [
    b"FreeText",
    b"Ink",
    b"Stamp",
    b"Line",
    b"Square",
    b"Circle",
    b"Polygon",
    b"PolyLine",
    b"StrikeOut",
    b"Redact",
    b"Caret",
    b"Underline",
    b"Squiggly",
];

/// False if something that a viewer would show on this page would be missing on paper.
pub(super) fn is_painted(page: &Page<'_>) -> bool {
    let Some(all) = page.raw().get::<Array<'_>>("Annots") else { return true };
    let anew = paints_anew(page);
    all.iter::<Dict<'_>>().all(|annotation| {
        let unseen = annotation.get::<i32>("F").is_some_and(|flags| flags & UNSEEN != 0);
        unseen || paints_itself(&annotation, anew)
    })
}

/// False if a viewer would show something else in place of these pages.
pub(super) fn is_its_pages(pdf: &Pdf) -> bool {
    let Some(root) = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()) else { return true };
    let form = root.get::<Dict<'_>>("AcroForm").filter(|form| form.contains_key("XFA"));
    // A form of this kind whose pages are its pages has its fields twice, and says nothing of being made anew.
    let is_made_anew = form.is_some_and(|form| {
        let fields = form.get::<Array<'_>>("Fields").is_some_and(|fields| fields.raw_iter().next().is_some());
        !fields || root.get::<bool>("NeedsRendering").unwrap_or(false)
    });
    !is_made_anew && !root.contains_key("Collection")
}

/// The pictures of the document's fields may be older than their entries: a viewer makes new ones.
fn paints_anew(page: &Page<'_>) -> bool {
    let root = page.xref().get::<Dict<'_>>(page.xref().root_id());
    let form = root.and_then(|root| root.get::<Dict<'_>>("AcroForm"));
    form.and_then(|form| form.get::<bool>("NeedAppearances")).unwrap_or(false)
}

fn paints_itself(annotation: &Dict<'_>, anew: bool) -> bool {
    let kind = annotation.get::<Name<'_>>("Subtype");
    let kind: &[u8] = kind.as_deref().unwrap_or_default();
    if kind == b"Widget" {
        let entries = entries(annotation);
        let shows = |picture: Stream<'_>| if anew { shows_only(&picture, &entries) } else { shows_text(&picture) };
        return entries.is_empty() || normal(annotation).is_some_and(shows);
    }
    !DRAWN.contains(&kind) || normal(annotation).is_some() || has_states(annotation)
}

/// What somebody has filled in, where it is a field for a text or a choice.
fn entries(field: &Dict<'_>) -> Vec<Vec<u8>> {
    let kind = inherited(field, |field| field.get::<Name<'_>>("FT"));
    if !kind.is_some_and(|kind| matches!(&*kind, b"Tx" | b"Ch")) {
        return Vec::new();
    }
    let entry = |field: &Dict<'_>| {
        let one = field.get::<String<'_>>("V").map(|text| vec![letters(text.as_bytes())]);
        let all =
            || field.get::<Array<'_>>("V").map(|all| all.iter::<String<'_>>().map(|text| letters(&text)).collect());
        one.or_else(all)
    };
    let all: Vec<Vec<u8>> = inherited(field, entry).unwrap_or_default();
    all.into_iter().filter(|text| text.iter().any(u8::is_ascii_graphic)).collect()
}

/// Without blanks, which a picture may leave to the places of its words, and western letters in UTF-16 as those of one byte.
fn letters(text: &[u8]) -> Vec<u8> {
    let text = text.strip_prefix(b"\xfe\xff").unwrap_or(text);
    text.iter().copied().filter(|byte| *byte != 0 && !byte.is_ascii_whitespace()).collect()
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

/// It writes these entries and nothing else, as far as its letters can be read; those of a font of its own cannot.
fn shows_only(picture: &Stream<'_>, entries: &[Vec<u8>]) -> bool {
    let Ok(operations) = picture.decoded_data() else { return false };
    let (mut shown, mut each) = (Vec::new(), TypedIter::new(&operations));
    while let Some(operation) = each.next() {
        match operation {
            TypedInstruction::ShowText(text) => shown.extend(letters(text.0)),
            TypedInstruction::NextLineAndShowText(text) => shown.extend(letters(text.0)),
            TypedInstruction::ShowTextWithParameters(text) => shown.extend(letters(text.2)),
            TypedInstruction::ShowTexts(texts) => {
                let texts = texts.0.iter::<Object<'_>>().filter_map(Object::into_string);
                texts.for_each(|text| shown.extend(letters(&text)));
            }
            _ => {}
        }
    }
    shown == entries.concat()
}
