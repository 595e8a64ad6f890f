//! Products of matrices, and of matrices and vectors: the operator GEMM behind other names.
//!
//! Operands are row-major without gaps. Factors have the type of C, or of y, and lie in device memory, where they are
//! read when the work runs, or in host memory, where they are read at once. What a factor of 0 would be multiplied by
//! has no influence.

use crate::{
    call::{Call, refuse},
    execute::run,
    handle::Prepared,
    object::{Attr, Attrs, DataBuffer, Desc, Shape},
    operand::Operand,
};
use capi::{
    Result,
    abi::{
        ACL_COMPUTE_LOW_PRECISION, ACL_FLOAT, ACL_FLOAT16, ACL_FORMAT_FRACTAL_NZ, ACL_FORMAT_ND, ACL_INT8,
        ACL_INT32, ACL_TRANS_N, ACL_TRANS_NZ, ACL_TRANS_NZ_T, ACL_TRANS_T, aclComputeType, aclDataType,
        aclError, aclFloat16, aclTransType, aclopHandle, aclrtStream,
    },
    boundary, entry,
};
use npu_device::memory;
use std::ffi::{c_int, c_void};

/// Element types of A, B and C that go together.
const TYPES: [[aclDataType; 3]; 4] = [
    [ACL_FLOAT16, ACL_FLOAT16, ACL_FLOAT16],
    [ACL_FLOAT16, ACL_FLOAT16, ACL_FLOAT],
    [ACL_INT8, ACL_INT8, ACL_FLOAT],
    [ACL_INT8, ACL_INT8, ACL_INT32],
];

const HALVES: [aclDataType; 3] = [ACL_FLOAT16; 3];
const BYTES: [aclDataType; 3] = [ACL_INT8, ACL_INT8, ACL_INT32];

/// A product without its data: `C = alpha * A * B + beta * C`.
#[derive(Clone, Copy)]
struct Product {
    /// Storage of A, B and C.
    stored: [aclTransType; 3],
    /// Rows of A and C, columns of B and C, columns of A and rows of B.
    sizes: [c_int; 3],
    types: [aclDataType; 3],
    precision: aclComputeType,
    /// The product with a vector: its parameters have other names.
    vector: bool,
}

/// Addresses: A, B, C, alpha, beta.
type Data = [u64; 5];

const NO_DATA: Data = [0; 5];

impl Product {
    fn matrices(
        stored: [aclTransType; 3],
        sizes: [c_int; 3],
        types: [aclDataType; 3],
        precision: aclComputeType,
    ) -> Product {
        Product { stored, sizes, types, precision, vector: false }
    }

    /// A matrix of `m` rows and `n` columns, times a vector.
    fn vector(
        stored: aclTransType,
        [m, n]: [c_int; 2],
        types: [aclDataType; 3],
        precision: aclComputeType,
    ) -> Product {
        let stored = [stored, ACL_TRANS_N, ACL_TRANS_N];
        Product { stored, sizes: [m, 1, n], types, precision, vector: true }
    }

    fn check(&self) -> Result {
        let names = if self.vector { ["m", "1", "n"] } else { ["m", "n", "k"] };
        for (name, size) in names.into_iter().zip(self.sizes) {
            if size < 1 {
                return Err(refuse(name, "1 or more".into(), size.to_string()));
            }
        }
        for (name, stored) in ["transA", "transB"].into_iter().zip(self.stored) {
            if stored > ACL_TRANS_NZ_T {
                return Err(refuse(name, "a storage, ACL_TRANS_N (0) to 3".into(), stored.to_string()));
            }
        }
        if self.stored[2] != ACL_TRANS_N {
            return Err(refuse("transC", "ACL_TRANS_N (0)".into(), self.stored[2].to_string()));
        }
        if self.precision > ACL_COMPUTE_LOW_PRECISION {
            let expected = "ACL_COMPUTE_HIGH_PRECISION (0) or ACL_COMPUTE_LOW_PRECISION (1)".to_owned();
            return Err(refuse("type", expected, self.precision.to_string()));
        }
        if !TYPES.contains(&self.types) {
            let argument = if self.vector { "dataTypeY" } else { "dataTypeC" };
            let expected =
                "types that go together: f16, f16 to f16 or f32; int8, int8 to f32 or int32".to_owned();
            return Err(refuse(argument, expected, format!("aclDataType {:?}", self.types)));
        }
        Ok(())
    }

    /// The call of GEMM that this is.
    fn call(&self, function: &'static str, data: Data) -> Result<Call> {
        self.check()?;
        let [m, n, k] = self.sizes.map(i64::from);
        let names = if self.vector { ["a", "x", "y"] } else { ["matrixA", "matrixB", "matrixC"] };
        let operand = |at: usize, [rows, columns]: [i64; 2]| {
            let stored = self.stored[at];
            let turned = matches!(stored, ACL_TRANS_T | ACL_TRANS_NZ_T);
            let dims = Shape::from_slice(&if turned { [columns, rows] } else { [rows, columns] });
            let mut desc = Desc::new(self.types[at], &dims, ACL_FORMAT_ND);
            if matches!(stored, ACL_TRANS_NZ | ACL_TRANS_NZ_T) {
                desc.storage_format = Some(ACL_FORMAT_FRACTAL_NZ);
            }
            Operand { desc, buffer: buffer(data[at]), argument: names[at] }
        };
        let factor = |at: usize, argument| {
            let mut desc = Desc::new(self.types[2], &[], ACL_FORMAT_ND);
            desc.on_host = data[at] != 0 && !memory::is_device(data[at]);
            let size = if self.types[2] == ACL_FLOAT16 { 2 } else { 4 };
            Operand { desc, buffer: DataBuffer { data: data[at], size }, argument }
        };
        let mut attrs = Attrs::new();
        for (name, stored) in ["transpose_a", "transpose_b"].into_iter().zip(self.stored) {
            attrs.insert(name.to_owned(), Attr::Bool(matches!(stored, ACL_TRANS_T | ACL_TRANS_NZ_T)));
        }
        Ok(Call {
            function,
            op_type: "GEMM".to_owned(),
            inputs: vec![
                operand(0, [m, k]),
                operand(1, [k, n]),
                operand(2, [m, n]),
                factor(3, "alpha"),
                factor(4, "beta"),
            ],
            outputs: vec![operand(2, [m, n])],
            attrs,
        })
    }

    fn run(&self, function: &'static str, data: Data, stream: aclrtStream) -> Result {
        let call = self.call(function, data)?;
        for operand in &call.inputs {
            if operand.buffer.data == 0 {
                return Err(capi::ArgError::Null { argument: operand.argument }.into());
            }
        }
        run(call, stream).map(drop)
    }

    /// # Safety
    /// C1 holds for `handle`.
    unsafe fn prepare(&self, function: &'static str, handle: *mut *mut aclopHandle) -> Result {
        // SAFETY: C1, from the caller.
        let out = unsafe { boundary::out(handle, "handle") }?;
        out.write(Prepared::new(self.call(function, NO_DATA)?)?.shelve()?);
        Ok(())
    }
}

/// All that follows an address: what an operand needs is checked against what is allocated there.
fn buffer(data: u64) -> DataBuffer {
    DataBuffer { data, size: usize::MAX }
}

fn address<T>(pointer: *const T) -> u64 {
    pointer.expose_provenance() as u64
}

/// Distances between rows or elements can only be what they are without gaps.
fn packed(given: [(&'static str, c_int); 3]) -> Result {
    match given.into_iter().find(|(_, value)| *value != -1) {
        None => Ok(()),
        Some((name, value)) => {
            Err(refuse(name, "-1, the only value: operands have no gaps".into(), value.to_string()))
        }
    }
}

/// C = alpha * A * B + beta * C, for matrices of types given. Returns once the work is queued.
///
/// # Parameters
/// - transA, transB: how A and B are stored: ACL_TRANS_N row by row, ACL_TRANS_T column by column, ACL_TRANS_NZ and
///   ACL_TRANS_NZ_T the same in blocks
/// - transC: how C is stored: ACL_TRANS_N
/// - m: rows of A and C, above 0
/// - n: columns of B and C, above 0
/// - k: columns of A and rows of B, above 0
/// - alpha, beta: factors, of the type of C, in device or host memory
/// - matrixA, matrixB: the operands, in device memory
/// - lda, ldb, ldc: -1
/// - dataTypeA, dataTypeB, dataTypeC: element types: f16, f16, f16; f16, f16, f32; int8, int8, f32; or int8, int8,
///   int32
/// - matrixC: C, which is added to and written
/// - type: how precise to compute; sums of halves are f32 either way
/// - stream: the stream, null for the default one
///
/// # Returns
/// - 0 on success; the work is queued
/// - 100000 when an argument is null or out of range
/// - 107000 when an operand is not live device memory of the size
/// - 107002 when the thread has no context
/// - 107017 when the stream is not live
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for factors in host memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclblasGemmEx(
    trans_a: aclTransType,
    trans_b: aclTransType,
    trans_c: aclTransType,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha: *const c_void,
    matrix_a: *const c_void,
    lda: c_int,
    data_type_a: aclDataType,
    matrix_b: *const c_void,
    ldb: c_int,
    data_type_b: aclDataType,
    beta: *const c_void,
    matrix_c: *mut c_void,
    ldc: c_int,
    data_type_c: aclDataType,
    type_: aclComputeType,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclblasGemmEx", || {
        packed([("lda", lda), ("ldb", ldb), ("ldc", ldc)])?;
        let product = Product::matrices(
            [trans_a, trans_b, trans_c],
            [m, n, k],
            [data_type_a, data_type_b, data_type_c],
            type_,
        );
        let data = [address(matrix_a), address(matrix_b), address(matrix_c), address(alpha), address(beta)];
        product.run("aclblasGemmEx", data, stream)
    })
}

/// Prepares a product of matrices of types given for running many times: C = alpha * A * B + beta * C.
///
/// # Parameters
/// - transA, transB: how A and B are stored: ACL_TRANS_N row by row, ACL_TRANS_T column by column, ACL_TRANS_NZ and
///   ACL_TRANS_NZ_T the same in blocks
/// - transC: how C is stored: ACL_TRANS_N
/// - m: rows of A and C, above 0
/// - n: columns of B and C, above 0
/// - k: columns of A and rows of B, above 0
/// - dataTypeA, dataTypeB, dataTypeC: element types: f16, f16, f16; f16, f16, f32; int8, int8, f32; or int8, int8,
///   int32
/// - type: how precise to compute; sums of halves are f32 either way
/// - handle: receives the handle for aclopExecWithHandle, with inputs A, B, C, alpha, beta and output C;
///   aclopDestroyHandle ends it
///
/// # Returns
/// - 0 on success
/// - 100000 when handle is null, or an argument is out of range
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclblasCreateHandleForGemmEx(
    trans_a: aclTransType,
    trans_b: aclTransType,
    trans_c: aclTransType,
    m: c_int,
    n: c_int,
    k: c_int,
    data_type_a: aclDataType,
    data_type_b: aclDataType,
    data_type_c: aclDataType,
    type_: aclComputeType,
    handle: *mut *mut aclopHandle,
) -> aclError {
    entry::acl("aclblasCreateHandleForGemmEx", || {
        let product = Product::matrices(
            [trans_a, trans_b, trans_c],
            [m, n, k],
            [data_type_a, data_type_b, data_type_c],
            type_,
        );
        // SAFETY: C1.
        unsafe { product.prepare("aclblasCreateHandleForGemmEx", handle) }
    })
}

/// C = alpha * A * B + beta * C, for matrices of halves. Returns once the work is queued.
///
/// # Parameters
/// - transA, transB: how A and B are stored: ACL_TRANS_N row by row, ACL_TRANS_T column by column, ACL_TRANS_NZ and
///   ACL_TRANS_NZ_T the same in blocks
/// - transC: how C is stored: ACL_TRANS_N
/// - m: rows of A and C, above 0
/// - n: columns of B and C, above 0
/// - k: columns of A and rows of B, above 0
/// - alpha, beta: factors, of the type of C, in device or host memory
/// - matrixA, matrixB: the operands, in device memory
/// - lda, ldb, ldc: -1
/// - matrixC: C, which is added to and written
/// - type: how precise to compute; sums of halves are f32 either way
/// - stream: the stream, null for the default one
///
/// # Returns
/// - 0 on success; the work is queued
/// - 100000 when an argument is null or out of range
/// - 107000 when an operand is not live device memory of the size
/// - 107002 when the thread has no context
/// - 107017 when the stream is not live
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for factors in host memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclblasHgemm(
    trans_a: aclTransType,
    trans_b: aclTransType,
    trans_c: aclTransType,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha: *const aclFloat16,
    matrix_a: *const aclFloat16,
    lda: c_int,
    matrix_b: *const aclFloat16,
    ldb: c_int,
    beta: *const aclFloat16,
    matrix_c: *mut aclFloat16,
    ldc: c_int,
    type_: aclComputeType,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclblasHgemm", || {
        packed([("lda", lda), ("ldb", ldb), ("ldc", ldc)])?;
        let product = Product::matrices([trans_a, trans_b, trans_c], [m, n, k], HALVES, type_);
        let data = [address(matrix_a), address(matrix_b), address(matrix_c), address(alpha), address(beta)];
        product.run("aclblasHgemm", data, stream)
    })
}

/// Prepares a product of matrices of halves for running many times: C = alpha * A * B + beta * C.
///
/// # Parameters
/// - transA, transB: how A and B are stored: ACL_TRANS_N row by row, ACL_TRANS_T column by column, ACL_TRANS_NZ and
///   ACL_TRANS_NZ_T the same in blocks
/// - transC: how C is stored: ACL_TRANS_N
/// - m: rows of A and C, above 0
/// - n: columns of B and C, above 0
/// - k: columns of A and rows of B, above 0
/// - type: how precise to compute; sums of halves are f32 either way
/// - handle: receives the handle for aclopExecWithHandle, with inputs A, B, C, alpha, beta and output C;
///   aclopDestroyHandle ends it
///
/// # Returns
/// - 0 on success
/// - 100000 when handle is null, or an argument is out of range
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclblasCreateHandleForHgemm(
    trans_a: aclTransType,
    trans_b: aclTransType,
    trans_c: aclTransType,
    m: c_int,
    n: c_int,
    k: c_int,
    type_: aclComputeType,
    handle: *mut *mut aclopHandle,
) -> aclError {
    entry::acl("aclblasCreateHandleForHgemm", || {
        let product = Product::matrices([trans_a, trans_b, trans_c], [m, n, k], HALVES, type_);
        // SAFETY: C1.
        unsafe { product.prepare("aclblasCreateHandleForHgemm", handle) }
    })
}

/// C = alpha * A * B + beta * C, for matrices of bytes and a result of int32. Returns once the work is queued.
///
/// # Parameters
/// - transA, transB: how A and B are stored: ACL_TRANS_N row by row, ACL_TRANS_T column by column, ACL_TRANS_NZ and
///   ACL_TRANS_NZ_T the same in blocks
/// - transC: how C is stored: ACL_TRANS_N
/// - m: rows of A and C, above 0
/// - n: columns of B and C, above 0
/// - k: columns of A and rows of B, above 0
/// - alpha, beta: factors, of the type of C, in device or host memory
/// - matrixA, matrixB: the operands, in device memory
/// - lda, ldb, ldc: -1
/// - matrixC: C, which is added to and written
/// - type: how precise to compute; sums of halves are f32 either way
/// - stream: the stream, null for the default one
///
/// # Returns
/// - 0 on success; the work is queued
/// - 100000 when an argument is null or out of range
/// - 107000 when an operand is not live device memory of the size
/// - 107002 when the thread has no context
/// - 107017 when the stream is not live
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for factors in host memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclblasS8gemm(
    trans_a: aclTransType,
    trans_b: aclTransType,
    trans_c: aclTransType,
    m: c_int,
    n: c_int,
    k: c_int,
    alpha: *const i32,
    matrix_a: *const i8,
    lda: c_int,
    matrix_b: *const i8,
    ldb: c_int,
    beta: *const i32,
    matrix_c: *mut i32,
    ldc: c_int,
    type_: aclComputeType,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclblasS8gemm", || {
        packed([("lda", lda), ("ldb", ldb), ("ldc", ldc)])?;
        let product = Product::matrices([trans_a, trans_b, trans_c], [m, n, k], BYTES, type_);
        let data = [address(matrix_a), address(matrix_b), address(matrix_c), address(alpha), address(beta)];
        product.run("aclblasS8gemm", data, stream)
    })
}

/// Prepares a product of matrices of bytes and a result of int32 for running many times: C = alpha * A * B + beta * C.
///
/// # Parameters
/// - transA, transB: how A and B are stored: ACL_TRANS_N row by row, ACL_TRANS_T column by column, ACL_TRANS_NZ and
///   ACL_TRANS_NZ_T the same in blocks
/// - transC: how C is stored: ACL_TRANS_N
/// - m: rows of A and C, above 0
/// - n: columns of B and C, above 0
/// - k: columns of A and rows of B, above 0
/// - type: how precise to compute; sums of halves are f32 either way
/// - handle: receives the handle for aclopExecWithHandle, with inputs A, B, C, alpha, beta and output C;
///   aclopDestroyHandle ends it
///
/// # Returns
/// - 0 on success
/// - 100000 when handle is null, or an argument is out of range
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclblasCreateHandleForS8gemm(
    trans_a: aclTransType,
    trans_b: aclTransType,
    trans_c: aclTransType,
    m: c_int,
    n: c_int,
    k: c_int,
    type_: aclComputeType,
    handle: *mut *mut aclopHandle,
) -> aclError {
    entry::acl("aclblasCreateHandleForS8gemm", || {
        let product = Product::matrices([trans_a, trans_b, trans_c], [m, n, k], BYTES, type_);
        // SAFETY: C1.
        unsafe { product.prepare("aclblasCreateHandleForS8gemm", handle) }
    })
}

/// y = alpha * A * x + beta * y, for a matrix and vectors of types given. Returns once the work is queued.
///
/// # Parameters
/// - transA: how A is stored: ACL_TRANS_N row by row, ACL_TRANS_T column by column, ACL_TRANS_NZ and ACL_TRANS_NZ_T the
///   same in blocks
/// - m: rows of A and elements of y, above 0
/// - n: columns of A and elements of x, above 0
/// - alpha, beta: factors, of the type of y, in device or host memory
/// - a, x: the operands, in device memory
/// - lda, incx, incy: -1
/// - dataTypeA, dataTypeX, dataTypeY: element types: f16, f16, f16; f16, f16, f32; int8, int8, f32; or int8, int8,
///   int32
/// - y: y, which is added to and written
/// - type: how precise to compute; sums of halves are f32 either way
/// - stream: the stream, null for the default one
///
/// # Returns
/// - 0 on success; the work is queued
/// - 100000 when an argument is null or out of range
/// - 107000 when an operand is not live device memory of the size
/// - 107002 when the thread has no context
/// - 107017 when the stream is not live
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for factors in host memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclblasGemvEx(
    trans_a: aclTransType,
    m: c_int,
    n: c_int,
    alpha: *const c_void,
    a: *const c_void,
    lda: c_int,
    data_type_a: aclDataType,
    x: *const c_void,
    incx: c_int,
    data_type_x: aclDataType,
    beta: *const c_void,
    y: *mut c_void,
    incy: c_int,
    data_type_y: aclDataType,
    type_: aclComputeType,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclblasGemvEx", || {
        packed([("lda", lda), ("incx", incx), ("incy", incy)])?;
        let product = Product::vector(trans_a, [m, n], [data_type_a, data_type_x, data_type_y], type_);
        let data = [address(a), address(x), address(y), address(alpha), address(beta)];
        product.run("aclblasGemvEx", data, stream)
    })
}

/// Prepares a product of a matrix and a vector of types given for running many times: y = alpha * A * x + beta * y.
///
/// # Parameters
/// - transA: how A is stored: ACL_TRANS_N row by row, ACL_TRANS_T column by column, ACL_TRANS_NZ and ACL_TRANS_NZ_T the
///   same in blocks
/// - m: rows of A and elements of y, above 0
/// - n: columns of A and elements of x, above 0
/// - dataTypeA, dataTypeX, dataTypeY: element types: f16, f16, f16; f16, f16, f32; int8, int8, f32; or int8, int8,
///   int32
/// - type: how precise to compute; sums of halves are f32 either way
/// - handle: receives the handle for aclopExecWithHandle, with inputs A, x, y, alpha, beta and output y;
///   aclopDestroyHandle ends it
///
/// # Returns
/// - 0 on success
/// - 100000 when handle is null, or an argument is out of range
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclblasCreateHandleForGemvEx(
    trans_a: aclTransType,
    m: c_int,
    n: c_int,
    data_type_a: aclDataType,
    data_type_x: aclDataType,
    data_type_y: aclDataType,
    type_: aclComputeType,
    handle: *mut *mut aclopHandle,
) -> aclError {
    entry::acl("aclblasCreateHandleForGemvEx", || {
        let product = Product::vector(trans_a, [m, n], [data_type_a, data_type_x, data_type_y], type_);
        // SAFETY: C1.
        unsafe { product.prepare("aclblasCreateHandleForGemvEx", handle) }
    })
}

/// y = alpha * A * x + beta * y, for a matrix and vectors of halves. Returns once the work is queued.
///
/// # Parameters
/// - transA: how A is stored: ACL_TRANS_N row by row, ACL_TRANS_T column by column, ACL_TRANS_NZ and ACL_TRANS_NZ_T the
///   same in blocks
/// - m: rows of A and elements of y, above 0
/// - n: columns of A and elements of x, above 0
/// - alpha, beta: factors, of the type of y, in device or host memory
/// - a, x: the operands, in device memory
/// - lda, incx, incy: -1
/// - y: y, which is added to and written
/// - type: how precise to compute; sums of halves are f32 either way
/// - stream: the stream, null for the default one
///
/// # Returns
/// - 0 on success; the work is queued
/// - 100000 when an argument is null or out of range
/// - 107000 when an operand is not live device memory of the size
/// - 107002 when the thread has no context
/// - 107017 when the stream is not live
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for factors in host memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclblasHgemv(
    trans_a: aclTransType,
    m: c_int,
    n: c_int,
    alpha: *const aclFloat16,
    a: *const aclFloat16,
    lda: c_int,
    x: *const aclFloat16,
    incx: c_int,
    beta: *const aclFloat16,
    y: *mut aclFloat16,
    incy: c_int,
    type_: aclComputeType,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclblasHgemv", || {
        packed([("lda", lda), ("incx", incx), ("incy", incy)])?;
        let product = Product::vector(trans_a, [m, n], HALVES, type_);
        let data = [address(a), address(x), address(y), address(alpha), address(beta)];
        product.run("aclblasHgemv", data, stream)
    })
}

/// Prepares a product of a matrix and a vector of halves for running many times: y = alpha * A * x + beta * y.
///
/// # Parameters
/// - transA: how A is stored: ACL_TRANS_N row by row, ACL_TRANS_T column by column, ACL_TRANS_NZ and ACL_TRANS_NZ_T the
///   same in blocks
/// - m: rows of A and elements of y, above 0
/// - n: columns of A and elements of x, above 0
/// - type: how precise to compute; sums of halves are f32 either way
/// - handle: receives the handle for aclopExecWithHandle, with inputs A, x, y, alpha, beta and output y;
///   aclopDestroyHandle ends it
///
/// # Returns
/// - 0 on success
/// - 100000 when handle is null, or an argument is out of range
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclblasCreateHandleForHgemv(
    trans_a: aclTransType,
    m: c_int,
    n: c_int,
    type_: aclComputeType,
    handle: *mut *mut aclopHandle,
) -> aclError {
    entry::acl("aclblasCreateHandleForHgemv", || {
        let product = Product::vector(trans_a, [m, n], HALVES, type_);
        // SAFETY: C1.
        unsafe { product.prepare("aclblasCreateHandleForHgemv", handle) }
    })
}

/// y = alpha * A * x + beta * y, for a matrix and vectors of bytes and a result of int32. Returns once the work is queued.
///
/// # Parameters
/// - transA: how A is stored: ACL_TRANS_N row by row, ACL_TRANS_T column by column, ACL_TRANS_NZ and ACL_TRANS_NZ_T the
///   same in blocks
/// - m: rows of A and elements of y, above 0
/// - n: columns of A and elements of x, above 0
/// - alpha, beta: factors, of the type of y, in device or host memory
/// - a, x: the operands, in device memory
/// - lda, incx, incy: -1
/// - y: y, which is added to and written
/// - type: how precise to compute; sums of halves are f32 either way
/// - stream: the stream, null for the default one
///
/// # Returns
/// - 0 on success; the work is queued
/// - 100000 when an argument is null or out of range
/// - 107000 when an operand is not live device memory of the size
/// - 107002 when the thread has no context
/// - 107017 when the stream is not live
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for factors in host memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclblasS8gemv(
    trans_a: aclTransType,
    m: c_int,
    n: c_int,
    alpha: *const i32,
    a: *const i8,
    lda: c_int,
    x: *const i8,
    incx: c_int,
    beta: *const i32,
    y: *mut i32,
    incy: c_int,
    type_: aclComputeType,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclblasS8gemv", || {
        packed([("lda", lda), ("incx", incx), ("incy", incy)])?;
        let product = Product::vector(trans_a, [m, n], BYTES, type_);
        let data = [address(a), address(x), address(y), address(alpha), address(beta)];
        product.run("aclblasS8gemv", data, stream)
    })
}

/// Prepares a product of a matrix and a vector of bytes and a result of int32 for running many times: y = alpha * A * x + beta * y.
///
/// # Parameters
/// - transA: how A is stored: ACL_TRANS_N row by row, ACL_TRANS_T column by column, ACL_TRANS_NZ and ACL_TRANS_NZ_T the
///   same in blocks
/// - m: rows of A and elements of y, above 0
/// - n: columns of A and elements of x, above 0
/// - type: how precise to compute; sums of halves are f32 either way
/// - handle: receives the handle for aclopExecWithHandle, with inputs A, x, y, alpha, beta and output y;
///   aclopDestroyHandle ends it
///
/// # Returns
/// - 0 on success
/// - 100000 when handle is null, or an argument is out of range
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclblasCreateHandleForS8gemv(
    trans_a: aclTransType,
    m: c_int,
    n: c_int,
    type_: aclComputeType,
    handle: *mut *mut aclopHandle,
) -> aclError {
    entry::acl("aclblasCreateHandleForS8gemv", || {
        let product = Product::vector(trans_a, [m, n], BYTES, type_);
        // SAFETY: C1.
        unsafe { product.prepare("aclblasCreateHandleForS8gemv", handle) }
    })
}
