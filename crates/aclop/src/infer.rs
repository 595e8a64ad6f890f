//! The shapes of results, from the inputs and attributes: what aclopInferShape answers and outputs of unknown shape get.

use crate::{
    call::{Call, refuse},
    object::{Attr, Shape},
    operand::Operand,
};
use capi::{Error, Result};
use npu_ops::{OpError, TensorArg};
use npu_types::{Layout, broadcast_dims};
use smallvec::SmallVec;

/// Shapes of all outputs.
pub(crate) type Rule = fn(&Call) -> Result<Vec<Shape>>;

/// The shapes of all outputs of a call.
pub(crate) fn shapes(call: &Call) -> Result<Vec<Shape>> {
    let shapes = (call.entry()?.shape)(call)?;
    if shapes.len() < call.outputs.len() {
        let expected = format!("{} for {}", shapes.len(), call.op_type);
        return Err(refuse("numOutputs", expected, call.outputs.len().to_string()));
    }
    Ok(shapes)
}

fn one(shape: Shape) -> Result<Vec<Shape>> {
    Ok(vec![shape])
}

fn axis(value: i64, rank: usize) -> Result<usize> {
    let bound = rank.max(1) as i64;
    if (-bound..bound).contains(&value) {
        return Ok(value.rem_euclid(bound) as usize);
    }
    Err(refuse("attr", format!("an axis in [{}, {}]", -bound, bound - 1), value.to_string()))
}

pub(crate) fn same(call: &Call) -> Result<Vec<Shape>> {
    one(call.shape_of(0)?)
}

fn broadcast_of(call: &Call, inputs: usize) -> Result<Vec<Shape>> {
    let mut shape = call.shape_of(0)?;
    for i in 1..inputs {
        let both = broadcast_dims(&shape, call.input(i)?.dims()?);
        shape = both.map_err(|e| Error::from(OpError::layout("inputs")(e)))?.as_slice().into();
    }
    one(shape)
}

pub(crate) fn broadcast(call: &Call) -> Result<Vec<Shape>> {
    broadcast_of(call, 2)
}

pub(crate) fn broadcast_3(call: &Call) -> Result<Vec<Shape>> {
    broadcast_of(call, 3)
}

fn reduced(call: &Call, axes: &[i64], keep: bool) -> Result<Vec<Shape>> {
    let shape = call.shape_of(0)?;
    let mut gone: SmallVec<[bool; 8]> = SmallVec::from_elem(axes.is_empty(), shape.len());
    for value in axes {
        if let Some(gone) = gone.get_mut(axis(*value, shape.len())?) {
            *gone = true;
        }
    }
    let left = shape.iter().zip(&gone).filter(|(_, gone)| keep || !**gone);
    one(left.map(|(dim, gone)| if *gone { 1 } else { *dim }).collect())
}

pub(crate) fn reduce(call: &Call) -> Result<Vec<Shape>> {
    reduced(call, &call.ints(1)?, call.flag("keep_dims")?)
}

pub(crate) fn reduce_d(call: &Call) -> Result<Vec<Shape>> {
    reduced(call, &call.int_list("axes")?, call.flag("keep_dims")?)
}

pub(crate) fn arg(call: &Call) -> Result<Vec<Shape>> {
    reduced(call, &[call.element(1)?.to_i64()], false)
}

pub(crate) fn arg_d(call: &Call) -> Result<Vec<Shape>> {
    reduced(call, &[call.int("dimension", 0)?], false)
}

pub(crate) fn arg_with_value(call: &Call) -> Result<Vec<Shape>> {
    let shape = reduced(call, &[call.int("dimension", 0)?], call.flag("keep_dims")?)?.swap_remove(0);
    Ok(vec![shape.clone(), shape])
}

/// The product of two operands that were turned as their attributes say.
fn product(a: &TensorArg, b: &TensorArg) -> Result<Vec<Shape>> {
    let (x, y) = (a.dims(), b.dims());
    let ([outer @ .., m, k], [other @ .., depth, n]) = (x, y) else {
        return Err(refuse("inputs", "matrices".into(), format!("{x:?} and {y:?}")));
    };
    if k != depth {
        return Err(refuse("inputs", format!("{k} rows in the second matrix"), format!("{y:?}")));
    }
    let batch = broadcast_dims(outer, other).map_err(|e| Error::from(OpError::layout("inputs")(e)))?;
    one(batch.as_slice().iter().copied().chain([*m, *n]).collect())
}

pub(crate) fn matmul(call: &Call) -> Result<Vec<Shape>> {
    product(&call.turned(0, "transpose_x1")?, &call.turned(1, "transpose_x2")?)
}

pub(crate) fn batch_matmul(call: &Call) -> Result<Vec<Shape>> {
    product(&call.turned(0, "adj_x1")?, &call.turned(1, "adj_x2")?)
}

pub(crate) fn gemm(call: &Call) -> Result<Vec<Shape>> {
    product(&call.turned(0, "transpose_a")?, &call.turned(1, "transpose_b")?)
}

fn permuted(call: &Call, order: &[i64]) -> Result<Vec<Shape>> {
    let shape = call.shape_of(0)?;
    if order.len() != shape.len() {
        return Err(refuse("inputs", format!("an order of {} axes", shape.len()), format!("{order:?}")));
    }
    one(order.iter().map(|value| Ok(shape[axis(*value, shape.len())?])).collect::<Result<_>>()?)
}

pub(crate) fn permute(call: &Call) -> Result<Vec<Shape>> {
    permuted(call, &call.ints(1)?)
}

pub(crate) fn permute_d(call: &Call) -> Result<Vec<Shape>> {
    permuted(call, &call.int_list("perm")?)
}

fn joined(call: &Call, value: i64) -> Result<Vec<Shape>> {
    let list = call.listed()?;
    let Some(first) = list.first() else {
        return Err(refuse("numInputs", "1 or more".into(), "0".into()));
    };
    let mut shape = Shape::from_slice(first.dims());
    let at = axis(value, shape.len())?;
    let size = |tensor: &TensorArg| tensor.dims().get(at).copied();
    let total: Option<i64> = list.iter().map(size).sum();
    match (shape.get_mut(at), total) {
        (Some(dim), Some(total)) => *dim = total,
        _ => {
            return Err(refuse(
                "inputs",
                format!("tensors of {} dimensions", first.dims().len()),
                "fewer".into(),
            ));
        }
    }
    one(shape)
}

pub(crate) fn concat_d(call: &Call) -> Result<Vec<Shape>> {
    joined(call, call.int("concat_dim", 0)?)
}

pub(crate) fn pack(call: &Call) -> Result<Vec<Shape>> {
    let list = call.listed()?;
    let Some(first) = list.first() else {
        return Err(refuse("numInputs", "1 or more".into(), "0".into()));
    };
    let mut shape = Shape::from_slice(first.dims());
    shape.insert(axis(call.int("axis", 0)?, shape.len() + 1)?, list.len() as i64);
    one(shape)
}

/// The axis that gathers go along.
pub(crate) fn gather_axis(call: &Call) -> Result<usize> {
    let value = match call.present(2) {
        true => call.element(2)?.to_i64(),
        false => call.int("axis", 0)?,
    };
    axis(value, call.input(0)?.dims()?.len())
}

pub(crate) fn gather(call: &Call) -> Result<Vec<Shape>> {
    let (shape, index, at) = (call.shape_of(0)?, call.shape_of(1)?, gather_axis(call)?);
    if shape.is_empty() {
        return Err(refuse("inputs", "1 dimension or more to gather from".into(), "none".into()));
    }
    one(shape[..at].iter().chain(&index).chain(&shape[at + 1..]).copied().collect())
}

/// Dimensions that the host knows, in input `i`.
fn listed_in(call: &Call, i: usize) -> Result<Vec<Shape>> {
    let dims = call.ints(i)?;
    if dims.iter().any(|dim| *dim < 0) {
        return Err(refuse("inputs", "dimensions of 0 or more".into(), format!("{dims:?}")));
    }
    one(dims)
}

pub(crate) fn listed_0(call: &Call) -> Result<Vec<Shape>> {
    listed_in(call, 0)
}

pub(crate) fn listed_1(call: &Call) -> Result<Vec<Shape>> {
    listed_in(call, 1)
}

pub(crate) fn range(call: &Call) -> Result<Vec<Shape>> {
    let [start, end, step] = [call.element(0)?, call.element(1)?, call.element(2)?].map(|s| s.to_f64());
    let count = ((end - start) / step).ceil();
    if !count.is_finite() || count < 0.0 {
        return Err(refuse(
            "inputs",
            "an end that the step reaches".into(),
            format!("{start} to {end} by {step}"),
        ));
    }
    one(Shape::from_slice(&[count as i64]))
}

fn tiled(call: &Call, multiples: &[i64]) -> Result<Vec<Shape>> {
    let shape = call.shape_of(0)?;
    let lead = multiples.len().checked_sub(shape.len());
    let Some(lead) = lead.filter(|_| multiples.iter().all(|m| *m >= 0)) else {
        let expected = format!("{} numbers of 0 or more", shape.len());
        return Err(refuse("inputs", expected, format!("{multiples:?}")));
    };
    let own = std::iter::repeat_n(1, lead).chain(shape.iter().copied());
    one(own.zip(multiples).map(|(dim, multiple)| dim.saturating_mul(*multiple)).collect())
}

pub(crate) fn tile(call: &Call) -> Result<Vec<Shape>> {
    tiled(call, &call.ints(1)?)
}

pub(crate) fn tile_d(call: &Call) -> Result<Vec<Shape>> {
    tiled(call, &call.int_list("multiples")?)
}

fn padded(call: &Call, pairs: &[i64]) -> Result<Vec<Shape>> {
    let shape = call.shape_of(0)?;
    if pairs.len() != 2 * shape.len() {
        return Err(refuse("inputs", format!("{} pairs of paddings", shape.len()), format!("{pairs:?}")));
    }
    one(shape.iter().zip(pairs.chunks_exact(2)).map(|(dim, pair)| dim + pair[0] + pair[1]).collect())
}

pub(crate) fn pad(call: &Call) -> Result<Vec<Shape>> {
    padded(call, &call.ints(1)?)
}

pub(crate) fn pad_d(call: &Call) -> Result<Vec<Shape>> {
    padded(call, &call.pairs("paddings")?)
}

/// The dimensions of a part of input 0, which lies in it; an extent of -1 goes to the end.
pub(crate) fn part(call: &Call, first: &[i64], extent: &[i64]) -> Result<Shape> {
    let dims = call.input(0)?.dims()?;
    let inside = |(dim, (first, extent)): (&i64, (&i64, &i64))| {
        *first >= 0 && *extent >= -1 && first.saturating_add((*extent).max(0)) <= *dim
    };
    let same = first.len() == dims.len() && extent.len() == dims.len();
    if !same || !dims.iter().zip(first.iter().zip(extent)).all(inside) {
        return Err(refuse("inputs", format!("a part of {dims:?}"), format!("{first:?} and {extent:?}")));
    }
    let size = |(dim, (first, extent)): (&i64, (&i64, &i64))| if *extent < 0 { dim - first } else { *extent };
    Ok(dims.iter().zip(first.iter().zip(extent)).map(size).collect())
}

pub(crate) fn slice(call: &Call) -> Result<Vec<Shape>> {
    one(part(call, &call.ints(1)?, &call.ints(2)?)?)
}

pub(crate) fn slice_d(call: &Call) -> Result<Vec<Shape>> {
    one(part(call, &call.int_list("offsets")?, &call.int_list("size")?)?)
}

/// The axis of a split, and what each part is like.
pub(crate) fn parts(call: &Call) -> Result<(usize, Layout)> {
    let last = call.inputs.len().saturating_sub(1);
    let value = if last == 0 { call.int("split_dim", 0)? } else { call.element(0)?.to_i64() };
    let x = call.input(last)?.layout()?;
    let (at, count) = (axis(value, x.rank())?, call.int("num_split", 0)?);
    let size = x.dims().get(at).copied().unwrap_or(0);
    if count < 1 || size % count != 0 || count != call.outputs.len() as i64 {
        let expected =
            format!("a num_split that divides {size} and is the number of outputs, {}", call.outputs.len());
        return Err(refuse("attr", expected, count.to_string()));
    }
    let mut dims = Shape::from_slice(x.dims());
    dims[at] = size / count;
    let part = Layout::contiguous(x.dtype(), &dims).map_err(|e| Error::from(OpError::layout("inputs")(e)))?;
    Ok((at, part))
}

pub(crate) fn split(call: &Call) -> Result<Vec<Shape>> {
    let (_, part) = parts(call)?;
    Ok(vec![part.dims().into(); call.outputs.len()])
}

/// Equally many elements under these dimensions, one of which may be -1.
fn reshaped(call: &Call, wanted: &[i64]) -> Result<Vec<Shape>> {
    let shape = call.shape_of(0)?;
    let total: i64 = shape.iter().product();
    let mut dims: Shape = wanted.into();
    let known: i64 = dims.iter().filter(|dim| **dim >= 0).product();
    let open: Vec<usize> = (0..dims.len()).filter(|i| dims[*i] < 0).collect();
    match open.as_slice() {
        [] => {}
        [at] if dims[*at] == -1 && known > 0 && total % known == 0 => dims[*at] = total / known,
        _ => return Err(refuse("inputs", format!("a shape of {total} elements"), format!("{wanted:?}"))),
    }
    if dims.iter().product::<i64>() != total {
        return Err(refuse("inputs", format!("a shape of {total} elements"), format!("{wanted:?}")));
    }
    one(dims)
}

pub(crate) fn reshape(call: &Call) -> Result<Vec<Shape>> {
    if call.present(1) {
        return reshaped(call, &call.ints(1)?);
    }
    match call.attrs.get("shape") {
        Some(Attr::Ints(dims)) => reshaped(call, dims),
        // What the program says the output is.
        _ => reshaped(call, &call.output(0)?.desc.dims),
    }
}

pub(crate) fn flatten(call: &Call) -> Result<Vec<Shape>> {
    let shape = call.shape_of(0)?;
    let at = match call.int("axis", 1)? {
        value if value == shape.len() as i64 => shape.len(),
        value => axis(value, shape.len())?,
    };
    let (outer, inner) = shape.split_at(at);
    one(Shape::from_slice(&[outer.iter().product(), inner.iter().product()]))
}

pub(crate) fn squeeze(call: &Call) -> Result<Vec<Shape>> {
    let shape = call.shape_of(0)?;
    let mut wanted = call.int_list("axis")?;
    wanted.extend(call.int_list("axes")?);
    let mut gone: SmallVec<[bool; 8]> = shape.iter().map(|dim| wanted.is_empty() && *dim == 1).collect();
    for value in &wanted {
        let at = axis(*value, shape.len())?;
        if shape.get(at) != Some(&1) {
            return Err(refuse("attr", "axes of one element".into(), format!("{wanted:?} of {shape:?}")));
        }
        gone[at] = true;
    }
    one(shape.iter().zip(&gone).filter(|(_, gone)| !**gone).map(|(dim, _)| *dim).collect())
}

fn expanded(call: &Call, axes: &[i64]) -> Result<Vec<Shape>> {
    let mut shape = call.shape_of(0)?;
    let rank = shape.len() + axes.len();
    let mut places = axes.iter().map(|value| axis(*value, rank)).collect::<Result<Vec<_>>>()?;
    places.sort_unstable();
    places.dedup();
    if places.len() != axes.len() || rank > npu_types::MAX_RANK {
        return Err(refuse("attr", "axes that differ, 8 at most in all".into(), format!("{axes:?}")));
    }
    for at in places {
        shape.insert(at, 1);
    }
    one(shape)
}

pub(crate) fn expand_dims(call: &Call) -> Result<Vec<Shape>> {
    expanded(call, &[call.element(1)?.to_i64()])
}

pub(crate) fn unsqueeze(call: &Call) -> Result<Vec<Shape>> {
    expanded(call, &call.int_list("axes")?)
}

/// How a convolution moves, for each of its axes.
pub(crate) struct Geometry {
    pub(crate) strides: SmallVec<[i64; 8]>,
    /// Before and behind each axis.
    pub(crate) pads: SmallVec<[i64; 8]>,
    pub(crate) dilations: SmallVec<[i64; 8]>,
    pub(crate) groups: i64,
}

/// Axes of an operand in the order N, C, then the others.
pub(crate) fn order(operand: &Operand) -> Result<SmallVec<[usize; 8]>> {
    let rank = operand.dims()?.len();
    Ok(match operand.desc.format {
        // NHWC, NDHWC
        1 | 27 if rank >= 3 => [0, rank - 1].into_iter().chain(1..rank - 1).collect(),
        // HWCN
        16 if rank == 4 => SmallVec::from_slice(&[3, 2, 0, 1]),
        _ => (0..rank).collect(),
    })
}

pub(crate) fn channels_first(call: &Call, i: usize) -> Result<TensorArg> {
    let tensor = call.tensor(i)?;
    Ok(TensorArg { layout: tensor.layout.permuted(&order(call.input(i)?)?), ..tensor })
}

/// Of a list with a number for every axis of the input's format, those that convolutions move along.
fn spatial(call: &Call, name: &'static str, missing: i64) -> Result<SmallVec<[i64; 8]>> {
    let (list, order) = (call.int_list(name)?, order(call.input(0)?)?);
    let axes = order.len().saturating_sub(2);
    Ok(match list.len() {
        0 => SmallVec::from_elem(missing, axes),
        n if n == axes => list,
        n if n == order.len() => order[2..].iter().map(|axis| list[*axis]).collect(),
        _ => {
            let expected = format!("{} integers as attribute {name} of {}", order.len(), call.op_type);
            return Err(refuse("attr", expected, format!("{list:?}")));
        }
    })
}

pub(crate) fn geometry(call: &Call) -> Result<Geometry> {
    let (x, w) = (channels_first(call, 0)?, channels_first(call, 1)?);
    if x.dims().len() < 3 || x.dims().len() != w.dims().len() {
        let expected = "an input and weights of equally many dimensions".to_owned();
        return Err(refuse("inputs", expected, format!("{:?} and {:?}", x.dims(), w.dims())));
    }
    let axes = x.dims().len() - 2;
    let (strides, dilations) = (spatial(call, "strides", 1)?, spatial(call, "dilations", 1)?);
    let mut pads = call.int_list("pads")?;
    match call.text("padding", "EXPLICIT")? {
        "EXPLICIT" | "" => {}
        "VALID" => pads.clear(),
        "SAME" | "SAME_UPPER" | "SAME_LOWER" => {
            pads.clear();
            for i in 0..axes {
                let outputs = (x.dims()[i + 2] + strides[i] - 1).div_euclid(strides[i].max(1));
                let reach = dilations[i] * (w.dims()[i + 2] - 1) + 1;
                let total = ((outputs - 1) * strides[i] + reach - x.dims()[i + 2]).max(0);
                let lower = call.text("padding", "")? == "SAME_LOWER";
                let before = if lower { total - total / 2 } else { total / 2 };
                pads.extend([before, total - before]);
            }
        }
        other => return Err(refuse("attr", "SAME or VALID as attribute padding".into(), other.to_owned())),
    }
    if pads.is_empty() {
        pads = SmallVec::from_elem(0, 2 * axes);
    }
    if pads.len() != 2 * axes {
        let expected = format!("{} integers as attribute pads of {}", 2 * axes, call.op_type);
        return Err(refuse("attr", expected, format!("{pads:?}")));
    }
    let groups = match call.op_type.as_str() {
        "DepthwiseConv2D" => x.dims()[1],
        _ => call.int("groups", 1)?,
    };
    Ok(Geometry { strides, pads, dilations, groups })
}

pub(crate) fn conv(call: &Call) -> Result<Vec<Shape>> {
    let (x, w) = (channels_first(call, 0)?, channels_first(call, 1)?);
    let geometry = geometry(call)?;
    let mut dims = Shape::from_slice(&[x.dims()[0], w.dims()[0]]);
    for i in 0..geometry.strides.len() {
        let reach = geometry.dilations[i] * (w.dims()[i + 2] - 1) + 1;
        let room = x.dims()[i + 2] + geometry.pads[2 * i] + geometry.pads[2 * i + 1] - reach;
        if room < 0 || geometry.strides[i] < 1 {
            let expected = format!("at least {reach} in dimension {i} with its padding, and strides above 0");
            return Err(refuse("inputs", expected, format!("{:?}", x.dims())));
        }
        dims.push(room / geometry.strides[i] + 1);
    }
    // In the output's own order.
    let out = call.output(0)?;
    let rank = dims.len();
    let last = matches!(out.desc.format, 1 | 27);
    one(if last { [0].into_iter().chain(2..rank).chain([1]).map(|i| dims[i]).collect() } else { dims })
}

/// The type of elements of the result, where the program did not say.
pub(crate) fn data_type(call: &Call) -> Result<i32> {
    let compares = [
        "Equal",
        "NotEqual",
        "Greater",
        "GreaterEqual",
        "Less",
        "LessEqual",
        "LogicalAnd",
        "LogicalOr",
        "LogicalNot",
    ];
    if compares.contains(&call.op_type.as_str()) {
        return Ok(capi::abi::ACL_BOOL);
    }
    if call.op_type.starts_with("ArgM") {
        return Ok(capi::abi::ACL_INT32);
    }
    match call.attrs.get("dst_type") {
        Some(Attr::Int(value)) => Ok(*value as i32),
        Some(Attr::DType(value)) => Ok(*value),
        _ => Ok(call.input(0)?.desc.data_type),
    }
}
