//! The tour of the demo, as the README offers it: calls, mail to fax, fax to mail.

use interop::{free_offset, program, run};

#[test]
fn the_demo_passes_its_own_tour() {
    let offset = free_offset().to_string();
    let program = program();
    let said = run(program.to_str().expect("a path"), &["demo", "--check", "--port-offset", &offset]);
    assert!(said.lines().last().is_some_and(|line| line.starts_with("check: ")), "{said}");
    assert!(said.contains("dot by dot"), "{said}");
}
