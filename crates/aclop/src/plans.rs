//! Plans of operator types that no single operator of the registry is.

use crate::{
    call::{Call, refuse},
    table::Source,
};
use capi::{Error, Result};
use npu_kernels::{BinaryOp, Input};
use npu_ops::{
    Arg, OpError, Overlap, Plan, PlanBuilder, Slot, TensorArg,
    formats::{self, Stored},
    registry,
};
use npu_types::{DType, Layout, Scalar, promote};
use smallvec::SmallVec;
use std::sync::Arc;

/// Makes the plan of a call.
pub(crate) type OwnPlan = fn(&Call) -> Result<Arc<Plan>>;

fn whole(tensor: &TensorArg) -> Slot {
    Slot::Arg { slot: tensor.slot, offset: 0 }
}

fn one() -> Scalar {
    Scalar::int(DType::I64, 1)
}

fn layout(
    result: std::result::Result<Layout, npu_types::LayoutError>,
    argument: &'static str,
) -> Result<Layout> {
    result.map_err(|error| OpError::layout(argument)(error).into())
}

/// The output lies apart from the inputs, or is the very view of one where that is fine.
fn apart(call: &Call, out: &TensorArg, same_is_fine: bool) -> Result {
    for i in (0..call.inputs.len()).filter(|i| call.present(*i)) {
        let fine = match npu_ops::overlap(out, &call.tensor(i)?) {
            Overlap::None => true,
            Overlap::Same => same_is_fine,
            Overlap::Partial => false,
        };
        if !fine {
            return Err(refuse(
                "outputs",
                "memory apart from the inputs".into(),
                format!("memory of input {i}"),
            ));
        }
    }
    Ok(())
}

/// Input 0 in the format and shape of output 0.
pub(crate) fn relayout(call: &Call) -> Result<Arc<Plan>> {
    let (from, to) = (call.input(0)?.stored()?, call.output(0)?.stored()?);
    // The plan's second operand is the first output.
    if call.inputs.len() != 1 {
        return Err(refuse("numInputs", "1".into(), call.inputs.len().to_string()));
    }
    // A shape of equally many elements without letters is another view of the same row-major memory.
    let plain = !formats::is_blocked(from.storage_format) && !formats::is_blocked(to.storage_format);
    if from.dims != to.dims && plain {
        return Ok(formats::relayout(&from, &Stored { dims: from.dims, format: from.format, ..to })?);
    }
    Ok(formats::relayout(&from, &to)?)
}

/// Input 0, whose elements output 0 has in the same order under other dimensions.
pub(crate) fn reshape(call: &Call) -> Result<Arc<Plan>> {
    let (x, out) = (call.tensor(0)?, call.out(0)?);
    let dims = crate::infer::shapes(call)?.swap_remove(0);
    call.expect_shape(&out.layout, &dims)?;
    apart(call, &TensorArg { layout: x.layout, ..out }, true)?;
    if out.dtype() != x.dtype() {
        return Err(refuse("outputs", format!("elements of {}", x.dtype()), out.dtype().to_string()));
    }
    let mut plan = PlanBuilder::default();
    plan.step(npu_kernels::copy(&x.layout, &x.layout).map_err(OpError::from)?, &[whole(&out), whole(&x)]);
    Ok(plan.finish())
}

/// Input 0 broadcast to output 0.
pub(crate) fn broadcast(call: &Call) -> Result<Arc<Plan>> {
    call.registered(&registry::ACLNN_INPLACE_COPY, &[Source::Out(0), Source::In(0)])
}

/// A part of input 0: first index and extent of each axis are inputs 1 and 2.
pub(crate) fn slice(call: &Call) -> Result<Arc<Plan>> {
    cut(call, &call.ints(1)?, &call.ints(2)?)
}

/// A part of input 0: first index and extent of each axis are attributes.
pub(crate) fn slice_d(call: &Call) -> Result<Arc<Plan>> {
    cut(call, &call.int_list("offsets")?, &call.int_list("size")?)
}

fn cut(call: &Call, first: &[i64], extent: &[i64]) -> Result<Arc<Plan>> {
    let whole = call.input(0)?.layout()?;
    let dims = crate::infer::part(call, first, extent)?;
    let offset = first.iter().zip(whole.strides()).map(|(first, stride)| first * stride).sum();
    view(call, &dims, whole.strides(), offset)
}

/// A strided view of input 0: dimensions, strides and offset are inputs 1 to 3.
pub(crate) fn as_strided(call: &Call) -> Result<Arc<Plan>> {
    let (dims, strides) = (call.ints(1)?, call.ints(2)?);
    let offset = if call.present(3) { call.ints(3)?.first().copied().unwrap_or(0) } else { 0 };
    if dims.len() != strides.len() {
        return Err(refuse("inputs", format!("{} strides", dims.len()), format!("{strides:?}")));
    }
    view(call, &dims, &strides, offset)
}

/// Copies a strided view of input 0, `offset` elements from its start, to output 0.
fn view(call: &Call, dims: &[i64], strides: &[i64], offset: i64) -> Result<Arc<Plan>> {
    let input = call.input(0)?;
    let layout = layout(Layout::strided(input.dtype()?, dims, strides), "inputs")?;
    let (span, size) = (layout.byte_span(), input.dtype()?.size() as i64);
    let bytes = input.layout()?.byte_span().end;
    let start = offset.checked_mul(size).filter(|start| *start >= 0);
    let inside = |start: &i64| start + span.start >= 0 && start.saturating_add(span.end) <= bytes;
    let Some(start) = start.filter(inside) else {
        let got = format!("{dims:?} with strides {strides:?} from element {offset} on");
        return Err(refuse("inputs", format!("a view inside the {bytes} bytes of input 0"), got));
    };
    let out = call.out(0)?;
    call.expect_shape(&out.layout, dims)?;
    apart(call, &out, false)?;
    let mut plan = PlanBuilder::default();
    let kernel = npu_kernels::copy(&out.layout, &layout).map_err(OpError::from)?;
    plan.step(kernel, &[whole(&out), Slot::Arg { slot: 0, offset: start }]);
    Ok(plan.finish())
}

/// Equal parts of input 0 along an axis, one for each output.
pub(crate) fn split(call: &Call) -> Result<Arc<Plan>> {
    let (axis, parts) = crate::infer::parts(call)?;
    let x = call.tensor(call.inputs.len() - 1)?;
    let mut plan = PlanBuilder::default();
    let step = x.layout.strides()[axis] * parts.dims()[axis] * x.dtype().size() as i64;
    for i in 0..call.outputs.len() {
        let out = call.out(i)?;
        call.expect_shape(&out.layout, parts.dims())?;
        apart(call, &out, false)?;
        let from = layout(Layout::strided(x.dtype(), parts.dims(), x.layout.strides()), "inputs")?;
        let kernel = npu_kernels::copy(&out.layout, &from).map_err(OpError::from)?;
        plan.step(kernel, &[whole(&out), whole(&x).at(i as i64 * step)]);
    }
    Ok(plan.finish())
}

/// Slices of input 0 along an axis, at the indices in input 1.
pub(crate) fn gather(call: &Call) -> Result<Arc<Plan>> {
    let (x, index, out) = (call.tensor(0)?, call.tensor(1)?, call.out(0)?);
    let axis = crate::infer::gather_axis(call)?;
    let dims = crate::infer::shapes(call)?.swap_remove(0);
    call.expect_shape(&out.layout, &dims)?;
    apart(call, &out, false)?;
    let kernel =
        npu_kernels::index_select(&out.layout, &x.layout, axis, &index.layout).map_err(OpError::from)?;
    let mut plan = PlanBuilder::default();
    plan.step(kernel, &[whole(&out), whole(&x), whole(&index)]);
    Ok(plan.finish())
}

/// The sum of all inputs, rounded once.
pub(crate) fn add_n(call: &Call) -> Result<Arc<Plan>> {
    let (list, out) = (call.listed()?, call.out(0)?);
    let Some(first) = list.first() else {
        return Err(refuse("numInputs", "1 or more".into(), "0".into()));
    };
    let wide = if out.dtype().size() == 2 && out.dtype().is_float() { DType::F32 } else { out.dtype() };
    apart(call, &out, true)?;
    let sums = layout(Layout::contiguous(wide, out.dims()), "outputs")?;
    let mut plan = PlanBuilder::default();
    let slot = plan.temp(&sums);
    for (i, tensor) in list.iter().enumerate() {
        if tensor.dims() != out.dims() || tensor.dtype() != out.dtype() {
            let expected = format!("inputs of {}{:?}", out.dtype(), out.dims());
            return Err(refuse("inputs", expected, format!("{:?}", tensor.layout)));
        }
        if i > 0 {
            let add = BinaryOp::Add { alpha: one() };
            let kernel =
                npu_kernels::binary(add, wide, &sums, Input::Tensor(&sums), Input::Tensor(&tensor.layout));
            plan.step(kernel.map_err(OpError::from)?, &[slot, slot, whole(tensor)]);
        } else {
            plan.step(npu_kernels::copy(&sums, &first.layout).map_err(OpError::from)?, &[slot, whole(first)]);
        }
    }
    plan.step(npu_kernels::copy(&out.layout, &sums).map_err(OpError::from)?, &[whole(&out), slot]);
    Ok(plan.finish())
}

/// Input 0 where it is not negative, else scaled.
pub(crate) fn leaky_relu(call: &Call) -> Result<Arc<Plan>> {
    let (x, out) = (call.tensor(0)?, call.out(0)?);
    call.expect_shape(&out.layout, x.dims())?;
    apart(call, &out, true)?;
    let slope = call.number("negative_slope", 0.0)?;
    if !x.dtype().is_float() || out.dtype() != x.dtype() {
        return Err(refuse(
            "inputs",
            "floats, the output's".into(),
            format!("{} and {}", x.dtype(), out.dtype()),
        ));
    }
    let wide = if x.dtype().size() == 2 { DType::F32 } else { x.dtype() };
    let temp = layout(Layout::contiguous(wide, x.dims()), "inputs")?;
    let mut plan = PlanBuilder::default();
    let (above, below) = (plan.temp(&temp), plan.temp(&temp));
    let zero = Input::Scalar(Scalar::int(DType::I64, 0));
    for (op, slot) in [(BinaryOp::Maximum, above), (BinaryOp::Minimum, below)] {
        let kernel = npu_kernels::binary(op, wide, &temp, Input::Tensor(&x.layout), zero);
        plan.step(kernel.map_err(OpError::from)?, &[slot, whole(&x)]);
    }
    let add = BinaryOp::Add { alpha: Scalar::float(DType::F64, slope) };
    let kernel = npu_kernels::binary(add, wide, &out.layout, Input::Tensor(&temp), Input::Tensor(&temp));
    plan.step(kernel.map_err(OpError::from)?, &[whole(&out), above, below]);
    Ok(plan.finish())
}

/// A product of two matrices, either of them turned, with a bias if there is one.
pub(crate) fn matmul(call: &Call) -> Result<Arc<Plan>> {
    use Source::{In, Int, Out, Scalar, Turned};
    let (a, b) = (Turned(0, "transpose_x1"), Turned(1, "transpose_x2"));
    if call.present(3) {
        return Err(refuse("inputs", "no offset_w".into(), "one in input 3".into()));
    }
    match call.present(2) {
        true => call.registered(&registry::ACLNN_ADDMM, &[In(2), a, b, Scalar(1), Scalar(1), Out(0), Int(0)]),
        false => call.registered(&registry::ACLNN_MM, &[a, b, Out(0), Int(0)]),
    }
}

/// `alpha * a @ b + beta * c`: the factors are inputs 3 and 4, in memory until the operator runs. What a factor of 0
/// would be multiplied by has no influence, NaN neither.
pub(crate) fn gemm(call: &Call) -> Result<Arc<Plan>> {
    let (a, b) = (call.turned(0, "transpose_a")?, call.turned(1, "transpose_b")?);
    let (c, out) = (call.tensor(2)?, call.out(0)?);
    let shape = crate::infer::shapes(call)?.swap_remove(0);
    call.expect_shape(&out.layout, &shape)?;
    if c.dims() != shape.as_slice() {
        return Err(refuse("inputs", format!("shape {shape:?} for c"), format!("{:?}", c.dims())));
    }
    apart(call, &out, true)?;
    let product = match promote(a.dtype(), b.dtype()) {
        dtype if dtype.is_integer() => DType::I32,
        DType::F16 | DType::BF16 => DType::F32,
        dtype => dtype,
    };
    let wide = if out.dtype().is_integer() { product } else { promote(product, DType::F32) };
    let mut plan = PlanBuilder::default();
    let placed = |plan: &mut PlanBuilder, tensor: &TensorArg| -> Result<(Slot, Layout)> {
        if tensor.dtype() == product {
            return Ok((whole(tensor), tensor.layout));
        }
        let same = layout(Layout::contiguous(product, tensor.dims()), "inputs")?;
        let slot = plan.temp(&same);
        plan.step(npu_kernels::copy(&same, &tensor.layout).map_err(OpError::from)?, &[slot, whole(tensor)]);
        Ok((slot, same))
    };
    let ((slot_a, layout_a), (slot_b, layout_b)) = (placed(&mut plan, &a)?, placed(&mut plan, &b)?);
    let products = layout(Layout::contiguous(product, &shape), "outputs")?;
    let slot = plan.temp(&products);
    let kernel = npu_kernels::matmul(&products, &layout_a, &layout_b, None).map_err(OpError::from)?;
    plan.step(kernel, &[slot, slot_a, slot_b]);
    let left = weighted(call, &mut plan, 3, wide, (slot, products))?;
    let right = weighted(call, &mut plan, 4, wide, (whole(&c), c.layout))?;
    let add = BinaryOp::Add { alpha: one() };
    let kernel = npu_kernels::binary(add, wide, &out.layout, Input::Tensor(&left.1), Input::Tensor(&right.1));
    plan.step(kernel.map_err(OpError::from)?, &[whole(&out), left.0, right.0]);
    Ok(plan.finish())
}

/// A tensor times the one element of input `i`; zeros if that is 0.
fn weighted(
    call: &Call,
    plan: &mut PlanBuilder,
    i: usize,
    wide: DType,
    (slot, tensor): (Slot, Layout),
) -> Result<(Slot, Layout)> {
    let factor = call.tensor(i)?;
    if factor.layout.numel() != 1 {
        return Err(refuse("inputs", format!("one element in input {i}"), format!("{:?}", factor.dims())));
    }
    let scalar = Layout::scalar(factor.dtype());
    let error = |e| Error::from(OpError::from(e));
    let result = layout(Layout::contiguous(wide, tensor.dims()), "inputs")?;
    let spread = layout(scalar.broadcast_to(tensor.dims()), "inputs")?;
    let weighted = plan.temp(&result);
    let kernel =
        npu_kernels::binary(BinaryOp::Mul, wide, &result, Input::Tensor(&tensor), Input::Tensor(&spread));
    plan.step(kernel.map_err(error)?, &[weighted, slot, whole(&factor)]);
    let zero = Scalar::int(DType::I64, 0);
    let flag = Layout::scalar(DType::Bool);
    let counts = plan.temp(&flag);
    let kernel =
        npu_kernels::binary(BinaryOp::Ne, factor.dtype(), &flag, Input::Tensor(&scalar), Input::Scalar(zero));
    plan.step(kernel.map_err(error)?, &[counts, whole(&factor)]);
    let condition = layout(flag.broadcast_to(tensor.dims()), "inputs")?;
    let chosen = plan.temp(&result);
    let kernel = npu_kernels::select(&result, &condition, Input::Tensor(&result), Input::Scalar(zero));
    plan.step(kernel.map_err(error)?, &[chosen, counts, weighted]);
    Ok((chosen, result))
}

/// A convolution of input 0 with the weights in input 1 and the bias in input 2, in whatever order their formats have
/// the axes.
pub(crate) fn conv(call: &Call) -> Result<Arc<Plan>> {
    let (x, mut w, out) = (crate::infer::channels_first(call, 0)?, crate::infer::channels_first(call, 1)?, {
        let out = call.output(0)?;
        let tensor = call.out(0)?;
        let order = crate::infer::order(out)?;
        TensorArg { layout: tensor.layout.permuted(&order), ..tensor }
    });
    let geometry = crate::infer::geometry(call)?;
    w.slot = 1;
    let bias = if call.present(2) { Arg::Tensor(call.tensor(2)?) } else { Arg::Null };
    let args = [
        Arg::Tensor(x),
        Arg::Tensor(w),
        bias,
        Arg::Ints(geometry.strides),
        Arg::Ints(geometry.pads),
        Arg::Ints(geometry.dilations),
        Arg::Bool(false),
        Arg::Ints(SmallVec::new()),
        Arg::Int(geometry.groups),
        Arg::Tensor(out),
        Arg::Int(0),
    ];
    Ok(npu_ops::plan(&registry::ACLNN_CONVOLUTION, &args)?)
}
