//! Link arguments only: nothing is generated here.
//!
//! The version script is rustc's own: it exports the `no_mangle` functions and hides everything else, and a second
//! one is refused by GNU ld. `cargo xtask test` compares the result with `exports.txt`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // glibc loads one copy, whichever name a program asks for.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libascendcl.so");
    // Workers outlive dlclose.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
