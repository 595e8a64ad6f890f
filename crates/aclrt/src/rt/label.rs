//! Labels: places in the streams of a model that others jump to.

use super::{not_null, param};
use capi::{
    ArgError, Error, Result,
    abi::{aclError, aclrtLabel, aclrtLabelList, aclrtStream},
    boundary, entry,
    handle::{HandleTable, Kind},
    runtime,
};
use npu_device::{Comparison, JumpTarget, Stream, memory};
use std::{
    ffi::c_void,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

/// Labels that a process has, and entries of a list.
const MAX_LABELS: u32 = 65_535;

/// Labels alive, those kept by lists included.
static ALIVE: AtomicU32 = AtomicU32::new(0);

/// A label.
#[derive(Debug)]
struct Label(Arc<JumpTarget>);

impl Label {
    fn new() -> Result<Arc<Label>> {
        let more = |alive| (alive < MAX_LABELS).then_some(alive + 1);
        match ALIVE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(Arc::new(Label(Arc::default()))),
            Err(alive) => Err(Error::Code {
                code: capi::code::ACL_ERROR_RT_RESOURCE_ALLOC_FAIL,
                what: format!("expected at most {MAX_LABELS} labels alive, got one more than {alive}"),
            }),
        }
    }
}

impl Drop for Label {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

static LABELS: HandleTable<Arc<Label>> = HandleTable::new(Kind::Label);
static LISTS: HandleTable<Box<[Arc<Label>]>> = HandleTable::new(Kind::LabelList);

/// The stream of a handle that is not null.
fn stream_of(raw: aclrtStream, argument: &'static str) -> Result<Arc<Stream>> {
    not_null(raw, argument)?;
    Ok(Arc::clone(&*runtime::resolve_stream(raw, argument)?))
}

/// Creates a label.
///
/// # Parameters
/// - label: receives the label, to be destroyed by aclrtDestroyLabel
///
/// # Returns
/// - 0 on success
/// - 100000 when `label` is null
/// - 107002 when the thread has no current context
/// - 207005 when the process has 65,535 labels
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `label`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateLabel(label: *mut aclrtLabel) -> aclError {
    entry::acl("aclrtCreateLabel", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(label, "label") }?;
        runtime::current_context()?;
        out.write(LABELS.insert(Label::new()?).map_err(|error| error.arg("label"))?);
        Ok(())
    })
}

/// Destroys a label. Lists that hold it keep it.
///
/// # Parameters
/// - label: the label
///
/// # Returns
/// - 0 on success
/// - 100000 when `label` is null
/// - 107017 when it is no label, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDestroyLabel(label: aclrtLabel) -> aclError {
    entry::acl("aclrtDestroyLabel", || LABELS.remove(label).map(drop).map_err(|error| error.arg("label")))
}

/// Puts a label at the end of a stream's tasks.
///
/// # Parameters
/// - label: the label
/// - stream: a stream that aclmdlRIBindStream has bound to a model
///
/// # Returns
/// - 0 on success
/// - 100000 when `label` or `stream` is null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107005 when the stream is bound to no model
/// - 107017 when one of them is no live handle
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetLabel(label: aclrtLabel, stream: aclrtStream) -> aclError {
    entry::acl("aclrtSetLabel", || {
        let label = LABELS.get(label).map_err(|error| error.arg("label"))?;
        Ok(stream_of(stream, "stream")?.set_target("aclrtSetLabel", &label.0)?)
    })
}

/// Creates a list of labels, in which aclrtSwitchLabelByIndex chooses.
///
/// # Parameters
/// - labels: the labels
/// - num: how many, 1 to 65,535
/// - labelList: receives the list, to be destroyed by aclrtDestroyLabelList
///
/// # Returns
/// - 0 on success
/// - 100000 when `labels` or `labelList` is null, or `num` out of range
/// - 107002 when the thread has no current context
/// - 107017 when one of the labels is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `labels` and `num`, C1 for `label_list`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateLabelList(
    labels: *mut aclrtLabel,
    num: usize,
    label_list: *mut aclrtLabelList,
) -> aclError {
    entry::acl("aclrtCreateLabelList", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(label_list, "labelList") }?;
        if num == 0 || num > MAX_LABELS as usize {
            let expected = format!("1 to {MAX_LABELS}");
            return Err(ArgError::Range { argument: "num", expected, got: num.to_string() }.into());
        }
        // SAFETY: (C2) passed on.
        let labels = unsafe { boundary::slice(labels.cast_const(), num, "labels") }?;
        runtime::current_context()?;
        let held: Result<Box<[_]>> = labels
            .iter()
            .map(|label| Ok(Arc::clone(&*LABELS.get(*label).map_err(|error| error.arg("labels"))?)))
            .collect();
        out.write(LISTS.insert(held?).map_err(|error| error.arg("labelList"))?);
        Ok(())
    })
}

/// Destroys a list of labels. The labels stay.
///
/// # Parameters
/// - labelList: the list
///
/// # Returns
/// - 0 on success
/// - 100000 when `labelList` is null
/// - 107017 when it is no list, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDestroyLabelList(label_list: aclrtLabelList) -> aclError {
    entry::acl("aclrtDestroyLabelList", || {
        LISTS.remove(label_list).map(drop).map_err(|error| error.arg("labelList"))
    })
}

/// Makes a stream go on at the label of a list that a number in device memory chooses.
///
/// # Parameters
/// - ptr: device address of the number, 32 bits, from 0; beyond the list it means the last label
/// - maxValue: how many labels the list has
/// - labelList: the list
/// - stream: a stream that aclmdlRIBindStream has bound to a model
///
/// # Returns
/// - 0 on success
/// - 100000 when `ptr`, `labelList` or `stream` is null
/// - 107000 when `ptr` is no device memory, or `maxValue` not the length of the list
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107005 when the stream is bound to no model
/// - 107017 when list or stream is no live handle
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSwitchLabelByIndex(
    ptr: *mut c_void,
    max_value: u32,
    label_list: aclrtLabelList,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtSwitchLabelByIndex", || {
        not_null(ptr, "ptr")?;
        let list = LISTS.get(label_list).map_err(|error| error.arg("labelList"))?;
        if max_value as usize != list.len() {
            return Err(param("maxValue", &format!("{}, the length of the list", list.len()), max_value));
        }
        reach(ptr, 4, "ptr")?;
        let targets = list.iter().map(|label| Arc::clone(&label.0)).collect();
        Ok(stream_of(stream, "stream")?.jump("aclrtSwitchLabelByIndex", ptr.addr() as u64, targets)?)
    })
}

/// Checks that a value lies in device memory.
pub(super) fn reach(pointer: *const c_void, size: u64, argument: &'static str) -> Result {
    memory::check_reach(pointer.addr() as u64, size).map_err(|source| Error::MemoryArg { argument, source })
}

/// Makes a stream go on as another one if a comparison of two numbers in device memory holds.
///
/// # Parameters
/// - leftValue: device address of the first number
/// - cond: ACL_RT_EQUAL, ACL_RT_NOT_EQUAL, ACL_RT_GREATER, ACL_RT_GREATER_OR_EQUAL, ACL_RT_LESS or ACL_RT_LESS_OR_EQUAL
/// - rightValue: device address of the second number
/// - dataType: ACL_RT_SWITCH_INT32 or ACL_RT_SWITCH_INT64
/// - trueStream: the stream that goes on if the comparison holds, bound to the same model
/// - falseStream: reserved, null
/// - stream: a stream that aclmdlRIBindStream has bound to a model
///
/// # Returns
/// - 0 on success
/// - 100000 when an address, `trueStream` or `stream` is null, or `falseStream` is not
/// - 107000 when `cond` or `dataType` is none, or an address no device memory
/// - 107002 when the thread has no current context
/// - 107003 when a stream belongs to another context
/// - 107005 when a stream is bound to no model
/// - 107017 when a stream is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSwitchStream(
    left_value: *mut c_void,
    cond: capi::abi::aclrtCondition,
    right_value: *mut c_void,
    data_type: capi::abi::aclrtCompareDataType,
    true_stream: aclrtStream,
    false_stream: aclrtStream,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtSwitchStream", || {
        not_null(left_value, "leftValue")?;
        not_null(right_value, "rightValue")?;
        if !false_stream.is_null() {
            let (expected, got) = ("null, as it is reserved".to_owned(), format!("{false_stream:p}"));
            return Err(ArgError::Range { argument: "falseStream", expected, got }.into());
        }
        let comparison = match cond {
            capi::abi::ACL_RT_EQUAL => Comparison::Equal,
            capi::abi::ACL_RT_NOT_EQUAL => Comparison::NotEqual,
            capi::abi::ACL_RT_GREATER => Comparison::Greater,
            capi::abi::ACL_RT_GREATER_OR_EQUAL => Comparison::GreaterOrEqual,
            capi::abi::ACL_RT_LESS => Comparison::Less,
            capi::abi::ACL_RT_LESS_OR_EQUAL => Comparison::LessOrEqual,
            other => return Err(param("cond", "a condition from 0 to 5", other)),
        };
        let size = match data_type {
            capi::abi::ACL_RT_SWITCH_INT32 => 4,
            capi::abi::ACL_RT_SWITCH_INT64 => 8,
            other => return Err(param("dataType", "0 (32 bits) or 1 (64 bits)", other)),
        };
        reach(left_value, size, "leftValue")?;
        reach(right_value, size, "rightValue")?;
        let (to, stream) = (stream_of(true_stream, "trueStream")?, stream_of(stream, "stream")?);
        let addresses = [left_value.addr() as u64, right_value.addr() as u64];
        Ok(stream.switch_to("aclrtSwitchStream", &to, addresses, size as usize, comparison)?)
    })
}

/// Starts another stream of the same model.
///
/// # Parameters
/// - activeStream: the stream to be started, bound to the same model
/// - stream: a stream that aclmdlRIBindStream has bound to a model
///
/// # Returns
/// - 0 on success
/// - 100000 when one of them is null
/// - 107002 when the thread has no current context
/// - 107003 when a stream belongs to another context
/// - 107005 when a stream is bound to no model
/// - 107017 when a stream is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtActiveStream(active_stream: aclrtStream, stream: aclrtStream) -> aclError {
    entry::acl("aclrtActiveStream", || {
        let (other, stream) = (stream_of(active_stream, "activeStream")?, stream_of(stream, "stream")?);
        Ok(stream.activate("aclrtActiveStream", &other)?)
    })
}
