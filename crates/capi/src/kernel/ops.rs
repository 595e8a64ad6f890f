//! Kernels for operator types that are the program's own: registered by name, called by whoever runs operators by type.

use super::{Running, Shape, context::device_memory, run};
use crate::{
    ArgError, Error, Result,
    abi::{
        ACLSIM_ATTR_BOOL, ACLSIM_ATTR_DATA_TYPE, ACLSIM_ATTR_FLOAT, ACLSIM_ATTR_INT, ACLSIM_ATTR_INT_LIST,
        ACLSIM_ATTR_STRING, aclsimAttr, aclsimIntList, aclsimKernelContext, aclsimOpCall, aclsimTensor,
    },
    code,
};
use npu_device::{
    FaultKind, TaskContext, TaskFault, memory,
    trace::{self, Details},
};
use npu_types::DType;
use parking_lot::RwLock;
use std::{
    collections::BTreeMap,
    ffi::{CString, c_char, c_void},
    ptr,
    sync::Arc,
};

/// `aclsimOpFunc`
pub type Function = unsafe extern "C" fn(*const aclsimKernelContext, *const aclsimOpCall);

/// The kernel of an operator type.
#[derive(Debug)]
pub struct OpKernel {
    op_type: CString,
    function: Function,
    blocks: u32,
    user_data: *mut c_void,
}

// SAFETY: (C4) the program gave function and data to be used on the device's threads.
unsafe impl Send for OpKernel {}
// SAFETY: as above.
unsafe impl Sync for OpKernel {}

static KERNELS: RwLock<BTreeMap<CString, Arc<OpKernel>>> = RwLock::new(BTreeMap::new());

/// Makes a function the kernel of an operator type. It is called for each of `blocks` blocks.
///
/// # Errors
/// The type has a kernel already.
pub fn register(op_type: CString, function: Function, blocks: u32, user_data: *mut c_void) -> Result {
    let mut kernels = KERNELS.write();
    if kernels.contains_key(&op_type) {
        let what = format!(
            "argument opType: expected a type without a kernel, got {op_type:?}; call aclsimUnregisterOpKernel first"
        );
        return Err(Error::Code { code: code::ACL_ERROR_KERNEL_ALREADY_REGISTERED, what });
    }
    kernels.insert(op_type.clone(), Arc::new(OpKernel { op_type, function, blocks, user_data }));
    Ok(())
}

/// Takes the kernel of an operator type away. Calls that are queued still run.
///
/// # Errors
/// The type has none.
pub fn unregister(op_type: &std::ffi::CStr) -> Result {
    match KERNELS.write().remove(op_type) {
        Some(_) => Ok(()),
        None => {
            let expected = "a type of aclsimRegisterOpKernel".to_owned();
            Err(ArgError::Range { argument: "opType", expected, got: format!("{op_type:?}") }.into())
        }
    }
}

/// The kernel of an operator type, if the program registered one.
pub fn find(op_type: &str) -> Option<Arc<OpKernel>> {
    let name = CString::new(op_type).ok()?;
    KERNELS.read().get(&name).cloned()
}

/// An input or output.
#[derive(Debug, Clone)]
pub struct Tensor {
    /// The name of its description.
    pub name: CString,
    /// Device memory, or host memory of the task.
    pub address: u64,
    /// Bytes there.
    pub bytes: usize,
    /// Its shape.
    pub dims: Vec<i64>,
    /// `aclDataType`
    pub data_type: i32,
    /// `aclFormat`
    pub format: i32,
}

/// The values of an attribute.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each is the kind it is named after")]
pub enum Values {
    Bools(Vec<u8>),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Strings(Vec<CString>),
    DataTypes(Vec<i32>),
    IntLists(Vec<Vec<i64>>),
}

/// An attribute.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name.
    pub name: CString,
    /// Its values; one if it is no list.
    pub values: Values,
    /// Whether it was set as a list.
    pub is_list: bool,
}

/// What an attribute's values point to while a kernel runs.
enum Backing {
    Direct,
    Strings(Vec<*const c_char>),
    Lists(Vec<aclsimIntList>),
}

/// Everything a call consists of.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// The inputs, in order.
    pub inputs: Vec<Tensor>,
    /// The outputs, in order.
    pub outputs: Vec<Tensor>,
    /// The attributes, by name.
    pub attributes: Vec<Attribute>,
}

impl Call {
    /// What timelines show of a call of this operator type.
    pub fn details(&self, op_type: &str) -> Details {
        let sides = [(&self.inputs, "inputs", true), (&self.outputs, "outputs", false)];
        let all = sides.into_iter().flat_map(|(tensors, side, input)| {
            tensors.iter().enumerate().map(move |(number, tensor)| {
                let name = match tensor.name.is_empty() {
                    true => format!("{side}.{number}"),
                    false => tensor.name.to_string_lossy().into_owned(),
                };
                let dtype = DType::from_acl_code(tensor.data_type).map_or("undefined", DType::acl_name);
                trace::Operand { name, dtype, dims: tensor.dims.clone(), input, output: !input }
            })
        });
        let bytes = self.inputs.iter().chain(&self.outputs).map(|tensor| tensor.bytes as u64).sum();
        Details::new(op_type, bytes, &all.collect::<Vec<_>>())
    }
}

fn tensors(device: u32, side: &str, tensors: &[Tensor]) -> std::result::Result<Vec<aclsimTensor>, String> {
    let view = |(index, tensor): (usize, &Tensor)| {
        let data = if memory::is_device(tensor.address) {
            device_memory(device, tensor.address, tensor.bytes).map_err(|e| format!("{side} {index}: {e}"))?
        } else {
            ptr::with_exposed_provenance_mut(tensor.address as usize)
        };
        Ok(aclsimTensor {
            name: tensor.name.as_ptr(),
            data: data.cast(),
            bytes: tensor.bytes,
            dims: tensor.dims.as_ptr(),
            dimCount: tensor.dims.len(),
            dataType: tensor.data_type,
            format: tensor.format,
        })
    };
    tensors.iter().enumerate().map(view).collect()
}

impl Attribute {
    fn backing(&self) -> Backing {
        match &self.values {
            Values::Strings(strings) => Backing::Strings(strings.iter().map(|s| s.as_ptr()).collect()),
            Values::IntLists(lists) => Backing::Lists(
                lists.iter().map(|list| aclsimIntList { values: list.as_ptr(), count: list.len() }).collect(),
            ),
            _ => Backing::Direct,
        }
    }

    fn view(&self, backing: &Backing) -> aclsimAttr {
        let (values, count, kind) = match (&self.values, backing) {
            (Values::Bools(v), _) => (v.as_ptr().cast::<c_void>(), v.len(), ACLSIM_ATTR_BOOL),
            (Values::Ints(v), _) => (v.as_ptr().cast(), v.len(), ACLSIM_ATTR_INT),
            (Values::Floats(v), _) => (v.as_ptr().cast(), v.len(), ACLSIM_ATTR_FLOAT),
            (Values::DataTypes(v), _) => (v.as_ptr().cast(), v.len(), ACLSIM_ATTR_DATA_TYPE),
            (Values::Strings(_), Backing::Strings(v)) => (v.as_ptr().cast(), v.len(), ACLSIM_ATTR_STRING),
            (Values::IntLists(_), Backing::Lists(v)) => (v.as_ptr().cast(), v.len(), ACLSIM_ATTR_INT_LIST),
            (Values::Strings(_) | Values::IntLists(_), _) => (ptr::null(), 0, 0),
        };
        aclsimAttr { name: self.name.as_ptr(), values, count, kind, isList: u32::from(self.is_list) }
    }
}

/// Views of a call's parts, all of which outlive it.
struct Views(aclsimOpCall);

// SAFETY: what the pointers lead to is not changed while the kernel runs, but for the outputs, which are its own.
unsafe impl Sync for Views {}

impl Views {
    fn pointer(&self) -> *const aclsimOpCall {
        &raw const self.0
    }
}

impl OpKernel {
    /// How many blocks it is called for.
    pub fn blocks(&self) -> u32 {
        self.blocks
    }

    /// Runs the kernel, inside a task.
    ///
    /// # Errors
    /// Memory of the call is no longer live, or the kernel reported a failure.
    pub fn run(&self, task: &TaskContext, call: &Call) -> std::result::Result<(), TaskFault> {
        let operands = |side, list| {
            tensors(task.device_id(), side, list).map_err(|what| {
                let what = format!("operator {}: {what}", self.op_type.to_string_lossy());
                TaskFault { kind: FaultKind::AiCore, what }
            })
        };
        let (inputs, outputs) = (operands("input", &call.inputs)?, operands("output", &call.outputs)?);
        let backings: Vec<Backing> = call.attributes.iter().map(Attribute::backing).collect();
        let attrs: Vec<aclsimAttr> = call.attributes.iter().zip(&backings).map(|(a, b)| a.view(b)).collect();
        let views = Views(aclsimOpCall {
            size: size_of::<aclsimOpCall>(),
            inputs: inputs.as_ptr(),
            inputCount: inputs.len(),
            outputs: outputs.as_ptr(),
            outputCount: outputs.len(),
            attrs: attrs.as_ptr(),
            attrCount: attrs.len(),
        });
        let running = Running {
            what: "operator",
            name: &self.op_type,
            kind: FaultKind::AiCore,
            user_data: self.user_data,
            args: (ptr::null_mut(), 0),
            globals: None,
        };
        run(task, &Shape::blocks(self.blocks), &running, &|context| {
            // SAFETY: (C4) the program registered the function to be called like this.
            unsafe { (self.function)(context, views.pointer()) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn nothing(_: *const aclsimKernelContext, _: *const aclsimOpCall) {}

    #[test]
    fn a_type_has_one_kernel_until_it_is_taken_away() {
        let name = || c"OpKernelTest".to_owned();
        assert!(find("OpKernelTest").is_none());
        register(name(), nothing, 2, ptr::null_mut()).unwrap();
        assert!(
            register(name(), nothing, 1, ptr::null_mut()).unwrap_err().to_string().contains("Unregister")
        );
        let kept = find("OpKernelTest").unwrap();
        assert_eq!(kept.blocks, 2);
        unregister(&name()).unwrap();
        assert!(find("OpKernelTest").is_none() && unregister(&name()).is_err());
    }

    #[test]
    fn attributes_become_arrays_of_their_kind() {
        let strings = Values::Strings(vec![c"a".to_owned(), c"bc".to_owned()]);
        let attribute = Attribute { name: c"names".to_owned(), values: strings, is_list: true };
        let backing = attribute.backing();
        let view = attribute.view(&backing);
        assert_eq!((view.count, view.kind, view.isList), (2, ACLSIM_ATTR_STRING, 1));
        // SAFETY: an array of two strings.
        let second = unsafe { view.values.cast::<*const c_char>().wrapping_add(1).read() };
        // SAFETY: a string of the attribute.
        assert_eq!(unsafe { std::ffi::CStr::from_ptr(second) }, c"bc");
        let lists = Values::IntLists(vec![vec![1], vec![2, 3]]);
        let attribute = Attribute { name: c"pads".to_owned(), values: lists, is_list: true };
        let backing = attribute.backing();
        let view = attribute.view(&backing);
        // SAFETY: an array of two lists.
        let second = unsafe { view.values.cast::<aclsimIntList>().wrapping_add(1).read() };
        assert_eq!((view.count, second.count), (2, 2));
    }
}
