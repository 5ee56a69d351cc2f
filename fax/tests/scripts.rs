//! PDFs that want to do something: scripts, programs to start, files in them or beside them, addresses to visit. The page is made as if none of it
//! were there, or the document is refused with a reason; and nothing is done.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::PathBuf;

use fax::convert::io::Converter;
use fax::convert::{Problem, render};
use fax::page::Page;
use model::Pii;
use model::command::Document;

/// A page with a sentence, what stands in the catalog and on the page besides, and objects behind them: the first has the number 6.
fn pdf(catalog: &str, page: &str, objects: &[String]) -> Vec<u8> {
    let words = "BT /F 12 Tf 72 700 Td (Allergy: penicillin, since 2009) Tj ET";
    let contents = if page.contains("/Contents") { "" } else { "/Contents 4 0 R" };
    let resources = if page.contains("/Resources") { "" } else { "/Resources << /Font << /F 5 0 R >> >>" };
    let mut all = vec![
        format!("<< /Type /Catalog /Pages 2 0 R {catalog} >>"),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {contents} {resources} {page} >>"),
        stream("", words),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    all.extend_from_slice(objects);
    let (mut file, mut table) = ("%PDF-1.7\n".to_owned(), String::new());
    for (number, object) in (1..).zip(&all) {
        writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
        write!(file, "{number} 0 obj\n{object}\nendobj\n").unwrap();
    }
    let (at, count) = (file.len(), all.len() + 1);
    write!(file, "xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R >>\n").unwrap();
    write!(file, "startxref\n{at}\n%%EOF\n").unwrap();
    file.into_bytes()
}

fn stream(entries: &str, bytes: &str) -> String {
    format!("<< /Length {} {entries} >>\nstream\n{bytes}\nendstream", bytes.len())
}

fn document(bytes: Vec<u8>) -> Document {
    Document { name: "letter.pdf".into(), media_type: "application/pdf".to_owned(), bytes: Pii::new(bytes) }
}

/// The example `convert_child`, which cargo builds beside this test.
fn converter() -> Converter {
    let mut program = std::env::current_exe().unwrap();
    program.pop();
    program.pop();
    program.push("examples/convert_child");
    Converter { program, ..Converter::default() }
}

/// What is to become of it.
enum Becomes {
    /// The page without any of it.
    Page,
    /// A sentence to whoever sent it.
    Refused(Problem),
}

use Becomes::{Page as ThePage, Refused};

/// A name, what is to become of it, and the three parts of a [`pdf`].
type Case = (&'static str, Becomes, String, String, Vec<String>);

fn cases(marker: &str, port: u16) -> Vec<Case> {
    let none = String::new;
    let script = format!(
        "<< /S /JavaScript /JS (app.launchURL\\('http://127.0.0.1:{port}/'\\); this.exportDataObject\\({{cName: 'a', nLaunch: 2}}\\);) >>"
    );
    let launch = format!(
        "<< /S /Launch /F (/bin/touch) /Unix << /F (/bin/touch) /P ({marker}) >> /Win << /F (cmd.exe) >> /NewWindow true >>"
    );
    let visit = format!("<< /S /URI /URI (http://127.0.0.1:{port}/beacon) >>");
    let submit = format!("<< /S /SubmitForm /F << /FS /URL /F (http://127.0.0.1:{port}/form) >> >>");
    let annotation = |entries: &str| format!("<< /Type /Annot /Rect [100 100 300 200] {entries} >>");
    let on_page = || "/Annots [6 0 R]".to_owned();
    let program = || stream("/Type /EmbeddedFile /Subtype /application#2Fx-msdownload", "MZ this is a program");
    let file =
        |number: u32| format!("<< /Type /Filespec /F (invoice.exe) /UF (invoice.exe) /EF << /F {number} 0 R >> >>");
    let mut cases: Vec<Case> = vec![
        (
            "a program in the file",
            ThePage,
            "/Names << /EmbeddedFiles << /Names [(a) 6 0 R] >> >>".into(),
            none(),
            vec![file(7), program()],
        ),
        (
            "a program that belongs to the page",
            ThePage,
            "/AF [6 0 R]".into(),
            "/AF [6 0 R]".into(),
            vec![file(7), program()],
        ),
        (
            "a collection of files, of which the page is a mere cover",
            Refused(Problem::Entries),
            "/Collection << /View /D >> /Names << /EmbeddedFiles << /Names [(a) 6 0 R] >> >>".into(),
            none(),
            vec![file(7), program()],
        ),
        (
            "scripts by name",
            ThePage,
            "/Names << /JavaScript << /Names [(a) 6 0 R] >> >>".into(),
            none(),
            vec![script.clone()],
        ),
        (
            "a form with scripts (XFA), of which the page may be a mere placeholder",
            Refused(Problem::Entries),
            "/AcroForm << /Fields [] /XFA 6 0 R >>".into(),
            none(),
            vec![stream("", "<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><script>x()</script></xdp:xdp>")],
        ),
        (
            "contents from elsewhere",
            Refused(Problem::Broken),
            none(),
            "/Contents 6 0 R".into(),
            vec![stream("/F (/etc/passwd)", "")],
        ),
        (
            "a picture from elsewhere",
            Refused(Problem::Broken),
            none(),
            "/Contents 7 0 R /Resources << /XObject << /P 6 0 R >> >>".into(),
            vec![
                stream(
                    "/Type /XObject /Subtype /Image /Width 64 /Height 64 /BitsPerComponent 8 /ColorSpace /DeviceGray /F (/etc/passwd)",
                    "",
                ),
                stream("", "q 200 0 0 200 100 400 cm /P Do Q"),
            ],
        ),
    ];
    for (name, action) in [
        ("a script", &script),
        ("a program to start", &launch),
        ("an address to visit", &visit),
        ("a form to hand in", &submit),
    ] {
        let names = |what: &str| -> &'static str { format!("{name}, {what}").leak() };
        cases.extend([
            (names("when it is opened"), ThePage, format!("/OpenAction {action}"), none(), Vec::new()),
            (
                names("when it is closed or printed"),
                ThePage,
                format!("/AA << /WC {action} /WP {action} /DP {action} >>"),
                none(),
                Vec::new(),
            ),
            (names("when its page is seen"), ThePage, none(), format!("/AA << /O {action} /C {action} >>"), Vec::new()),
            (
                names("behind a link"),
                ThePage,
                none(),
                on_page(),
                vec![annotation(&format!("/Subtype /Link /A {action}"))],
            ),
            (
                names("of a button"),
                ThePage,
                "/AcroForm << /Fields [6 0 R] >>".into(),
                on_page(),
                vec![annotation(&format!(
                    "/Subtype /Widget /FT /Btn /Ff 65536 /T (b) /A {action} /AA << /PO {action} >>"
                ))],
            ),
        ]);
    }
    cases
}

fn same(pages: &[Page], plain: &[Page]) -> bool {
    pages.len() == plain.len() && pages.iter().zip(plain).all(|(a, b)| a.decode().unwrap() == b.decode().unwrap())
}

#[tokio::test]
async fn what_a_document_wants_to_do_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let marker: PathBuf = folder.path().join("started");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let plain = render(&[document(pdf("", "", &[]))]).unwrap();
    let ink: u32 = plain[0].decode().unwrap().bytes().iter().map(|byte| byte.count_ones()).sum();
    assert!(ink > 1000, "there is a sentence: {ink}");
    let converter = converter();
    for (name, becomes, catalog, page, objects) in
        cases(marker.to_str().unwrap(), listener.local_addr().unwrap().port())
    {
        let bytes = pdf(&catalog, &page, &objects);
        let made = converter.run(&[document(bytes)]).await.map_err(|error| error.kind);
        match (&becomes, &made) {
            (ThePage, Ok(pages)) => assert!(same(pages, &plain), "{name}: another page"),
            (Refused(expected), Err(problem)) => assert_eq!(problem, expected, "{name}"),
            (_, made) => panic!("{name}: {made:?}"),
        }
        assert!(!marker.exists(), "{name}: a program was started");
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "{name}: somebody was told");
    }
}
