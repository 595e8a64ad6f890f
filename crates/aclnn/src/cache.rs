//! The executor cache that torch_npu drives: calls found again by the framework's own key, without making tensors.
//!
//! For each call the framework names the storage address of every tensor in argument order, then a key that covers
//! everything else (shapes, strides, offsets, types, scalars, arrays). A hit is an executor for the new addresses. The
//! addresses are checked as a first phase checks them: a call that would have been refused, or whose operands lie to
//! each other differently than before, is a miss, and the first phase that follows decides.

use crate::{
    call::Bindings,
    object::{Binding, Bound, EXECUTORS, Executor},
};
use capi::{abi::aclOpExecutor, boundary, entry};
use npu_ops::{OpDef, Plan, memo::Memo};
use std::{cell::RefCell, ffi::c_char, sync::Arc};

/// A call that can be made again with other addresses.
#[derive(Clone)]
struct Prepared {
    def: &'static OpDef,
    plan: Arc<Plan>,
    bindings: Arc<[Binding]>,
}

/// Sets of two calls each. A model has hundreds of distinct calls, not thousands.
const SETS: usize = 1024;

struct Cache {
    /// Between `InitPTACacheThreadLocal` and `UnInitPTACacheThreadLocal`.
    open: bool,
    /// The key of the current call; empty if none was set.
    key: Vec<u64>,
    /// Storage addresses of the current call.
    addresses: Vec<u64>,
    calls: Memo<Prepared, SETS>,
}

thread_local! {
    static CACHE: RefCell<Cache> = const {
        RefCell::new(Cache { open: false, key: Vec::new(), addresses: Vec::new(), calls: Memo::new() })
    };
}

/// The cache of this thread; none while the thread ends.
fn with<R>(body: impl FnOnce(&mut Cache) -> R) -> Option<R> {
    CACHE.try_with(|cache| body(&mut cache.borrow_mut())).ok()
}

/// Keys of both kinds as words: the first says which kind and how long.
fn hash_key(hash: u64, key: &mut Vec<u64>) {
    key.clear();
    key.extend([u64::MAX, hash]);
}

fn bytes_key(bytes: &[u8], key: &mut Vec<u64>) {
    key.clear();
    key.push(bytes.len() as u64);
    key.extend(bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    }));
}

/// After a first phase: keeps the call under the key that was set for it, if the addresses named before are those of
/// its operands, one by one.
pub(crate) fn keep(def: &'static OpDef, plan: &Arc<Plan>, bindings: &Bindings) {
    with(|cache| {
        if !cache.open || cache.key.is_empty() {
            return;
        }
        let key = std::mem::take(&mut cache.key);
        let named = cache.addresses.iter().copied();
        if named.eq(bindings.iter().map(|b| b.data)) && !bindings.iter().any(|b| b.data == 0) {
            let prepared = Prepared { def, plan: Arc::clone(plan), bindings: bindings.as_slice().into() };
            cache.calls.put(&key, prepared);
        }
    });
}

/// An executor of a call made before, for the addresses named now.
fn find(cache: &mut Cache, key: &[u64], workspace_size: *mut u64) -> Option<*mut aclOpExecutor> {
    let Prepared { def, plan, bindings } = cache.calls.get(key)?;
    if !cache.open || cache.addresses.len() != bindings.len() {
        return None;
    }
    let mut bound = Bound { list: bindings.iter().cloned().collect(), checked: None };
    for (binding, address) in bound.list.iter_mut().zip(&cache.addresses) {
        binding.data = *address;
    }
    bound.check(def).ok()?;
    // SAFETY: C1 by the contract of both functions that look calls up.
    let out = unsafe { boundary::out(workspace_size, "workspaceSize") }.ok()?;
    let size = plan.workspace();
    let executor = Executor::bound(def, plan, bound);
    let handle = EXECUTORS.insert_tagged(executor, Executor::tag(def, false)).ok()?;
    out.write(size);
    // A hit needs no keeping.
    cache.key.clear();
    Some(handle.cast())
}

fn get(
    function: &'static str,
    key: impl FnOnce(&mut Vec<u64>) -> capi::Result,
    workspace_size: *mut u64,
) -> *mut aclOpExecutor {
    entry::value(function, || {
        let mut words = Vec::new();
        key(&mut words)?;
        Ok(with(|cache| find(cache, &words, workspace_size)).flatten())
    })
    .flatten()
    .unwrap_or(std::ptr::null_mut())
}

/// Begins a call that may be found in the calling thread's cache: forgets key and addresses of the call before.
///
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InitPTACacheThreadLocal() {
    with(|cache| {
        cache.open = true;
        cache.key.clear();
        cache.addresses.clear();
    });
}

/// Ends what `InitPTACacheThreadLocal` began.
///
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UnInitPTACacheThreadLocal() {
    with(|cache| {
        cache.open = false;
        cache.key.clear();
        cache.addresses.clear();
    });
}

/// Names the storage of the call's next tensor, in argument order.
///
/// Thread-safe.
///
/// # Safety
/// Always safe to call: the address is compared and checked, never followed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddTensorAddrToCachedList(addr: *mut std::ffi::c_void) {
    with(|cache| cache.addresses.push(addr as u64));
}

/// Gives the current call a key of 64 bits: the first phase that follows is kept under it.
///
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetPTAHashKey(hash: u64) {
    with(|cache| hash_key(hash, &mut cache.key));
}

/// Gives the current call a key of any length, compared in full.
///
/// Thread-safe.
///
/// # Safety
/// C2 for `key` and `len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetPTACacheHashKey(key: *mut u8, len: usize) {
    entry::value("SetPTACacheHashKey", || {
        // SAFETY: C2.
        let bytes = unsafe { boundary::slice(key.cast_const(), len, "key") }?;
        with(|cache| bytes_key(bytes, &mut cache.key));
        Ok(())
    });
}

/// Whether calls of an operator (`aclnnAdd`) can be found again: those that are implemented and whose output shapes do
/// not depend on data. None if the configuration turns the cache off.
///
/// Thread-safe.
///
/// # Safety
/// C3 for `aclnn_api`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CanUsePTACache(aclnn_api: *const c_char) -> bool {
    entry::value("CanUsePTACache", || {
        // SAFETY: C3.
        let name = unsafe { boundary::c_str(aclnn_api, "aclnn_api") }?;
        let known = name.to_str().ok().and_then(npu_ops::find).is_some();
        Ok(known && capi::runtime::runtime()?.config().executor_cache)
    })
    .unwrap_or(false)
}

/// The executor of a call that was made before under this 64-bit key, for the addresses named since
/// `InitPTACacheThreadLocal`; null if there is none, or if the addresses would be refused.
///
/// - `hash`: the key, as for `SetPTAHashKey`.
/// - `workspaceSize`: receives the bytes of workspace the second phase needs; untouched on a miss.
///
/// Thread-safe; each thread has its own cache.
///
/// # Safety
/// C1 for `workspaceSize`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PTAGetExecCache(hash: u64, workspace_size: *mut u64) -> *mut aclOpExecutor {
    let key = |words: &mut Vec<u64>| {
        hash_key(hash, words);
        Ok(())
    };
    get("PTAGetExecCache", key, workspace_size)
}

/// As `PTAGetExecCache`, by a key of any length.
///
/// - `buf`, `len`: the key, as for `SetPTACacheHashKey`.
/// - `workspaceSize`: receives the bytes of workspace the second phase needs; untouched on a miss.
///
/// Thread-safe; each thread has its own cache.
///
/// # Safety
/// C1 for `workspaceSize`, C2 for `buf` and `len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PTAFindExecCache(
    buf: *mut u8,
    len: usize,
    workspace_size: *mut u64,
) -> *mut aclOpExecutor {
    let key = |words: &mut Vec<u64>| {
        // SAFETY: C2.
        bytes_key(unsafe { boundary::slice(buf.cast_const(), len, "buf") }?, words);
        Ok(())
    };
    get("PTAFindExecCache", key, workspace_size)
}
