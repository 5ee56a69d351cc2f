//! A call for help in a real browser: the tone that tells of it, and the title of the page.

use std::time::Duration;

use interop::telephone::Telephone;
use interop::{Demo, wait_for};
use serde_json::json;

/// Counts the tones, and shows alerts as a refresh of the page does; no refresh of the page's own comes between.
const BENCH: &str = r"
    window.tones = 0;
    window.wakes = 0;
    document.addEventListener('htmx:beforeSwap', (event) => {
        if (event.detail.target.id === 'phone-people') event.detail.shouldSwap = false;
    }, true);
    window.AudioContext = class extends AudioContext { constructor() { super(); window.wakes += 1; } };
    const create = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function () { window.tones += 1; return create.call(this); };
    window.show = (alerts) => {
        const banner = ([id, time]) =>
            `<div data-alarm='${id}'><strong>Help ${id}</strong><time datetime='${time}'></time></div>`;
        document.getElementById('alerts').innerHTML = alerts.map(banner).join('');
        document.body.dispatchEvent(new CustomEvent('htmx:afterSettle', { bubbles: true }));
    };";

const NINE: &str = "2026-11-29T09:00:00.000Z";
const TEN: &str = "2026-11-29T10:00:00.000Z";
const SOON: Duration = Duration::from_secs(10);

fn show(person: &Telephone, alerts: &[(u32, &str)]) {
    person.browser.script(&format!("window.show({})", json!(alerts)));
}

/// It has not even begun to: whether it does is decided as the alerts are shown.
fn show_in_silence(person: &Telephone, alerts: &[(u32, &str)]) {
    let wakes = || person.browser.script("return window.wakes").as_u64();
    let before = wakes();
    show(person, alerts);
    assert_eq!(wakes(), before, "{alerts:?}");
}

fn wait_for_tones(person: &Telephone, count: u64) {
    let tones = || person.browser.script("return window.tones").as_u64();
    wait_for("the tone", SOON, || (tones() >= Some(count)).then_some(()));
    assert_eq!(tones(), Some(count));
}

/// The latest that was heard stood for all before it: after a step back of the clock no browser told of anything.
#[test]
fn each_call_for_help_is_heard_once_whatever_the_clock_says() {
    let demo = Demo::start();
    let person = Telephone::start(&demo, "101", 0, 1000);
    person.browser.script(BENCH);
    show(&person, &[(1, TEN)]);
    wait_for_tones(&person, 1);
    show_in_silence(&person, &[(1, TEN)]);
    show(&person, &[(1, TEN), (2, NINE)]);
    wait_for_tones(&person, 2);
    // One that is acknowledged leaves the others as they were.
    show_in_silence(&person, &[(2, NINE)]);
    show(&person, &[(1, NINE)]);
    wait_for_tones(&person, 3);
    // Another page of the browser knows what was heard in this one.
    person.browser.open("/phone");
    person.wait_until_says("#phone-state", "Ready");
    person.browser.script(BENCH);
    show_in_silence(&person, &[(1, NINE)]);
    show(&person, &[(3, NINE)]);
    wait_for_tones(&person, 1);
}

#[test]
fn the_title_of_a_telephone_that_nobody_is_signed_in_at_tells_nothing() {
    let demo = Demo::start();
    let person = Telephone::start(&demo, "101", 0, 1000);
    person.browser.script(BENCH);
    let own = person.browser.title();
    let told = || person.browser.title().contains("Help 1");
    let closed = "document.body.dispatchEvent(new CustomEvent('htmx:beforeOnLoad', {cancelable: true, detail: {xhr: {status: 401}}}))";
    show(&person, &[(1, TEN)]);
    assert!(told());
    person.browser.script(closed);
    assert_eq!(person.browser.title(), own, "half an hour later");
    show(&person, &[(1, TEN)]);
    assert!(told());
    person.browser.script("fetch('/logout', {method: 'POST'})");
    person.wait_until_says("#phone-trouble-text", "You are signed out");
    assert_eq!(person.browser.title(), own);
}
