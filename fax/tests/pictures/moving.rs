//! What moves is no page; what could and does not, is.

use fax::convert::{Problem, render};

use crate::bench::{Bench, document, painted, refused};

#[test]
fn a_moving_picture_is_refused_and_a_still_one_is_not() {
    let bench = Bench::new();
    for name in ["out.gif", "out.webp"] {
        let still = bench.made(&["convert", "leaflet.ppm", name]);
        assert_eq!(painted(name, still).len(), 1);
        let moving = ["convert", "-delay", "20", "-loop", "0", "leaflet.ppm", "(", "leaflet.ppm", "-negate", ")", name];
        assert_eq!(refused(name, bench.made(&moving)), Problem::Moving);
        // One frame, which would be shown for ever.
        let one = bench.made(&["convert", "-delay", "20", "-loop", "0", "leaflet.ppm", name]);
        assert_eq!(painted(name, one).len(), 1);
    }
    let moving = bench.made(&["convert", "-delay", "20", "leaflet.ppm", "leaflet.tif", "-resize", "50%", "out.gif"]);
    let error = render(&[document(moving)]).unwrap_err();
    assert_eq!(error.sentence().into_inner(), "“photo” is a moving picture, which no fax can show. Send a still one.");
}
