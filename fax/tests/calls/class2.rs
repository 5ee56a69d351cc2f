//! Whole fax calls over a modem that speaks T.30 itself, in simulated time: our driver, the fake of Class 2 or 2.0, a telephone line, and
//! one of our fax machines at its other end, which is a real one.

use model::fax::Cause;
use modem::fake::Manner;

use crate::class1::{Setup, check};
use crate::support::{assert_same, pages};

const TWO: Manner = Manner { two_zero: false, garbles: 0, reversed: false, drops_after: 0 };
const TWO_ZERO: Manner = Manner { two_zero: true, ..TWO };

#[test]
fn three_pages_go_out() {
    for manner in [TWO, TWO_ZERO] {
        let sent = pages(3);
        let world = Setup { pages: sent.clone(), fake: Some(manner), ..Setup::default() }.run();
        check(&world, Cause::Delivered, 3);
        eprintln!("{}", world.talk);
        assert_same(&world.ended.as_ref().unwrap().durable, &sent);
    }
}
