//! Any page in HTML becomes text within its bound, the same whatever more room there is, and its words are words.

use model::html;

const LONGEST: usize = 4096;

pub fn run(data: &[u8]) {
    let source = String::from_utf8_lossy(data);
    let Some(read) = html::read(&source, LONGEST) else { return };
    assert!(read.text.len() <= LONGEST);
    // Less room is no other text: it has room for it, or none.
    for longest in [LONGEST / 64, read.text.len()] {
        if let Some(again) = html::read(&source, longest) {
            assert_eq!(again, read);
        }
    }
    // Its words, written as a page that is nothing but these, are these.
    let plain: String = read.text.chars().map(written).collect();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    if let Some(again) = html::read(&plain, LONGEST) {
        assert_eq!(words(&again.text), words(&read.text));
    }
}

/// A letter as a page may write it. Of the numbers from 128 to 159 a page means something else (the letters of Windows' western code page).
fn written(letter: char) -> String {
    if letter.is_ascii_graphic() { format!("&#{};", u32::from(letter)) } else { letter.to_string() }
}
