//! What is said of help is the number of the clinic's country: in a process of its own, since it is said once for a whole program.

use model::{Language, Sound};
use prompts::{Prompt, help_is, lay, named, names, say, text};

#[test]
fn the_number_of_the_country_is_said() {
    let said = |language| text(language, "nobody_on_call").expect("a text");
    assert!(said(Language::English).ends_with("hang up and call 9 1 1."));
    let american = say(Language::English, Prompt::ClinicEmergency).to_vec();
    help_is("999");
    assert!(said(Language::English).ends_with("hang up and call 9 9 9."));
    let british = say(Language::English, Prompt::ClinicEmergency).to_vec();
    assert!(british.len() > 2_000 && british != american);
    help_is("119");
    assert!(said(Language::English).ends_with("hang up and call the emergency number."));
    assert!(said(Language::Spanish).ends_with("cuelgue y llame al número de emergencias."));
    assert!(said(Language::French).ends_with("raccrochez et appelez le numéro d'urgence."));
    assert!(names(Language::English).all(|name| !name.contains('~')));
    // A recording says what its speaker said.
    assert!(lay(Language::French, "nobody_on_call", Sound { rate: 8_000, samples: vec![1_000; 800] }));
    for number in ["112", "911"] {
        help_is(number);
        assert_eq!(named(Language::French, "nobody_on_call").map(|clip| clip.len()), Some(1_600), "{number}");
    }
}
