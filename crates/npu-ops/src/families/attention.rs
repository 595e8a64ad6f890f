//! Attention: names of layouts, masks and sparse modes become one view, one band of columns and prefixes.

use super::{check_dtype, expect_dims, expect_dtype, whole};
use crate::{Args, OpError, PlanBuilder, Role, Slot, TensorArg};
use npu_kernels::{Attention, AttentionGrad, AttentionOut, Band, ReduceOp, ShiftWhen};
use npu_types::{DType, DTypeSet, Dims, Layout, LayoutError, Scalar};
use smallvec::SmallVec;

/// The order of dimensions in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Bnsd,
    Bsnd,
    Bsh,
    Sbh,
}

impl Order {
    fn of(args: &Args<'_>) -> Result<Order, OpError> {
        Ok(match args.text(Role::LAYOUT).unwrap_or_default() {
            "BNSD" => Order::Bnsd,
            "BSND" => Order::Bsnd,
            "BSH" => Order::Bsh,
            "SBH" => Order::Sbh,
            other => {
                return Err(OpError::Value {
                    argument: args.name(Role::LAYOUT),
                    expected: "BNSD, BSND, BSH or SBH".into(),
                    got: format!("{other:?}"),
                });
            }
        })
    }

    fn rank(self) -> usize {
        if matches!(self, Order::Bsh | Order::Sbh) { 3 } else { 4 }
    }

    /// The tensor as `[batch, heads, sequence, depth]`. `depth` splits what heads and depth share.
    fn view(self, args: &Args<'_>, role: Role, tensor: &TensorArg, depth: i64) -> Result<Layout, OpError> {
        let (argument, l) = (args.name(role), &tensor.layout);
        let wrong =
            |expected: String| OpError::Shape { argument, expected, got: Box::new(Dims::new(l.dims())) };
        if l.rank() != self.rank() {
            return Err(wrong(format!("of {} dimensions", self.rank())));
        }
        let (d, s) = (l.dims(), l.strides());
        let split = |batch: usize, sequence: usize| {
            if depth == 0 || d[2] % depth != 0 {
                return Err(wrong(format!("with a last dimension that is a multiple of the depth {depth}")));
            }
            let dims = [d[batch], d[2] / depth, d[sequence], depth];
            let strides = [s[batch], s[2] * depth, s[sequence], s[2]];
            Layout::strided(l.dtype(), &dims, &strides).map_err(OpError::layout(argument))
        };
        match self {
            Order::Bnsd => Ok(*l),
            Order::Bsnd => Ok(l.permuted(&[0, 2, 1, 3])),
            Order::Bsh => split(0, 1),
            Order::Sbh => split(1, 0),
        }
    }
}

/// What query, key and value say about each other.
struct Heads {
    q: Layout,
    k: Layout,
    v: Layout,
    order: Order,
    depth_v: i64,
}

impl Heads {
    fn new(args: &Args<'_>) -> Result<Heads, OpError> {
        let order = Order::of(args)?;
        let (q, k, v) = (args.tensor(Role::SELF)?, args.tensor(Role::KEY)?, args.tensor(Role::VALUE)?);
        check_dtype(args, Role::SELF, args.def.dtypes)?;
        for role in [Role::KEY, Role::VALUE] {
            check_dtype(args, role, DTypeSet::of(&[q.dtype()]))?;
        }
        let heads = args.int(Role::HEADS).unwrap_or(0);
        let last = |t: &TensorArg| t.dims().last().copied().unwrap_or(0);
        if heads <= 0 || order.rank() == 3 && last(q) % heads != 0 {
            return Err(OpError::Value {
                argument: args.name(Role::HEADS),
                expected: if order.rank() == 3 {
                    format!("a positive divisor of {}, which heads and depth share", last(q))
                } else {
                    "a positive number".into()
                },
                got: heads.to_string(),
            });
        }
        let depth = if order.rank() == 3 { last(q) / heads } else { last(q) };
        let qv = order.view(args, Role::SELF, q, depth)?;
        let kv = order.view(args, Role::KEY, k, depth)?;
        let wrong = |role: Role, expected: String, t: &TensorArg| OpError::Shape {
            argument: args.name(role),
            expected,
            got: Box::new(Dims::new(t.dims())),
        };
        if qv.dims()[1] != heads {
            return Err(OpError::Value {
                argument: args.name(Role::HEADS),
                expected: format!("{}, as query has", qv.dims()[1]),
                got: heads.to_string(),
            });
        }
        let key_heads = kv.dims()[1];
        let fits =
            kv.dims()[0] == qv.dims()[0] && kv.dims()[3] == depth && key_heads > 0 && heads % key_heads == 0;
        if !fits {
            let expected =
                format!("batch {}, a number of heads that divides {heads}, and depth {depth}", qv.dims()[0]);
            return Err(wrong(Role::KEY, expected, k));
        }
        let depth_v = if order.rank() == 3 { last(v) / key_heads } else { last(v) };
        let vv = order.view(args, Role::VALUE, v, depth_v)?;
        if vv.dims()[..3] != kv.dims()[..3] {
            return Err(wrong(Role::VALUE, "batch, heads and sequence as key has".into(), v));
        }
        Ok(Heads { q: qv, k: kv, v: vv, order, depth_v })
    }

    /// `[batch, heads, rows, columns]`
    fn scores(&self) -> [i64; 4] {
        let d = self.q.dims();
        [d[0], d[1], d[2], self.k.dims()[2]]
    }

    /// Shape of the result, in the order given.
    fn result(&self, tensor: &TensorArg) -> SmallVec<[i64; 4]> {
        let mut dims: SmallVec<[i64; 4]> = SmallVec::from_slice(tensor.dims());
        let last = dims.len() - 1;
        dims[last] = if self.order.rank() == 3 { self.q.dims()[1] * self.depth_v } else { self.depth_v };
        dims
    }
}

/// An optional tensor; one without elements counts as not given.
fn given<'a>(args: &Args<'a>, role: Role) -> Option<&'a TensorArg> {
    args.tensor_optional(role).filter(|t| !t.layout.is_empty())
}

/// Side of the one mask that the modes with a known shape share; below it, the mask of prefixes has some more rows.
const SHARED_MASK: i64 = 2048;
const PREFIX_ROWS: i64 = 1024;

/// Sparse modes by number.
mod sparse {
    pub(super) const MASK: i64 = 0;
    pub(super) const WHOLE_MASK: i64 = 1;
    pub(super) const UPPER_LEFT: i64 = 2;
    pub(super) const LOWER_RIGHT: i64 = 3;
    pub(super) const BAND: i64 = 4;
    pub(super) const PREFIX: i64 = 5;
    pub(super) const SHARED_PREFIX: i64 = 6;
    /// Those of sequences of different length in one batch.
    pub(super) const VARYING: std::ops::RangeInclusive<i64> = 7..=8;
}

/// Columns that rows see, and the mask that has to be looked at.
struct Sight {
    band: Band,
    /// Of each batch, in the modes that have prefixes.
    prefix: SmallVec<[usize; 8]>,
    mask: Option<Layout>,
}

impl Sight {
    fn new(args: &Args<'_>, scores: [i64; 4]) -> Result<Sight, OpError> {
        let (mode, mask) = (args.int(Role::SPARSE).unwrap_or(0), given(args, Role::MASK));
        check_dtype(args, Role::MASK, DTypeSet::of(&[DType::Bool, DType::U8]))?;
        if !(sparse::MASK..=sparse::SHARED_PREFIX).contains(&mode) {
            let got = match sparse::VARYING.contains(&mode) {
                true => format!("{mode}, which is for the layout TND alone"),
                false => mode.to_string(),
            };
            return Err(OpError::Value {
                argument: args.name(Role::SPARSE),
                expected: "0 (the mask), 1 (the whole mask), 2 (causal from the upper left), 3 (causal to the lower \
                           right), 4 (band), 5 (prefixes, with a whole mask) or 6 (prefixes) in the layouts BNSD, BSND, \
                           BSH and SBH"
                    .into(),
                got,
            });
        }
        let [.., rows, cols] = scores;
        let Some(mask) = mask else {
            if mode != sparse::MASK {
                return Err(OpError::Value {
                    argument: args.name(Role::MASK),
                    expected: format!("a mask, as sparse mode {mode} needs"),
                    got: "none".into(),
                });
            }
            return Ok(Sight { band: Band::ALL, prefix: SmallVec::new(), mask: None });
        };
        let (before, after) =
            (args.int(Role::BEFORE).unwrap_or(i64::MAX), args.int(Role::AFTER).unwrap_or(i64::MAX));
        let band = |diagonal: i64| Band {
            from: diagonal.saturating_sub(before),
            to: diagonal.saturating_add(after).saturating_add(1),
        };
        let end = |to: i64| Band { from: i64::MIN, to };
        let prefix = match mode {
            sparse::PREFIX | sparse::SHARED_PREFIX => prefixes(args, scores)?,
            _ => SmallVec::new(),
        };
        if let sparse::MASK | sparse::WHOLE_MASK | sparse::PREFIX = mode {
            let band = match mode {
                sparse::MASK => band(0),
                sparse::WHOLE_MASK => Band::ALL,
                _ => end(cols - rows + 1),
            };
            if mode == sparse::PREFIX && (mask.dims().len() != 4 || mask.dims()[0] != scores[0]) {
                return Err(OpError::Shape {
                    argument: args.name(Role::MASK),
                    expected: format!(
                        "[{}, {} or 1, {rows}, {cols}], since each batch has its own prefix",
                        scores[0], scores[1]
                    ),
                    got: Box::new(Dims::new(mask.dims())),
                });
            }
            let layout = mask.layout.broadcast_to(&scores).map_err(OpError::layout(args.name(Role::MASK)))?;
            return Ok(Sight { band, prefix, mask: Some(layout) });
        }
        // The modes from 2 on say themselves what is seen; the mask is a triangle of fixed size, whatever the sequence.
        let d = mask.dims();
        let height = if mode == sparse::SHARED_PREFIX { SHARED_MASK + PREFIX_ROWS } else { SHARED_MASK };
        let fits = d.len() >= 2 && d[d.len() - 2..] == [height, SHARED_MASK];
        if !fits || d[..d.len() - 2].iter().any(|&n| n != 1) {
            return Err(OpError::Shape {
                argument: args.name(Role::MASK),
                expected: format!("[{height}, {SHARED_MASK}] in sparse mode {mode}"),
                got: Box::new(Dims::new(d)),
            });
        }
        let band = match mode {
            sparse::UPPER_LEFT => end(1),
            sparse::BAND => band(cols - rows),
            sparse::LOWER_RIGHT | sparse::SHARED_PREFIX => end(cols - rows + 1),
            other => unreachable!("sparse mode {other} was handled above"),
        };
        Ok(Sight { band, prefix, mask: None })
    }
}

/// How many columns every row of a batch sees, whatever its place.
fn prefixes(args: &Args<'_>, [batch, _, rows, cols]: [i64; 4]) -> Result<SmallVec<[usize; 8]>, OpError> {
    let given = args.ints(Role::PREFIX);
    let wrong =
        |expected: String, got: String| OpError::Value { argument: args.name(Role::PREFIX), expected, got };
    if given.len() as i64 != batch {
        let expected = format!("{batch} numbers, a prefix for each batch");
        return Err(wrong(expected, format!("{} numbers", given.len())));
    }
    let least = (cols - rows).max(0);
    if let Some(n) = given.iter().find(|n| !(least..=cols).contains(n)) {
        return Err(wrong(format!("numbers from {least} to {cols}"), format!("{n} in {given:?}")));
    }
    Ok(given.iter().map(|&n| n as usize).collect())
}

/// What is added to products, and when.
fn shift(args: &Args<'_>, scores: [i64; 4]) -> Result<Option<(Layout, ShiftWhen)>, OpError> {
    let when = match args.int(Role::MODE) {
        None | Some(1) => ShiftWhen::BeforeScale,
        Some(0) => ShiftWhen::AfterScale,
        Some(2) => return slopes(args, scores).map(Some),
        Some(other) => {
            return Err(OpError::Value {
                argument: args.name(Role::MODE),
                expected:
                    "0 (added after scaling), 1 (before) or 2 (distances times slopes, added after scaling)"
                        .into(),
                got: other.to_string(),
            });
        }
    };
    let Some(tensor) = given(args, Role::SHIFT) else { return Ok(None) };
    check_dtype(args, Role::SHIFT, args.def.dtypes)?;
    let layout = tensor.layout.broadcast_to(&scores).map_err(OpError::layout(args.name(Role::SHIFT)))?;
    Ok(Some((layout, when)))
}

/// A slope of each head, `[heads]` or `[batch, heads]`: what is added falls with the distance of row and column.
fn slopes(args: &Args<'_>, scores: [i64; 4]) -> Result<(Layout, ShiftWhen), OpError> {
    let [batch, heads, rows, cols] = scores;
    let argument = args.name(Role::SHIFT);
    let Some(tensor) = given(args, Role::SHIFT) else {
        let expected =
            format!("slopes of shape [{heads}] or [{batch}, {heads}], as this kind of shift needs");
        return Err(OpError::Value { argument, expected, got: "none".into() });
    };
    expect_dtype(argument, tensor.dtype(), DTypeSet::of(&[DType::F32]))?;
    if *tensor.dims() != [heads] && *tensor.dims() != [batch, heads] {
        let expected = format!("[{heads}] or [{batch}, {heads}], a slope of each head");
        return Err(OpError::Shape { argument, expected, got: Box::new(Dims::new(tensor.dims())) });
    }
    if rows != cols {
        return Err(OpError::Value {
            argument: args.name(Role::MODE),
            expected: "0 or 1, unless query and key are equally long".into(),
            got: format!("2 with lengths {rows} and {cols}"),
        });
    }
    let first = |role: Role| match args.ints(role) {
        [] => Ok(0),
        [first] => Ok(*first),
        more => Err(OpError::Value {
            argument: args.name(role),
            expected: "one number".into(),
            got: format!("{more:?}"),
        }),
    };
    let ahead = first(Role::FIRST_ROW)?.saturating_sub(first(Role::FIRST_COL)?);
    let layout =
        of_heads(tensor.layout).and_then(|l| l.broadcast_to(&scores)).map_err(OpError::layout(argument))?;
    Ok((layout, ShiftWhen::TimesDistance { ahead }))
}

/// `[heads]` or `[batch, heads]` as `[batch, heads, 1, 1]`.
fn of_heads(layout: Layout) -> Result<Layout, LayoutError> {
    let layout = if layout.rank() == 1 { layout.with_axis(0, 1, 0)? } else { layout };
    layout.with_axis(2, 1, 0)?.with_axis(3, 1, 0)
}

/// Bits that dropout keeps, and the probability of being kept.
fn kept<'a>(args: &Args<'a>, scores: [i64; 4]) -> Result<(Option<&'a TensorArg>, f64), OpError> {
    let share = args.float(Role::KEEP_SHARE).unwrap_or(1.0);
    if !(share > 0.0 && share <= 1.0) {
        return Err(OpError::Value {
            argument: args.name(Role::KEEP_SHARE),
            expected: "a probability above 0 and up to 1".into(),
            got: share.to_string(),
        });
    }
    let bits = given(args, Role::KEEP);
    check_dtype(args, Role::KEEP, DTypeSet::of(&[DType::U8, DType::Bool]))?;
    let need = (scores.iter().product::<i64>() as u64).div_ceil(8);
    match bits {
        None if share < 1.0 => Err(OpError::Value {
            argument: args.name(Role::KEEP),
            expected: format!("{need} bytes of bits to keep, since not everything is kept"),
            got: "none".into(),
        }),
        Some(t) if !t.layout.is_contiguous() || (t.layout.numel() as u64) < need => Err(OpError::Shape {
            argument: args.name(Role::KEEP),
            expected: format!("contiguous, with {need} bytes or more"),
            got: Box::new(Dims::new(t.dims())),
        }),
        bits => Ok((bits, share)),
    }
}

pub(super) fn attention(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let heads = Heads::new(args)?;
    let scores = heads.scores();
    let sight = Sight::new(args, scores)?;
    let shift = shift(args, scores)?;
    let (keep, keep_share) = kept(args, scores)?;
    let (q, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[q.dtype()]))?;
    expect_dims(args, Role::OUT, out.dims(), &heads.result(q))?;
    let result = heads.order.view(args, Role::OUT, out, heads.depth_v)?;
    let [batch, n, rows, _] = scores;
    let stats = [Role::OUT2, Role::OUT3].map(|role| args.tensor_optional(role));
    for (role, tensor) in [Role::OUT2, Role::OUT3].into_iter().zip(stats) {
        let Some(tensor) = tensor else { continue };
        expect_dtype(args.name(role), tensor.dtype(), DTypeSet::of(&[DType::F32]))?;
        expect_dims(args, role, tensor.dims(), &[batch, n, rows, REPEAT])?;
    }
    let kernel = npu_kernels::attention(
        &Attention {
            q: &heads.q,
            k: &heads.k,
            v: &heads.v,
            shift: shift.as_ref().map(|(l, when)| (l, *when)),
            keep: keep.map(|t| &t.layout),
            mask: sight.mask.as_ref(),
            band: sight.band,
            prefix: &sight.prefix,
            scale: args.float(Role::SCALE).unwrap_or(1.0),
            keep_share,
        },
        &AttentionOut { out: &result, max: stats[0].map(|t| &t.layout), sum: stats[1].map(|t| &t.layout) },
    )?;
    let shift = shift.and(given(args, Role::SHIFT));
    let mask = sight.mask.and(given(args, Role::MASK));
    let inputs =
        [Some(q), args.tensor_optional(Role::KEY), args.tensor_optional(Role::VALUE), shift, keep, mask];
    let slots: SmallVec<[Slot; 9]> =
        [Some(out), stats[0], stats[1]].into_iter().chain(inputs).flatten().map(whole).collect();
    plan.step(kernel, &slots);
    Ok(())
}

pub(super) fn attention_grad(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let heads = Heads::new(args)?;
    let scores = heads.scores();
    let sight = Sight::new(args, scores)?;
    let shift = shift(args, scores)?;
    let (keep, keep_share) = kept(args, scores)?;
    let (q, dy, result) = (args.tensor(Role::SELF)?, args.tensor(Role::GRAD)?, args.tensor(Role::RESULT)?);
    let (k, v) = (args.tensor(Role::KEY)?, args.tensor(Role::VALUE)?);
    let same = DTypeSet::of(&[q.dtype()]);
    let depth = heads.q.dims()[3];
    let view = |role: Role, like: &[i64], depth: i64| -> Result<Layout, OpError> {
        let tensor = args.tensor(role)?;
        expect_dtype(args.name(role), tensor.dtype(), same)?;
        expect_dims(args, role, tensor.dims(), like)?;
        heads.order.view(args, role, tensor, depth)
    };
    let result_dims = heads.result(q);
    let (dy_view, out_view) =
        (view(Role::GRAD, &result_dims, heads.depth_v)?, view(Role::RESULT, &result_dims, heads.depth_v)?);
    let dq_view = view(Role::OUT, q.dims(), depth)?;
    let dk_view = view(Role::OUT2, k.dims(), depth)?;
    let dv_view = view(Role::OUT3, v.dims(), heads.depth_v)?;
    let [batch, n, rows, _] = scores;
    let (largest, total) = (args.tensor(Role::LARGEST)?, args.tensor(Role::TOTAL)?);
    for (role, tensor) in [(Role::LARGEST, largest), (Role::TOTAL, total)] {
        expect_dtype(args.name(role), tensor.dtype(), DTypeSet::of(&[DType::F32]))?;
        expect_dims(args, role, tensor.dims(), &[batch, n, rows, REPEAT])?;
    }
    // The gradient of a shift that repeats is a sum: it is written down for every score first.
    let of = OpError::layout("workspace");
    let dshift = given(args, Role::OUT4);
    let of_slopes = matches!(shift, Some((_, ShiftWhen::TimesDistance { .. })));
    let mut whole_shift = None;
    if let Some(out) = dshift {
        check_dtype(args, Role::OUT4, args.def.dtypes)?;
        let Some(given) = given(args, Role::SHIFT) else {
            return Err(OpError::Shape {
                argument: args.name(Role::OUT4),
                expected: "[0], as there is no shift".into(),
                got: Box::new(Dims::new(out.dims())),
            });
        };
        expect_dims(args, Role::OUT4, out.dims(), given.dims())?;
        let dtype = if out.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
        let all = Layout::contiguous(dtype, &scores).map_err(&of)?;
        let slot = plan.temp(&all);
        plan.step(npu_kernels::fill(&all, Scalar::int(DType::I64, 0))?, &[slot]);
        whole_shift = Some((slot, all, out));
    }
    let kernel = npu_kernels::attention_grad(
        &Attention {
            q: &heads.q,
            k: &heads.k,
            v: &heads.v,
            shift: shift.as_ref().map(|(l, when)| (l, *when)),
            keep: keep.map(|t| &t.layout),
            mask: sight.mask.as_ref(),
            band: sight.band,
            prefix: &sight.prefix,
            scale: args.float(Role::SCALE).unwrap_or(1.0),
            keep_share,
        },
        &AttentionOut { out: &out_view, max: Some(&largest.layout), sum: Some(&total.layout) },
        &AttentionGrad {
            q: &dq_view,
            k: &dk_view,
            v: &dv_view,
            shift: whole_shift.as_ref().map(|(_, l, _)| l),
            dy: &dy_view,
        },
    )?;
    let mut slots: SmallVec<[Slot; 16]> = SmallVec::new();
    for role in [Role::OUT, Role::OUT2, Role::OUT3] {
        slots.push(whole(args.tensor(role)?));
    }
    slots.extend(whole_shift.as_ref().map(|(slot, ..)| *slot));
    slots.extend([dy, result, largest, total, q, k, v].map(whole));
    let shift = shift.and(given(args, Role::SHIFT));
    let mask = sight.mask.and(given(args, Role::MASK));
    slots.extend([shift, keep, mask].into_iter().flatten().map(whole));
    plan.step(kernel, &slots);
    if let Some((slot, all, out)) = whole_shift {
        let mut layout = out.layout;
        if of_slopes {
            layout = of_heads(layout).map_err(&of)?;
        }
        while layout.rank() < 4 {
            layout = layout.with_axis(0, 1, 0).map_err(&of)?;
        }
        let mask =
            (0..4).filter(|&i| layout.dims()[i] == 1 && all.dims()[i] != 1).fold(0, |m, i| m | 1u32 << i);
        let kernel = npu_kernels::reduce(ReduceOp::Sum, all.dtype(), &layout, &all, mask)?;
        plan.step(kernel, &[whole(out), slot]);
    }
    Ok(())
}

/// How often a row's statistics are repeated: 32 bytes of them.
const REPEAT: i64 = 8;
