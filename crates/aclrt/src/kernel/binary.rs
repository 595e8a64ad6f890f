//! Loaded binaries and the handles of their functions.

use super::{
    library, list, no_handle, refused,
    symbol::{self, Symbol},
    table::{self, Kernel, Shared},
};
use capi::{
    ArgError, Result,
    abi::aclsimKernelTable,
    handle::{HandleTable, Kind, Ref},
};
use parking_lot::Mutex;
use std::{
    ffi::{CStr, c_void},
    ptr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// `aclrtBinary`: images to be loaded.
pub(crate) static IMAGES: HandleTable<Box<[u8]>> = HandleTable::new(Kind::KernelImage);
/// `aclrtBinHandle`
pub(crate) static BINARIES: HandleTable<Binary> = HandleTable::new(Kind::KernelBinary);
/// `aclrtFuncHandle`
pub(crate) static FUNCTIONS: HandleTable<Arc<Kernel>> = HandleTable::new(Kind::KernelFunction);

/// A loaded binary.
pub(crate) struct Binary {
    number: u64,
    pub(crate) shared: Arc<Shared>,
    /// Its kernels; those that were registered under further names come last.
    kernels: Mutex<Vec<Arc<Kernel>>>,
    /// Nothing is brought to the device before it is used.
    pub(crate) lazy: bool,
}

/// Adds a binary and returns its handle.
pub(crate) fn add((shared, kernels): (Arc<Shared>, Vec<Arc<Kernel>>), lazy: bool) -> Result<*mut c_void> {
    static MADE: AtomicU64 = AtomicU64::new(1);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let binary = Binary { number, shared: shared.clone(), kernels: Mutex::new(kernels.clone()), lazy };
    let handle = BINARIES.insert(binary).map_err(|error| error.arg("binHandle"))?;
    for kernel in kernels {
        kernel.binary.store(handle.addr(), Ordering::Relaxed);
        symbol::add(kernel.symbol, number, Symbol::Kernel(kernel));
    }
    for (index, global) in shared.globals.iter().enumerate() {
        symbol::add(global.symbol, number, Symbol::Global(shared.clone(), index));
    }
    Ok(handle)
}

/// Adds a binary of functions that the program has.
///
/// # Safety
/// As for [`table::read`].
pub(crate) unsafe fn from_table(table: *const aclsimKernelTable) -> Result<*mut c_void> {
    // SAFETY: from the caller.
    add(unsafe { table::read(table, None, None) }?, false)
}

/// Adds the binary that a library shows.
pub(crate) fn from_library((library, table, image): library::Loaded, lazy: bool) -> Result<*mut c_void> {
    // SAFETY: (C4) a library's table is as the header says, for as long as the library is loaded.
    add(unsafe { table::read(table, Some(library), Some(image)) }?, lazy)
}

/// Ends a binary: its handle and those of its functions and argument lists are stale from now on.
pub(crate) fn unload(raw: *mut c_void) -> Result {
    let binary = BINARIES.remove(raw).map_err(|error| error.arg("binHandle"))?;
    crate::rt::exception::forget_binary(raw.addr());
    symbol::remove(binary.number);
    let kernels = std::mem::take(&mut *binary.kernels.lock());
    for kernel in kernels {
        list::end(&kernel);
        // Absent if nobody asked for it.
        let _ = FUNCTIONS.remove(ptr::without_provenance(kernel.handle.load(Ordering::Relaxed)));
    }
    Ok(())
}

/// A binary by handle.
pub(crate) fn get(raw: *mut c_void) -> Result<Ref<'static, Binary>> {
    BINARIES.get(raw).map_err(|error| error.arg("binHandle"))
}

/// A function by handle.
#[inline]
pub(crate) fn function(raw: *const c_void, argument: &'static str) -> Result<Ref<'static, Arc<Kernel>>> {
    FUNCTIONS.get(raw).map_err(|error| error.arg(argument))
}

/// The handle of the binary that a function is of.
pub(crate) fn binary_of(function: usize) -> Option<usize> {
    let kernel = FUNCTIONS.get(ptr::without_provenance(function)).ok()?;
    Some(kernel.binary.load(Ordering::Relaxed))
}

/// A function by handle or by the host address that stands for it.
pub(crate) fn function_or_symbol(raw: *const c_void, argument: &'static str) -> Result<Arc<Kernel>> {
    if raw.is_null() {
        return Err(ArgError::Null { argument }.into());
    }
    match FUNCTIONS.get(raw) {
        Ok(kernel) => Ok(Arc::clone(&kernel)),
        Err(error) => symbol::kernel(raw.addr())
            .ok_or_else(|| no_handle(argument, "aclrtFuncHandle or symbol of a kernel", error.to_string())),
    }
}

/// The handle of a kernel, made by the first call.
pub(crate) fn handle_of(kernel: &Arc<Kernel>) -> Result<*mut c_void> {
    /// Keeps two threads from making two handles.
    static MAKING: Mutex<()> = Mutex::new(());
    let _one = MAKING.lock();
    let known = kernel.handle.load(Ordering::Relaxed);
    if known != 0 {
        return Ok(ptr::without_provenance_mut(known));
    }
    let handle = FUNCTIONS.insert(kernel.clone()).map_err(|error| error.arg("funcHandle"))?;
    kernel.handle.store(handle.addr(), Ordering::Relaxed);
    Ok(handle)
}

/// The handle of a kernel whose binary is loaded.
///
/// # Errors
/// It was unloaded.
pub(crate) fn handle_while_loaded(kernel: &Arc<Kernel>) -> Result<*mut c_void> {
    let _binary = get(ptr::without_provenance_mut(kernel.binary.load(Ordering::Relaxed)))?;
    handle_of(kernel)
}

impl Binary {
    fn find(&self, matches: impl Fn(&Kernel) -> bool) -> Option<Arc<Kernel>> {
        self.kernels.lock().iter().find(|kernel| matches(kernel)).cloned()
    }

    /// Its kernels' names, for messages.
    fn names(&self) -> String {
        let kernels = self.kernels.lock();
        let names: Vec<_> = kernels.iter().take(8).map(|kernel| kernel.name.to_string_lossy()).collect();
        names.join(", ") + if kernels.len() > 8 { ", …" } else { "" }
    }

    /// The handle of a kernel by name.
    pub(crate) fn by_name(&self, name: &CStr, argument: &'static str) -> Result<Arc<Kernel>> {
        self.find(|kernel| kernel.name.as_c_str() == name).ok_or_else(|| {
            refused(format!(
                "argument {argument}: expected one of the binary's kernels ({}), got {name:?}",
                self.names()
            ))
        })
    }

    /// The handle of a kernel by its number.
    pub(crate) fn by_entry(&self, entry: u64) -> Result<Arc<Kernel>> {
        self.find(|kernel| kernel.entry == entry).ok_or_else(|| {
            refused(format!(
                "argument funcEntry: expected the entry of one of the binary's kernels, got {entry}"
            ))
        })
    }

    /// Gives a kernel a further name.
    pub(crate) fn register(&self, kernel: &Kernel, name: &CStr) -> Arc<Kernel> {
        let again = self.find(|other| {
            other.name.as_c_str() == name && other.function as usize == kernel.function as usize
        });
        again.unwrap_or_else(|| {
            let kernel = Arc::new(kernel.renamed(name));
            self.kernels.lock().push(kernel.clone());
            kernel
        })
    }

    /// Makes a host address stand for one of its kernels.
    pub(crate) fn add_symbol(&self, address: usize, kernel: Arc<Kernel>) {
        symbol::add(address, self.number, Symbol::Kernel(kernel));
    }
}
