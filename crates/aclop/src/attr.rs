//! Attributes of an operator call.

use crate::object::{self, ATTRS, Attr, Attrs};
use capi::{
    ArgError, Result,
    abi::{aclDataType, aclError, aclopAttr},
    boundary, entry,
};
use parking_lot::Mutex;
use std::{
    ffi::{c_char, c_int, c_void},
    ptr,
};

/// # Safety
/// C3 holds for `name`.
unsafe fn set(attr: *mut aclopAttr, name: *const c_char, value: Result<Attr>) -> Result {
    let attrs = object::get(&ATTRS, attr.cast(), "attr")?;
    // SAFETY: C3, from the caller.
    let name = unsafe { boundary::c_str(name, "attrName") }?;
    attrs.lock().insert(name.to_string_lossy().into_owned(), value?);
    Ok(())
}

/// # Safety
/// C3 holds for `text`.
unsafe fn text(text: *const c_char, argument: &'static str) -> Result<String> {
    // SAFETY: C3, from the caller.
    Ok(unsafe { boundary::c_str(text, argument) }?.to_string_lossy().into_owned())
}

/// # Safety
/// C2 holds for `values` and `count`.
unsafe fn list<'a, T>(count: c_int, values: *const T) -> Result<&'a [T]> {
    let count = usize::try_from(count).map_err(|_| ArgError::Range {
        argument: "numValues",
        expected: "0 or more".into(),
        got: count.to_string(),
    })?;
    // SAFETY: C2, from the caller.
    unsafe { boundary::slice(values, count, "values") }
}

/// An empty set of attributes.
///
/// # Returns
/// The set, which aclopDestroyAttr ends; null if no handle is left.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopCreateAttr() -> *mut aclopAttr {
    entry::value("aclopCreateAttr", || ATTRS.insert(Mutex::new(Attrs::new())).map_err(|e| e.arg("attr")))
        .map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// Destroys a set of attributes. Null and what is no live set are passed over.
///
/// # Parameters
/// - attr: the set
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopDestroyAttr(attr: *const aclopAttr) {
    if !attr.is_null() {
        entry::value("aclopDestroyAttr", || object::destroy(&ATTRS, attr.cast(), "attr"));
    }
}

/// Sets a bool.
///
/// # Parameters
/// - attr: the set of attributes
/// - attrName: the attribute's name, copied
/// - attrValue: 0 for false, anything else for true
///
/// # Returns
/// - 0 on success; an attribute of this name was replaced
/// - 100000 when an argument is null
/// - 107017 when attr is no live set of attributes
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `attr_name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetAttrBool(
    attr: *mut aclopAttr,
    attr_name: *const c_char,
    attr_value: u8,
) -> aclError {
    entry::acl("aclopSetAttrBool", || {
        // SAFETY: C3.
        unsafe { set(attr, attr_name, Ok(Attr::Bool(attr_value != 0))) }
    })
}

/// Sets an integer.
///
/// # Parameters
/// - attr: the set of attributes
/// - attrName: the attribute's name, copied
/// - attrValue: the value
///
/// # Returns
/// - 0 on success; an attribute of this name was replaced
/// - 100000 when an argument is null
/// - 107017 when attr is no live set of attributes
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `attr_name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetAttrInt(
    attr: *mut aclopAttr,
    attr_name: *const c_char,
    attr_value: i64,
) -> aclError {
    entry::acl("aclopSetAttrInt", || {
        // SAFETY: C3.
        unsafe { set(attr, attr_name, Ok(Attr::Int(attr_value))) }
    })
}

/// Sets a number.
///
/// # Parameters
/// - attr: the set of attributes
/// - attrName: the attribute's name, copied
/// - attrValue: the value
///
/// # Returns
/// - 0 on success; an attribute of this name was replaced
/// - 100000 when an argument is null
/// - 107017 when attr is no live set of attributes
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `attr_name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetAttrFloat(
    attr: *mut aclopAttr,
    attr_name: *const c_char,
    attr_value: f32,
) -> aclError {
    entry::acl("aclopSetAttrFloat", || {
        // SAFETY: C3.
        unsafe { set(attr, attr_name, Ok(Attr::Float(attr_value))) }
    })
}

/// Sets a string.
///
/// # Parameters
/// - attr: the set of attributes
/// - attrName: the attribute's name, copied
/// - attrValue: the value, copied
///
/// # Returns
/// - 0 on success; an attribute of this name was replaced
/// - 100000 when an argument is null
/// - 107017 when attr is no live set of attributes
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `attr_name` and `attr_value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetAttrString(
    attr: *mut aclopAttr,
    attr_name: *const c_char,
    attr_value: *const c_char,
) -> aclError {
    entry::acl("aclopSetAttrString", || {
        // SAFETY: C3.
        let value = unsafe { text(attr_value, "attrValue") };
        // SAFETY: C3.
        unsafe { set(attr, attr_name, value.map(Attr::Text)) }
    })
}

/// Sets an element type.
///
/// # Parameters
/// - attr: the set of attributes
/// - attrName: the attribute's name, copied
/// - attrValue: the value
///
/// # Returns
/// - 0 on success; an attribute of this name was replaced
/// - 100000 when an argument is null
/// - 107017 when attr is no live set of attributes
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `attr_name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetAttrDataType(
    attr: *mut aclopAttr,
    attr_name: *const c_char,
    attr_value: aclDataType,
) -> aclError {
    entry::acl("aclopSetAttrDataType", || {
        // SAFETY: C3.
        unsafe { set(attr, attr_name, Ok(Attr::DType(attr_value))) }
    })
}

/// Sets a list of bools.
///
/// # Parameters
/// - attr: the set of attributes
/// - attrName: the attribute's name, copied
/// - numValues: how many values, 0 or more
/// - values: the values, copied; may be null if there are none
///
/// # Returns
/// - 0 on success; an attribute of this name was replaced
/// - 100000 when an argument is null, or numValues is negative
/// - 107017 when attr is no live set of attributes
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `attr_name`, C2 for `values` with `num_values` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetAttrListBool(
    attr: *mut aclopAttr,
    attr_name: *const c_char,
    num_values: c_int,
    values: *const u8,
) -> aclError {
    entry::acl("aclopSetAttrListBool", || {
        // SAFETY: C2.
        let values = unsafe { list(num_values, values) };
        // SAFETY: C3.
        unsafe {
            set(attr, attr_name, values.map(|v: &[u8]| Attr::Bools(v.iter().map(|b| *b != 0).collect())))
        }
    })
}

/// Sets a list of integers.
///
/// # Parameters
/// - attr: the set of attributes
/// - attrName: the attribute's name, copied
/// - numValues: how many values, 0 or more
/// - values: the values, copied; may be null if there are none
///
/// # Returns
/// - 0 on success; an attribute of this name was replaced
/// - 100000 when an argument is null, or numValues is negative
/// - 107017 when attr is no live set of attributes
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `attr_name`, C2 for `values` with `num_values` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetAttrListInt(
    attr: *mut aclopAttr,
    attr_name: *const c_char,
    num_values: c_int,
    values: *const i64,
) -> aclError {
    entry::acl("aclopSetAttrListInt", || {
        // SAFETY: C2.
        let values = unsafe { list(num_values, values) };
        // SAFETY: C3.
        unsafe { set(attr, attr_name, values.map(|v: &[i64]| Attr::Ints(v.to_vec()))) }
    })
}

/// Sets a list of numbers.
///
/// # Parameters
/// - attr: the set of attributes
/// - attrName: the attribute's name, copied
/// - numValues: how many values, 0 or more
/// - values: the values, copied; may be null if there are none
///
/// # Returns
/// - 0 on success; an attribute of this name was replaced
/// - 100000 when an argument is null, or numValues is negative
/// - 107017 when attr is no live set of attributes
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `attr_name`, C2 for `values` with `num_values` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetAttrListFloat(
    attr: *mut aclopAttr,
    attr_name: *const c_char,
    num_values: c_int,
    values: *const f32,
) -> aclError {
    entry::acl("aclopSetAttrListFloat", || {
        // SAFETY: C2.
        let values = unsafe { list(num_values, values) };
        // SAFETY: C3.
        unsafe { set(attr, attr_name, values.map(|v: &[f32]| Attr::Floats(v.to_vec()))) }
    })
}

/// Sets a list of element types.
///
/// # Parameters
/// - attr: the set of attributes
/// - attrName: the attribute's name, copied
/// - numValues: how many values, 0 or more
/// - values: the values, copied; may be null if there are none
///
/// # Returns
/// - 0 on success; an attribute of this name was replaced
/// - 100000 when an argument is null, or numValues is negative
/// - 107017 when attr is no live set of attributes
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `attr_name`, C2 for `values` with `num_values` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetAttrListDataType(
    attr: *mut aclopAttr,
    attr_name: *const c_char,
    num_values: c_int,
    values: *const aclDataType,
) -> aclError {
    entry::acl("aclopSetAttrListDataType", || {
        // SAFETY: C2.
        let values = unsafe { list(num_values, values) };
        // SAFETY: C3.
        unsafe { set(attr, attr_name, values.map(|v: &[aclDataType]| Attr::DTypes(v.to_vec()))) }
    })
}

/// Sets a list of strings.
///
/// # Parameters
/// - attr: the set of attributes
/// - attrName: the attribute's name, copied
/// - numValues: how many values, 0 or more
/// - values: the values, copied; may be null if there are none
///
/// # Returns
/// - 0 on success; an attribute of this name was replaced
/// - 100000 when an argument is null, or numValues is negative
/// - 107017 when attr is no live set of attributes
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `attr_name` and each of `values`, C2 for `values` with `num_values` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetAttrListString(
    attr: *mut aclopAttr,
    attr_name: *const c_char,
    num_values: c_int,
    values: *mut *const c_char,
) -> aclError {
    entry::acl("aclopSetAttrListString", || {
        // SAFETY: C2.
        let values = unsafe { list(num_values, values.cast_const()) };
        // SAFETY: C3.
        let text = |value: &*const c_char| unsafe { text(*value, "values") };
        let texts = values.and_then(|values| values.iter().map(text).collect());
        // SAFETY: C3.
        unsafe { set(attr, attr_name, texts.map(Attr::Texts)) }
    })
}

/// Sets a list of lists of integers.
///
/// # Parameters
/// - attr: the set of attributes
/// - attrName: the attribute's name, copied
/// - numLists: how many lists, 0 or more
/// - numValues: how many values each list has
/// - values: the lists, copied
///
/// # Returns
/// - 0 on success; an attribute of this name was replaced
/// - 100000 when an argument is null, or a number is negative
/// - 107017 when attr is no live set of attributes
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `attr_name`; C2 for `num_values` and `values` with `num_lists` elements, and for each list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetAttrListListInt(
    attr: *mut aclopAttr,
    attr_name: *const c_char,
    num_lists: c_int,
    num_values: *const c_int,
    values: *const *const i64,
) -> aclError {
    entry::acl("aclopSetAttrListListInt", || {
        // SAFETY: C2.
        let counts = unsafe { list(num_lists, num_values) }?;
        // SAFETY: C2.
        let lists = unsafe { list(num_lists, values) }?;
        let both = counts.iter().zip(lists);
        // SAFETY: C2.
        let lists = both.map(|(count, values)| unsafe { list(*count, *values) }.map(<[i64]>::to_vec));
        let lists = lists.collect::<Result<Vec<_>>>();
        // SAFETY: C3.
        unsafe { set(attr, attr_name, lists.map(Attr::IntLists)) }
    })
}
