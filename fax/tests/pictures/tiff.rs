//! TIFF, the format of which everybody writes a part.

use fax::convert::Problem;
use fax::page::{Bitmap, Page};

use crate::bench::{Bench, DPI, fax_page, painted, refused, share};

#[test]
fn colours_are_read_however_they_are_packed() {
    let bench = Bench::new();
    bench.compare("uncompressed", "leaflet.tif");
    let expected = painted("uncompressed", bench.read("leaflet.tif")).remove(0);
    for options in [
        &["-c", "none", "-B"][..],
        &["-c", "none", "-r", "7"],
        &["-c", "packbits"],
        &["-c", "lzw"],
        &["-c", "lzw:2", "-r", "50"],
        &["-c", "lzw", "-f", "lsb2msb"],
        &["-c", "zip"],
        &["-c", "zip:2", "-B"],
        &["-c", "zip:2", "-p", "separate"],
        &["-c", "lzw", "-p", "separate", "-r", "7"],
        &["-c", "lzw:2", "-t", "-w", "128", "-l", "64"],
        &["-c", "none", "-t", "-w", "272", "-l", "160", "-p", "separate"],
        &["-c", "packbits", "-t", "-w", "16", "-l", "16"],
    ] {
        let file = bench.made(&[&["tiffcp"], options, &["leaflet.tif", "out.tif"]].concat());
        let pages = painted(&format!("{options:?}"), file);
        assert!(pages.len() == 1 && pages[0] == expected, "{options:?}");
    }
    for options in [
        &["-c", "jpeg:90", "-r", "800"][..],
        &["-c", "jpeg:r:90", "-r", "800"],
        &["-c", "jpeg:90", "-r", "48"],
        &["-c", "jpeg:90", "-t", "-w", "128", "-l", "64"],
        &["-c", "jpeg:r:90", "-p", "separate", "-r", "64"],
    ] {
        bench.run(&[&["tiffcp"], options, &["leaflet.tif", "out.tif"]].concat());
        bench.compare(&format!("{options:?}"), "out.tif");
    }
}

#[test]
fn grey_palettes_inks_and_alpha_are_colours_too() {
    let bench = Bench::new();
    let from = ["convert", "leaflet.tif"];
    for (what, options) in [
        ("grey", &["-colorspace", "Gray", "-compress", "zip"][..]),
        (
            "grey, white is zero",
            &["-colorspace", "Gray", "-define", "quantum:polarity=min-is-white", "-compress", "lzw"],
        ),
        ("grey of 16 bits", &["-colorspace", "Gray", "-depth", "16", "-compress", "zip"]),
        ("grey of 16 bits, big-endian", &["-colorspace", "Gray", "-depth", "16", "-endian", "MSB"]),
        ("colours of 16 bits", &["-depth", "16", "-compress", "lzw", "-define", "tiff:predictor=2"]),
        ("colours of 16 bits, big-endian, in planes", &["-depth", "16", "-endian", "MSB", "-interlace", "plane"]),
        ("inks", &["-colorspace", "CMYK", "-compress", "zip"]),
        ("inks in JPEG", &["-colorspace", "CMYK", "-compress", "JPEG", "-quality", "95"]),
        ("grey in JPEG", &["-colorspace", "Gray", "-compress", "JPEG", "-quality", "95"]),
        ("a palette", &["-colors", "200", "-type", "Palette", "-compress", "lzw"]),
        (
            "alpha, multiplied",
            &[
                "-alpha",
                "set",
                "-channel",
                "A",
                "-evaluate",
                "set",
                "90%",
                "+channel",
                "-define",
                "tiff:alpha=associated",
            ],
        ),
        (
            "alpha",
            &[
                "-alpha",
                "set",
                "-channel",
                "A",
                "-evaluate",
                "set",
                "90%",
                "+channel",
                "-define",
                "tiff:alpha=unassociated",
                "-compress",
                "zip",
            ],
        ),
        (
            "alpha that says nothing",
            &["-alpha", "set", "-define", "tiff:alpha=unspecified", "-compress", "lzw", "-define", "tiff:predictor=2"],
        ),
        (
            "grey with alpha",
            &[
                "-colorspace",
                "Gray",
                "-alpha",
                "set",
                "-channel",
                "A",
                "-evaluate",
                "set",
                "90%",
                "+channel",
                "-compress",
                "zip",
            ],
        ),
        ("as eyes see", &["-colorspace", "Lab", "-compress", "lzw", "-define", "tiff:predictor=2"]),
        ("as eyes see, of 16 bits, big-endian", &["-colorspace", "Lab", "-depth", "16", "-endian", "MSB"]),
        ("tiles of grey", &["-colorspace", "Gray", "-define", "tiff:tile-geometry=128x64", "-compress", "zip"]),
    ] {
        bench.run(&[&from[..], options, &["out.tif"]].concat());
        bench.compare(what, "out.tif");
    }
    bench.run(&["tiffmedian", "-c", "lzw:2", "leaflet.tif", "out.tif"]);
    bench.compare("a palette, with a predictor", "out.tif");
    // ImageMagick cannot write these in planes.
    let together = bench.made(&["convert", "leaflet.tif", "-colorspace", "Lab", "lab.tif"]);
    let planes = bench.made(&["tiffcp", "-p", "separate", "-c", "zip", "lab.tif", "planes.tif"]);
    assert!(painted("as eyes see, in planes", planes) == painted("as eyes see", together));
}

/// Fewer bits than a byte, which lie beside each other: strokes alone, since such a photograph is none.
#[test]
fn dots_of_few_bits_are_read_as_another_reads_them() {
    let bench = Bench::new();
    let strokes = ["convert", "leaflet.tif", "-crop", "641x400+0+0", "+repage", "-extent", "641x800"];
    for (what, options) in [
        ("grey of 4 bits", &["-colorspace", "Gray", "-depth", "4", "-compress", "lzw"][..]),
        ("grey of 2 bits", &["-colorspace", "Gray", "-depth", "2", "-compress", "zip"]),
        ("a palette of 4 bits", &["-colors", "9", "-type", "Palette", "-depth", "4", "-compress", "zip"]),
        ("black and white, LZW", &["-threshold", "60%", "-type", "bilevel", "-compress", "lzw"]),
        ("black and white, deflate", &["-threshold", "60%", "-type", "bilevel", "-compress", "zip"]),
        (
            "black and white, white is zero",
            &["-threshold", "60%", "-type", "bilevel", "-define", "quantum:polarity=min-is-white", "-compress", "zip"],
        ),
        ("black and white, no compression", &["-threshold", "60%", "-type", "bilevel", "-compress", "none"]),
        ("black and white, T.6", &["-threshold", "60%", "-type", "bilevel", "-compress", "Group4"]),
        ("black and white, T.4", &["-threshold", "60%", "-type", "bilevel", "-compress", "Fax"]),
        (
            "black and white in tiles",
            &["-threshold", "60%", "-type", "bilevel", "-define", "tiff:tile-geometry=64x64", "-compress", "zip"],
        ),
    ] {
        bench.run(&[&strokes[..], options, &["out.tif"]].concat());
        bench.compare(what, "out.tif");
    }
}

/// What libtiff packs otherwise is the fax page that it was, dot by dot.
#[test]
fn a_fax_keeps_every_dot_whoever_packed_it() {
    let bench = Bench::new();
    let page = fax_page(5);
    bench.write("fax.tif", &page.to_tiff());
    for options in [&["-c", "lzw"][..], &["-c", "zip", "-B"], &["-c", "zip", "-t", "-w", "64", "-l", "64"]] {
        let file = bench.made(&[&["tiffcp"], options, &["fax.tif", "out.tif"]].concat());
        assert!(painted("a fax", file) == [page.decode().unwrap()], "{options:?}");
    }
}

#[test]
fn the_resolution_is_the_size_on_paper() {
    let bench = Bench::new();
    let set = |tag: &str, value: &str| bench.run(&["tiffset", "-s", tag, value, "leaflet.tif"]);
    for (dpi, unit, value) in [(200.0, "2", "200.0"), (127.0, "3", "50.0")] {
        set("282", value);
        set("283", value);
        set("296", unit);
        let page = painted(value, bench.read("leaflet.tif")).remove(0);
        bench.compare_page(value, &page, "leaflet.tif", dpi);
    }
    // Without a unit, and with a senseless number, it is as large as one that says nothing: its width is that of a screen's.
    let silent = bench.made(&["convert", "leaflet.ppm", "-compress", "none", "silent.tif"]);
    bench.run(&["tiffset", "-u", "282", "silent.tif"]);
    bench.run(&["tiffset", "-u", "283", "silent.tif"]);
    assert_ne!(silent, bench.read("silent.tif"), "it had a resolution");
    let silent = painted("silent", bench.read("silent.tif"));
    set("296", "1");
    assert!(painted("no unit", bench.read("leaflet.tif")) == silent);
    set("296", "2");
    set("282", "1.0");
    set("283", "1.0");
    assert!(painted("a dot an inch", bench.read("leaflet.tif")) == silent);
}

#[test]
fn a_wide_scan_is_turned_and_fills_the_paper() {
    let bench = Bench::new();
    let wide = bench.made(&[
        "convert",
        "leaflet.tif",
        "-rotate",
        "90",
        "-units",
        "PixelsPerInch",
        "-density",
        "160",
        "wide.tif",
    ]);
    // It came from the upright one by a turn with the clock, and is turned against it.
    let page = painted("wide", wide).remove(0);
    bench.compare_page("wide", &page, "leaflet.tif", DPI);
}

#[test]
fn each_way_up_is_upright() {
    let bench = Bench::new();
    // Higher than wide, and higher than wide when it is turned by half: nothing is turned for the paper's sake.
    for way in 1..=8 {
        let way = way.to_string();
        bench.run(&["tiffcp", "-c", "lzw", "leaflet.tif", "out.tif"]);
        if ["5", "6", "7", "8"].contains(&way.as_str()) {
            bench.run(&[
                "convert",
                "leaflet.tif",
                "-rotate",
                "90",
                "-units",
                "PixelsPerInch",
                "-density",
                "160",
                "out.tif",
            ]);
        }
        bench.run(&["tiffset", "-s", "274", &way, "out.tif"]);
        let page = painted(&way, bench.read("out.tif")).remove(0);
        let theirs = bench.made(&["convert", "out.tif", "-auto-orient", "+profile", "*", "upright.png"]);
        assert!(!theirs.is_empty());
        compare_halves(&bench, &way, &page);
    }
}

/// The strokes are where they are in `upright.png`: in its upper half or in its lower one, and not mirrored.
fn compare_halves(bench: &Bench, way: &str, page: &Bitmap) {
    bench.run(&["convert", "upright.png", "-units", "PixelsPerInch", "-density", "160", "same.png"]);
    let theirs = painted("upright", bench.read("same.png")).remove(0);
    let differ = (0..page.height())
        .flat_map(|y| page.row(y).iter().zip(theirs.row(y)).map(|(a, b)| (a ^ b).count_ones()))
        .sum::<u32>();
    let all: u32 = theirs.bytes().iter().map(|byte| byte.count_ones()).sum();
    assert!(all > 100_000 && differ * 100 < all, "way {way}: {differ} of {all} dots differ");
}

#[test]
fn a_fax_program_s_page_may_lie_on_its_side() {
    let bench = Bench::new();
    let mut scan = Bitmap::new(800, 1000);
    (0..500).for_each(|y| scan.fill_run(y, 0, 800));
    bench.write("scan.tif", &Page::encode(&scan, 200, 200).to_tiff());
    // 6: its right side is what was its top.
    let page = painted("6", bench.made(&["tiffset", "-s", "274", "6", "scan.tif"])).remove(0);
    // Wider than high then, so it is turned back for the paper.
    let upright = painted("1", bench.made(&["tiffset", "-s", "274", "1", "scan.tif"])).remove(0);
    assert!(share(&upright, 500..1200, 10..400) == 1.0 && share(&upright, 500..1200, 520..900) == 0.0);
    assert!(page == upright);
    let page = painted("3", bench.made(&["tiffset", "-s", "274", "3", "scan.tif"])).remove(0);
    assert!(share(&page, 500..1200, 10..400) == 0.0 && share(&page, 500..1200, 520..900) == 1.0);
}

#[test]
fn a_file_has_pages_of_every_kind_and_thumbnails_are_none() {
    let bench = Bench::new();
    bench.write("fax.tif", &fax_page(2).to_tiff());
    bench.run(&["tiff2bw", "leaflet.tif", "grey.tif"]);
    let all = bench.made(&["tiffcp", "-c", "zip", "leaflet.tif", "grey.tif", "all.tif"]);
    assert_eq!(painted("two", all).len(), 2);
    bench.run(&["tiffcp", "-a", "-c", "g4", "fax.tif", "all.tif"]);
    bench.run(&["tiffcp", "-a", "-c", "jpeg", "-r", "16", "leaflet.tif", "all.tif"]);
    let pages = painted("four", bench.read("all.tif"));
    assert!(pages.len() == 4 && pages[2] == fax_page(2).decode().unwrap());
    bench.compare_page("of three", &pages[1], "all.tif[1]", DPI);
    bench.compare_page("the last", &pages[3], "all.tif[3]", DPI);
    // The second is marked as a smaller copy of another.
    let rest = bench.made(&["tiffset", "-d", "1", "-s", "254", "1", "all.tif"]);
    let rest = painted("three", rest);
    assert!(rest.len() == 3 && rest[1] == pages[2]);
    // Alone it is a page.
    assert_eq!(painted("alone", bench.made(&["tiffset", "-s", "254", "1", "leaflet.tif"])).len(), 1);
}

/// As most scanners in offices do it: 600 dots per inch are more than a fax line knows.
#[test]
fn a_scan_of_600_dots_per_inch_becomes_a_page() {
    let bench = Bench::new();
    let order = ["convert", "leaflet.tif", "-crop", "640x400+0+0", "+repage", "-extent", "640x800", "-filter", "point"];
    let fine =
        ["-resize", "375%", "-threshold", "60%", "-type", "bilevel", "-units", "PixelsPerInch", "-density", "600"];
    for compression in ["Group4", "zip"] {
        bench.run(&[&order[..], &fine, &["-compress", compression, "out.tif"]].concat());
        let page = painted(compression, bench.read("out.tif")).remove(0);
        bench.compare_page(compression, &page, "out.tif", 600.0);
    }
}

/// Its addresses are longer, and its pages the same.
#[test]
fn a_bigtiff_has_the_pages_of_an_ordinary_file() {
    let bench = Bench::new();
    bench.run(&["tiff2bw", "leaflet.tif", "grey.tif"]);
    for options in [
        &["-c", "none"][..],
        &["-c", "lzw:2", "-r", "7"],
        &["-c", "zip", "-B", "-r", "1"],
        &["-c", "jpeg:90", "-r", "48"],
        &["-c", "zip", "-B", "-t", "-w", "64", "-l", "64"],
    ] {
        let made = |form: &[&str]| {
            let pages = bench.made(&[&["tiffcp"], form, options, &["leaflet.tif", "grey.tif", "out.tif"]].concat());
            (pages[..4].to_vec(), painted(&format!("{form:?} {options:?}"), pages))
        };
        let ((_, ordinary), (begins, big)) = (made(&[]), made(&["-8"]));
        assert!([b"II+\0", b"MM\0+"].contains(&begins.first_chunk().unwrap()), "{options:?}");
        assert!(ordinary.len() == 2 && big == ordinary, "{options:?}");
    }
    bench.write("fax.tif", &fax_page(3).to_tiff());
    let dots = [fax_page(3).decode().unwrap()];
    for options in [&["-c", "g4", "-r", "50"][..], &["-c", "g4", "-f", "lsb2msb"], &["-c", "g3:2d", "-B"]] {
        let file = bench.made(&[&["tiffcp", "-8"], options, &["fax.tif", "out.tif"]].concat());
        assert!(painted("a fax", file) == dots, "{options:?}");
    }
}

#[test]
fn what_is_not_read_is_said() {
    let bench = Bench::new();
    for (what, words) in [
        ("Lab in JPEG", &["convert", "leaflet.tif", "-colorspace", "Lab", "-compress", "JPEG", "out.tif"][..]),
        ("whole numbers of 32 bits", &["convert", "leaflet.tif", "-depth", "32", "out.tif"]),
        ("fractions", &["raw2tiff", "-w", "100", "-l", "100", "-b", "1", "-d", "float", "zeros", "out.tif"]),
        ("planes in tiles", &["tiffcp", "-p", "separate", "-t", "-w", "64", "-l", "320", "leaflet.tif", "out.tif"]),
    ] {
        bench.write("zeros", &[0; 40_000]);
        assert_eq!(refused(what, bench.made(words)), Problem::Unsupported, "{what}");
    }
    // The colours of fax machines.
    bench.run(&["tiffset", "-s", "262", "10", "leaflet.tif"]);
    assert_eq!(refused("colours of a fax", bench.read("leaflet.tif")), Problem::Unsupported);
}
