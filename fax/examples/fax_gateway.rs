//! The child that stands between two fax machines by itself, for the tests of this crate: they run before the program `frontdesk` is built.

/// The program's own: the sandbox must let it do what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    fax::line::between::child_main()
}
