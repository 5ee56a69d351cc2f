//! The fax engine's child by itself, for the tests of this crate: they run before the program `frontdesk` is built.

fn main() -> std::process::ExitCode {
    fax::worker::child_main()
}
