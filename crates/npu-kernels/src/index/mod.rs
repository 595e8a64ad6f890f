//! Elements chosen by index tensors: reading, writing and adding at computed places.
//!
//! Two engines share their operations. [`select`] takes whole slices at positions that several index tensors name
//! together (`x[i, :, j]`), [`along`] one element for each index, along one axis (`gather`, `scatter`).

mod along;
mod places;
mod select;
#[cfg(test)]
mod tests;

pub use along::{gather, scatter};
pub use select::{IndexedAxis, index, index_put};

use crate::elem::{Element, cast, dispatch};
use crate::engine::Constant;
use crate::math::{Arith, Ordered};
use crate::{Fault, KernelError};
use npu_types::{Complex64, DType, Layout, Scalar};
use places::Load;

/// What happens where an index points: `far` is the indexed tensor, `near` the one that lies in the order of indices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IndexOp {
    /// near = far.
    Take,
    /// far = near; of several for one place the last wins.
    Put,
    /// far += near · factor; of bool, *or*. Sums of halves are rounded after each addition.
    Add(Scalar),
    /// far *= near; of bool, *and*.
    Mul,
    /// The larger of both; NaN wins.
    Max,
    /// The smaller of both; NaN wins.
    Min,
}

impl IndexOp {
    /// Addition without a factor.
    pub fn add() -> IndexOp {
        IndexOp::Add(Scalar::int(DType::I64, 1))
    }

    fn writes_far(self) -> bool {
        self != IndexOp::Take
    }
}

/// A run of `n` elements on both sides, or scattered on the far one.
struct Run {
    near: *mut u8,
    near_stride: isize,
    far: *mut u8,
    far_stride: isize,
    n: usize,
    /// The factor of an addition.
    param: *const u8,
}

/// One element of each side.
trait Act<T: Element> {
    /// Elements are only copied, from far to near or the other way.
    const COPY: Option<bool> = None;
    /// Answers the new value of what is written.
    fn act(near: T, far: T, param: *const u8) -> T;
}

/// Operations on a run with equal strides, and on one whose far elements stand at byte offsets `places[i] * scale`
/// more.
#[derive(Clone, Copy)]
struct Actions {
    row: unsafe fn(&Run),
    points: unsafe fn(&Run, places: &[i64], scale: isize),
}

/// # Safety
/// All elements are valid, near and far apart, nobody else uses what is written.
unsafe fn row<T: Element, A: Act<T>>(run: &Run) {
    let size = size_of::<T>() as isize;
    if let Some(take) = A::COPY
        && (run.near_stride, run.far_stride) == (size, size)
    {
        let (from, to) = if take { (run.far, run.near) } else { (run.near, run.far) };
        // SAFETY: contiguous elements that do not overlap, the caller's duty.
        return unsafe { std::ptr::copy_nonoverlapping(from.cast::<T>(), to.cast::<T>(), run.n) };
    }
    for i in 0..run.n as isize {
        let near = run.near.wrapping_offset(i * run.near_stride).cast();
        let far = run.far.wrapping_offset(i * run.far_stride).cast();
        // SAFETY: element `i` of both sides.
        unsafe { one::<T, A>(near, far, run.param) };
    }
}

/// # Safety
/// As for [`row`]; the places lie in the far tensor.
unsafe fn points<T: Element, A: Act<T>>(run: &Run, places: &[i64], scale: isize) {
    for (i, place) in places.iter().enumerate() {
        let near = run.near.wrapping_offset(i as isize * run.near_stride).cast();
        let far = run.far.wrapping_offset(i as isize * run.far_stride + *place as isize * scale).cast();
        // SAFETY: element `i` of both sides.
        unsafe { one::<T, A>(near, far, run.param) };
    }
}

/// # Safety
/// Both elements are valid, and nobody else uses the one that is written.
#[inline(always)]
unsafe fn one<T: Element, A: Act<T>>(near: *mut T, far: *mut T, param: *const u8) {
    match A::COPY {
        Some(true) => {
            // SAFETY: the caller's duty.
            let value = unsafe { far.read() };
            // SAFETY: the caller's duty.
            unsafe { near.write(value) };
        }
        Some(false) => {
            // SAFETY: the caller's duty.
            let value = unsafe { near.read() };
            // SAFETY: the caller's duty.
            unsafe { far.write(value) };
        }
        None => {
            // SAFETY: the caller's duty.
            let (a, b) = (unsafe { near.read() }, unsafe { far.read() });
            // SAFETY: the caller's duty.
            unsafe { far.write(A::act(a, b, param)) };
        }
    }
}

/// Copies, from the indexed tensor if `TAKE`.
struct Copy<const TAKE: bool>;

impl<T: Element, const TAKE: bool> Act<T> for Copy<TAKE> {
    const COPY: Option<bool> = Some(TAKE);
    #[inline(always)]
    fn act(near: T, _far: T, _param: *const u8) -> T {
        near
    }
}

/// Defines an operation that computes in the type that holds every value of `T`.
macro_rules! arithmetic {
    ($($name:ident: $bound:ident, |$near:ident, $far:ident, $param:ident| $body:expr;)*) => {$(
        struct $name;

        impl<T: Element<Wide: $bound>> Act<T> for $name {
            #[inline(always)]
            fn act(near: T, far: T, $param: *const u8) -> T {
                let ($near, $far) = (near.widen(), far.widen());
                cast($body)
            }
        }
    )*};
}

arithmetic! {
    Plus: Arith, |near, far, _param| far.add(near);
    Times: Arith, |near, far, _param| far.mul(near);
    Larger: Ordered, |near, far, _param| far.max(near);
    Smaller: Ordered, |near, far, _param| far.min(near);
}

/// far + near · param.
struct PlusScaled;

impl<T: Element<Wide: Arith>> Act<T> for PlusScaled {
    #[inline(always)]
    fn act(near: T, far: T, param: *const u8) -> T {
        // SAFETY: the parameter of this operation is a constant of the wide type, aligned to 16 bytes.
        let factor = unsafe { param.cast::<T::Wide>().read() };
        cast(far.widen().add_scaled::<false>(near.widen(), factor))
    }
}

fn actions<T: Element, A: Act<T>>() -> Actions {
    Actions { row: row::<T, A>, points: points::<T, A> }
}

/// The functions for an operation on elements of a type, and its parameter.
fn choose(kernel: &'static str, op: IndexOp, dtype: DType) -> Result<(Actions, Constant), KernelError> {
    let unknown = KernelError::DType { kernel, dtype };
    Ok(match op {
        IndexOp::Take => (copies::<true>(dtype.size()), Constant::NONE),
        IndexOp::Put => (copies::<false>(dtype.size()), Constant::NONE),
        IndexOp::Add(factor) if factor.to_c128() == Complex64::new(1.0, 0.0) => {
            (dispatch!(any dtype, T => actions::<T, Plus>(), else return Err(unknown)), Constant::NONE)
        }
        IndexOp::Add(factor) => dispatch!(any dtype, T => {
            (actions::<T, PlusScaled>(), Constant::new(&factor, <<T as Element>::Wide as Element>::DTYPE))
        }, else return Err(unknown)),
        IndexOp::Mul => {
            (dispatch!(any dtype, T => actions::<T, Times>(), else return Err(unknown)), Constant::NONE)
        }
        IndexOp::Max => (extremes::<Larger>(dtype).ok_or(unknown)?, Constant::NONE),
        IndexOp::Min => (extremes::<Smaller>(dtype).ok_or(unknown)?, Constant::NONE),
    })
}

/// By the size alone: what the bits mean does not matter.
fn copies<const TAKE: bool>(size: usize) -> Actions {
    match size {
        1 => actions::<u8, Copy<TAKE>>(),
        2 => actions::<u16, Copy<TAKE>>(),
        4 => actions::<u32, Copy<TAKE>>(),
        8 => actions::<u64, Copy<TAKE>>(),
        _ => actions::<Complex64, Copy<TAKE>>(),
    }
}

fn extremes<A>(dtype: DType) -> Option<Actions>
where
    A: Act<npu_types::f16> + Act<npu_types::bf16> + Act<f32> + Act<f64> + Act<i8> + Act<i16> + Act<i32>,
    A: Act<i64> + Act<u8> + Act<u16> + Act<u32> + Act<u64> + Act<crate::elem::Bool>,
{
    Some(match dtype {
        DType::F16 => actions::<npu_types::f16, A>(),
        DType::BF16 => actions::<npu_types::bf16, A>(),
        _ => dispatch!(ordered dtype, T => actions::<T, A>(), else return None),
    })
}

/// Bytes per element of the index types.
fn index_load(kernel: &'static str, index: &Layout) -> Result<Load, KernelError> {
    match index.dtype() {
        DType::I32 | DType::I64 => Ok(Load::new(index.dtype())),
        dtype => Err(KernelError::DType { kernel, dtype }),
    }
}
