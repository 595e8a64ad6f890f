//! Tables of kernels, read from the program and checked.

use super::{global::Global, library::Library, refused};
use capi::{
    ArgError, Result,
    abi::{
        ACL_KERNEL_TYPE_AICPU, ACL_KERNEL_TYPE_MIX, ACL_KERNEL_TYPE_VECTOR, ACLSIM_KERNEL_MAGIC,
        ACLSIM_KERNEL_SIMT, ACLSIM_KERNEL_VERSION, ACLSIM_OPTIONAL, ACLSIM_READ_WRITE, aclsimGlobal,
        aclsimKernel, aclsimKernelContext, aclsimKernelParam, aclsimKernelTable,
    },
    boundary,
    operator::KernelNote,
};
use npu_device::FaultKind;
use parking_lot::Mutex;
use std::{
    collections::BTreeSet,
    ffi::{CStr, CString, c_char, c_void},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Parts that a block can have.
const MAX_PARTS: u32 = 64;
/// Parameters that a kernel can have.
pub(crate) const MAX_PARAMS: usize = 128;

/// A declared parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Param {
    pub(crate) offset: usize,
    pub(crate) size: usize,
    /// A pointer to device memory, which the kernel gets translated.
    pub(crate) pointer: bool,
    pub(crate) optional: bool,
}

/// What the kernels of a binary share, kept while any of them is in use.
pub(crate) struct Shared {
    pub(crate) globals: Vec<Global>,
    /// The binary itself, where it has an image.
    pub(crate) image: Option<Global>,
    /// Arguments of the launch that failed last, for whoever asks.
    pub(crate) failed: Mutex<Option<Global>>,
    /// Where the functions are, if the library loaded that. Dropped last.
    _library: Option<Library>,
}

impl Shared {
    /// A variable by name.
    pub(crate) fn global(&self, name: &CStr) -> Option<&Global> {
        self.globals.iter().find(|global| global.name.as_c_str() == name)
    }
}

/// `aclsimKernelFunc`
pub(crate) type Function = unsafe extern "C" fn(*const aclsimKernelContext, *mut c_void);

/// A kernel.
pub(crate) struct Kernel {
    pub(crate) name: CString,
    pub(crate) function: Function,
    pub(crate) user_data: *mut c_void,
    pub(crate) entry: u64,
    pub(crate) params: Option<Box<[Param]>>,
    pub(crate) symbol: usize,
    pub(crate) kind: u32,
    pub(crate) parts: u32,
    pub(crate) simt: bool,
    pub(crate) sched_mode: u32,
    pub(crate) shared: Arc<Shared>,
    /// The handle, once it was asked for.
    pub(crate) handle: AtomicUsize,
    /// The handle of its binary.
    pub(crate) binary: AtomicUsize,
    /// What timelines show of it.
    pub(crate) note: KernelNote,
}

// SAFETY: (C4) the program gave function and data to be used on the device's threads; the rest is plain data.
unsafe impl Send for Kernel {}
// SAFETY: as above.
unsafe impl Sync for Kernel {}

impl Kernel {
    /// What its failures count as.
    pub(crate) fn fault(&self) -> FaultKind {
        match self.kind {
            ACL_KERNEL_TYPE_VECTOR => FaultKind::Vector,
            ACL_KERNEL_TYPE_AICPU => FaultKind::AiCpu,
            _ => FaultKind::AiCore,
        }
    }

    /// Its declared parameters.
    pub(crate) fn declared(&self) -> Result<&[Param]> {
        self.params.as_deref().ok_or_else(|| {
            refused(format!("expected a kernel whose table declares its parameters, got {:?}", self.name))
        })
    }

    /// The same kernel under another name, with a handle of its own.
    pub(crate) fn renamed(&self, name: &CStr) -> Kernel {
        Kernel {
            name: name.to_owned(),
            params: self.params.clone(),
            shared: self.shared.clone(),
            handle: AtomicUsize::new(0),
            binary: AtomicUsize::new(self.binary.load(Ordering::Relaxed)),
            note: KernelNote::default(),
            symbol: 0,
            ..*self
        }
    }
}

/// A name of a table.
///
/// # Safety
/// C3 holds for `name`.
unsafe fn name(
    name: *const c_char,
    what: &str,
    index: usize,
    seen: &mut BTreeSet<CString>,
) -> Result<CString> {
    // SAFETY: C3, from the caller.
    let text = match unsafe { boundary::c_str(name, "table") } {
        Ok(text) if !text.is_empty() => text.to_owned(),
        _ => return Err(refused(format!("argument table: expected a name for {what} {index}, got none"))),
    };
    if !seen.insert(text.clone()) {
        return Err(refused(format!(
            "argument table: expected names that differ, got {what} {text:?} twice"
        )));
    }
    Ok(text)
}

fn check_params(kernel: &CStr, params: &[aclsimKernelParam]) -> Result<Box<[Param]>> {
    let bad = |index: usize, what: String| {
        Err(refused(format!("argument table: kernel {kernel:?}, parameter {index}: expected {what}")))
    };
    if params.len() > MAX_PARAMS {
        return bad(params.len() - 1, format!("at most {MAX_PARAMS} parameters, got {}", params.len()));
    }
    let mut end = 0;
    let mut list = Vec::with_capacity(params.len());
    for (index, param) in params.iter().enumerate() {
        let (offset, size) = (param.offset as usize, param.size as usize);
        if size == 0 || offset < end || offset + size > i32::MAX as usize {
            return bad(
                index,
                format!("an offset of at least {end} and a size above 0, got {offset} and {size}"),
            );
        }
        if param.access & !(ACLSIM_READ_WRITE | ACLSIM_OPTIONAL) != 0 {
            return bad(index, format!("ACLSIM_* bits as access, got {:#x}", param.access));
        }
        let pointer = param.access & ACLSIM_READ_WRITE != 0;
        if pointer && (size != size_of::<u64>() || !offset.is_multiple_of(align_of::<u64>())) {
            return bad(index, format!("8 aligned bytes for a pointer, got {size} at {offset}"));
        }
        end = offset + size;
        list.push(Param { offset, size, pointer, optional: param.access & ACLSIM_OPTIONAL != 0 });
    }
    Ok(list.into())
}

/// # Safety
/// C1 to C3 hold for everything that `kernel` leads to.
unsafe fn kernel(
    index: usize,
    kernel: &aclsimKernel,
    seen: &mut BTreeSet<CString>,
    shared: &Arc<Shared>,
) -> Result<Kernel> {
    // SAFETY: from the caller.
    let name = unsafe { name(kernel.name, "kernel", index, seen) }?;
    let bad = |what: String| refused(format!("argument table: kernel {name:?}: expected {what}"));
    let function = kernel.function.ok_or_else(|| bad("a function, got null".to_owned()))?;
    if kernel.r#type > ACL_KERNEL_TYPE_MIX && kernel.r#type != ACL_KERNEL_TYPE_AICPU {
        return Err(bad(format!("an aclrtKernelType, got {}", kernel.r#type)));
    }
    if kernel.subBlocks > MAX_PARTS {
        return Err(bad(format!("at most {MAX_PARTS} parts of a block, got {}", kernel.subBlocks)));
    }
    if kernel.flags & !ACLSIM_KERNEL_SIMT != 0 {
        return Err(bad(format!("ACLSIM_KERNEL_* bits as flags, got {:#x}", kernel.flags)));
    }
    if kernel.schedMode > 2 {
        return Err(bad(format!("0 to 2 as schedMode, got {}", kernel.schedMode)));
    }
    let params = if kernel.params.is_null() {
        None
    } else {
        // SAFETY: C2, from the caller.
        let params = unsafe { boundary::slice(kernel.params, kernel.paramCount, "table") }?;
        Some(check_params(&name, params)?)
    };
    let symbol = if kernel.symbol.is_null() { function as usize } else { kernel.symbol.addr() };
    Ok(Kernel {
        name,
        function,
        user_data: kernel.userData,
        entry: kernel.entry,
        params,
        symbol,
        kind: kernel.r#type,
        parts: kernel.subBlocks.max(1),
        simt: kernel.flags & ACLSIM_KERNEL_SIMT != 0,
        sched_mode: kernel.schedMode,
        shared: shared.clone(),
        handle: AtomicUsize::new(0),
        binary: AtomicUsize::new(0),
        note: KernelNote::default(),
    })
}

/// # Safety
/// C1 to C3 hold for everything that `global` leads to.
unsafe fn global(index: usize, global: &aclsimGlobal, seen: &mut BTreeSet<CString>) -> Result<Global> {
    // SAFETY: from the caller.
    let name = unsafe { name(global.name, "variable", index, seen) }?;
    if global.size == 0 || global.size > isize::MAX as usize {
        return Err(refused(format!(
            "argument table: variable {name:?}: expected a size, got {}",
            global.size
        )));
    }
    let initial = if global.initial.is_null() {
        None
    } else {
        // SAFETY: C2, from the caller.
        Some(unsafe { boundary::slice(global.initial.cast::<u8>(), global.size, "table") }?.into())
    };
    Ok(Global::new(name, global.size, initial, global.symbol.addr()))
}

/// Copies a table.
///
/// # Errors
/// Not a table of this version, or one that contradicts itself.
///
/// # Safety
/// C1 to C3 hold for the table and everything it leads to, C4 for the functions and their data.
pub(crate) unsafe fn read(
    table: *const aclsimKernelTable,
    library: Option<Library>,
    image: Option<Box<[u8]>>,
) -> Result<(Arc<Shared>, Vec<Arc<Kernel>>)> {
    // SAFETY: C1.
    let table = unsafe { boundary::required(table, "table") }?;
    let about = (table.magic, table.version);
    if about != (ACLSIM_KERNEL_MAGIC, ACLSIM_KERNEL_VERSION) {
        let expected = format!("magic {ACLSIM_KERNEL_MAGIC:#x} and version {ACLSIM_KERNEL_VERSION}");
        let got = format!("{:#x} and {}", about.0, about.1);
        return Err(ArgError::Range { argument: "table", expected, got }.into());
    }
    // SAFETY: C2.
    let globals = unsafe { boundary::slice(table.globals, table.globalCount, "table") }?;
    // SAFETY: C2.
    let kernels = unsafe { boundary::slice(table.kernels, table.kernelCount, "table") }?;
    let mut seen = BTreeSet::new();
    let globals = globals.iter().enumerate().map(|(index, one)| {
        // SAFETY: from the caller.
        unsafe { global(index, one, &mut seen) }
    });
    let image = image.map(|bytes| Global::new(c"image".to_owned(), bytes.len(), Some(bytes), 0));
    let shared = Arc::new(Shared {
        globals: globals.collect::<Result<_>>()?,
        image,
        failed: Mutex::new(None),
        _library: library,
    });
    let mut seen = BTreeSet::new();
    let kernels = kernels.iter().enumerate().map(|(index, one)| {
        // SAFETY: from the caller.
        unsafe { kernel(index, one, &mut seen, &shared) }.map(Arc::new)
    });
    let kernels = kernels.collect::<Result<_>>()?;
    Ok((shared, kernels))
}

#[cfg(test)]
mod tests {
    use super::*;
    use capi::abi::{ACLSIM_READ, ACLSIM_VALUE};

    fn param(offset: u32, size: u32, access: u32) -> aclsimKernelParam {
        aclsimKernelParam { offset, size, access, reserved: 0 }
    }

    #[test]
    fn parameters_follow_each_other_and_pointers_are_words() {
        let good = [param(0, 8, ACLSIM_READ | ACLSIM_OPTIONAL), param(8, 4, ACLSIM_VALUE), param(16, 8, 2)];
        let list = check_params(c"k", &good).unwrap();
        assert_eq!(list[0], Param { offset: 0, size: 8, pointer: true, optional: true });
        assert!(!list[1].pointer && list[2].pointer && !list[2].optional);
        for (bad, part) in [
            (param(0, 0, 0), "size above 0"),
            (param(0, 8, 8), "ACLSIM_* bits"),
            (param(0, 4, 1), "8 aligned bytes"),
            (param(4, 8, 1), "8 aligned bytes"),
        ] {
            let text = check_params(c"k", &[bad]).unwrap_err().to_string();
            assert!(text.contains(part) && text.contains("parameter 0"), "{text}");
        }
        let overlapping = check_params(c"k", &[param(0, 8, 0), param(4, 8, 0)]).unwrap_err().to_string();
        assert!(overlapping.contains("parameter 1") && overlapping.contains("at least 8"), "{overlapping}");
        assert!(check_params(c"k", &[param(0, 1, 0); MAX_PARAMS + 1]).is_err());
    }
}
