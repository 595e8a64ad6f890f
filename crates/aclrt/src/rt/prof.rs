//! Marks on a stream with bytes of the program.

use super::param;
use crate::prof::recording;
use capi::{
    ArgError,
    abi::{aclError, aclrtStream},
    boundary, entry, runtime,
};
use npu_device::trace;
use std::ffi::c_void;

/// The most bytes of aclrtProfTrace.
const MAX_DATA: usize = 64;

/// Marks the moment at which a stream comes to this call with bytes of the program, shown as hexadecimal digits.
///
/// # Parameters
/// - userdata, length: 1 to 64 bytes
/// - stream: null is the default stream of the current context
///
/// # Returns
/// - 0 on success
/// - 100000 when userdata is null
/// - 100043 when nothing records
/// - 107000 when length is out of range
/// - 107002 when the thread has no current context, 107003 when the stream belongs to another
/// - 107017 when stream is no live stream
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `userdata` and `length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtProfTrace(userdata: *mut c_void, length: i32, stream: aclrtStream) -> aclError {
    entry::acl("aclrtProfTrace", || {
        if userdata.is_null() {
            return Err(ArgError::Null { argument: "userdata" }.into());
        }
        let Some(bytes) = usize::try_from(length).ok().filter(|bytes| (1..=MAX_DATA).contains(bytes)) else {
            return Err(param("length", "1 to 64", length));
        };
        // SAFETY: C2.
        let data = unsafe { boundary::slice(userdata.cast::<u8>(), bytes, "userdata") }?;
        let text = data.iter().fold("trace ".to_owned(), |text, byte| text + &format!("{byte:02x}"));
        let stream = runtime::resolve_stream(stream, "stream")?;
        recording()?;
        stream.submit("aclrtProfTrace", move |task| {
            trace::stream_mark(task.stream_tag(), &text);
            Ok(())
        })?;
        Ok(())
    })
}
