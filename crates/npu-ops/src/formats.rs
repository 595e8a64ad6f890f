//! Tensors that are stored in another order than they are indexed in: blocked and permuted formats.
//!
//! A format says for each axis how an index becomes an offset: `(i / block) * outer + (i % block) * inner`. Converting
//! between two formats cuts each axis at the last whole block and copies the pieces as ordinary views.

use crate::{OpError, Plan, PlanBuilder, Slot};
use npu_types::{DType, Dims, Layout, MAX_RANK, Scalar};
use smallvec::SmallVec;
use std::sync::Arc;

/// A tensor and how it is stored.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// The C parameter, for messages.
    pub argument: &'static str,
    /// Element type.
    pub dtype: DType,
    /// Dimensions as the program indexes them.
    pub dims: &'a [i64],
    /// `aclFormat` in which `dims` are meant.
    pub format: i32,
    /// `aclFormat` in memory.
    pub storage_format: i32,
    /// Dimensions in memory; none for what follows from the others.
    pub storage_dims: Option<&'a [i64]>,
}

const FRACTAL_Z: i32 = 4;
const NC1HWC0: i32 = 3;
const FRACTAL_NZ: i32 = 29;
const NDC1HWC0: i32 = 32;
const FRACTAL_Z_3D: i32 = 33;
const BLOCK: i64 = 16;

/// Axes of a stored format, outermost first.
type Axes = SmallVec<[Axis; 8]>;

/// How the index of an axis becomes an offset, in elements. Axes without blocks have a block of their own length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Axis {
    block: i64,
    outer: i64,
    inner: i64,
}

impl Axis {
    fn at(&self, block: i64, index: i64) -> i64 {
        if self.block == block { index / block * self.outer } else { index * self.inner }
    }
}

/// Axes of a plain format, by letter; none where the format does not name them.
fn letters(format: i32) -> Option<&'static str> {
    Some(match format {
        0 => "NCHW",
        1 => "NHWC",
        16 => "HWCN",
        27 => "NDHWC",
        30 => "NCDHW",
        35 => "NC",
        47 => "NCL",
        _ => return None,
    })
}

/// Whether a format stores elements in blocks.
pub fn is_blocked(format: i32) -> bool {
    matches!(format, NC1HWC0 | FRACTAL_Z | FRACTAL_NZ | NDC1HWC0 | FRACTAL_Z_3D)
}

/// Whether tensors can be stored in a format.
pub fn is_known(format: i32) -> bool {
    const ND: i32 = 2;
    format == ND || letters(format).is_some() || is_blocked(format)
}

impl Stored<'_> {
    fn refuse(&self, expected: String, got: &[i64]) -> OpError {
        OpError::Shape { argument: self.argument, expected, got: Box::new(Dims::new(got)) }
    }

    /// Channels in a block.
    fn c0(&self) -> i64 {
        if self.dtype.size() == 1 { 2 * BLOCK } else { BLOCK }
    }

    /// Where the axes of a shape meant in `letters` stand in these dimensions. A shape without letters (ND) is taken
    /// to be in the format's own order.
    fn places<const N: usize>(&self, wanted: &'static str) -> Result<[usize; N], OpError> {
        let expected = || format!("{N} dimensions, {wanted}");
        if self.dims.len() != N {
            return Err(self.refuse(expected(), self.dims));
        }
        let have = letters(self.format).filter(|have| have.len() == N).unwrap_or(wanted);
        let mut places = [0; N];
        for (place, letter) in places.iter_mut().zip(wanted.chars()) {
            *place = have.find(letter).ok_or_else(|| self.refuse(expected(), self.dims))?;
        }
        Ok(places)
    }

    fn shape(&self, computed: &[i64]) -> Result<SmallVec<[i64; 8]>, OpError> {
        let given = self.storage_dims.unwrap_or(computed);
        if given.len() != computed.len() {
            return Err(self.refuse(format!("{computed:?} in memory"), given));
        }
        Ok(given.into())
    }

    /// Dimensions in memory and the axes of `dims` there.
    fn resolve(&self) -> Result<(SmallVec<[i64; 8]>, Axes), OpError> {
        let blocks = |n: i64, block: i64| (n + block - 1) / block;
        let mut axes: SmallVec<[Axis; 8]> =
            SmallVec::from_elem(Axis { block: 0, outer: 0, inner: 0 }, self.dims.len());
        let storage = match self.storage_format {
            FRACTAL_NZ => {
                let [batch @ .., m, n] = self.dims else {
                    return Err(self.refuse("2 or more dimensions for FRACTAL_NZ".into(), self.dims));
                };
                let mut computed: SmallVec<[i64; 8]> = batch.into();
                computed.extend([blocks(*n, self.c0()), blocks(*m, BLOCK), BLOCK, self.c0()]);
                let storage = self.shape(&computed)?;
                let at = batch.len();
                let [m0, n0] = [storage[at + 2], storage[at + 3]];
                self.check_blocks(&storage, &[(at, *n, n0), (at + 1, *m, m0)])?;
                if storage[..at] != *batch {
                    return Err(self.refuse(format!("{computed:?} in memory"), &storage));
                }
                let strides = strides(&storage);
                for (axis, stride) in axes.iter_mut().zip(&strides[..at]) {
                    *axis = Axis { block: 0, outer: 0, inner: *stride };
                }
                axes[at] = Axis { block: m0, outer: strides[at + 1], inner: strides[at + 2] };
                axes[at + 1] = Axis { block: n0, outer: strides[at], inner: strides[at + 3] };
                storage
            }
            NC1HWC0 => {
                let [n, c, h, w] = self.places::<4>("NCHW")?;
                let d = self.dims;
                let storage = self.shape(&[d[n], blocks(d[c], self.c0()), d[h], d[w], self.c0()])?;
                self.check_blocks(&storage, &[(1, d[c], storage[4])])?;
                self.check_plain(&storage, &[(0, n), (2, h), (3, w)])?;
                let s = strides(&storage);
                for (axis, stride) in [(n, s[0]), (h, s[2]), (w, s[3])] {
                    axes[axis].inner = stride;
                }
                axes[c] = Axis { block: storage[4], outer: s[1], inner: s[4] };
                storage
            }
            NDC1HWC0 => {
                let [n, c, z, h, w] = self.places::<5>("NCDHW")?;
                let d = self.dims;
                let storage = self.shape(&[d[n], d[z], blocks(d[c], self.c0()), d[h], d[w], self.c0()])?;
                self.check_blocks(&storage, &[(2, d[c], storage[5])])?;
                self.check_plain(&storage, &[(0, n), (1, z), (3, h), (4, w)])?;
                let s = strides(&storage);
                for (axis, stride) in [(n, s[0]), (z, s[1]), (h, s[3]), (w, s[4])] {
                    axes[axis].inner = stride;
                }
                axes[c] = Axis { block: storage[5], outer: s[2], inner: s[5] };
                storage
            }
            FRACTAL_Z | FRACTAL_Z_3D => {
                let ([n, c, h, w], z) = match self.storage_format {
                    FRACTAL_Z => (self.places::<4>("NCHW")?, None),
                    _ => {
                        let [n, c, z, h, w] = self.places::<5>("NCDHW")?;
                        ([n, c, h, w], Some(z))
                    }
                };
                let d = self.dims;
                let (c1, depth) = (blocks(d[c], self.c0()), z.map_or(1, |z| d[z]));
                let storage =
                    self.shape(&[depth * c1 * d[h] * d[w], blocks(d[n], BLOCK), BLOCK, self.c0()])?;
                let (n0, c0) = (storage[2], storage[3]);
                self.check_blocks(&storage, &[(1, d[n], n0)])?;
                if c0 <= 0 || storage[0] != depth * blocks(d[c], c0) * d[h] * d[w] {
                    return Err(self.refuse("blocks that hold all channels".into(), &storage));
                }
                let pixel = storage[1] * n0 * c0;
                axes[w].inner = pixel;
                axes[h].inner = d[w] * pixel;
                axes[c] = Axis { block: c0, outer: d[h] * d[w] * pixel, inner: 1 };
                if let Some(z) = z {
                    axes[z].inner = blocks(d[c], c0) * d[h] * d[w] * pixel;
                }
                axes[n] = Axis { block: n0, outer: n0 * c0, inner: c0 };
                storage
            }
            _ => self.plain(&mut axes)?,
        };
        for (axis, dim) in axes.iter_mut().zip(self.dims) {
            if axis.block == 0 {
                *axis = Axis { block: (*dim).max(1), outer: 0, inner: axis.inner };
            }
        }
        Ok((storage, axes))
    }

    /// A format without blocks: row-major in its own order of axes.
    fn plain(&self, axes: &mut [Axis]) -> Result<SmallVec<[i64; 8]>, OpError> {
        let (have, want) = (letters(self.format), letters(self.storage_format));
        let rank = self.dims.len();
        let order: SmallVec<[usize; 8]> = match (have, want) {
            (Some(have), Some(want)) if have != want && have.len() == rank && want.len() == rank => {
                let order: Option<_> = want.chars().map(|letter| have.find(letter)).collect();
                order.ok_or_else(|| self.refuse(format!("dimensions that {want} can store"), self.dims))?
            }
            _ => (0..rank).collect(),
        };
        let storage: SmallVec<[i64; 8]> = order.iter().map(|axis| self.dims[*axis]).collect();
        if let Some(given) = self.storage_dims
            && given.iter().product::<i64>() != storage.iter().product()
        {
            return Err(self.refuse(format!("{storage:?} in memory"), given));
        }
        for (axis, stride) in order.iter().zip(strides(&storage)) {
            axes[*axis].inner = stride;
        }
        Ok(storage)
    }

    fn check_blocks(&self, storage: &[i64], axes: &[(usize, i64, i64)]) -> Result<(), OpError> {
        for &(at, dim, block) in axes {
            if block <= 0 || storage[at] != (dim + block - 1) / block {
                let expected = format!("as many blocks of {block} in dimension {at} as hold {dim} elements");
                return Err(self.refuse(expected, storage));
            }
        }
        Ok(())
    }

    fn check_plain(&self, storage: &[i64], axes: &[(usize, usize)]) -> Result<(), OpError> {
        for &(at, axis) in axes {
            if storage[at] != self.dims[axis] {
                let expected = format!("{} in dimension {at} in memory", self.dims[axis]);
                return Err(self.refuse(expected, storage));
            }
        }
        Ok(())
    }

    /// Dimensions in memory.
    ///
    /// # Errors
    /// Dimensions in memory that do not follow from the others.
    pub fn storage_shape(&self) -> Result<SmallVec<[i64; 8]>, OpError> {
        Ok(self.resolve()?.0)
    }

    /// Bytes in memory, padding included.
    ///
    /// # Errors
    /// Dimensions in memory that do not follow from the others.
    pub fn bytes(&self) -> Result<u64, OpError> {
        let (storage, _) = self.resolve()?;
        Ok(storage.iter().product::<i64>() as u64 * self.dtype.size() as u64)
    }
}

fn strides(dims: &[i64]) -> SmallVec<[i64; 8]> {
    let mut strides = SmallVec::from_elem(1, dims.len());
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis].max(1);
    }
    strides
}

/// A piece of an axis: one or two dimensions with their strides on both sides, and where it begins.
#[derive(Clone, Default)]
struct Piece {
    dims: SmallVec<[i64; 8]>,
    to: SmallVec<[i64; 8]>,
    from: SmallVec<[i64; 8]>,
    to_at: i64,
    from_at: i64,
}

fn pieces(dim: i64, to: Axis, from: Axis) -> Option<SmallVec<[Piece; 2]>> {
    let is_whole = |axis: Axis| axis.block >= dim.max(1) && axis.outer == 0;
    let block = match (is_whole(to), is_whole(from)) {
        (true, true) => dim.max(1),
        (true, false) => from.block,
        (false, true) => to.block,
        (false, false) if to.block == from.block => to.block,
        (false, false) => return None,
    };
    let side =
        |axis: Axis| if is_whole(axis) { Axis { block, outer: block * axis.inner, ..axis } } else { axis };
    let (to, from) = (side(to), side(from));
    let (full, tail) = (dim / block, dim % block);
    let mut pieces = SmallVec::new();
    if full > 0 {
        pieces.push(Piece {
            dims: SmallVec::from_slice(&[full, block]),
            to: SmallVec::from_slice(&[to.outer, to.inner]),
            from: SmallVec::from_slice(&[from.outer, from.inner]),
            ..Piece::default()
        });
    }
    if tail > 0 {
        pieces.push(Piece {
            dims: SmallVec::from_slice(&[tail]),
            to: SmallVec::from_slice(&[to.inner]),
            from: SmallVec::from_slice(&[from.inner]),
            to_at: to.at(block, full * block),
            from_at: from.at(block, full * block),
        });
    }
    Some(pieces)
}

/// Copies operand 0, stored as `from` says, to operand 1, stored as `to` says. Padding of blocks becomes 0.
///
/// # Errors
/// Shapes or element types differ, or both sides are blocked, differently.
pub fn relayout(from: &Stored<'_>, to: &Stored<'_>) -> Result<Arc<Plan>, OpError> {
    if from.dtype != to.dtype {
        let expected = from.dtype.to_string();
        return Err(OpError::DType { argument: to.argument, expected, got: to.dtype });
    }
    if from.dims != to.dims {
        return Err(to.refuse(format!("{:?}", from.dims), to.dims));
    }
    let (_, source) = from.resolve()?;
    let (storage, target) = to.resolve()?;
    let mut plan = PlanBuilder::default();
    if from.dims.contains(&0) {
        return Ok(plan.finish());
    }
    let out = |offset: i64| Slot::Arg { slot: 1, offset: offset * to.dtype.size() as i64 };
    let layout = OpError::layout(to.argument);
    if storage.iter().product::<i64>() != to.dims.iter().product() {
        let elements = [storage.iter().product()];
        let whole = Layout::contiguous(to.dtype, &elements).map_err(&layout)?;
        plan.step(npu_kernels::fill(&whole, Scalar::int(DType::I64, 0))?, &[out(0)]);
    }
    let mut parts = vec![Piece::default()];
    for ((dim, to), from) in from.dims.iter().zip(&target).zip(&source) {
        let Some(of_axis) = pieces(*dim, *to, *from) else {
            return Err(OpError::Value {
                argument: "format",
                expected: "a plain format on one side, or equal blocks".into(),
                got: format!("blocks of {} and {}", from.block, to.block),
            });
        };
        let mut next = Vec::with_capacity(parts.len() * of_axis.len());
        for part in &parts {
            for piece in &of_axis {
                let mut part = part.clone();
                for ((dim, to), from) in piece.dims.iter().zip(&piece.to).zip(&piece.from) {
                    // Dimensions of 1 would only use up the rank.
                    if *dim != 1 {
                        part.dims.push(*dim);
                        part.to.push(*to);
                        part.from.push(*from);
                    }
                }
                part.to_at += piece.to_at;
                part.from_at += piece.from_at;
                next.push(part);
            }
        }
        parts = next;
    }
    for part in &parts {
        if part.dims.len() > MAX_RANK {
            return Err(
                to.refuse(format!("at most {MAX_RANK} dimensions with blocks apart"), &part.dims[..MAX_RANK])
            );
        }
        let to_view = Layout::strided(to.dtype, &part.dims, &part.to).map_err(&layout)?;
        let from_view = Layout::strided(from.dtype, &part.dims, &part.from).map_err(&layout)?;
        let source = Slot::Arg { slot: 0, offset: part.from_at * from.dtype.size() as i64 };
        plan.step(npu_kernels::copy(&to_view, &from_view)?, &[out(part.to_at), source]);
    }
    Ok(plan.finish())
}

#[cfg(test)]
mod tests;
