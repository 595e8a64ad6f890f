//! Argument lists: parameters one after another, with data behind them.

use super::{
    args::{Block, Holder},
    no_handle, refused,
    table::{Kernel, MAX_PARAMS},
};
use capi::{
    ArgError, Result,
    handle::{HandleTable, Kind},
};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    ffi::c_void,
    ptr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

/// Bytes of a word, and what every parameter is aligned to.
const WORD: usize = 8;
/// What data begin at a multiple of on the device.
const DATA_ALIGN: usize = 16;
/// Marks parameter handles: no kind of object has this number.
const PARAM_KIND: u64 = 0x7f;
/// Bytes that a program sets aside for the handle of a list in memory of its own.
pub(crate) const HANDLE_BYTES: usize = 64;
/// Bytes that arguments can have.
const MAX_BYTES: usize = 1 << 24;

/// `aclrtArgsHandle`
static LISTS: HandleTable<Arc<List>> = HandleTable::new(Kind::KernelArgs);
/// Lists whose handle is an address of the program's. It is never followed.
static PLACED: Mutex<BTreeMap<usize, Arc<List>>> = Mutex::new(BTreeMap::new());

/// Data behind the parameters.
#[derive(Debug)]
enum Data {
    Own(Box<[u128]>),
    /// An offset in the program's memory.
    Placed(usize),
}

#[derive(Debug)]
struct Param {
    offset: usize,
    size: usize,
    /// Whether it stands for data.
    holder: bool,
    data: Option<(Data, usize)>,
}

/// The program's memory for a list.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: usize,
    size: usize,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    params: Vec<Param>,
    /// Where data can begin in the program's memory.
    used: usize,
    has_data: bool,
    finalized: bool,
}

/// An argument list of a kernel.
pub(crate) struct List {
    kernel: Arc<Kernel>,
    serial: u32,
    place: Option<Place>,
    state: Mutex<State>,
}

/// Bytes of memory that a list needs for parameters and data of so many bytes.
pub(crate) fn memory_for(bytes: usize) -> Option<usize> {
    bytes.max(WORD).checked_next_multiple_of(WORD).filter(|&n| n <= MAX_BYTES)
}

fn next_serial() -> u32 {
    static MADE: AtomicU32 = AtomicU32::new(1);
    MADE.fetch_add(1, Ordering::Relaxed)
}

/// A list of the library's own.
pub(crate) fn create(kernel: Arc<Kernel>) -> Result<*mut c_void> {
    let list = List { kernel, serial: next_serial(), place: None, state: Mutex::default() };
    LISTS.insert(Arc::new(list)).map_err(|error| error.arg("argsHandle"))
}

/// A list in the program's memory, known by the address that the program set aside for its handle.
pub(crate) fn create_at(kernel: Arc<Kernel>, handle: *mut c_void, memory: *mut c_void, size: usize) {
    let place = Some(Place { start: memory.expose_provenance(), size });
    let list = Arc::new(List { kernel, serial: next_serial(), place, state: Mutex::default() });
    PLACED.lock().insert(handle.addr(), list);
}

/// The list of a handle.
pub(crate) fn get(raw: *const c_void) -> Result<Arc<List>> {
    if raw.is_null() {
        return Err(ArgError::Null { argument: "argsHandle" }.into());
    }
    match LISTS.get(raw) {
        Ok(list) => Ok(Arc::clone(&list)),
        Err(error) => PLACED.lock().get(&raw.addr()).cloned().ok_or_else(|| error.arg("argsHandle")),
    }
}

/// Ends all lists of a kernel.
pub(super) fn end(kernel: &Arc<Kernel>) {
    let mut handles = Vec::new();
    LISTS.for_each(|handle, list| {
        if Arc::ptr_eq(&list.kernel, kernel) {
            handles.push(handle);
        }
    });
    for handle in handles {
        // Nobody else removes lists, but two threads may unload binaries.
        let _ = LISTS.remove(handle);
    }
    PLACED.lock().retain(|_, list| !Arc::ptr_eq(&list.kernel, kernel));
}

impl List {
    /// The kernel that the list is for.
    pub(crate) fn kernel(&self) -> &Arc<Kernel> {
        &self.kernel
    }

    fn handle(&self, index: usize) -> *mut c_void {
        let raw = PARAM_KIND << 48 | u64::from(self.serial) << 16 | (index as u64 + 1);
        ptr::without_provenance_mut(raw as usize)
    }

    /// The number of the parameter that a handle stands for.
    fn index(&self, raw: *const c_void, state: &State) -> Result<usize> {
        let bits = raw.addr() as u64;
        let index = (bits & 0xffff) as usize;
        let of_this = bits >> 16 == PARAM_KIND << 32 | u64::from(self.serial);
        if of_this && (1..=state.params.len()).contains(&index) {
            return Ok(index - 1);
        }
        let got = if bits == 0 { "null".to_owned() } else { format!("{bits:#x}") };
        Err(no_handle("paramHandle", "aclrtParamHandle of this argument list", got))
    }

    /// Where the next parameter lies.
    fn next(&self, state: &State, size: usize) -> Result<usize> {
        let index = state.params.len();
        if state.has_data {
            let what = "argument argsHandle: expected all parameters before aclrtKernelArgsGetPlaceHolderBuffer, got one more after it";
            return Err(refused(what.to_owned()));
        }
        if index == MAX_PARAMS {
            let what = format!("argument argsHandle: expected at most {MAX_PARAMS} parameters, got one more");
            return Err(refused(what));
        }
        let offset = match &self.kernel.params {
            Some(declared) => {
                let name = &self.kernel.name;
                let count = declared.len();
                let param = declared.get(index).ok_or_else(|| {
                    refused(format!(
                        "argument argsHandle: expected {count} parameters of kernel {name:?}, got one more"
                    ))
                })?;
                if param.size != size {
                    let expected = param.size;
                    let what = format!(
                        "argument paramSize: expected {expected} bytes for parameter {index} of kernel {name:?}, got {size}"
                    );
                    return Err(refused(what));
                }
                param.offset
            }
            None => state.bytes.len().next_multiple_of(WORD),
        };
        let limit = self.place.map_or(MAX_BYTES, |place| place.size.min(MAX_BYTES));
        if offset + size > limit {
            let what = format!(
                "argument paramSize: expected at most {limit} bytes of arguments, got {}",
                offset + size
            );
            return Err(refused(what));
        }
        Ok(offset)
    }

    /// Shows the parameters in the program's memory.
    fn show(&self, state: &State, offset: usize, size: usize) {
        if let Some(place) = self.place {
            let to: *mut u8 = ptr::with_exposed_provenance_mut(place.start + offset);
            let from = state.bytes[offset..offset + size].as_ptr();
            // SAFETY: (C2) the program's memory has `place.size` bytes, and the parameters lie inside.
            unsafe { ptr::copy_nonoverlapping(from, to, size) };
        }
    }

    fn push(&self, state: &mut State, bytes: &[u8], holder: bool) -> Result<*mut c_void> {
        let offset = self.next(state, bytes.len())?;
        state.bytes.resize(offset, 0);
        state.bytes.extend_from_slice(bytes);
        state.params.push(Param { offset, size: bytes.len(), holder, data: None });
        state.used = state.bytes.len();
        state.finalized = false;
        self.show(state, offset, bytes.len());
        Ok(self.handle(state.params.len() - 1))
    }

    /// Appends a parameter.
    pub(crate) fn append(&self, bytes: &[u8]) -> Result<*mut c_void> {
        self.push(&mut self.state.lock(), bytes, false)
    }

    /// Appends a pointer to data behind the parameters.
    pub(crate) fn append_holder(&self) -> Result<*mut c_void> {
        self.push(&mut self.state.lock(), &[0; WORD], true)
    }

    /// The data that a holder stands for: where the program writes them.
    pub(crate) fn buffer(&self, raw: *const c_void, size: usize) -> Result<*mut c_void> {
        let mut state = self.state.lock();
        let index = self.index(raw, &state)?;
        let param = &state.params[index];
        if !param.holder || param.data.is_some() {
            let got = if param.holder { "one that has its buffer" } else { "another parameter" };
            return Err(refused(format!(
                "argument paramHandle: expected a placeholder without a buffer, got {got}"
            )));
        }
        let start = state.used.next_multiple_of(WORD);
        let limit = self.place.map_or(MAX_BYTES, |place| place.size.min(MAX_BYTES));
        if size == 0 || size > limit || start > limit - size {
            let room = limit.saturating_sub(start);
            return Err(refused(format!("argument dataSize: expected 1 to {room} bytes, got {size}")));
        }
        let (data, pointer) = match self.place {
            Some(place) => {
                (Data::Placed(start), ptr::with_exposed_provenance_mut::<c_void>(place.start + start))
            }
            None => {
                let mut words: Box<[u128]> = vec![0; size.div_ceil(size_of::<u128>())].into();
                let pointer = words.as_mut_ptr().expose_provenance();
                (Data::Own(words), ptr::with_exposed_provenance_mut(pointer))
            }
        };
        state.used = start + size;
        state.has_data = true;
        state.finalized = false;
        state.params[index].data = Some((data, size));
        Ok(pointer)
    }

    /// Changes a parameter.
    pub(crate) fn update(&self, raw: *const c_void, bytes: &[u8]) -> Result {
        let mut state = self.state.lock();
        let index = self.index(raw, &state)?;
        let (offset, size) = (state.params[index].offset, state.params[index].size);
        if state.params[index].holder {
            let what =
                "argument paramHandle: expected a parameter of aclrtKernelArgsAppend, got a placeholder";
            return Err(refused(what.to_owned()));
        }
        if size != bytes.len() {
            return Err(refused(format!(
                "argument paramSize: expected the {size} bytes it had, got {}",
                bytes.len()
            )));
        }
        state.bytes[offset..offset + size].copy_from_slice(bytes);
        state.finalized = false;
        self.show(&state, offset, size);
        Ok(())
    }

    /// Ends the composition.
    pub(crate) fn finalize(&self) -> Result {
        let mut state = self.state.lock();
        if let Some(declared) = &self.kernel.params
            && declared.len() != state.params.len()
        {
            let what = format!(
                "argument argsHandle: expected the {} parameters of kernel {:?}, got {}",
                declared.len(),
                self.kernel.name,
                state.params.len()
            );
            return Err(refused(what));
        }
        if let Some(index) = state.params.iter().position(|param| param.holder && param.data.is_none()) {
            let what = format!(
                "argument argsHandle: expected a buffer for each placeholder, got none for parameter {index}; call \
                 aclrtKernelArgsGetPlaceHolderBuffer"
            );
            return Err(refused(what));
        }
        state.finalized = true;
        Ok(())
    }

    /// The arguments as they are now, for a launch.
    pub(crate) fn block(&self) -> Result<Block> {
        let state = self.state.lock();
        if !state.finalized {
            let what = "argument argsHandle: expected a list that aclrtKernelArgsFinalize has ended, got one that was changed since";
            return Err(refused(what.to_owned()));
        }
        let mut end = state.bytes.len();
        let mut holders = Vec::new();
        for param in &state.params {
            if let Some((_, size)) = &param.data {
                let to = end.next_multiple_of(DATA_ALIGN);
                holders.push(Holder { at: param.offset, to });
                end = to + size;
            }
        }
        let mut block = Block::new(end, holders.clone().into());
        let bytes = block.given();
        bytes[..state.bytes.len()].copy_from_slice(&state.bytes);
        for (holder, (data, size)) in
            holders.iter().zip(state.params.iter().filter_map(|param| param.data.as_ref()))
        {
            let from: *const u8 = match (data, self.place) {
                (Data::Own(words), _) => ptr::with_exposed_provenance(words.as_ptr().addr()),
                (Data::Placed(offset), Some(place)) => ptr::with_exposed_provenance(place.start + offset),
                (Data::Placed(_), None) => continue,
            };
            let to = bytes[holder.to..holder.to + size].as_mut_ptr();
            // SAFETY: the list's own buffer of that size, or (C2) that much of the program's memory; the program has
            // written what it wanted and does not write now.
            unsafe { ptr::copy_nonoverlapping(from, to, *size) };
        }
        Ok(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::table;
    use capi::abi::{
        ACLSIM_KERNEL_MAGIC, ACLSIM_KERNEL_VERSION, ACLSIM_VALUE, aclsimKernel, aclsimKernelContext,
        aclsimKernelParam, aclsimKernelTable,
    };

    unsafe extern "C" fn nothing(_: *const aclsimKernelContext, _: *mut c_void) {}

    fn kernel(params: Option<&[aclsimKernelParam]>) -> Arc<Kernel> {
        let kernel = aclsimKernel {
            name: c"k".as_ptr(),
            function: Some(nothing),
            userData: ptr::null_mut(),
            entry: 0,
            params: params.map_or(ptr::null(), <[_]>::as_ptr),
            paramCount: params.map_or(0, <[_]>::len),
            symbol: ptr::null(),
            r#type: 0,
            subBlocks: 0,
            flags: 0,
            schedMode: 0,
            reserved: [0; 4],
        };
        let table = aclsimKernelTable {
            magic: ACLSIM_KERNEL_MAGIC,
            version: ACLSIM_KERNEL_VERSION,
            kernels: &raw const kernel,
            kernelCount: 1,
            globals: ptr::null(),
            globalCount: 0,
        };
        // SAFETY: the table and everything it leads to are alive here.
        unsafe { table::read(&raw const table, None, None) }.unwrap().1.remove(0)
    }

    fn list(params: Option<&[aclsimKernelParam]>) -> List {
        List { kernel: kernel(params), serial: next_serial(), place: None, state: Mutex::default() }
    }

    fn given(list: &List) -> Vec<u8> {
        list.finalize().unwrap();
        list.block().unwrap().given().to_vec()
    }

    #[test]
    fn undeclared_parameters_take_words_and_data_lie_behind_them() {
        let list = list(None);
        list.append(&[1, 2, 3]).unwrap();
        let holder = list.append_holder().unwrap();
        let last = list.append(&[9; 12]).unwrap();
        assert!(list.finalize().unwrap_err().to_string().contains("parameter 1"));
        let buffer = list.buffer(holder, 5).unwrap().cast::<u8>();
        // SAFETY: the buffer has 5 bytes.
        unsafe { buffer.write_bytes(7, 5) };
        assert!(list.append(&[0]).unwrap_err().to_string().contains("before"));
        assert!(list.block().unwrap_err().to_string().contains("Finalize"));
        let bytes = given(&list);
        assert_eq!(bytes[..8], [1, 2, 3, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[16..28], [9; 12]);
        assert_eq!((bytes[32..].to_vec(), bytes.len()), (vec![7; 5], 37));
        list.update(last, &[4; 12]).unwrap();
        assert_eq!(given(&list)[16..28], [4; 12]);
        assert!(list.update(last, &[4; 11]).is_err() && list.update(holder, &[0; 8]).is_err());
    }

    #[test]
    fn declared_parameters_go_where_they_are_declared() {
        let param = |offset, size| aclsimKernelParam { offset, size, access: ACLSIM_VALUE, reserved: 0 };
        let list = list(Some(&[param(0, 4), param(4, 4), param(24, 2)]));
        list.append(&[1; 4]).unwrap();
        assert!(list.append(&[2; 8]).unwrap_err().to_string().contains("4 bytes for parameter 1"));
        list.append(&[2; 4]).unwrap();
        assert!(list.finalize().unwrap_err().to_string().contains("got 2"));
        list.append(&[3; 2]).unwrap();
        assert!(list.append(&[3; 2]).unwrap_err().to_string().contains("3 parameters"));
        let bytes = given(&list);
        assert_eq!(
            (&bytes[..8], &bytes[8..24], &bytes[24..]),
            (&[1, 1, 1, 1, 2, 2, 2, 2][..], &[0; 16][..], &[3; 2][..])
        );
    }

    #[test]
    fn handles_of_other_lists_are_refused() {
        let (one, other) = (list(None), list(None));
        let param = one.append(&[0; 8]).unwrap();
        other.append(&[0; 8]).unwrap();
        assert!(other.update(param, &[1; 8]).unwrap_err().to_string().contains("paramHandle"));
        assert!(one.update(param, &[1; 8]).is_ok());
        for _ in 1..MAX_PARAMS {
            one.append(&[0]).unwrap();
        }
        assert!(one.append(&[0]).unwrap_err().to_string().contains("128"));
        assert!(one.update(ptr::null(), &[1; 8]).is_err());
    }

    #[test]
    fn memory_for_arguments_is_whole_words() {
        assert_eq!((memory_for(0), memory_for(9)), (Some(8), Some(16)));
        assert_eq!(memory_for(usize::MAX), None);
    }
}
