//! What staff dial to have the box do something, and where phones listen to pages.

use std::collections::BTreeMap;

use super::text::{Text, quoted};
use super::{Editor, Refusal, set_text};
use crate::codes::Codes;
use crate::{Service, page};

pub use crate::codes::is_code;

const SERVICES: [&str; 1] = ["services"];
const PAGE: [&str; 1] = ["page"];
/// A code that would do something if the plan were silent, and does nothing.
const OFF: &str = "off";

/// The codes of each service that is otherwise.
pub type NewCodes = BTreeMap<Service, Vec<String>>;

/// True if phones can listen there: "224.0.1.75:5004".
pub fn is_page_group(text: &str) -> bool {
    page::group(text).is_some()
}

impl Editor {
    pub(super) fn set_codes(&self, text: &mut Text, new: &NewCodes) -> Result<(), Refusal> {
        let (old, usual) = (&self.plan.services, Codes::default());
        let mut codes = old.clone();
        let mut touched = Vec::new();
        // First what goes: a code may go from one to another.
        for (service, wanted) in new {
            let gone = old.of(*service).filter(|code| !wanted.iter().any(|one| one == code));
            touched.extend(gone.map(str::to_owned));
        }
        touched.iter().for_each(|code| codes.set(code, None));
        for (service, wanted) in new {
            let came = wanted.iter().filter(|code| old.does(code) != Some(*service));
            for code in came {
                if codes.does(code).is_some() {
                    return Err(Refusal::Taken);
                }
                codes.set(code, Some(*service));
                touched.push(code.clone());
            }
        }
        touched.sort();
        touched.dedup();
        for code in touched {
            match codes.does(&code) {
                same if same == usual.does(&code) => {
                    if self.text.has(&SERVICES, &code) {
                        text.remove(&SERVICES, &code)?;
                    }
                }
                service => text.set(&SERVICES, &code, &quoted(service.map_or(OFF, Service::word)))?,
            }
        }
        Ok(())
    }

    pub(super) fn set_page_group(&self, text: &mut Text, new: Option<&str>) -> Result<(), Refusal> {
        if new.is_none() && self.plan.page.is_some() {
            return text.take(&PAGE);
        }
        set_text(text, &PAGE, "multicast", new)
    }
}
