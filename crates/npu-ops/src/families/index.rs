//! Advanced indexing: reading and writing where index tensors point.

use super::{axis, check_dtype, expand, expect_dims, expect_dtype, whole};
use crate::{Args, OpError, PlanBuilder, Role, Slot, TensorArg, args::Operand, def::ScatterMode};
use npu_kernels::{BinaryOp, Coordinates, Found, IndexOp, IndexedAxis, Input};
use npu_types::{DType, DTypeSet, Dims, Layout, MAX_RANK, Scalar, broadcast_dims};
use smallvec::SmallVec;

const INDICES: DTypeSet = DTypeSet::of(&[DType::I64, DType::I32]);
const INDICES_OR_MASK: DTypeSet = DTypeSet::of(&[DType::I64, DType::I32, DType::Bool]);

/// What the kernel is told of each index.
type Axes = SmallVec<[IndexedAxis; 4]>;
type Shape = SmallVec<[i64; 2 * MAX_RANK]>;

/// One entry of a list of indices, with the first axis it stands for.
#[derive(Clone, Copy)]
struct Entry<'a> {
    tensor: &'a TensorArg,
    axis: usize,
}

impl Entry<'_> {
    fn is_mask(&self) -> bool {
        self.tensor.dtype() == DType::Bool
    }

    /// How many axes it stands for.
    fn width(&self) -> usize {
        if self.is_mask() { self.tensor.dims().len() } else { 1 }
    }
}

/// Indices of a tensor, matched with its axes.
struct Indices<'a> {
    entries: SmallVec<[Entry<'a>; MAX_RANK]>,
    /// Dimensions of the positions; those that masks decide were taken from the result.
    positions: Dims,
    /// Dimensions of the result.
    result: Shape,
}

/// Matches a list of indices with the axes of `x`. A tensor of shape `[0]` leaves its axis alone if `placeholders`.
fn match_axes<'a>(
    name: &'static str,
    list: &'a [TensorArg],
    x: &[i64],
    given: &[i64],
    placeholders: bool,
) -> Result<Indices<'a>, OpError> {
    let mut entries = SmallVec::<[Entry<'a>; MAX_RANK]>::new();
    let mut axis = 0;
    for tensor in list {
        if placeholders && tensor.dims() == [0] {
            axis += 1;
            continue;
        }
        expect_dtype(name, tensor.dtype(), INDICES_OR_MASK)?;
        let entry = Entry { tensor, axis };
        axis += entry.width();
        let fits =
            !entry.is_mask() || x.get(entry.axis..axis) == Some(tensor.dims()) && !tensor.dims().is_empty();
        if axis > x.len() || !fits {
            let expected = if axis > x.len() {
                format!("indices for at most {} dimensions", x.len())
            } else {
                format!("{:?}, the dimensions that the mask stands for", &x[entry.axis..axis])
            };
            return Err(OpError::Shape { argument: name, expected, got: Box::new(Dims::new(tensor.dims())) });
        }
        entries.push(entry);
    }
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
        return Ok(Indices { entries, positions: Dims::new(&[]), result: Shape::from_slice(x) });
    };
    let covered: usize = entries.iter().map(Entry::width).sum();
    let together = last.axis + last.width() - first.axis == covered;
    let lead = if together { first.axis } else { 0 };
    let mut positions = Dims::new(&[]);
    for entry in &entries {
        let dims = if entry.is_mask() { &[1] } else { entry.tensor.dims() };
        positions = broadcast_dims(positions.as_slice(), dims).map_err(OpError::layout(name))?;
    }
    if let (true, [before @ .., 1]) = (entries.iter().any(Entry::is_mask), positions.as_slice()) {
        // How much a mask chooses is not known yet; the result's shape says what was expected.
        let place = lead + before.len();
        let mut dims = SmallVec::<[i64; MAX_RANK]>::from_slice(before);
        dims.push(given.get(place).copied().unwrap_or(1));
        positions = Dims::new(&dims);
    }
    let indexed = |axis: usize| entries.iter().any(|e| (e.axis..e.axis + e.width()).contains(&axis));
    let mut result: Shape = (0..x.len()).filter(|a| !indexed(*a)).map(|a| x[a]).collect();
    result.insert_many(lead, positions.as_slice().iter().copied());
    Ok(Indices { entries, positions, result })
}

/// As [`match_axes`], whatever a tensor of shape `[0]` means: an index without elements is told from a place holder by
/// the result, which it leaves empty.
fn matched<'a>(args: &Args<'a>, x: &[i64], given: &[i64]) -> Result<Indices<'a>, OpError> {
    let (name, list) = (args.name(Role::INDEX), args.tensors(Role::INDEX)?);
    let first = match_axes(name, list, x, given, true);
    if given.contains(&0) && first.as_ref().is_ok_and(|i| i.result.as_slice() != given) {
        let second = match_axes(name, list, x, given, false);
        if second.as_ref().is_ok_and(|i| i.result.as_slice() == given) {
            return second;
        }
    }
    first
}

/// The kernel's view of matched indices; masks become coordinates in the workspace.
fn prepare(
    args: &Args<'_>,
    indices: &Indices<'_>,
    plan: &mut PlanBuilder,
) -> Result<(Axes, SmallVec<[Slot; 4]>), OpError> {
    let name = args.name(Role::INDEX);
    let positions = indices.positions.as_slice();
    let (mut axes, mut slots) = (SmallVec::new(), SmallVec::new());
    for entry in &indices.entries {
        let tensor = entry.tensor;
        if !entry.is_mask() {
            let index = tensor.layout.broadcast_to(positions).map_err(OpError::layout(name))?;
            axes.push(IndexedAxis { axis: entry.axis, index });
            slots.push(whole(tensor));
            continue;
        }
        let count = positions.last().copied().unwrap_or(1);
        let (rank, error) = (entry.width() as i64, OpError::layout(name));
        let coordinates = Layout::contiguous(DType::I64, &[rank, count]).map_err(&error)?;
        let found = Found::Exactly(count as usize);
        let temp = plan.temp(&coordinates);
        let kernel = npu_kernels::nonzero(&coordinates, &tensor.layout, Coordinates::Columns, found)?;
        plan.step(kernel, &[temp, whole(tensor), whole(tensor)]);
        let one = Layout::contiguous(DType::I64, &[count])
            .and_then(|l| l.broadcast_to(positions))
            .map_err(&error)?;
        for axis in 0..entry.width() {
            axes.push(IndexedAxis { axis: entry.axis + axis, index: one });
            slots.push(temp.at(axis as i64 * count * 8));
        }
    }
    Ok((axes, slots))
}

pub(super) fn index(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[x.dtype()]))?;
    let indices = matched(args, x.dims(), out.dims())?;
    expect_dims(args, Role::OUT, out.dims(), &indices.result)?;
    if out.layout.is_empty() {
        return Ok(());
    }
    if indices.entries.is_empty() {
        plan.step(npu_kernels::copy(&out.layout, &x.layout)?, &[whole(out), whole(x)]);
        return Ok(());
    }
    let (axes, slots) = prepare(args, &indices, plan)?;
    let mut operands: SmallVec<[Slot; 6]> = SmallVec::from_slice(&[whole(out), whole(x)]);
    operands.extend(slots);
    plan.step(npu_kernels::index(&out.layout, &x.layout, &axes)?, &operands);
    Ok(())
}

pub(super) fn index_put(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (this, values) = (args.tensor(Role::OUT)?, args.tensor(Role::OTHER)?);
    check_dtype(args, Role::OUT, args.def.dtypes)?;
    expect_dtype(args.name(Role::OTHER), values.dtype(), DTypeSet::of(&[this.dtype()]))?;
    let op = if args.flag(Role::FLAG).unwrap_or(false) { IndexOp::add() } else { IndexOp::Put };
    // Where a mask decides how many places there are, only the values tell; what is broadcast there is one element.
    let indices = matched(args, this.dims(), &aligned(args, this.dims(), values.dims())?)?;
    let near = expand(args, Role::OTHER, values, &indices.result)?;
    if near.is_empty() {
        return Ok(());
    }
    if indices.entries.is_empty() {
        let kernel = match op {
            IndexOp::Put => npu_kernels::copy(&this.layout, &near)?,
            _ => {
                let add = BinaryOp::Add { alpha: Scalar::int(DType::I64, 1) };
                let inputs = (Input::Tensor(&this.layout), Input::Tensor(&near));
                let kernel = npu_kernels::binary(add, this.dtype(), &this.layout, inputs.0, inputs.1)?;
                plan.step(kernel, &[whole(this), whole(this), whole(values)]);
                return Ok(());
            }
        };
        plan.step(kernel, &[whole(this), whole(values)]);
        return Ok(());
    }
    if let ([mask], [.., 1]) = (indices.entries.as_slice(), indices.positions.as_slice())
        && mask.is_mask()
    {
        return put_where(args, op, *mask, &near, plan);
    }
    let (axes, slots) = prepare(args, &indices, plan)?;
    let mut operands: SmallVec<[Slot; 6]> = SmallVec::from_slice(&[whole(this), whole(values)]);
    operands.extend(slots);
    plan.step(npu_kernels::index_put(op, &this.layout, &near, &axes)?, &operands);
    Ok(())
}

/// A mask alone, and values that are the same for everything it chooses: how much that is does not matter.
fn put_where(
    args: &Args<'_>,
    op: IndexOp,
    mask: Entry<'_>,
    near: &Layout,
    plan: &mut PlanBuilder,
) -> Result<(), OpError> {
    let (this, values) = (args.tensor(Role::OUT)?, args.tensor(Role::OTHER)?);
    let error = OpError::layout(args.name(Role::INDEX));
    let (first, width) = (mask.axis, mask.width());
    // The one position makes way for the masked axes, along which the values do not change.
    let mut new = near.without_axis(first);
    let mut condition = mask.tensor.layout;
    for (i, &dim) in this.dims().iter().enumerate() {
        if (first..first + width).contains(&i) {
            new = new.with_axis(i, dim, 0).map_err(&error)?;
        } else {
            condition = condition.with_axis(i, dim, 0).map_err(&error)?;
        }
    }
    let mut from = whole(values);
    if op != IndexOp::Put {
        let sum = Layout::contiguous(this.dtype(), this.dims()).map_err(&error)?;
        let temp = plan.temp(&sum);
        let add = BinaryOp::Add { alpha: Scalar::int(DType::I64, 1) };
        let (a, b) = (Input::Tensor(&this.layout), Input::Tensor(&new));
        plan.step(npu_kernels::binary(add, this.dtype(), &sum, a, b)?, &[temp, whole(this), from]);
        (new, from) = (sum, temp);
    }
    let kernel =
        npu_kernels::select(&this.layout, &condition, Input::Tensor(&new), Input::Tensor(&this.layout))?;
    plan.step(kernel, &[whole(this), whole(mask.tensor), from, whole(this)]);
    Ok(())
}

/// The values' dimensions aligned with those of the result they are broadcast to.
fn aligned(args: &Args<'_>, x: &[i64], values: &[i64]) -> Result<Shape, OpError> {
    let (name, list) = (args.name(Role::INDEX), args.tensors(Role::INDEX)?);
    let rank = match_axes(name, list, x, &[], true)?.result.len();
    let mut out: Shape = SmallVec::from_elem(1, rank.saturating_sub(values.len()));
    out.extend_from_slice(&values[values.len().saturating_sub(rank)..]);
    Ok(out)
}

fn same_rank(args: &Args<'_>, role: Role, rank: usize) -> Result<(), OpError> {
    let Some(tensor) = args.tensor_optional(role) else { return Ok(()) };
    // A scalar is one element along one virtual axis.
    if tensor.dims().len().max(1) == rank.max(1) {
        return Ok(());
    }
    Err(OpError::Shape {
        argument: args.name(role),
        expected: format!("of {rank} dimensions"),
        got: Box::new(Dims::new(tensor.dims())),
    })
}

/// The index fits into a tensor, except along one axis.
fn check_inside(args: &Args<'_>, index: &TensorArg, role: Role, but: Option<usize>) -> Result<(), OpError> {
    let Some(tensor) = args.tensor_optional(role) else { return Ok(()) };
    same_rank(args, role, index.dims().len())?;
    let mut pairs = index.dims().iter().zip(tensor.dims()).enumerate();
    if index.layout.is_empty() || pairs.all(|(i, (a, b))| Some(i) == but || a <= b) {
        return Ok(());
    }
    let except = but.map_or(String::new(), |axis| format!(" except in dimension {axis}"));
    Err(OpError::Shape {
        argument: args.name(Role::INDEX),
        expected: format!("at most {:?}{except}, as {} has", tensor.dims(), args.name(role)),
        got: Box::new(Dims::new(index.dims())),
    })
}

/// The layout with one axis at least.
fn at_least_1d(argument: &'static str, layout: &Layout) -> Result<Layout, OpError> {
    if layout.rank() > 0 {
        return Ok(*layout);
    }
    layout.with_axis(0, 1, 1).map_err(OpError::layout(argument))
}

pub(super) fn gather(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, index, out) = (args.tensor(Role::SELF)?, args.tensor(Role::INDEX)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    check_dtype(args, Role::INDEX, INDICES)?;
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[x.dtype()]))?;
    let axis = axis(args.name(Role::DIM), args.int(Role::DIM).unwrap_or(0), x.dims().len())?;
    check_inside(args, index, Role::SELF, Some(axis))?;
    expect_dims(args, Role::OUT, out.dims(), index.dims())?;
    if out.layout.is_empty() {
        return Ok(());
    }
    let name = args.name(Role::SELF);
    let layouts =
        [at_least_1d(name, &x.layout)?, at_least_1d(name, &index.layout)?, at_least_1d(name, &out.layout)?];
    let kernel = npu_kernels::gather(&layouts[0], axis, &layouts[1], &layouts[2])?;
    plan.step(kernel, &[whole(x), whole(index), whole(out)]);
    Ok(())
}

/// Starts an out-of-place operation from a copy of its first operand.
fn copied<'a>(args: &Args<'a>, plan: &mut PlanBuilder) -> Result<&'a TensorArg, OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[x.dtype()]))?;
    expect_dims(args, Role::OUT, out.dims(), x.dims())?;
    if x.slot != out.slot {
        plan.step(npu_kernels::copy(&out.layout, &x.layout)?, &[whole(out), whole(x)]);
    }
    Ok(out)
}

fn operation(args: &Args<'_>, mode: ScatterMode) -> Result<IndexOp, OpError> {
    Ok(match mode {
        ScatterMode::Put => IndexOp::Put,
        ScatterMode::Add => args.scalar_optional(Role::ALPHA).map_or(IndexOp::add(), IndexOp::Add),
        ScatterMode::Mode => match args.int(Role::MODE).unwrap_or(0) {
            0 => IndexOp::Put,
            1 => IndexOp::add(),
            2 => IndexOp::Mul,
            3 => IndexOp::Max,
            4 => IndexOp::Min,
            other => {
                return Err(OpError::Value {
                    argument: args.name(Role::MODE),
                    expected: "0 (replace), 1 (add), 2 (multiply), 3 (maximum) or 4 (minimum)".into(),
                    got: other.to_string(),
                });
            }
        },
    })
}

/// A tensor of the result's type, or a scalar.
fn source<'a>(args: &Args<'a>, dtype: DType) -> Result<Operand<'a>, OpError> {
    let source = args.operand(Role::OTHER)?;
    if let Operand::Tensor(t) = source {
        expect_dtype(args.name(Role::OTHER), t.dtype(), DTypeSet::of(&[dtype]))?;
    }
    Ok(source)
}

/// Whether an operation would round its result again and again.
fn rounds(op: IndexOp, dtype: DType) -> bool {
    matches!(dtype, DType::F16 | DType::BF16) && matches!(op, IndexOp::Add(_) | IndexOp::Mul)
}

/// Replaces an operand by its values as f32, in the workspace.
fn widened(
    name: &'static str,
    plan: &mut PlanBuilder,
    layout: &mut Layout,
    slot: &mut Slot,
) -> Result<(), OpError> {
    let wide = Layout::contiguous(DType::F32, layout.dims()).map_err(OpError::layout(name))?;
    let temp = plan.temp(&wide);
    plan.step(npu_kernels::copy(&wide, layout)?, &[temp, *slot]);
    (*layout, *slot) = (wide, temp);
    Ok(())
}

pub(super) fn scatter(args: &Args<'_>, mode: ScatterMode, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let op = operation(args, mode)?;
    let index = args.tensor(Role::INDEX)?;
    let this = copied(args, plan)?;
    check_dtype(args, Role::INDEX, INDICES)?;
    let source = source(args, this.dtype())?;
    let axis = axis(args.name(Role::DIM), args.int(Role::DIM).unwrap_or(0), this.dims().len())?;
    check_inside(args, index, Role::SELF, Some(axis))?;
    check_inside(args, index, Role::OTHER, None)?;
    if index.layout.is_empty() {
        return Ok(());
    }
    let name = args.name(Role::SELF);
    let (mut far, at) = (at_least_1d(name, &this.layout)?, at_least_1d(name, &index.layout)?);
    let mut slots: SmallVec<[Slot; 3]> = SmallVec::from_slice(&[whole(this), whole(index)]);
    let (mut near, value) = match source {
        Operand::Scalar(value) => (None, Some(value)),
        Operand::Tensor(src) => {
            slots.push(whole(src));
            (Some(at_least_1d(name, &src.layout)?), None)
        }
    };
    // Sums and products of halves are rounded once, at the end.
    let widen =
        matches!(far.dtype(), DType::F16 | DType::BF16) && matches!(op, IndexOp::Add(_) | IndexOp::Mul);
    if widen {
        for (layout, slot) in [Some(&mut far), None, near.as_mut()].into_iter().zip(&mut slots) {
            let Some(layout) = layout else { continue };
            let wide = Layout::contiguous(DType::F32, layout.dims()).map_err(OpError::layout(name))?;
            let temp = plan.temp(&wide);
            plan.step(npu_kernels::copy(&wide, layout)?, &[temp, *slot]);
            (*layout, *slot) = (wide, temp);
        }
    }
    let source = match (&near, value) {
        (Some(near), _) => Input::Tensor(near),
        (None, value) => Input::Scalar(value.unwrap_or(Scalar::bool(false))),
    };
    plan.step(npu_kernels::scatter(op, &far, axis, &at, source)?, &slots);
    if widen {
        plan.step(npu_kernels::copy(&at_least_1d(name, &this.layout)?, &far)?, &[whole(this), slots[0]]);
    }
    Ok(())
}

pub(super) fn index_into(args: &Args<'_>, mode: ScatterMode, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let op = operation(args, mode)?;
    let index = args.tensor(Role::INDEX)?;
    let this = copied(args, plan)?;
    check_dtype(args, Role::INDEX, INDICES)?;
    let source = source(args, this.dtype())?;
    let axis = axis(args.name(Role::DIM), args.int(Role::DIM).unwrap_or(0), this.dims().len())?;
    let name = args.name(Role::SELF);
    let at = at_least_1d(name, &index.layout)?;
    if at.rank() != 1 {
        return Err(OpError::Shape {
            argument: args.name(Role::INDEX),
            expected: "of 1 dimension".into(),
            got: Box::new(Dims::new(index.dims())),
        });
    }
    let far = at_least_1d(name, &this.layout)?;
    let mut expected: SmallVec<[i64; MAX_RANK]> = SmallVec::from_slice(far.dims());
    expected[axis] = at.dims()[0];
    let axes = [IndexedAxis { axis, index: at }];
    if let Operand::Tensor(src) = source {
        let mut near = at_least_1d(name, &src.layout)?;
        expect_dims(args, Role::OTHER, near.dims(), &expected)?;
        if near.is_empty() {
            return Ok(());
        }
        let mut slots = [whole(this), whole(src), whole(index)];
        let mut wide = far;
        if rounds(op, far.dtype()) {
            widened(name, plan, &mut wide, &mut slots[0])?;
            widened(name, plan, &mut near, &mut slots[1])?;
        }
        plan.step(npu_kernels::index_put(op, &wide, &near, &axes)?, &slots);
        if wide.dtype() != far.dtype() {
            plan.step(npu_kernels::copy(&far, &wide)?, &[whole(this), slots[0]]);
        }
        return Ok(());
    }
    let Operand::Scalar(value) = source else { return Ok(()) };
    if expected.contains(&0) {
        return Ok(());
    }
    // The one value is kept in the workspace and shown everywhere.
    let one = Layout::scalar(this.dtype());
    let temp = plan.temp(&one);
    plan.step(npu_kernels::fill(&one, value)?, &[temp]);
    let layout = one.broadcast_to(&expected).map_err(OpError::layout(name))?;
    plan.step(npu_kernels::index_put(op, &far, &layout, &axes)?, &[whole(this), temp, whole(index)]);
    Ok(())
}
