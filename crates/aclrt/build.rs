//! Compiles the variadic half of `aclAppLog`.

fn main() {
    println!("cargo:rerun-if-changed=src/base/log.c");
    cc::Build::new().file("src/base/log.c").warnings(true).extra_warnings(true).compile("aclsim_log");
}
