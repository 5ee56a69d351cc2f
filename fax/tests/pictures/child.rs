//! The same in the child, whose sandbox and limits are those of the product.

use std::path::PathBuf;
use std::time::Duration;

use fax::convert::io::Converter;
use fax::convert::{Problem, render};

use crate::bench::{Bench, document};

/// The example `convert_child`, which cargo builds beside this test.
fn converter() -> Converter {
    let mut program: PathBuf = std::env::current_exe().unwrap();
    program.pop();
    program.pop();
    program.push("examples/convert_child");
    Converter { program, arguments: Vec::new(), time: Duration::from_secs(120), ..Converter::default() }
}

#[tokio::test]
async fn the_child_reads_every_kind() {
    let bench = Bench::new();
    let documents: Vec<_> = [
        &["-compress", "zip", "out.tif"][..],
        &["-compress", "JPEG", "out.tif"],
        &["-compress", "lzw", "out.tif"],
        &["out.png"],
        &["out.jpg"],
        &["out.webp"],
        &["out.gif"],
        &["BMP3:out.bmp"],
    ]
    .iter()
    .map(|options| {
        bench.run(&[&["convert", "leaflet.ppm", "-resize", "20%"], *options].concat());
        document(bench.read(options.last().unwrap().rsplit(':').next().unwrap()))
    })
    .collect();
    let pages = converter().run(&documents).await.unwrap();
    assert!(pages.len() == 8 && pages == render(&documents).unwrap());
}

/// The largest pictures that are taken need no more memory than the child may have: the most dots, in the most bytes for each.
#[tokio::test]
#[ignore = "nightly: half a minute of computing where it is not optimised"]
async fn the_largest_picture_fits_into_the_child() {
    let bench = Bench::new();
    let made = |side: &str, length: u64| {
        std::fs::File::create(bench.file("zeros")).unwrap().set_len(length).unwrap();
        let form = ["-b", "4", "-d", "short", "-p", "cmyk", "-c", "packbits"];
        document(bench.made(&[&["raw2tiff", "-w", side, "-l", side][..], &form, &["zeros", "out.tif"]].concat()))
    };
    let pages = converter().run(&[made("7000", 7000 * 7000 * 8)]).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(pages.len(), 1);
    let error = converter().run(&[made("7200", 7200 * 7200 * 8)]).await.unwrap_err();
    assert_eq!(error.kind, Problem::TooLarge);
}
