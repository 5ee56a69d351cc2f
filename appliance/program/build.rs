//! How the program is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |key: &str, value: &str| std::env::var(key).as_deref() == Ok(value);
    // Each fax engine and each renderer is this program once more, and as one starts the loader writes tens of thousands of addresses into its
    // tables. Packed, they are a hundredth as long to read: a start of the unoptimised program took 5.6 ms in place of 6.5.
    if is("CARGO_CFG_TARGET_ARCH", "x86_64") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
