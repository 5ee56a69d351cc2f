//! One order to several numbers: all of its faxes, or none.

use model::sending::OrderKey;
use model::{FaxId, Pii};
use store::effect::NewFax;
use store::rows::FaxFilter;
use store::{Done, Effect};

use crate::clinic::{Clinic, number};

fn order(clinic: &mut Clinic, key: &str, print: u8) -> Vec<NewFax> {
    let mut one = |to: &str| {
        let mut fax = clinic.order();
        fax.to = number(to);
        fax.wish.key = Some(OrderKey { key: Pii::from(key), fingerprint: [print; 32] });
        fax
    };
    ["+12025550101", "+12025550102", "+12025550103"].map(&mut one).to_vec()
}

fn ids(faxes: &[NewFax]) -> Vec<FaxId> {
    faxes.iter().map(|fax| fax.id).collect()
}

fn there(clinic: &Clinic) -> Vec<FaxId> {
    let rows = clinic.store.wait(clinic.store.faxes().list(FaxFilter::default(), 100, None)).expect("list");
    rows.iter().rev().map(|row| row.id).collect()
}

#[test]
fn an_order_to_several_numbers_under_a_key_is_the_same_faxes_however_often_it_comes() {
    let mut clinic = Clinic::new();
    let first = order(&mut clinic, "key", 1);
    assert!(matches!(clinic.does(Effect::AcceptFaxes(first.clone())), Done::Ok));
    let mut clinic = clinic.restart();
    assert!(matches!(clinic.does(Effect::AcceptFaxes(first.clone())), Done::Ok), "the same effect again");
    let again = order(&mut clinic, "key", 1);
    let done = clinic.does(Effect::AcceptFaxes(again));
    assert!(matches!(&done, Done::Ordered(before) if *before == ids(&first)), "{done:?}");
    let other = order(&mut clinic, "key", 2);
    assert!(matches!(clinic.does(Effect::AcceptFaxes(other)), Done::OtherOrder));
    assert_eq!(there(&clinic), ids(&first));
    // What became of the last ones to a number is that number's alone.
    let to = clinic.store.wait(clinic.store.faxes().sent_to(&first[1].to, 10)).expect("read");
    assert_eq!(to.iter().map(|row| row.id).collect::<Vec<_>>(), [first[1].id]);
}

#[test]
fn an_order_of_which_one_fax_cannot_be_stored_stores_none() {
    let mut clinic = Clinic::new();
    let mut faxes = order(&mut clinic, "key", 1);
    faxes[2].id = faxes[1].id;
    assert!(clinic.perform(Effect::AcceptFaxes(faxes)).is_err());
    assert_eq!(there(&clinic), []);
    let audit = clinic.store.wait(clinic.store.audit().list(10)).expect("the audit");
    assert!(!audit.iter().any(|line| line.what == "fax_accepted"), "{audit:?}");
}
