//! Arrays that the caller frees with `delete[]`.

use std::{ffi::c_void, sync::OnceLock};

type NewArray = unsafe extern "C" fn(usize) -> *mut c_void;

/// `operator new[]` of the C++ library in the process. Looked up instead of linked: a C program has none, and frees
/// with `free`, which is what malloc below matches.
fn new_array() -> NewArray {
    static FOUND: OnceLock<NewArray> = OnceLock::new();
    *FOUND.get_or_init(|| {
        // SAFETY: the name is a C string; dlsym only searches.
        let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_Znam".as_ptr()) };
        if symbol.is_null() {
            return libc::malloc;
        }
        // SAFETY: `_Znam` is `operator new[](size_t)` by the C++ ABI.
        unsafe { std::mem::transmute::<*mut c_void, NewArray>(symbol) }
    })
}

/// A copy of `values` from the caller's allocator; null for none, or when memory is out.
pub(super) fn copy_array(values: &[i64]) -> *mut i64 {
    if values.is_empty() {
        return std::ptr::null_mut();
    }
    // SAFETY: an allocator is called with a size above 0.
    let array = unsafe { new_array()(size_of_val(values)) }.cast::<i64>();
    if !array.is_null() {
        // SAFETY: the fresh array has room for all values, and cannot overlap them.
        unsafe { array.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
    }
    array
}
