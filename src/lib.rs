//! `libascendcl.so`: everything it exports is defined in the C ABI crates. A cdylib drops a crate that nothing
//! mentions, hence the re-exports.
pub use aclnn;
pub use aclop;
pub use aclrt;
pub use hccl;
