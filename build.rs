//! Link arguments only: nothing is generated here.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
}
