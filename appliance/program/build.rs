//! How the program is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Each fax engine and each renderer is this program once more, and by far most of what the loader does as one starts is to write addresses into
    // its tables, 65,000 of them. Packed, they take a twenty-fifth of the room, and each start a seventh less time.
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("x86_64")
        && std::env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu")
    {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
