//! From the texts of one language to the list of what is to be spoken: names, sorted, and texts.

use toml::{Table, Value};

use crate::speak::Voice;

/// Reads the texts of one language.
pub(crate) fn read(text: &str) -> Result<(Voice, Vec<(String, String)>), String> {
    let table: Table = text.parse().map_err(|e: toml::de::Error| e.to_string())?;
    let speed = table.get("speed").and_then(Value::as_integer).ok_or("speed is missing")?;
    let voice = Voice { name: line(&table, "voice")?, speed: u32::try_from(speed).map_err(|e| e.to_string())? };
    let mut clips = Vec::new();
    let mut add = |name: String, text: String| {
        if !text.is_empty() {
            clips.push((name, text));
        }
    };
    let of = |key: &str, n: u32| Ok::<_, String>(line(&table, key)?.replace("{}", &n.to_string()));
    for n in 0..100 {
        add(format!("number-{n}"), of("number", n)?);
    }
    for n in 1..10 {
        add(format!("hundred-{n}"), of("hundred", n)?);
        let special = line(&table, "hundred_before_one").ok().filter(|_| n == 1);
        add(format!("hundred-before-{n}"), special.map_or_else(|| of("hundred_before", n), Ok)?);
    }
    for n in 1..60 {
        let below_ten = table.contains_key("minute_below_ten") && n < 10;
        add(format!("minute-{n}"), of(if below_ten { "minute_below_ten" } else { "minute" }, n)?);
    }
    for (key, name, first, count) in [
        ("hours", "hour", 0, 24),
        ("halves", "half", 0, 2),
        ("weekdays", "weekday", 1, 7),
        ("months", "month", 1, 12),
        ("days", "day", 1, 31),
    ] {
        let lines = lines(table.get(key), key)?;
        if lines.len() != count {
            return Err(format!("{key}: {count} are needed, and {} stand there", lines.len()));
        }
        for (n, text) in lines.into_iter().enumerate() {
            add(format!("{name}-{}", n + first), text);
        }
    }
    for key in ["phrases", "plans"] {
        let phrases = table.get(key).and_then(Value::as_table).ok_or_else(|| format!("[{key}] is missing"))?;
        for (name, text) in phrases {
            add(name.clone(), text.as_str().ok_or_else(|| format!("{name}: this is no text"))?.to_owned());
        }
    }
    let mut clips = said_by_country(clips, &table)?;
    clips.sort();
    if let Some(twice) = clips.windows(2).find(|two| two[0].0 == two[1].0) {
        return Err(format!("{}: two texts have this name", twice[0].0));
    }
    Ok((voice, clips))
}

/// A text that names the number of help is spoken for each number that there is: "clinic_emergency" where it is 911, and
/// "clinic_emergency~112".
fn said_by_country(clips: Vec<(String, String)>, table: &Table) -> Result<Vec<(String, String)>, String> {
    let numbers = table.get("help").and_then(Value::as_table).ok_or("[help] is missing")?;
    let mut all = Vec::new();
    for (name, text) in clips {
        if !text.contains("{help}") {
            all.push((name, text));
            continue;
        }
        for (number, said) in numbers {
            let own = if number == "911" { name.clone() } else { format!("{name}~{number}") };
            all.push((own, text.replace("{help}", said.as_str().ok_or("[help] has more than texts")?)));
        }
    }
    Ok(all)
}

fn line(table: &Table, key: &str) -> Result<String, String> {
    table.get(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("{key} is missing"))
}

fn lines(value: Option<&Value>, key: &str) -> Result<Vec<String>, String> {
    let list = value.and_then(Value::as_array).ok_or_else(|| format!("{key} is missing"))?;
    let text = |v: &Value| v.as_str().map(str::to_owned).ok_or_else(|| format!("{key}: this is no text"));
    list.iter().map(text).collect()
}
