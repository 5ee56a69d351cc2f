//! Windows' western code page (1252), whose marks are often taken for Latin-1: then dashes, quotes and the euro become control characters.

/// What stands at 0x80 to 0x9f, where the page differs from Latin-1; NUL where nothing does.
pub const WINDOWS: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•',
    '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// The mark that a control character of Latin-1 was meant to be, as browsers read `&#150;`; "?" where there is none. A dose of "5–10" must
/// not become "510". Every other character is itself.
pub fn meant(c: char) -> char {
    let at = u32::from(c).wrapping_sub(0x80) as usize;
    match WINDOWS.get(at) {
        Some('\0') => '?',
        Some(mark) => *mark,
        None => c,
    }
}
