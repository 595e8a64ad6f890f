//! What happens to sums on their way to the output: factors, the addend, rounding.

use super::Strides;
use super::kind::{Elem, Num};
use crate::isa::Loop;
use std::marker::PhantomData;

/// Elements that are converted at a time.
const RUN: usize = 32;

/// # Safety
/// `dst.len()` elements, `stride` apart from `src` on, are readable.
#[inline(always)]
pub(crate) unsafe fn widen_strided<E: Elem>(src: *const E, stride: isize, dst: &mut [E::Acc]) {
    if stride == 1 {
        // SAFETY: the elements are contiguous and readable, the caller's duty.
        return E::widen_run(unsafe { std::slice::from_raw_parts(src, dst.len()) }, dst);
    }
    for (i, d) in dst.iter_mut().enumerate() {
        // SAFETY: element `i` is readable, the caller's duty.
        *d = unsafe { src.wrapping_offset(i as isize * stride).read() }.wide();
    }
}

/// Adds elements, times a factor, to at most [`RUN`] sums.
///
/// # Safety
/// `sums.len()` elements, `stride` apart from `src` on, are readable.
#[inline(always)]
unsafe fn add_strided<E: Elem>(sums: &mut [E::Acc], src: *const E, stride: isize, factor: Option<E::Acc>) {
    let mut wide = [E::Acc::ZERO; RUN];
    let wide = &mut wide[..sums.len()];
    // SAFETY: readable, the caller's duty.
    unsafe { widen_strided(src, stride, wide) };
    match factor {
        Some(f) if !f.is_one() => sums.iter_mut().zip(wide).for_each(|(s, w)| *s = s.add(w.mul(f))),
        _ => sums.iter_mut().zip(wide).for_each(|(s, w)| *s = s.add(*w)),
    }
}

/// # Safety
/// `src.len()` elements, `stride` apart from `dst` on, are writable.
#[inline(always)]
unsafe fn narrow_strided<E: Elem>(src: &[E::Acc], dst: *mut E, stride: isize) {
    if stride == 1 {
        // SAFETY: contiguous and writable, the caller's duty.
        return E::narrow_run(src, unsafe { std::slice::from_raw_parts_mut(dst, src.len()) });
    }
    for (i, s) in src.iter().enumerate() {
        // SAFETY: element `i` is writable, the caller's duty.
        unsafe { dst.wrapping_offset(i as isize * stride).write(E::narrow(*s)) };
    }
}

/// Sums on their way to the output, and what becomes of them.
pub(super) struct Sums<E: Elem> {
    pub(super) sums: *const E::Acc,
    /// Elements from one row of sums to the next.
    pub(super) pitch: isize,
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) alpha: E::Acc,
    pub(super) beta: E::Acc,
    /// The addend, times `beta`.
    pub(super) c: Option<(*const E, Strides)>,
    /// The output holds sums of earlier passes.
    pub(super) held: bool,
    pub(super) out: *mut E,
    pub(super) strides: Strides,
}

/// `out = alpha * sums + beta * c`, or `out += alpha * sums`. The output and the addend have the rows and columns
/// named.
pub(super) struct Finish<E>(PhantomData<E>);

impl<E: Elem> Loop for Finish<E> {
    type Args = Sums<E>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Sums<E>) {
        if args.alpha.is_one() && args.c.is_none() && !args.held && args.strides.col == 1 {
            // The most frequent case has a loop of its own, with nothing to decide on the way.
            for row in 0..args.rows {
                let sums = args.sums.wrapping_offset(row as isize * args.pitch);
                // SAFETY: a row of sums.
                let sums = unsafe { std::slice::from_raw_parts(sums, args.cols) };
                let out = args.out.wrapping_offset(row as isize * args.strides.row);
                // SAFETY: a row of the output.
                E::narrow_run(sums, unsafe { std::slice::from_raw_parts_mut(out, args.cols) });
            }
            return;
        }
        let mut run = [E::Acc::ZERO; RUN];
        for row in 0..args.rows {
            let whole = args.cols / RUN * RUN;
            for col in (0..whole).step_by(RUN) {
                // A length that the compiler knows: everything stays in registers.
                // SAFETY: a part of one row.
                unsafe { piece(args, row, col, &mut run[..RUN]) };
            }
            if whole < args.cols {
                // SAFETY: the rest of the row.
                unsafe { piece(args, row, whole, &mut run[..args.cols - whole]) };
            }
        }
    }
}

/// Part of a row, by way of `run`.
///
/// # Safety
/// As for [`Finish`]; the part lies within the row.
#[inline(always)]
unsafe fn piece<E: Elem>(args: &Sums<E>, row: usize, col: usize, run: &mut [E::Acc]) {
    let from = args.sums.wrapping_offset(row as isize * args.pitch).wrapping_add(col);
    // SAFETY: a part of a row of sums.
    run.copy_from_slice(unsafe { std::slice::from_raw_parts(from, run.len()) });
    if !args.alpha.is_one() {
        run.iter_mut().for_each(|r| *r = r.mul(args.alpha));
    }
    let out = args.out.wrapping_offset(args.strides.at(row, col));
    if args.held {
        // SAFETY: an earlier pass wrote the output.
        unsafe { add_strided(run, out.cast_const(), args.strides.col, None) };
    }
    if let Some((c, strides)) = args.c {
        let c = c.wrapping_offset(strides.at(row, col));
        // SAFETY: the addend has the shape of the output.
        unsafe { add_strided(run, c, strides.col, Some(args.beta)) };
    }
    // SAFETY: a part of a row of the output.
    unsafe { narrow_strided(run, out, args.strides.col) };
}
