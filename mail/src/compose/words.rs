//! How facts are put into words.

use model::{PhoneNumber, Settings, Wall};

/// The number as people of the clinic's country write it.
pub(super) fn number(number: Option<&PhoneNumber>, settings: &Settings) -> String {
    number.map_or_else(|| "an unknown number".to_owned(), |n| n.for_person(&settings.numbering.country))
}

/// "Friday, November 20, 2026 at 9:00 AM EST".
pub(super) fn moment(at: Wall, settings: &Settings) -> String {
    at.in_zone(&settings.zone()).strftime("%A, %B %-d, %Y at %-I:%M %p %Z").to_string()
}

/// "9:00:05 AM".
pub(super) fn time_of_day(at: Wall, settings: &Settings) -> String {
    at.in_zone(&settings.zone()).strftime("%-I:%M:%S %p").to_string()
}

/// As headers have it (RFC 5322, 3.3).
pub(super) fn header_date(at: Wall, settings: &Settings) -> String {
    at.in_zone(&settings.zone()).strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// "1 page", "3 pages".
pub(super) fn pages(count: u32) -> String {
    if count == 1 { "1 page".to_owned() } else { format!("{count} pages") }
}

/// "48 s", "2 min 5 s".
pub(super) fn duration(millis: u64) -> String {
    let seconds = millis.div_ceil(1000);
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

/// Without line ends and other control characters: what came from outside must not make headers or lines of its own.
pub(super) fn one_line(text: &str) -> String {
    let shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    shown.trim().to_owned()
}

/// Lines of "Name:   value", values under each other, empty values left out.
pub(super) fn table(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 3;
    let filled = rows.iter().filter(|(_, value)| !value.is_empty());
    filled.map(|(name, value)| format!("{:<width$}{}\n", format!("{name}:"), one_line(value))).collect()
}
