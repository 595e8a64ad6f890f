//! The FFI boundary: pointers to references, handles, panics, codes, last message.
//!
//! Every entry point of the C ABI has one shape:
//!
//! ```ignore
//! #[unsafe(no_mangle)]
//! pub unsafe extern "C" fn aclrtThing(out: *mut u32, stream: aclrtStream) -> aclError {
//!     entry::acl("aclrtThing", || {
//!         // SAFETY: (C1) `out` is null or points to writable memory.
//!         let out = unsafe { boundary::out(out, "out") }?;
//!         let value = safe_code(stream)?;
//!         out.write(value);
//!         Ok(())
//!     })
//! }
//! ```
//!
//! Convert pointers, validate values, call safe code, write outputs only on success; [`entry`] catches panics, turns
//! the error into CANN's code and records the message.

#[cfg(not(loom))]
pub mod abi;
#[cfg(not(loom))]
pub mod allocator;
#[cfg(not(loom))]
pub mod boundary;
#[cfg(not(loom))]
pub mod clock;
#[cfg(not(loom))]
pub mod code;
#[cfg(not(loom))]
pub mod dump;
#[cfg(not(loom))]
pub mod entry;
#[cfg(not(loom))]
mod error;
#[cfg(not(loom))]
pub mod gate;
pub mod handle;
#[cfg(not(loom))]
pub mod kernel;
#[cfg(not(loom))]
pub mod message;
#[cfg(not(loom))]
pub mod npy;
#[cfg(not(loom))]
pub mod operator;
#[cfg(not(loom))]
pub mod process;
#[cfg(not(loom))]
pub mod registry;
#[cfg(not(loom))]
pub mod runtime;

#[cfg(not(loom))]
pub use error::{ArgError, Error, Result};
