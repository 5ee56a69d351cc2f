//! What stands on a PDF's page beside its contents is on the fax, or there is no fax.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fax::convert::{Problem, render};
use model::Pii;
use model::command::Document;
use pdf_writer::types::AnnotationFlags;
use pdf_writer::{Dict, Finish, Name, Pdf, Rect, Ref, Str};

/// Where its picture is, if it has one.
const PICTURE: Ref = Ref::new(6);
const WRITES: &[u8] = b"/Tx BMC q BT /F 14 Tf 2 6 Td (Warfarin) Tj ET Q EMC";
const EMPTY: &[u8] = b"/Tx BMC EMC";

/// An empty page with this beside its contents.
fn page(beside: impl FnOnce(&mut Dict<'_>), picture: &[u8]) -> Vec<u8> {
    page_of(false, beside, picture)
}

/// The same; `anew`: the document says that the pictures of its fields are to be made anew.
fn page_of(anew: bool, beside: impl FnOnce(&mut Dict<'_>), picture: &[u8]) -> Vec<u8> {
    let place = Rect::new(100.0, 600.0, 300.0, 620.0);
    let mut pdf = Pdf::new();
    let mut catalog = pdf.catalog(Ref::new(1));
    catalog.pages(Ref::new(2)).insert(Name(b"AcroForm")).dict().pair(Name(b"NeedAppearances"), anew);
    catalog.finish();
    pdf.pages(Ref::new(2)).kids([Ref::new(3)]).count(1);
    let mut page = pdf.page(Ref::new(3));
    page.parent(Ref::new(2)).media_box(Rect::new(0.0, 0.0, 612.0, 792.0)).contents(Ref::new(4));
    page.insert(Name(b"Annots")).array().item(Ref::new(5));
    page.finish();
    pdf.stream(Ref::new(4), b"q Q");
    let mut dict = pdf.indirect(Ref::new(5)).dict();
    dict.pair(Name(b"Type"), Name(b"Annot")).pair(Name(b"Rect"), place);
    beside(&mut dict);
    dict.finish();
    let mut form = pdf.form_xobject(PICTURE, picture);
    form.bbox(Rect::new(0.0, 0.0, 200.0, 20.0));
    form.resources().fonts().pair(Name(b"F"), Ref::new(7));
    form.finish();
    pdf.type1_font(Ref::new(7)).base_font(Name(b"Helvetica"));
    // What the field says stands with its parent, as in forms whose fields have several places.
    pdf.indirect(Ref::new(8)).dict().pair(Name(b"FT"), Name(b"Tx")).pair(Name(b"V"), Str(b"Warfarin 5 mg"));
    pdf.finish()
}

/// The black dots of the page.
fn ink(bytes: Vec<u8>) -> Result<usize, Problem> {
    let document = Document { name: "form".into(), media_type: "application/pdf".to_owned(), bytes: Pii::new(bytes) };
    let pages = render(&[document]).map_err(|error| error.kind)?;
    let bitmap = pages[0].decode().unwrap();
    let dots = (0..bitmap.height()).flat_map(|y| (0..bitmap.width()).map(move |x| (x, y)));
    Ok(dots.filter(|(x, y)| bitmap.is_black(*x, *y)).count())
}

fn picture(dict: &mut Dict<'_>) {
    dict.insert(Name(b"AP")).dict().pair(Name(b"N"), PICTURE);
}

fn field<'a, 'd>(dict: &'a mut Dict<'d>, entry: &[u8]) -> &'a mut Dict<'d> {
    dict.pair(Name(b"Subtype"), Name(b"Widget")).pair(Name(b"FT"), Name(b"Tx")).pair(Name(b"V"), Str(entry))
}

#[test]
fn an_entry_that_would_be_missing_is_not_sent_as_an_empty_field() {
    let entry = b"Warfarin 5 mg";
    let unpainted = |dict: &mut Dict<'_>| {
        field(dict, entry);
    };
    assert_eq!(ink(page(unpainted, EMPTY)), Err(Problem::Entries), "a viewer would draw it");
    assert_eq!(
        ink(page(|dict| picture(field(dict, entry)), EMPTY)),
        Err(Problem::Entries),
        "drawn before it was filled"
    );
    let of_parent = |dict: &mut Dict<'_>| {
        dict.pair(Name(b"Subtype"), Name(b"Widget")).pair(Name(b"Parent"), Ref::new(8));
    };
    assert_eq!(ink(page(of_parent, EMPTY)), Err(Problem::Entries), "its parent says what it is");
    assert!(ink(page(|dict| picture(field(dict, entry)), WRITES)).unwrap() > 100, "it is on the page");
}

/// A program that fills a form leaves it to the viewer to paint the new entry, and the picture of the old one stands there until then.
#[test]
fn an_entry_is_not_sent_as_it_was_before_it_was_filled_anew() {
    let filled = |entry: &[u8], picture_of: &[u8]| {
        let entry = entry.to_vec();
        ink(page_of(true, move |dict| picture(field(dict, &entry)), picture_of))
    };
    assert_eq!(filled(b"Warfarin 5 mg", WRITES), Err(Problem::Entries));
    assert_eq!(filled(b"arfarin", WRITES), Err(Problem::Entries), "a part of what stands there");
    // Its picture is as new as its entry.
    for entry in [&b"Warfarin"[..], b"\xfe\xff\0W\0a\0r\0f\0a\0r\0i\0n"] {
        assert!(filled(entry, WRITES).unwrap() > 100);
    }
    let words = b"BT /F 14 Tf 2 6 Td [(War) -20 (farin)] TJ 0 -8 Td (5 mg) Tj ET";
    assert!(filled(b"Warfarin\r5 mg", words).unwrap() > 100);
    assert_eq!(filled(b"", EMPTY), Ok(0), "an empty field");
}

#[test]
fn an_empty_form_and_what_nobody_sees_are_no_obstacle() {
    for entry in [&b""[..], b" ", b"\xfe\xff\0 "] {
        let empty = |dict: &mut Dict<'_>| {
            field(dict, entry);
        };
        assert_eq!(ink(page(empty, EMPTY)), Ok(0), "{entry:?}");
    }
    let hidden = |dict: &mut Dict<'_>| {
        field(dict, b"a note of the program's").pair(Name(b"F"), AnnotationFlags::HIDDEN.bits() as i32);
    };
    assert_eq!(ink(page(hidden, EMPTY)), Ok(0));
    let link = |dict: &mut Dict<'_>| {
        dict.pair(Name(b"Subtype"), Name(b"Link"));
    };
    assert_eq!(ink(page(link, EMPTY)), Ok(0));
    // In a circle.
    let own_parent = |dict: &mut Dict<'_>| {
        dict.pair(Name(b"Subtype"), Name(b"Widget")).pair(Name(b"Parent"), Ref::new(5));
    };
    assert_eq!(ink(page(own_parent, EMPTY)), Ok(0));
}

#[test]
fn what_somebody_wrote_over_a_page_is_on_it_or_is_missed() {
    for kind in [&b"FreeText"[..], b"Ink", b"Stamp", b"StrikeOut", b"Redact", b"Caret", b"Underline", b"Squiggly"] {
        let note = |dict: &mut Dict<'_>| {
            dict.pair(Name(b"Subtype"), Name(kind));
        };
        assert_eq!(ink(page(note, EMPTY)), Err(Problem::Entries), "{}", kind.escape_ascii());
        let painted = |dict: &mut Dict<'_>| picture(dict.pair(Name(b"Subtype"), Name(kind)));
        assert!(ink(page(painted, WRITES)).unwrap() > 100);
    }
}

/// A line of a letter, struck out as PDF programs do it: the viewer draws the line, at the places that are named. The line without it is another
/// order.
#[test]
fn a_line_that_was_struck_out_is_not_faxed_as_if_it_held() {
    let struck = |dict: &mut Dict<'_>| {
        dict.pair(Name(b"Subtype"), Name(b"StrikeOut"));
        dict.insert(Name(b"QuadPoints")).array().items([100.0f32, 620.0, 300.0, 620.0, 100.0, 600.0, 300.0, 600.0]);
        dict.insert(Name(b"C")).array().items([1.0f32, 0.0, 0.0]);
    };
    assert_eq!(ink(page(struck, EMPTY)), Err(Problem::Entries));
    let highlight = |dict: &mut Dict<'_>| {
        dict.pair(Name(b"Subtype"), Name(b"Highlight"));
    };
    assert_eq!(ink(page(highlight, EMPTY)), Ok(0), "the text is there without it");
}

/// One page that asks for another viewer, and this in the document's catalog.
fn asks_for_another_viewer(catalog: impl FnOnce(&mut Dict<'_>)) -> Result<usize, Problem> {
    let mut pdf = Pdf::new();
    let mut root = pdf.catalog(Ref::new(1));
    root.pages(Ref::new(2));
    catalog(&mut root);
    root.finish();
    pdf.pages(Ref::new(2)).kids([Ref::new(3)]).count(1);
    let mut page = pdf.page(Ref::new(3));
    page.parent(Ref::new(2)).media_box(Rect::new(0.0, 0.0, 612.0, 792.0)).contents(Ref::new(4));
    page.resources().fonts().pair(Name(b"F"), Ref::new(5));
    page.finish();
    pdf.stream(Ref::new(4), b"BT /F 14 Tf 72 700 Td (Please wait...) Tj ET");
    pdf.type1_font(Ref::new(5)).base_font(Name(b"Helvetica"));
    pdf.stream(Ref::new(6), b"<xdp:xdp xmlns:xdp=\"http://ns.adobe.com/xdp/\"/>");
    pdf.indirect(Ref::new(7)).dict().pair(Name(b"FT"), Name(b"Tx")).pair(Name(b"T"), Str(b"name"));
    ink(pdf.finish())
}

#[test]
fn a_page_that_only_asks_for_another_viewer_is_not_faxed_in_place_of_a_form_or_of_a_collection() {
    let form = |dict: &mut Dict<'_>, fields: &[Ref]| {
        let mut form = dict.insert(Name(b"AcroForm")).dict();
        form.pair(Name(b"XFA"), Ref::new(6));
        form.insert(Name(b"Fields")).array().items(fields.iter().copied());
    };
    let anew = asks_for_another_viewer(|dict| {
        form(dict, &[Ref::new(7)]);
        dict.pair(Name(b"NeedsRendering"), true);
    });
    assert_eq!(anew, Err(Problem::Entries), "the form is made when it is opened");
    assert_eq!(asks_for_another_viewer(|dict| form(dict, &[])), Err(Problem::Entries), "there is nothing else of it");
    let collection = asks_for_another_viewer(|dict| {
        dict.insert(Name(b"Collection")).dict().pair(Name(b"View"), Name(b"D"));
    });
    assert_eq!(collection, Err(Problem::Entries), "the documents of a portfolio");
    // The pages of such a form may also be there as they are.
    assert!(asks_for_another_viewer(|dict| form(dict, &[Ref::new(7)])).unwrap() > 100);
    assert!(asks_for_another_viewer(|_| {}).unwrap() > 100);
}
