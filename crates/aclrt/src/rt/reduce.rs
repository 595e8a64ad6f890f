//! Copies that combine.

use super::{
    memory_copy::range,
    memory_place::{Span, device_memory},
    not_null, param,
};
use capi::{
    Error, Result,
    abi::{
        ACL_RT_MEMCPY_SDMA_AUTOMATIC_EQUAL, ACL_RT_MEMCPY_SDMA_AUTOMATIC_MAX,
        ACL_RT_MEMCPY_SDMA_AUTOMATIC_MIN, ACL_RT_MEMCPY_SDMA_AUTOMATIC_SUM, aclDataType, aclError,
        aclrtReduceKind, aclrtStream,
    },
    entry, runtime,
};
use npu_device::{TaskFault, memory::passes, trace::Action};
use npu_kernels::{BinaryOp, Input, binary};
use npu_types::{DType, Layout, Scalar};
use std::{ffi::c_void, ptr};

/// Element types that the copy engine combines.
const TYPES: [DType; 6] = [DType::I8, DType::I16, DType::I32, DType::F16, DType::F32, DType::BF16];

fn element(data_type: aclDataType) -> Result<DType> {
    DType::from_acl_code(data_type).filter(|dtype| TYPES.contains(dtype)).ok_or_else(|| {
        let what = format!("combining elements of aclDataType {data_type} on the way");
        Error::Unsupported { what }
    })
}

/// Queues a copy that combines: each element of `dst` becomes its sum with, or the larger or smaller of it and, that of
/// `src`.
///
/// # Parameters
/// - dst: device memory
/// - src: device memory
/// - count: bytes, a multiple of the element's size, above 0
/// - kind: ACL_RT_MEMCPY_SDMA_AUTOMATIC_SUM, _MAX or _MIN
/// - type: ACL_INT8, ACL_INT16, ACL_INT32, ACL_FLOAT16, ACL_FLOAT or ACL_BF16
/// - stream: a stream of the current context; null is its default stream
/// - reserve: null
///
/// # Returns
/// - 0 on success
/// - 100000 when `dst` or `src` is null, `count` is 0 or no multiple, or `kind` is no kind of reduction
/// - 107000 when an address is not aligned to the element or no live device memory of `count` bytes, or `reserve` is not
///   null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when the stream is none, or was already destroyed
/// - 207000 for other element types, and for _EQUAL, whose result is not documented
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtReduceAsync(
    dst: *mut c_void,
    src: *const c_void,
    count: u64,
    kind: aclrtReduceKind,
    r#type: aclDataType,
    stream: aclrtStream,
    reserve: *mut c_void,
) -> aclError {
    const NAME: &str = "aclrtReduceAsync";
    entry::acl(NAME, || {
        not_null(dst, "dst")?;
        not_null(src, "src")?;
        let op = match kind {
            ACL_RT_MEMCPY_SDMA_AUTOMATIC_SUM => BinaryOp::Add { alpha: Scalar::int(DType::I64, 1) },
            ACL_RT_MEMCPY_SDMA_AUTOMATIC_MAX => BinaryOp::Maximum,
            ACL_RT_MEMCPY_SDMA_AUTOMATIC_MIN => BinaryOp::Minimum,
            ACL_RT_MEMCPY_SDMA_AUTOMATIC_EQUAL => {
                let what = "a reduction of kind ACL_RT_MEMCPY_SDMA_AUTOMATIC_EQUAL".to_owned();
                return Err(Error::Unsupported { what });
            }
            other => return Err(range("kind", "a kind of reduction from 10 to 13", other)),
        };
        let dtype = element(r#type)?;
        let size = dtype.size() as u64;
        if count == 0 || !count.is_multiple_of(size) {
            return Err(range("count", format!("a multiple of {size} above 0"), count));
        }
        if !reserve.is_null() {
            return Err(param("reserve", "null", format!("{reserve:p}")));
        }
        let before = passes::moment();
        device_memory()?;
        let to = Span::check_output(dst, count as usize, "dst")?;
        let from = Span::check(src, count as usize, "src")?;
        for (argument, span, address) in [("dst", &to, dst.addr()), ("src", &from, src.addr())] {
            if span.is_host() || !(address as u64).is_multiple_of(size) {
                let expected = format!("device memory aligned to {size} bytes");
                return Err(param(argument, &expected, format!("{address:#x}")));
            }
        }
        let internal = |what: String| Error::Internal { what };
        let layout =
            Layout::contiguous(dtype, &[(count / size) as i64]).map_err(|e| internal(e.to_string()))?;
        let kernel = binary(op, dtype, &layout, Input::Tensor(&layout), Input::Tensor(&layout))
            .map_err(|e| internal(e.to_string()))?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(stream.submit_sized(NAME, 2 * count, move |context| {
            to.check_again(before, "dst")?;
            from.check_again(before, "src")?;
            context.does(Action::Moves { bytes: count });
            let operands = [to.pointer(), to.pointer(), from.pointer()];
            // SAFETY: both spans were checked to be live and aligned for the layout; the last operand is only read.
            unsafe { kernel.run(&operands, ptr::null_mut(), context.parallel()) }
                .map_err(|fault| TaskFault::vector(fault.to_string()))
        })?)
    })
}
