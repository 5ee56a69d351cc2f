//! A call for help that every trunk refuses although some of them carry others: who gives way.

use calls::Limits;

use crate::bench::Bench;

/// Every trunk refuses a call for help twice, from this leg on: the first one like this, the other with 503.
fn refused(first: u8, code: u16) -> String {
    (0..4).map(|n| format!("refuse B{} {}\n", first + n, if n % 2 == 0 { code } else { 503 })).collect()
}

fn ran(script: &str) -> String {
    let mut bench = Bench::new(Limits::default());
    bench.run(script);
    bench.check_rest();
    bench.log
}

/// The settings let this trunk carry two calls, and the contract with its carrier one: it says so twice.
#[test]
fn a_carrier_that_is_full_before_the_settings_say_so_gets_room_too() {
    let first = format!("invite a 101 202-555-0144\npickup B1\ninvite c 103 911\n{}", refused(2, 503));
    let second = refused(6, 503);
    let log = ran(&format!("{first}wait 2\n{second}wait 2\npickup B10\nlive\nbye c"));
    let (before, after) = log.split_once("> refuse B9 503").expect("all were tried twice");
    assert!(!before.contains("bye "), "nobody is parted for a first no: {log}");
    assert!(after.contains("bye a\n") && after.contains("bye B1\n"), "{log}");
    assert!(after.contains("answer c ") && after.contains("got through after all"), "{log}");
}

/// Some phones have a key for help, and say its name in the place of a number.
#[test]
fn help_that_is_called_by_its_name_goes_out_by_the_number_that_it_has_here() {
    let by = |dialled: &str| {
        let log = ran(&format!("invite c 103 {dialled}\npickup B1\nlive\nbye c"));
        log.replace(&format!("> invite c 103 {dialled}\n"), "")
    };
    let named = by("urn:service:sos");
    assert!(named.contains("911"), "{named}");
    assert_eq!(named, by("911"));
}

/// Who was parted already is enough: if help is refused even then, that was not the reason.
#[test]
fn no_more_than_one_call_of_a_trunk_gives_way_for_nothing() {
    let up = "invite a 101 202-555-0144\npickup B1\ninvite b 102 202-555-0155\npickup B2\ninvite c 103 911\n";
    let log = ran(&format!("{up}{}wait 2\n{}live\nbye a", refused(3, 503), refused(7, 503)));
    assert!(log.contains("bye B2\n") && log.contains("refuse c 502"), "{log}");
    let (before, _) = log.split_once("> bye a").expect("it is up");
    assert!(!before.contains("bye B1\n"), "{log}");
}

/// Some carriers say that an account has as many calls as it may have in words that mean other things as well (403, 480).
#[test]
fn a_refusal_that_may_mean_that_is_believed_where_every_channel_is_in_use() {
    let other = "invite b 102 202-555-0155\npickup B2\n";
    for code in [403, 480] {
        let up = format!("invite a 101 202-555-0144\npickup B1\n{other}invite c 103 911\n");
        let log = ran(&format!("{up}{}wait 2\npickup B7\nbye c\nbye a", refused(3, code)));
        assert!(log.contains("bye B2\n") && log.contains("answer c "), "{code}: {log}");
        // Where it could carry one more, it means something else.
        let up = "invite a 101 202-555-0144\npickup B1\ninvite c 103 911\n";
        let log = ran(&format!("{up}{}wait 2\n{}bye a", refused(2, code), refused(6, code)));
        assert!(log.contains("refuse c "), "{code}: {log}");
        let (before, _) = log.split_once("> bye a").expect("it is up");
        assert!(!before.contains("bye B1\n"), "{code}: {log}");
    }
}
