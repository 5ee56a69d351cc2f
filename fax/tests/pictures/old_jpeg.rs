//! JPEG of the old kind in TIFF, in the forms that programs wrote. No program at hand writes it any more, so the files are made here around the parts of
//! ordinary JPEG pictures; libtiff still reads them, and says what is to be seen. (ImageMagick takes their colours for red, green and blue.)

use std::collections::BTreeMap;

use fax::convert::Problem;

use crate::bench::{Bench, DPI, ROWS, WIDTH, painted, refused};

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

/// A TIFF file of one page, little-endian. What it has in front of its directory begins behind its first eight octets.
fn tiff(body: &[u8], entries: &[(u16, u16, Vec<u32>)]) -> Vec<u8> {
    let mut file = [b"II*\0\0\0\0\0", body].concat();
    file.resize(file.len().next_multiple_of(2), 0);
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort();
    let mut directory = u16::try_from(sorted.len()).unwrap().to_le_bytes().to_vec();
    for (tag, kind, values) in sorted {
        let octets =
            |value: &u32| if *kind == SHORT { value.to_le_bytes()[..2].to_vec() } else { value.to_le_bytes().to_vec() };
        let mut value: Vec<u8> = values.iter().flat_map(octets).collect();
        if value.len() > 4 {
            let at = u32::try_from(file.len()).unwrap();
            file.append(&mut value);
            value.extend(at.to_le_bytes());
        }
        value.resize(4, 0);
        let count = u32::try_from(values.len() / if *kind == RATIONAL { 2 } else { 1 }).unwrap();
        directory.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        directory.extend([count.to_le_bytes().to_vec(), value].concat());
    }
    let at = u32::try_from(file.len()).unwrap();
    file[4..8].copy_from_slice(&at.to_le_bytes());
    [file, directory, vec![0; 4]].concat()
}

/// What every page has.
fn entries(samples: u32) -> Vec<(u16, u16, Vec<u32>)> {
    let dpi = vec![DPI as u32, 1];
    vec![
        (256, LONG, vec![WIDTH]),
        (257, LONG, vec![ROWS]),
        (258, SHORT, vec![8; samples as usize]),
        (259, SHORT, vec![6]),
        (262, SHORT, vec![if samples == 1 { 1 } else { 6 }]),
        (277, SHORT, vec![samples]),
        (282, RATIONAL, dpi.clone()),
        (283, RATIONAL, dpi),
        (296, SHORT, vec![2]),
        (512, SHORT, vec![1]),
    ]
}

/// The tables of a JPEG by their numbers, those of codes above 0x100; how long its head is; and its dots.
fn parts(jpeg: &[u8]) -> (BTreeMap<u16, Vec<u8>>, usize, &[u8]) {
    let (mut tables, mut at) = (BTreeMap::new(), 2);
    loop {
        let marker = jpeg[at + 1];
        let length = usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        let segment = &jpeg[at + 4..at + 2 + length];
        match marker {
            0xdb => drop(tables.insert(u16::from(segment[0]), segment[1..].to_vec())),
            0xc4 => drop(tables.insert(0x100 | u16::from(segment[0]), segment[1..].to_vec())),
            _ => {}
        }
        at += 2 + length;
        if marker == 0xda {
            return (tables, at, &jpeg[at..jpeg.len() - 2]);
        }
    }
}

fn long(number: usize) -> Vec<u32> {
    vec![u32::try_from(number).unwrap()]
}

/// The whole JPEG stands in the file, and its strip is that too.
fn of_stream(jpeg: &[u8], samples: u32, more: &[(u16, u16, Vec<u32>)]) -> Vec<u8> {
    let strip = [(273, LONG, vec![8]), (278, LONG, vec![ROWS]), (279, LONG, long(jpeg.len()))];
    tiff(jpeg, &[&entries(samples)[..], &strip, more].concat())
}

/// The head of the JPEG stands in the file, and its dots in the strip.
fn of_head_and_dots(jpeg: &[u8], samples: u32) -> Vec<u8> {
    let (_, head, dots) = parts(jpeg);
    let strip = [
        (273, LONG, long(8 + head)),
        (278, LONG, vec![ROWS]),
        (279, LONG, long(dots.len())),
        (513, LONG, vec![8]),
        (514, LONG, long(head)),
    ];
    tiff(&jpeg[..head + dots.len()], &[&entries(samples)[..], &strip].concat())
}

/// Each table stands somewhere, and the dots of each of these in a strip of so many rows.
fn of_tables(jpegs: &[Vec<u8>], rows: u32, samples: u32) -> Vec<u8> {
    let (tables, ..) = parts(&jpegs[0]);
    let (mut body, mut at) = (Vec::new(), BTreeMap::new());
    for (number, table) in tables {
        at.insert(number, u32::try_from(8 + body.len()).unwrap());
        body.extend(table);
    }
    let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
    for jpeg in jpegs {
        let (_, _, dots) = parts(jpeg);
        offsets.extend(long(8 + body.len()));
        lengths.extend(long(dots.len()));
        body.extend(dots);
    }
    let of = |first: u16| (0..samples as u16).map(|sample| at[&(first + sample.min(1))]).collect();
    let strips = [
        (273, LONG, offsets),
        (278, LONG, vec![rows]),
        (279, LONG, lengths),
        (519, LONG, of(0)),
        (520, LONG, of(0x100)),
        (521, LONG, of(0x110)),
    ];
    tiff(&body, &[&entries(samples)[..], &strips].concat())
}

/// The leaflet as JPEG, its codes those of the standard, so that all have the same.
fn jpeg(bench: &Bench, options: &[&str]) -> Vec<u8> {
    let order = ["convert", "leaflet.ppm"];
    let codes = ["-quality", "92", "-define", "jpeg:optimize-coding=false", "out.jpg"];
    bench.made(&[&order[..], options, &codes].concat())
}

/// One of each form, for those who damage them.
pub(crate) fn files(bench: &Bench) -> Vec<Vec<u8>> {
    let whole = jpeg(bench, &["-sampling-factor", "2x2"]);
    vec![of_stream(&whole, 3, &[(513, LONG, vec![8])]), of_head_and_dots(&whole, 3), of_tables(&[whole], ROWS, 3)]
}

#[track_caller]
fn assert_read(bench: &Bench, what: &str, file: Vec<u8>) {
    bench.write("out.tif", &file);
    bench.run(&["tiff2rgba", "-c", "none", "out.tif", "rgba.tif"]);
    let page = painted(what, file).remove(0);
    bench.compare_page(what, &page, "rgba.tif", DPI);
}

#[test]
fn jpeg_of_the_old_kind_is_read_in_each_of_its_forms() {
    let bench = Bench::new();
    for sampling in ["1x1", "2x1", "2x2"] {
        let whole = jpeg(&bench, &["-sampling-factor", sampling]);
        let length = (514, LONG, long(whole.len()));
        for (what, file) in [
            ("a stream", of_stream(&whole, 3, &[(513, LONG, vec![8]), length])),
            ("a stream of unknown length", of_stream(&whole, 3, &[(513, LONG, vec![8])])),
            ("a head and dots", of_head_and_dots(&whole, 3)),
        ] {
            assert_read(&bench, &format!("{what}, {sampling}"), file);
        }
    }
    let whole = jpeg(&bench, &["-sampling-factor", "2x2"]);
    assert_read(&bench, "tables", of_tables(&[whole], ROWS, 3));
    let grey = jpeg(&bench, &["-colorspace", "Gray"]);
    assert_read(&bench, "grey", of_stream(&grey, 1, &[(513, LONG, vec![8])]));
    assert_read(&bench, "grey, tables", of_tables(&[grey], ROWS, 1));
}

/// Each strip begins anew, as behind a restart.
#[test]
fn the_strips_of_a_jpeg_of_the_old_kind_are_one_page() {
    let bench = Bench::new();
    let strip = |from: u32| {
        let part = format!("{WIDTH}x160+0+{from}");
        jpeg(&bench, &["-sampling-factor", "2x2", "-crop", &part, "+repage"])
    };
    let strips: Vec<_> = (0..ROWS).step_by(160).map(strip).collect();
    assert_read(&bench, "five strips", of_tables(&strips, 160, 3));
    // Strips that end within a block would share it.
    assert_eq!(refused("strips of 8 rows", of_tables(&strips, 168, 3)), Problem::Unsupported);
}

#[test]
fn what_a_jpeg_of_the_old_kind_lacks_or_forges_is_refused() {
    let bench = Bench::new();
    let whole = jpeg(&bench, &["-sampling-factor", "2x2"]);
    let at = [(513, LONG, vec![8])];
    let with = |tag: u16, kind: u16, values: Vec<u32>| {
        let (_, _, dots) = parts(&whole);
        let (mut all, at) = (entries(3), whole.len() - 2 - dots.len());
        all.extend([
            (273, LONG, long(8 + at)),
            (278, LONG, vec![ROWS]),
            (279, LONG, long(dots.len())),
            (513, LONG, vec![8]),
            (514, LONG, long(at)),
        ]);
        all.retain(|entry| entry.0 != tag);
        all.push((tag, kind, values));
        tiff(&whole, &all)
    };
    // A frame that claims as many dots as one can.
    let mut vast = whole.clone();
    let frame = vast.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    vast[frame + 5..frame + 9].fill(0xff);
    let cut = |share: usize| of_stream(&whole[..whole.len() * share / 10], 3, &at);
    for (what, file, expected) in [
        ("a frame of another size", of_stream(&vast, 3, &at), Problem::Broken),
        ("a cut stream", cut(6), Problem::Broken),
        ("a stream without dots", cut(0), Problem::Broken),
        ("a page of four billion rows", with(257, LONG, vec![u32::MAX]), Problem::TooLarge),
        ("a page that the frame is not", with(257, LONG, vec![ROWS - 16]), Problem::Broken),
        ("a stream behind the end", with(513, LONG, vec![u32::MAX]), Problem::Broken),
        ("a stream that is none", with(513, LONG, vec![10]), Problem::Broken),
        ("dots behind the end", with(273, LONG, vec![u32::MAX]), Problem::Broken),
        ("half of the dots", with(279, LONG, vec![9000]), Problem::Broken),
        ("without loss", with(512, SHORT, vec![14]), Problem::Unsupported),
        ("planes", with(284, SHORT, vec![2]), Problem::Unsupported),
        ("neither stream nor tables", with(513, LONG, vec![0]), Problem::Broken),
    ] {
        assert_eq!(refused(what, file), expected, "{what}");
    }
    let mut behind = of_tables(&[whole], ROWS, 3);
    let codes = behind.len();
    behind.truncate(codes - 4);
    assert_eq!(refused("a cut directory", behind), Problem::Broken);
}
