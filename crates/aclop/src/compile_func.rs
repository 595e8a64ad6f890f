//! Operator types of the program: functions that choose a kernel for a call, and the kernels they choose from.
//!
//! A kernel of a device binary needs silicon. What runs here is the kernel that the program registered for the type on
//! the host (aclsimRegisterOpKernel) or, for types of CANN's library, the operator itself; the function still says
//! whether it has a kernel for the call at all.

use crate::{
    call::{Call, refuse},
    execute::{Side, call},
    object::{self, ATTRS, Attrs, KERNEL_DESCS, Shape, TENSOR_DESCS},
    operand::Operand,
    table,
};
use capi::{
    Error, Result,
    abi::{
        ACL_ENGINE_VECTOR, ACL_ERROR_BIN_SELECTOR_ALREADY_REGISTERED, ACL_ERROR_BIN_SELECTOR_NOT_REGISTERED,
        ACL_ERROR_KERNEL_ALREADY_REGISTERED, ACL_ERROR_KERNEL_NOT_FOUND, aclDataDeallocator, aclError,
        aclTensorDesc, aclopAttr, aclopCompileFunc, aclopEngineType, aclopKernelDesc,
    },
    boundary, code, entry,
    kernel::ops::{self, OpKernel},
};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    ffi::{c_char, c_int, c_void},
    ptr,
    sync::Arc,
};

type Function = unsafe extern "C" fn(
    c_int,
    *const *const aclTensorDesc,
    c_int,
    *const *const aclTensorDesc,
    *const aclopAttr,
    *mut aclopKernelDesc,
) -> aclError;

/// What a function chose for a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    op_type: String,
    kernel: Option<String>,
    blocks: u32,
    args: Vec<u8>,
    workspaces: Vec<usize>,
}

/// A kernel of a device binary. The data stay the program's until it is taken away.
struct Kernel {
    data: *mut c_void,
    size: usize,
    deallocator: aclDataDeallocator,
}

// SAFETY: (C4) the program gave data and deallocator to be used by whichever thread ends the kernel.
unsafe impl Send for Kernel {}

impl Drop for Kernel {
    fn drop(&mut self) {
        if let Some(deallocator) = self.deallocator {
            // SAFETY: (C4) the program's own function for its own data, called once.
            unsafe { deallocator(self.data, self.size) };
        }
    }
}

/// What a call is to a function that chooses: descriptions and attributes.
#[derive(PartialEq)]
struct Key(Vec<(i32, Shape, i32)>, usize, Attrs);

impl Key {
    fn of(call: &Call) -> Key {
        let operand = |o: &Operand| (o.desc.data_type, o.desc.dims.clone(), o.desc.format);
        let operands = call.inputs.iter().chain(&call.outputs).map(operand).collect();
        Key(operands, call.inputs.len(), call.attrs.clone())
    }
}

/// What the program registered for an operator type.
#[derive(Default)]
struct Registered {
    function: Option<Function>,
    kernels: BTreeMap<String, Kernel>,
    /// What was chosen by aclopUpdateParams.
    chosen: Vec<(Key, Selection)>,
}

static TYPES: Mutex<BTreeMap<String, Registered>> = Mutex::new(BTreeMap::new());

/// The kernel that the program registered for the type of a call, if it has one. A function that chooses is asked
/// first.
pub(crate) fn kernel_of(call: &Call) -> Result<Option<Arc<OpKernel>>> {
    let kernel = ops::find(&call.op_type);
    let key = Key::of(call);
    let chosen = |types: &BTreeMap<String, Registered>| -> Option<(Function, bool)> {
        let registered = types.get(&call.op_type)?;
        Some((registered.function?, registered.chosen.iter().any(|(k, _)| *k == key)))
    };
    let found = chosen(&TYPES.lock());
    let Some((function, known)) = found else { return Ok(kernel) };
    if !known {
        let selection = choose(call, function)?;
        remember(call, selection);
    }
    if kernel.is_none() && table::find(&call.op_type).is_none() {
        let what = format!(
            "argument opType: {:?} has kernels of device binaries only, which need silicon; register one for the host \
             with aclsimRegisterOpKernel",
            call.op_type
        );
        return Err(Error::Code { code: code::ACL_ERROR_FEATURE_UNSUPPORTED, what });
    }
    Ok(kernel)
}

fn remember(call: &Call, selection: Selection) {
    let mut types = TYPES.lock();
    if let Some(registered) = types.get_mut(&call.op_type) {
        let key = Key::of(call);
        registered.chosen.retain(|(k, _)| *k != key);
        registered.chosen.push((key, selection));
    }
}

/// Handles that live as long as a function is asked.
struct Lent {
    descs: Vec<*mut c_void>,
    attrs: *mut c_void,
    kernel: *mut c_void,
}

impl Drop for Lent {
    fn drop(&mut self) {
        for desc in &self.descs {
            let _ = TENSOR_DESCS.remove(*desc);
        }
        let _ = ATTRS.remove(self.attrs);
        let _ = KERNEL_DESCS.remove(self.kernel);
    }
}

/// Asks a function for a kernel.
fn choose(call: &Call, function: Function) -> Result<Selection> {
    let mut lent = Lent { descs: Vec::new(), attrs: ptr::null_mut(), kernel: ptr::null_mut() };
    for operand in call.inputs.iter().chain(&call.outputs) {
        let desc =
            TENSOR_DESCS.insert(Mutex::new(operand.desc.clone())).map_err(|e| e.arg(operand.argument))?;
        lent.descs.push(desc);
    }
    lent.attrs = ATTRS.insert(Mutex::new(call.attrs.clone())).map_err(|e| e.arg("attr"))?;
    let selection = Selection { op_type: call.op_type.clone(), ..Selection::default() };
    lent.kernel = KERNEL_DESCS.insert(Mutex::new(selection)).map_err(|e| e.arg("kernelDesc"))?;
    let (inputs, outputs) = lent.descs.split_at(call.inputs.len());
    // SAFETY: (C4) the program registered the function to be asked like this; the handles are live.
    let answer = unsafe {
        function(
            inputs.len() as c_int,
            inputs.as_ptr().cast(),
            outputs.len() as c_int,
            outputs.as_ptr().cast(),
            lent.attrs.cast(),
            lent.kernel.cast(),
        )
    };
    if answer != code::SUCCESS {
        let what = format!("the function that compiles {:?} for the program answered {answer}", call.op_type);
        return Err(Error::Code { code: answer, what });
    }
    let selection = object::get(&KERNEL_DESCS, lent.kernel, "kernelDesc")?.lock().clone();
    if selection.kernel.is_none() {
        let what = format!(
            "the function that compiles {:?} for the program chose no kernel with aclopSetKernelArgs",
            call.op_type
        );
        return Err(Error::Code { code: ACL_ERROR_KERNEL_NOT_FOUND, what });
    }
    Ok(selection)
}

/// Registers the function that chooses a kernel for calls of an operator type.
///
/// # Parameters
/// - opType: the operator's type, copied
/// - func: the function; it is called by aclopUpdateParams and by whatever runs or prepares an operator of the type, on
///   the calling thread
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 100030 when the type has a function already
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `op_type`, C4 for `func`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopRegisterCompileFunc(
    op_type: *const c_char,
    func: aclopCompileFunc,
) -> aclError {
    entry::acl("aclopRegisterCompileFunc", || {
        // SAFETY: C3.
        let op_type = unsafe { boundary::c_str(op_type, "opType") }?.to_string_lossy().into_owned();
        let Some(func) = func else { return Err(capi::ArgError::Null { argument: "func" }.into()) };
        let mut types = TYPES.lock();
        let registered = types.entry(op_type.clone()).or_default();
        if registered.function.is_some() {
            let what = format!(
                "argument opType: expected a type without a function, got {op_type:?}, which has one"
            );
            return Err(Error::Code { code: ACL_ERROR_BIN_SELECTOR_ALREADY_REGISTERED, what });
        }
        registered.function = Some(func);
        Ok(())
    })
}

/// Takes the function that chooses kernels for an operator type away, with the type's kernels and what was chosen.
///
/// # Parameters
/// - opType: the operator's type
///
/// # Returns
/// - 0 on success; deallocators of the type's kernels were called
/// - 100000 when opType is null
/// - 100028 when the type has no function
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `op_type`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopUnregisterCompileFunc(op_type: *const c_char) -> aclError {
    entry::acl("aclopUnregisterCompileFunc", || {
        // SAFETY: C3.
        let op_type = unsafe { boundary::c_str(op_type, "opType") }?.to_string_lossy().into_owned();
        let mut types = TYPES.lock();
        if types.get(&op_type).is_none_or(|registered| registered.function.is_none()) {
            return Err(unregistered(&op_type));
        }
        let gone = types.remove(&op_type);
        // Deallocators are the program's and may call back.
        drop(types);
        drop(gone);
        Ok(())
    })
}

fn unregistered(op_type: &str) -> Error {
    let what = format!("argument opType: expected a type of aclopRegisterCompileFunc, got {op_type:?}");
    Error::Code { code: ACL_ERROR_BIN_SELECTOR_NOT_REGISTERED, what }
}

/// Adds a kernel of a device binary to those that the function of an operator type may choose.
///
/// The binary is kept and never run: what computes is the kernel for the host of the same type.
///
/// # Parameters
/// - opType: the operator's type
/// - kernelId: what the function calls the kernel
/// - kernelName: what the binary calls it
/// - binData: the binary; it stays the caller's until deallocator is called
/// - binSize: its bytes, above 0
/// - enginetype: what the kernel is for
/// - deallocator: called once with the data when the kernel is taken away; may be null
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null or out of range
/// - 100031 when the type has a kernel of this id already
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for the strings, C4 for `deallocator`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopCreateKernel(
    op_type: *const c_char,
    kernel_id: *const c_char,
    kernel_name: *const c_char,
    bin_data: *mut c_void,
    bin_size: c_int,
    enginetype: aclopEngineType,
    deallocator: aclDataDeallocator,
) -> aclError {
    entry::acl("aclopCreateKernel", || {
        // SAFETY: C3.
        let op_type = unsafe { boundary::c_str(op_type, "opType") }?.to_string_lossy().into_owned();
        // SAFETY: C3.
        let id = unsafe { boundary::c_str(kernel_id, "kernelId") }?.to_string_lossy().into_owned();
        // SAFETY: C3.
        unsafe { boundary::c_str(kernel_name, "kernelName") }?;
        if bin_data.is_null() {
            return Err(capi::ArgError::Null { argument: "binData" }.into());
        }
        let size = usize::try_from(bin_size).ok().filter(|size| *size > 0);
        let size = size.ok_or_else(|| refuse("binSize", "a size above 0".into(), bin_size.to_string()))?;
        if enginetype > ACL_ENGINE_VECTOR {
            let expected = "an engine, ACL_ENGINE_SYS (0) to 2".to_owned();
            return Err(refuse("enginetype", expected, enginetype.to_string()));
        }
        let mut types = TYPES.lock();
        let kernels = &mut types.entry(op_type.clone()).or_default().kernels;
        if kernels.contains_key(&id) {
            let what =
                format!("argument kernelId: expected an id that {op_type:?} does not have yet, got {id:?}");
            return Err(Error::Code { code: ACL_ERROR_KERNEL_ALREADY_REGISTERED, what });
        }
        kernels.insert(id, Kernel { data: bin_data, size, deallocator });
        Ok(())
    })
}

/// Chooses a kernel, from within a function of aclopRegisterCompileFunc.
///
/// # Parameters
/// - kernelDesc: what the function was given
/// - kernelId: a kernel of aclopCreateKernel
/// - blockDim: blocks of the launch, above 0
/// - args: arguments of the launch, copied; may be null if there are none
/// - argSize: their bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null, or blockDim is 0
/// - 100029 when the operator type has no kernel of this id
/// - 107017 when kernelDesc is not live: its function has returned
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `kernel_id`, C2 for `args` with `arg_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetKernelArgs(
    kernel_desc: *mut aclopKernelDesc,
    kernel_id: *const c_char,
    block_dim: u32,
    args: *const c_void,
    arg_size: u32,
) -> aclError {
    entry::acl("aclopSetKernelArgs", || {
        let selection = object::get(&KERNEL_DESCS, kernel_desc.cast(), "kernelDesc")?;
        // SAFETY: C3.
        let id = unsafe { boundary::c_str(kernel_id, "kernelId") }?.to_string_lossy().into_owned();
        if block_dim == 0 {
            return Err(refuse("blockDim", "1 or more".into(), "0".into()));
        }
        // SAFETY: C2.
        let args = unsafe { boundary::slice(args.cast::<u8>(), arg_size as usize, "args") }?;
        let mut selection = selection.lock();
        let known = TYPES.lock().get(&selection.op_type).is_some_and(|r| r.kernels.contains_key(&id));
        if !known {
            let what = format!(
                "argument kernelId: expected a kernel of aclopCreateKernel for {:?}, got {id:?}",
                selection.op_type
            );
            return Err(Error::Code { code: ACL_ERROR_KERNEL_NOT_FOUND, what });
        }
        selection.kernel = Some(id);
        selection.blocks = block_dim;
        selection.args = args.to_vec();
        Ok(())
    })
}

/// Says how much scratch memory the chosen kernel needs, from within a function of aclopRegisterCompileFunc.
///
/// # Parameters
/// - kernelDesc: what the function was given
/// - numWorkspaces: how many pieces, 0 or more
/// - workspaceSizes: their bytes; may be null if there are none
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null, or numWorkspaces is negative
/// - 107017 when kernelDesc is not live: its function has returned
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `workspace_sizes` with `num_workspaces` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetKernelWorkspaceSizes(
    kernel_desc: *mut aclopKernelDesc,
    num_workspaces: c_int,
    workspace_sizes: *mut usize,
) -> aclError {
    entry::acl("aclopSetKernelWorkspaceSizes", || {
        let selection = object::get(&KERNEL_DESCS, kernel_desc.cast(), "kernelDesc")?;
        let count = usize::try_from(num_workspaces);
        let count =
            count.map_err(|_| refuse("numWorkspaces", "0 or more".into(), num_workspaces.to_string()))?;
        // SAFETY: C2.
        let sizes = unsafe { boundary::slice(workspace_sizes.cast_const(), count, "workspaceSizes") }?;
        selection.lock().workspaces = sizes.to_vec();
        Ok(())
    })
}

/// Asks the function of an operator type for a kernel; what it chooses holds for calls with the same descriptions and
/// attributes.
///
/// # Parameters
/// - opType: the operator's type
/// - numInputs, inputDesc: descriptions of the inputs
/// - numOutputs, outputDesc: descriptions of the outputs
/// - attr: attributes, null for none
///
/// # Returns
/// Anything else: what the function answered.
/// - 0 on success
/// - 100000 when an argument is null or out of range
/// - 100028 when the type has no function of aclopRegisterCompileFunc
/// - 100029 when the function chose no kernel
/// - 107017 when a handle is not live
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `op_type`, C2 for the arrays with their counts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopUpdateParams(
    op_type: *const c_char,
    num_inputs: c_int,
    input_desc: *const *const aclTensorDesc,
    num_outputs: c_int,
    output_desc: *const *const aclTensorDesc,
    attr: *const aclopAttr,
) -> aclError {
    entry::acl("aclopUpdateParams", || {
        let inputs = Side::described("inputDesc", (num_inputs, "numInputs"), input_desc);
        let outputs = Side::described("outputDesc", (num_outputs, "numOutputs"), output_desc);
        // SAFETY: C3 and C2.
        let call = unsafe { call("aclopUpdateParams", op_type, inputs, outputs, attr) }?;
        let function = TYPES.lock().get(&call.op_type).and_then(|registered| registered.function);
        let selection = choose(&call, function.ok_or_else(|| unregistered(&call.op_type))?)?;
        remember(&call, selection);
        Ok(())
    })
}
