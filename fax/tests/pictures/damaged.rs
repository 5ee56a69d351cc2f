//! What is damaged, and what was made to harm: refused in words, and nothing else happens.

use fax::convert::{Problem, render};
use proptest::prelude::*;
use std::sync::LazyLock;

use crate::bench::{Bench, document, fax_page, refused};

/// Where the value of an entry of the first page stands.
fn entry(file: &[u8], tag: u16) -> usize {
    let directory = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
    let entries = usize::from(u16::from_le_bytes(file[directory..directory + 2].try_into().unwrap()));
    (0..entries).map(|i| directory + 2 + i * 12).find(|at| file[*at..*at + 2] == tag.to_le_bytes()).unwrap()
}

fn set(file: &[u8], tag: u16, value: u32) -> Vec<u8> {
    let mut file = file.to_vec();
    let at = entry(&file, tag) + 8;
    file[at..at + 4].copy_from_slice(&value.to_le_bytes());
    file
}

/// How many values it has.
fn count(file: &[u8], tag: u16, count: u32) -> Vec<u8> {
    let mut file = file.to_vec();
    let at = entry(&file, tag) + 4;
    file[at..at + 4].copy_from_slice(&count.to_le_bytes());
    file
}

const WIDTH: u16 = 256;
const ROWS: u16 = 257;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const STRIP_OFFSETS: u16 = 273;
const SAMPLES: u16 = 277;
const ROWS_PER_STRIP: u16 = 278;
const STRIP_LENGTHS: u16 = 279;
const TILE_WIDTH: u16 = 322;
const TILE_ROWS: u16 = 323;

#[test]
fn a_page_without_its_end_is_none() {
    let bench = Bench::new();
    for packing in ["none", "lzw", "zip", "packbits", "jpeg"] {
        // In one strip, and its directory behind it.
        let good = bench.made(&["tiffcp", "-c", packing, "-r", "800", "leaflet.tif", "out.tif"]);
        assert_eq!(render(&[document(good.clone())]).unwrap().len(), 1, "{packing}");
        assert_eq!(refused(&format!("{packing} cut"), &good[..good.len() / 2]), Problem::Broken, "{packing}, cut");
        let length = u32::from_le_bytes(good[entry(&good, STRIP_LENGTHS) + 8..][..4].try_into().unwrap());
        let shorter = set(&good, STRIP_LENGTHS, length / 2);
        // A stream of deflate knows its own end, which is there.
        if packing != "zip" {
            assert_eq!(refused(packing, shorter), Problem::Broken, "{packing}, a short strip");
        }
        assert_eq!(refused(packing, set(&good, STRIP_LENGTHS, u32::MAX)), Problem::Broken, "{packing}, a long strip");
        let beyond = u32::try_from(good.len()).unwrap() - 4;
        assert_eq!(
            refused(packing, set(&good, STRIP_OFFSETS, beyond)),
            Problem::Broken,
            "{packing}, a strip behind the end"
        );
        if packing != "none" {
            let mut zeros = good.clone();
            let at = u32::from_le_bytes(good[entry(&good, STRIP_OFFSETS) + 8..][..4].try_into().unwrap()) as usize;
            zeros[at + length as usize / 3..at + length as usize].fill(0);
            // PackBits of zeros is a row of zeros, which is too short then.
            assert_eq!(refused(&format!("{packing} zeros"), zeros), Problem::Broken, "{packing}, a strip of zeros");
        }
    }
}

#[test]
fn absurd_numbers_are_refused_at_once() {
    let bench = Bench::new();
    let good = bench.made(&["tiffcp", "-c", "zip", "-r", "800", "leaflet.tif", "out.tif"]);
    let tiles = bench.made(&["tiffcp", "-c", "zip", "-t", "-w", "64", "-l", "64", "leaflet.tif", "tiles.tif"]);
    for (what, file, expected) in [
        ("256 million dots", set(&set(&good, WIDTH, 16_000), ROWS, 16_000), Problem::TooLarge),
        ("four billion rows", set(&good, ROWS, u32::MAX), Problem::TooLarge),
        ("no row", set(&good, ROWS, 0), Problem::TooLarge),
        ("more dots than bytes", set(&set(&good, WIDTH, 7_000), ROWS, 7_000), Problem::Broken),
        ("four billion strips", count(&good, STRIP_OFFSETS, u32::MAX), Problem::Unsupported),
        ("strips of no row", set(&good, ROWS_PER_STRIP, 0), Problem::Broken),
        ("strips of one row", set(&good, ROWS_PER_STRIP, 1), Problem::Broken),
        ("60,000 samples", set(&good, SAMPLES, 60_000), Problem::Unsupported),
        ("no sample", set(&good, SAMPLES, 0), Problem::Unsupported),
        ("one sample of a colour", set(&good, SAMPLES, 1), Problem::Unsupported),
        ("four billion depths", count(&good, BITS, u32::MAX), Problem::Unsupported),
        ("an unknown compression", set(&good, COMPRESSION, 34_712), Problem::Unsupported),
        ("JPEG of the old kind", set(&good, COMPRESSION, 6), Problem::Broken),
        ("another packing than it says", set(&good, COMPRESSION, 5), Problem::Broken),
        ("an unknown meaning", set(&good, PHOTOMETRIC, 32_844), Problem::Unsupported),
        ("a palette that is not there", set(&good, PHOTOMETRIC, 3), Problem::Unsupported),
        ("colours for several dots", set(&good, PHOTOMETRIC, 6), Problem::Unsupported),
        ("tiles of no width", set(&tiles, TILE_WIDTH, 0), Problem::Unsupported),
        ("tiles of a mile", set(&tiles, TILE_WIDTH, 1 << 31), Problem::Unsupported),
        ("tiles of one row", set(&tiles, TILE_ROWS, 1), Problem::Broken),
        (
            "a directory behind the end",
            [b"II*\0".as_slice(), &0x7fff_0000u32.to_le_bytes(), &[0; 40]].concat(),
            Problem::Broken,
        ),
    ] {
        assert_eq!(refused(what, file), expected, "{what}");
    }
}

#[test]
fn a_file_that_runs_in_a_circle_ends() {
    let bench = Bench::new();
    for packing in ["none", "zip", "jpeg"] {
        let mut file = bench.made(&["tiffcp", "-c", packing, "-r", "80", "leaflet.tif", "out.tif"]);
        let first = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
        let entries = usize::from(u16::from_le_bytes(file[first..first + 2].try_into().unwrap()));
        let next = first + 2 + entries * 12;
        file.copy_within(4..8, next);
        assert_eq!(refused(packing, file), Problem::Broken);
    }
}

/// A BigTIFF of this directory, of one entry: its tag, its kind, how many values, and where they are; `next` is the next directory.
fn big(tag: u16, kind: u16, count: u64, value: u64, next: u64) -> Vec<u8> {
    let mut file = [b"II+\0\x08\0\0\0".as_slice(), &16u64.to_le_bytes(), &1u64.to_le_bytes()].concat();
    file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
    file.extend([count, value, next].map(u64::to_le_bytes).concat());
    file
}

#[test]
fn a_forged_bigtiff_is_refused_and_never_grows() {
    const LONG8: u16 = 16;
    let most = u64::from(u32::MAX) + 1;
    for (what, file, expected) in [
        (
            "a directory of four billion entries",
            [&big(WIDTH, 4, 1, 9, 0)[..16], &most.to_le_bytes()].concat(),
            Problem::Unsupported,
        ),
        ("a circle", big(WIDTH, 4, 1, 9, 16), Problem::TooManyPages),
        ("a directory behind the end", big(WIDTH, 4, 1, 9, 1 << 40), Problem::Broken),
        ("an address of 48 bits", big(STRIP_OFFSETS, LONG8, 1, 1 << 47, 0), Problem::Broken),
        ("more addresses than there are octets", big(STRIP_OFFSETS, LONG8, 1 << 29, 16, 0), Problem::Broken),
        ("more values than can be", big(STRIP_OFFSETS, LONG8, 1 << 62, 16, 0), Problem::Broken),
        ("nothing", big(WIDTH, 4, 1, 9, 0)[..8].to_vec(), Problem::Broken),
    ] {
        assert_eq!(refused(what, file), expected, "{what}");
    }
    // Four hundred directories whose addresses are all the same half million: written anew for each, they would be 800 MB.
    const ADDRESSES: u64 = 500_000;
    let (directories, each) = (400u64, 8 + 20 + 8);
    let addresses = 16 + directories * each;
    let mut file = [b"II+\0\x08\0\0\0".as_slice(), &16u64.to_le_bytes()].concat();
    for n in 1..=directories {
        let next = if n < directories { 16 + n * each } else { 0 };
        file.extend(&big(STRIP_OFFSETS, LONG8, ADDRESSES, addresses, next)[16..]);
    }
    file.resize(file.len() + 8 * ADDRESSES as usize, 0);
    assert_eq!(refused("shared addresses", file), Problem::TooManyPages);
}

/// One bad document refuses the order, and says which it was.
#[test]
fn a_bad_picture_is_named() {
    let bench = Bench::new();
    let good = document(fax_page(1).to_tiff());
    for name in ["out.tif", "out.png", "out.jpg", "out.webp", "out.gif", "out.bmp"] {
        let whole = bench.made(&["convert", "leaflet.ppm", name]);
        let bad = document(&whole[..whole.len() / 2]);
        let error = render(&[good.clone(), bad]).expect_err(name);
        assert_eq!((error.document, error.kind), (1, Problem::Broken), "{name}");
        assert_eq!(error.sentence().into_inner(), "“photo” is damaged or incomplete, so no part of the fax was sent.");
    }
}

/// Small files of each kind, to damage.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let bench = Bench::new();
    let small = ["convert", "leaflet.ppm", "-resize", "40x50!"];
    let mut seeds: Vec<Vec<u8>> = [
        &["-compress", "none", "out.tif"][..],
        &["-compress", "lzw", "-define", "tiff:predictor=2", "out.tif"],
        &["-compress", "zip", "-define", "tiff:rows-per-strip=9", "out.tif"],
        &["-compress", "JPEG", "out.tif"],
        &["-compress", "zip", "-define", "tiff:tile-geometry=16x16", "out.tif"],
        &["-colors", "12", "-type", "Palette", "-compress", "rle", "out.tif"],
        &["-colorspace", "CMYK", "-depth", "16", "-endian", "MSB", "-compress", "zip", "out.tif"],
        &["-interlace", "plane", "-compress", "lzw", "out.tif"],
        &["-colorspace", "Lab", "-compress", "lzw", "out.tif"],
        &["-compress", "zip", "-define", "tiff:rows-per-strip=3", "TIFF64:out.tif"],
        &["out.png"],
        &["out.jpg"],
        &["-interlace", "JPEG", "out.jpg"],
        &["out.webp"],
        &["-define", "webp:lossless=true", "out.webp"],
        &["out.gif"],
        &["BMP3:out.bmp"],
        &["-colors", "12", "-type", "Palette", "-compress", "RLE", "BMP3:out.bmp"],
    ]
    .iter()
    .map(|options| {
        bench.run(&[&small[..], options].concat());
        bench.read(options.last().unwrap().rsplit(':').next().unwrap())
    })
    .collect();
    seeds.push(bench.made(&["convert", "-delay", "9", "leaflet.ppm", "leaflet.ppm", "-resize", "20x20!", "out.gif"]));
    seeds.append(&mut crate::old_jpeg::files(&bench));
    seeds
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Some bytes are others, or the end is missing: pages or a sentence, and no panic.
    #[test]
    fn damaged_pictures_never_panic(
        seed in any::<prop::sample::Index>(),
        hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<bool>(), any::<u8>()), 0..10),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut file = seed.get(&SEEDS).clone();
        let length = file.len();
        for (at, early, byte) in hits {
            // Half of them where the heads are.
            let at = at.index(if early { length.min(400) } else { length });
            file[at] = byte;
        }
        if let Some(cut) = cut {
            file.truncate(cut.index(length));
        }
        if let Ok(pages) = render(&[document(file)]) {
            for page in pages {
                prop_assert!(page.decode().is_ok());
            }
        }
    }
}
