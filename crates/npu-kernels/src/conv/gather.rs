//! The matrix of inputs that each kernel element meets: a row for each channel and kernel element, a column for each
//! output position.

use super::{AXES, ConvAxis};
use npu_types::{DType, Parallel};

/// An axis of input, kernel and output.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub(super) geometry: ConvAxis,
    pub(super) out: i64,
    pub(super) input: i64,
    pub(super) kernel: i64,
    /// From one input to the next, in elements.
    pub(super) stride: isize,
}

impl Default for Axis {
    /// One position, which the kernel's one element meets.
    fn default() -> Axis {
        let geometry = ConvAxis { stride: 1, pad: 0, dilation: 1, spread: 1 };
        Axis { geometry, out: 1, input: 1, kernel: 1, stride: 0 }
    }
}

impl Axis {
    /// Whether each output meets the input in its own place and no other.
    pub(super) fn is_plain(&self) -> bool {
        let ConvAxis { stride, pad, spread, .. } = self.geometry;
        self.kernel == 1 && pad == 0 && stride == 1 && spread == 1 && self.out == self.input
    }

    /// The position that output 0 and a kernel element meet, zeros between inputs counted.
    fn first(&self, kernel: i64) -> i64 {
        kernel * self.geometry.dilation - self.geometry.pad
    }

    /// The input that an output and a kernel element meet; none if there is a zero.
    fn meets(&self, out: i64, kernel: i64) -> Option<i64> {
        let at = out * self.geometry.stride + self.first(kernel);
        let input = at.div_euclid(self.geometry.spread);
        (at.rem_euclid(self.geometry.spread) == 0 && (0..self.input).contains(&input)).then_some(input)
    }
}

/// Where a row of the matrix comes from.
struct Tap {
    channel: usize,
    kernel: [i64; AXES],
}

type Rows = unsafe fn(&Gather, *const u8, usize, usize, usize, *mut u8);

/// A prepared gather for one image.
pub(super) struct Gather {
    axes: [Axis; AXES],
    channels: usize,
    /// From one channel to the next, in elements.
    channel: isize,
    size: usize,
    /// Fills one row: image, row, first position, positions, place.
    row: Rows,
}

impl Gather {
    pub(super) fn new(dtype: DType, axes: [Axis; AXES], channels: usize, channel: isize) -> Gather {
        // Only the size matters.
        let row: Rows = match dtype.size() {
            1 => Gather::row::<u8>,
            2 => Gather::row::<u16>,
            4 => Gather::row::<u32>,
            8 => Gather::row::<u64>,
            _ => Gather::row::<[u64; 2]>,
        };
        Gather { axes, channels, channel, size: dtype.size(), row }
    }

    fn rows(&self) -> usize {
        self.channels * self.axes.iter().map(|a| a.kernel as usize).product::<usize>()
    }

    fn tap(&self, row: usize) -> Tap {
        let (mut rest, mut kernel) = (row, [0; AXES]);
        for (k, axis) in kernel.iter_mut().zip(&self.axes).rev() {
            *k = (rest % axis.kernel as usize) as i64;
            rest /= axis.kernel as usize;
        }
        Tap { channel: rest, kernel }
    }

    /// Gathers columns `first..first + positions` to `to`, row by row.
    ///
    /// # Safety
    /// `x` is the image, of the layout that the gather was made for; `to` has room for all rows of `positions` elements,
    /// and nobody else uses it.
    pub(super) unsafe fn run(
        &self,
        x: *const u8,
        first: usize,
        positions: usize,
        to: *mut u8,
        par: &dyn Parallel,
    ) {
        struct Places(*const u8, *mut u8);
        // SAFETY: only addresses; rows are written by one thread each.
        unsafe impl Sync for Places {}
        let places = Places(x, to);
        let rows = self.rows();
        let chunks = par.threads().min(rows);
        par.run(chunks, &|chunk| {
            let places = &places;
            for row in rows * chunk / chunks..rows * (chunk + 1) / chunks {
                let to = places.1.wrapping_add(row * positions * self.size);
                // SAFETY: the caller's duties, for one row.
                unsafe { (self.row)(self, places.0, row, first, positions, to) };
            }
        });
    }

    /// # Safety
    /// As for [`Gather::run`], for one row; `T` has the size of an element.
    unsafe fn row<T: Copy + Default>(
        &self,
        x: *const u8,
        row: usize,
        first: usize,
        positions: usize,
        to: *mut u8,
    ) {
        let (x, mut to) = (x.cast::<T>(), to.cast::<T>());
        let Tap { channel, kernel } = self.tap(row);
        let [outer, middle, inner] = &self.axes;
        let (mut at, end) = (first as i64, (first + positions) as i64);
        while at < end {
            let from = at % inner.out;
            let count = (inner.out - from).min(end - at);
            let line = at / inner.out;
            let (z, y) = (line / middle.out, line % middle.out);
            match (outer.meets(z, kernel[0]), middle.meets(y, kernel[1])) {
                (Some(z), Some(y)) => {
                    let offset = channel as isize * self.channel
                        + z as isize * outer.stride
                        + y as isize * middle.stride;
                    // SAFETY: the line lies within the image, `to` has room for its part.
                    unsafe { line_of(x.wrapping_offset(offset), inner, kernel[2], from, count, to) };
                }
                // SAFETY: within the row.
                _ => unsafe { zeros(to, count) },
            }
            to = to.wrapping_add(count as usize);
            at += count;
        }
    }
}

/// # Safety
/// There is room for `count` elements.
unsafe fn zeros<T: Copy + Default>(to: *mut T, count: i64) {
    for i in 0..count.max(0) as usize {
        // SAFETY: the caller's duty.
        unsafe { to.wrapping_add(i).write(T::default()) };
    }
}

/// The inputs that outputs `from..from + count` of one line meet with one kernel element.
///
/// # Safety
/// `x` is the line's first input; there is room for `count` elements.
unsafe fn line_of<T: Copy + Default>(
    x: *const T,
    axis: &Axis,
    kernel: i64,
    from: i64,
    count: i64,
    to: *mut T,
) {
    if axis.geometry.spread != 1 {
        for i in 0..count {
            let value = match axis.meets(from + i, kernel) {
                // SAFETY: an input of the line.
                Some(input) => unsafe { x.wrapping_offset(input as isize * axis.stride).read() },
                None => T::default(),
            };
            // SAFETY: the caller's duty.
            unsafe { to.wrapping_add(i as usize).write(value) };
        }
        return;
    }
    // Outputs that meet an input are those from `low` to `high`.
    let (stride, first) = (axis.geometry.stride, axis.first(kernel) + from * axis.geometry.stride);
    let reach = |limit: i64| (limit - first + stride - 1).div_euclid(stride).clamp(0, count);
    let (low, high) = (reach(0), reach(axis.input));
    let step = stride as isize * axis.stride;
    let source = x.wrapping_offset((first + low * stride) as isize * axis.stride);
    // SAFETY: the part before, within the line's room.
    unsafe { zeros(to, low) };
    let middle = to.wrapping_add(low as usize);
    if step == 1 {
        // SAFETY: `high - low` inputs follow one another; scratch memory and input lie apart.
        unsafe { std::ptr::copy_nonoverlapping(source, middle, (high - low) as usize) };
    } else {
        for i in 0..(high - low) as isize {
            // SAFETY: an input of the line.
            let value = unsafe { source.wrapping_offset(i * step).read() };
            // SAFETY: within the line's room.
            unsafe { middle.wrapping_offset(i).write(value) };
        }
    }
    // SAFETY: the part behind.
    unsafe { zeros(to.wrapping_add(high as usize), count - high) };
}
