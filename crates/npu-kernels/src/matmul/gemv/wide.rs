//! Loops with 512-bit vectors: elements become lanes as they are loaded.

use super::{DOZEN, Inner, PITCH, Part};
use crate::matmul::Problem;
use crate::matmul::engine::Kind;
use crate::matmul::pack::{LANES, Lanes, Source};
use std::arch::x86_64::*;
use std::ops::Range;

/// Bytes of a column that stay in the first-level cache, with its neighbours.
const STRETCH: usize = 2048;
/// The same with rows that are read once.
const STRETCH_OF_FEW: usize = 4096;
/// Columns of contiguous rows that one row is multiplied with at a time: the longer the faster, as long as their sums stay
/// in the first-level cache.
const STRETCH_OF_ONE: usize = 4032;
/// Rows from which on products are limited by arithmetic rather than memory.
const MANY: usize = 16;
/// The same with more rows than that: threads that are held up leave shorter stretches to wait for.
const STRETCH_OF_MANY: usize = 336;
/// Rows of `b` that are worked on together.
const GROUP: usize = 8;
/// Columns of `b` that are worked on together.
const COLUMNS: usize = 6;

/// Lanes as [`Source`] makes them.
pub(in super::super) struct Wide<S: Source>(Run<S>);

type Run<S> = unsafe fn(&Problem, &Part<<S as Source>::Elem, <S as Source>::Lane, f32>);

/// Brings the line at `from` into the second-level cache; the address may be any. Not into the first: rows that lie a power
/// of two apart share its sets, and what it fetches from memory leaves it no hands for the rest.
#[inline(always)]
fn prefetch<E>(from: *const E) {
    // SAFETY: a hint, which never faults.
    unsafe { _mm_prefetch::<_MM_HINT_T1>(from.cast()) };
}

/// Rows of `a` times columns of `b`, `n` elements of depth from where the pointers are.
struct Dots<S: Source> {
    a: *const S::Lane,
    a_pitch: usize,
    b: *const S::Elem,
    b_pitch: isize,
    n: usize,
    /// Columns there are, at least one.
    cols: usize,
    sums: *mut f32,
    /// Sums of an earlier part of the depth are there.
    add: bool,
}

/// The sums of four vectors' elements.
#[inline]
#[target_feature(enable = "avx512f")]
fn fold(v: [__m512; 4]) -> [f32; 4] {
    let ab = _mm512_add_ps(_mm512_unpacklo_ps(v[0], v[1]), _mm512_unpackhi_ps(v[0], v[1]));
    let cd = _mm512_add_ps(_mm512_unpacklo_ps(v[2], v[3]), _mm512_unpackhi_ps(v[2], v[3]));
    let (ab, cd) = (_mm512_castps_pd(ab), _mm512_castps_pd(cd));
    let (low, high) = (_mm512_unpacklo_pd(ab, cd), _mm512_unpackhi_pd(ab, cd));
    // Each quarter has a part of all four sums.
    let quarters = _mm512_castps_pd(_mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high)));
    let low = _mm256_castpd_ps(_mm512_castpd512_pd256(quarters));
    let halves = _mm256_add_ps(low, _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(quarters)));
    let sums = _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps::<1>(halves));
    // SAFETY: both types are four floats.
    unsafe { std::mem::transmute::<__m128, [f32; 4]>(sums) }
}

impl<S: Source> Dots<S> {
    /// `count` elements of depth from `first` on, at most a vector.
    ///
    /// # Safety
    /// As for [`Dots::run`].
    #[inline(always)]
    unsafe fn step<const R: usize, const C: usize, const LAST: bool>(
        &self,
        columns: &[*const S::Elem; C],
        first: usize,
        count: usize,
        totals: &mut [[__m512; C]; R],
    ) {
        let rows: [__m512i; R] = std::array::from_fn(|i| {
            let from = self.a.wrapping_add(i * self.a_pitch + first / S::STEP);
            // SAFETY: converted rows have whole vectors.
            unsafe { _mm512_loadu_si512(from.cast()) }
        });
        for (j, column) in columns.iter().enumerate() {
            let from = column.wrapping_add(first);
            if LAST {
                prefetch(from.wrapping_offset(C as isize * self.b_pitch));
            }
            // SAFETY: a part of the column.
            let x = unsafe { S::along(from, count) };
            for (row, totals) in rows.iter().zip(totals.iter_mut()) {
                // SAFETY: the processor has the instructions, the caller's duty.
                totals[j] = unsafe { S::multiply(*row, x, totals[j]) };
            }
        }
    }

    /// `R` rows times `C` columns; answers `R`. With the last rows the next columns are fetched.
    ///
    /// # Safety
    /// The elements exist and `sums` has room for `R` rows of them; the processor has the instructions.
    #[inline(always)]
    unsafe fn run<const R: usize, const C: usize, const LAST: bool>(&self) -> usize {
        let mut columns = [self.b; C];
        for (j, column) in columns.iter_mut().enumerate() {
            // Columns that do not exist are computed as the last one, and dropped.
            *column = column.wrapping_offset(j.min(self.cols - 1) as isize * self.b_pitch);
        }
        // SAFETY: the processor has the instructions, the caller's duty.
        let mut totals = [[unsafe { _mm512_setzero_ps() }; C]; R];
        let whole = LANES * S::STEP;
        let end = self.n / whole * whole;
        for first in (0..end).step_by(whole) {
            // Whole vectors need no mask, which costs as much as a multiplication.
            // SAFETY: a part of the depth.
            unsafe { self.step::<R, C, LAST>(&columns, first, whole, &mut totals) };
        }
        if end < self.n {
            // SAFETY: the rest of the depth.
            unsafe { self.step::<R, C, LAST>(&columns, end, self.n - end, &mut totals) };
        }
        for first in (0..R * C).step_by(4) {
            let four = std::array::from_fn(|at| {
                let at = (first + at).min(R * C - 1);
                totals[at / C][at % C]
            });
            // SAFETY: the processor has the instructions, the caller's duty.
            let four = unsafe { fold(four) };
            for (at, total) in (first..R * C).zip(four) {
                let (i, j) = (at / C, at % C);
                if j < self.cols {
                    // SAFETY: room for it is the caller's duty; an earlier part of the depth wrote it if it is added to.
                    let sum = unsafe { &mut *self.sums.wrapping_add(i * PITCH + j) };
                    *sum = if self.add { *sum + total } else { total };
                }
            }
        }
        R
    }
}

impl<S: Source> Dots<S> {
    /// All `m` rows.
    ///
    /// # Safety
    /// As for [`Dots::run`], with room for `m` rows of sums.
    #[inline(always)]
    unsafe fn rows(mut self, m: usize) {
        let mut left = m;
        while left > 0 {
            let done = match left {
                // SAFETY: there are that many rows, the caller's duty.
                1 => unsafe { self.run::<1, COLUMNS, true>() },
                // SAFETY: as above.
                2 => unsafe { self.run::<2, COLUMNS, true>() },
                // SAFETY: as above.
                3 => unsafe { self.run::<3, COLUMNS, true>() },
                // SAFETY: as above.
                4 => unsafe { self.run::<4, COLUMNS, true>() },
                // SAFETY: as above.
                _ => unsafe { self.run::<4, COLUMNS, false>() },
            };
            left -= done;
            self.a = self.a.wrapping_add(done * self.a_pitch);
            self.sums = self.sums.wrapping_add(done * PITCH);
        }
    }
}

impl<S: Source> Dots<S> {
    /// One row, with one column after the other: so memory is read in one direction, which processors foresee. With
    /// more rows there is more to do for each column than to wait for it.
    ///
    /// # Safety
    /// As for [`Dots::run`].
    #[inline(always)]
    unsafe fn row(&self) {
        for col in (0..self.cols).step_by(4) {
            // SAFETY: the processor has the instructions, the caller's duty.
            let mut lanes = [unsafe { _mm512_setzero_ps() }; 4];
            let cols = (self.cols - col).min(4);
            for (j, lanes) in lanes.iter_mut().enumerate().take(cols) {
                let column = self.b.wrapping_offset((col + j) as isize * self.b_pitch);
                // SAFETY: the column exists.
                *lanes = unsafe { self.column(column) };
            }
            // SAFETY: the processor has the instructions, the caller's duty.
            let sums = unsafe { fold(lanes) };
            for (j, sum) in sums.into_iter().enumerate().take(cols) {
                // SAFETY: room for it is the caller's duty.
                unsafe { *self.sums.wrapping_add(col + j) = sum };
            }
        }
    }

    /// The lanes of the sum of one row and one column.
    ///
    /// # Safety
    /// As for [`Dots::run`].
    #[inline(always)]
    unsafe fn column(&self, column: *const S::Elem) -> __m512 {
        /// Sums that do not wait for each other.
        const SUMS: usize = 8;
        // SAFETY: the processor has the instructions, the caller's duty.
        let mut totals = [[[unsafe { _mm512_setzero_ps() }]]; SUMS];
        let whole = LANES * S::STEP;
        let groups = self.n / (whole * SUMS) * (whole * SUMS);
        for first in (0..groups).step_by(whole * SUMS) {
            for (at, total) in totals.iter_mut().enumerate() {
                // SAFETY: parts of the column.
                unsafe { self.step::<1, 1, false>(&[column], first + at * whole, whole, total) };
            }
        }
        let end = self.n / whole * whole;
        for first in (groups..end).step_by(whole) {
            // SAFETY: the parts that are left.
            unsafe { self.step::<1, 1, false>(&[column], first, whole, &mut totals[0]) };
        }
        if end < self.n {
            // SAFETY: the rest of the column.
            unsafe { self.step::<1, 1, false>(&[column], end, self.n - end, &mut totals[0]) };
        }
        let [[[mut sum]], more @ ..] = totals;
        for [[more]] in more {
            // SAFETY: the processor has the instructions, the caller's duty.
            sum = unsafe { _mm512_add_ps(sum, more) };
        }
        sum
    }
}

impl<S: Source> Wide<S> {
    /// # Safety
    /// As for [`Inner::sums`], of a processor that is [`able`](crate::matmul::pack::able).
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn plain(p: &Problem, part: &Part<S::Elem, S::Lane, f32>) {
        // SAFETY: the caller's duties.
        unsafe { Self::any(p, part) }
    }

    /// # Safety
    /// As for [`Wide::plain`], of a processor that multiplies pairs.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    unsafe fn pairs(p: &Problem, part: &Part<S::Elem, S::Lane, f32>) {
        // SAFETY: the caller's duties.
        unsafe { Self::any(p, part) }
    }

    /// # Safety
    /// As for [`Inner::sums`]; the processor has the instructions.
    #[inline(always)]
    unsafe fn any(p: &Problem, part: &Part<S::Elem, S::Lane, f32>) {
        if p.b.row == 1 && p.b.col != 1 {
            // SAFETY: the caller's duties.
            unsafe { Self::by_columns(p, part) }
        } else {
            // SAFETY: the caller's duties.
            unsafe { Self::by_rows(p, part) }
        }
    }

    /// Columns of `b` are contiguous.
    ///
    /// # Safety
    /// As for [`Wide::any`].
    #[inline(always)]
    unsafe fn by_columns(p: &Problem, part: &Part<S::Elem, S::Lane, f32>) {
        if p.m == 1 {
            let dots = Dots::<S> {
                a: part.a,
                a_pitch: Self::pitch(p.k),
                b: part.b.wrapping_offset(p.b.at(0, part.col)),
                b_pitch: p.b.col,
                n: p.k,
                cols: part.n,
                sums: part.sums,
                add: false,
            };
            // SAFETY: the caller's duties.
            unsafe { dots.row() };
            return;
        }
        let stretch = if p.m <= 4 { STRETCH_OF_FEW } else { STRETCH } / size_of::<S::Elem>();
        for (first, j) in
            (0..p.k).step_by(stretch).flat_map(|first| (0..part.n).step_by(COLUMNS).map(move |j| (first, j)))
        {
            let dots = Dots::<S> {
                a: part.a.wrapping_add(first / S::STEP),
                a_pitch: Self::pitch(p.k),
                b: part.b.wrapping_offset(p.b.at(first, part.col + j)),
                b_pitch: p.b.col,
                n: (p.k - first).min(stretch),
                cols: (part.n - j).min(COLUMNS),
                sums: part.sums.wrapping_add(j),
                add: first > 0,
            };
            // SAFETY: the caller's duties; these columns exist.
            unsafe { dots.rows(p.m) };
        }
    }

    /// Rows of `b` are contiguous.
    ///
    /// # Safety
    /// As for [`Wide::any`].
    #[inline(always)]
    unsafe fn by_rows(p: &Problem, part: &Part<S::Elem, S::Lane, f32>) {
        for row in 0..p.m {
            let sums = part.sums.wrapping_add(row * PITCH);
            // SAFETY: sums of a row have room for whole vectors.
            unsafe { std::slice::from_raw_parts_mut(sums, part.n.next_multiple_of(LANES)) }.fill(0.0);
        }
        for (first, j) in
            (0..p.k).step_by(GROUP).flat_map(|first| (0..part.n).step_by(LANES).map(move |j| (first, j)))
        {
            // Whole vectors and groups need no mask, which costs as much as a multiplication.
            if first + GROUP < p.k && j + LANES <= part.n {
                // SAFETY: the caller's duties; these rows and columns exist, and a row after them.
                unsafe { Self::group::<true>(p, part, first, j) };
            } else {
                // SAFETY: the caller's duties.
                unsafe { Self::group::<false>(p, part, first, j) };
            }
        }
    }

    /// Adds a group of rows of `b` from `first` on, a vector from column `j` on.
    ///
    /// # Safety
    /// As for [`Wide::any`]; if `WHOLE`, the group, a row after it and the vector exist.
    #[inline(always)]
    unsafe fn group<const WHOLE: bool>(
        p: &Problem,
        part: &Part<S::Elem, S::Lane, f32>,
        first: usize,
        j: usize,
    ) {
        let pitch = Self::pitch(p.k);
        let count = if WHOLE { LANES } else { (part.n - j).min(LANES) };
        let b = part.b.wrapping_offset(p.b.at(first, part.col + j));
        // SAFETY: the processor has the instructions, the caller's duty.
        let mut lanes = [unsafe { _mm512_setzero_si512() }; GROUP];
        let lanes = &mut lanes[..GROUP / S::STEP];
        for (g, v) in lanes.iter_mut().enumerate() {
            let at = first + g * S::STEP;
            let from = b.wrapping_offset((g * S::STEP) as isize * p.b.row);
            if (j * size_of::<S::Elem>()).is_multiple_of(64) {
                for s in 0..S::STEP {
                    prefetch(from.wrapping_offset((GROUP + s) as isize * p.b.row));
                }
            }
            let next = (WHOLE || at + 1 < p.k).then_some(p.b.row);
            // SAFETY: elements of row `at`, and of the next one if it exists; none beyond the last.
            *v = unsafe { S::across(from, if WHOLE || at < p.k { count } else { 0 }, next) };
        }
        for row in 0..p.m {
            let sums = part.sums.wrapping_add(row * PITCH + j);
            // SAFETY: a vector of sums.
            let mut sum = unsafe { _mm512_loadu_ps(sums) };
            for (g, v) in lanes.iter().enumerate() {
                let factor = part.a.wrapping_add(row * pitch + first / S::STEP + g);
                // SAFETY: converted rows have whole groups.
                let factor = unsafe { factor.cast::<i32>().read_unaligned() };
                // SAFETY: the processor has the instructions, the caller's duty.
                let factor = unsafe { _mm512_set1_epi32(factor) };
                // SAFETY: as above.
                sum = unsafe { S::multiply(factor, *v, sum) };
            }
            // SAFETY: sums of a row have room for whole vectors.
            unsafe { _mm512_storeu_ps(sums, sum) };
        }
    }
}

impl<S: Source> Inner for Wide<S> {
    type Elem = S::Elem;
    type Lane = S::Lane;
    const ROOM: usize = 0;

    fn most(p: &Problem) -> usize {
        if p.b.col == 1 { 16 } else { 128 }
    }

    fn stretch(p: &Problem) -> usize {
        match p.m {
            1 if p.b.col == 1 => STRETCH_OF_ONE,
            ..=MANY => super::STRETCH,
            _ => STRETCH_OF_MANY,
        }
    }

    fn new() -> Wide<S> {
        Wide(if S::STEP == 2 { Self::pairs } else { Self::plain })
    }

    fn pitch(k: usize) -> usize {
        k.div_ceil(S::STEP).next_multiple_of(LANES)
    }

    unsafe fn convert(p: &Problem, a: *const S::Elem, rows: Range<usize>, to: *mut S::Lane) {
        const { assert!(Lanes::<S>::MR == DOZEN) };
        let pitch = Self::pitch(p.k);
        for row in rows.clone().step_by(DOZEN) {
            let from = a.wrapping_offset(p.a.at(row, 0));
            let to = to.wrapping_add(row * pitch);
            // SAFETY: rows of `a`; there is room for them, rounded up to whole panels.
            unsafe { Lanes::<S>::pack_a(from, p.a, (rows.end - row).min(DOZEN), p.k, to, pitch) };
        }
    }

    unsafe fn sums(&self, p: &Problem, part: &Part<S::Elem, S::Lane, f32>) {
        // SAFETY: the caller's duties; the function was chosen for the processor.
        unsafe { (self.0)(p, part) }
    }
}
