//! All that is no TIFF.

use fax::convert::{Problem, render};

use crate::bench::{Bench, DPI, document, pages, painted, refused, share};

#[test]
fn every_kind_of_picture_makes_the_page_of_its_dots() {
    let bench = Bench::new();
    let sized = ["convert", "leaflet.ppm", "-units", "PixelsPerInch", "-density", "160"];
    for (what, options, name) in [
        ("PNG", &[][..], "out.png"),
        ("PNG of 16 bits", &["-depth", "16"], "PNG48:out.png"),
        ("PNG with a palette", &["-colors", "200"], "PNG8:out.png"),
        ("PNG, interlaced", &["-interlace", "PNG"], "out.png"),
        (
            "PNG of grey and alpha",
            &["-colorspace", "Gray", "-alpha", "set", "-channel", "A", "-evaluate", "set", "90%"],
            "out.png",
        ),
        ("JPEG", &["-quality", "92"], "out.jpg"),
        ("JPEG, progressive", &["-interlace", "JPEG", "-sampling-factor", "4:2:0"], "out.jpg"),
        ("JPEG in grey", &["-colorspace", "Gray"], "out.jpg"),
        ("JPEG in inks", &["-colorspace", "CMYK", "-quality", "95"], "out.jpg"),
        ("JPEG of a resolution in centimetres", &["-units", "PixelsPerCentimeter", "-density", "63"], "out.jpg"),
        ("WebP", &["-quality", "90"], "out.webp"),
        ("WebP without loss", &["-define", "webp:lossless=true"], "out.webp"),
        ("WebP with alpha", &["-alpha", "set", "-channel", "A", "-evaluate", "set", "90%"], "out.webp"),
        ("GIF", &[], "out.gif"),
        ("GIF, interlaced", &["-interlace", "GIF"], "out.gif"),
        ("BMP", &[], "BMP3:out.bmp"),
        ("BMP of the fourth header", &["-alpha", "set"], "out.bmp"),
        ("BMP with a palette", &["-colors", "200", "-type", "Palette", "-compress", "none"], "BMP3:out.bmp"),
        ("BMP, packed", &["-colors", "200", "-type", "Palette", "-compress", "RLE"], "BMP3:out.bmp"),
    ] {
        bench.run(&[&sized[..], options, &[name]].concat());
        let file = name.rsplit(':').next().unwrap();
        let page = painted(what, bench.read(file)).remove(0);
        let says_it = !(file.ends_with("webp") || file.ends_with("gif"));
        bench.compare_page(what, &page, file, if says_it { DPI } else { SCREEN });
    }
}

/// Pixels per inch of what does not say how many.
const SCREEN: f64 = 100.0;

/// What nobody sees through is white, and what has two colours alone is as another reads it.
#[test]
fn what_shines_through_is_paper() {
    let bench = Bench::new();
    let strokes =
        ["convert", "leaflet.ppm", "-crop", "640x400+0+0", "+repage", "-units", "PixelsPerInch", "-density", "160"];
    for name in ["out.png", "out.gif", "out.webp"] {
        // The cream is gone, and the lower half was never there.
        let clear = ["-fuzz", "8%", "-transparent", "rgb(250,246,230)", "-background", "none", "-extent", "640x800"];
        bench.run(&[&strokes[..], &clear, &["-define", "webp:lossless=true", name]].concat());
        let page = painted(name, bench.read(name)).remove(0);
        bench.compare_page(name, &page, name, if name.ends_with("png") { DPI } else { SCREEN });
        assert!(share(&page, 0..1728, 800..page.height()) == 0.0, "{name}");
    }
    bench.run(
        &[&strokes[..], &["-extent", "640x800", "-threshold", "60%", "-type", "bilevel", "BMP3:out.bmp"]].concat(),
    );
    bench.compare("a BMP of one bit", "out.bmp");
}

/// A camera notes which way up it was held, in Exif.
#[test]
fn a_photograph_is_upright_as_the_camera_was_held() {
    let bench = Bench::new();
    let photo = bench.made(&["convert", "leaflet.ppm", "-quality", "92", "plain.jpg"]);
    for way in 1u8..=8 {
        // Turned as the note says, it is the leaflet again.
        let turn: &[&str] = match way {
            2 => &["-flop"],
            3 => &["-rotate", "180"],
            4 => &["-flip"],
            5 => &["-transpose"],
            6 => &["-rotate", "-90"],
            7 => &["-transverse"],
            8 => &["-rotate", "90"],
            _ => &[],
        };
        let made = bench.made(&[&["convert", "leaflet.ppm", "-quality", "92"], turn, &["turned.jpg"]].concat());
        bench.write("out.jpg", &[&made[..2], &exif(way), &made[2..]].concat());
        let theirs = bench.run(&["convert", "out.jpg", "-auto-orient", "-format", "%w %h", "info:"]);
        assert_eq!(String::from_utf8(theirs).unwrap().trim(), "640 800", "another finds the note of {way}");
        let page = painted("upright", bench.read("out.jpg")).remove(0);
        bench.compare_page(&format!("way {way}"), &page, "out.jpg", SCREEN);
    }
    assert!(painted("plain", photo).len() == 1);
}

/// Exif with an orientation and nothing else: a segment with a TIFF in it.
fn exif(way: u8) -> Vec<u8> {
    let entry = [1, 0x12, 0, 3, 0, 0, 0, 1, 0, way, 0, 0];
    [&b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01"[..], &entry, &[0; 4]].concat()
}

#[test]
fn a_photograph_in_heic_is_refused_with_what_to_send_instead() {
    let bench = Bench::new();
    for file in [bench.made(&["convert", "leaflet.ppm", "out.heic"]), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec()] {
        let error = render(&[document(file)]).unwrap_err();
        let sentence = error.sentence().into_inner();
        assert_eq!(error.kind, Problem::Heic);
        assert!(sentence.starts_with("“photo” is a photograph in HEIC"), "{sentence}");
        assert!(
            sentence.contains("as a JPEG") && sentence.contains("Camera > Formats > Most Compatible"),
            "{sentence}"
        );
    }
    assert_eq!(refused("a film", &b"\0\0\0\x18ftypisom\0\0\0\0isomiso2"[..]), Problem::UnknownType);
}

#[test]
fn a_picture_is_as_large_as_it_says_and_a_small_one_is_not_blown_up() {
    let bench = Bench::new();
    for (name, dpi) in [("out.png", "200"), ("out.jpg", "200"), ("BMP3:out.bmp", "200")] {
        bench.run(&["convert", "leaflet.ppm", "-units", "PixelsPerInch", "-density", dpi, name]);
        let file = name.rsplit(':').next().unwrap();
        let page = painted(name, bench.read(file)).remove(0);
        bench.compare_page(name, &page, file, 200.0);
    }
    // One that says nothing fits the paper, whatever its size.
    for (size, covered) in [("200%", 1728), ("600%", 1728)] {
        bench.run(&["convert", "leaflet.ppm", "-resize", size, "+set", "density", "out.webp"]);
        let page = painted(size, bench.read("out.webp")).remove(0);
        let ink = |xs: std::ops::Range<u32>| share(&page, xs, 1400..1900) > 0.1;
        assert!(ink(0..100) && ink(covered - 100..covered), "{size}");
    }
}

#[test]
fn half_a_picture_is_none() {
    let bench = Bench::new();
    for name in ["out.png", "out.jpg", "out.webp", "out.gif", "BMP3:out.bmp"] {
        bench.run(&["convert", "leaflet.ppm", name]);
        let whole = bench.read(name.rsplit(':').next().unwrap());
        for part in [2, 4, 5] {
            let cut = &whole[..whole.len() * part / 6];
            assert!(pages(cut).is_err_and(|error| error.kind == Problem::Broken), "{name}, {part} sixths");
        }
    }
}
