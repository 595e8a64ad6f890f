//! Shape rules, promotion and refusals, checked on host memory. Numbers are compared with PyTorch elsewhere; here every
//! family proves that its plan reaches the right operands.

use crate::{Arg, OpDef, OpError, TensorArg, plan, registry};
use npu_types::{DType, Layout, Scalar, Serial};
use proptest::prelude::*;
use smallvec::SmallVec;

/// Builds arguments; each tensor gets the next slot and an address of its own.
#[derive(Default)]
struct Call {
    args: Vec<Arg>,
    layouts: Vec<Layout>,
}

impl Call {
    fn view(&mut self, layout: Layout) -> TensorArg {
        self.layouts.push(layout);
        let slot = self.layouts.len() as u16 - 1;
        TensorArg::new(layout, u64::from(slot + 1) << 32, slot)
    }

    fn t(mut self, dtype: DType, dims: &[i64]) -> Self {
        let view = self.view(Layout::contiguous(dtype, dims).unwrap());
        self.args.push(Arg::Tensor(view));
        self
    }

    fn f(self, dims: &[i64]) -> Self {
        self.t(DType::F32, dims)
    }

    fn at(mut self, address: u64, layout: Layout) -> Self {
        let mut view = self.view(layout);
        view.address = address;
        self.args.push(Arg::Tensor(view));
        self
    }

    fn list(mut self, dims: &[&[i64]]) -> Self {
        let views =
            dims.iter().map(|d| Layout::contiguous(DType::F32, d).unwrap()).map(|l| self.view(l)).collect();
        self.args.push(Arg::Tensors(views));
        self
    }

    fn arg(mut self, arg: Arg) -> Self {
        self.args.push(arg);
        self
    }

    fn int(self, value: i64) -> Self {
        self.arg(Arg::Int(value))
    }

    fn ints(self, values: &[i64]) -> Self {
        self.arg(Arg::Ints(SmallVec::from_slice(values)))
    }

    fn one(self) -> Self {
        self.arg(Arg::Scalar(Scalar::int(DType::I64, 1)))
    }

    fn refused(self, def: &'static OpDef) -> String {
        match plan(def, &self.args) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{} accepted {:?}", def.name, self.args),
        }
    }

    fn accepted(self, def: &'static OpDef) {
        if let Err(error) = plan(def, &self.args) {
            panic!("{}: {error}", def.name);
        }
    }

    /// Runs on f32 buffers of the operands' sizes and returns the first `out`.
    fn run(self, def: &'static OpDef, out: usize, mut data: Vec<Vec<f32>>) -> Vec<f32> {
        let plan = plan(def, &self.args).unwrap();
        let operands: Vec<*mut u8> = data.iter_mut().map(|d| d.as_mut_ptr().cast()).collect();
        let mut workspace = vec![0u64; plan.workspace() as usize / 8 + 16];
        let base = workspace.as_mut_ptr().cast::<u8>();
        let scratch = base.wrapping_add(base.align_offset(crate::plan::WORKSPACE_ALIGN as usize));
        // SAFETY: the tests give each operand a buffer of its layout's size, and the workspace has room to align.
        unsafe { plan.run(&operands, scratch, &Serial) }.unwrap();
        data.swap_remove(out)
    }
}

const OTHER: DType = DType::I32;

#[test]
fn binary_broadcasts_and_promotes() {
    let add = || Call::default().f(&[2, 1]).f(&[3]).one();
    let sum =
        add().f(&[2, 3]).run(&registry::ACLNN_ADD, 2, vec![vec![10., 20.], vec![1., 2., 3.], vec![0.; 6]]);
    assert_eq!(sum, [11., 12., 13., 21., 22., 23.]);
    let text = add().f(&[3, 2]).refused(&registry::ACLNN_ADD);
    assert_eq!(text, "argument out: expected shape [2, 3], got [3, 2]");
    let text = add().t(OTHER, &[2, 3]).refused(&registry::ACLNN_ADD);
    assert!(
        text.contains("the result is ACL_FLOAT, which cannot be converted to the given ACL_INT32"),
        "{text}"
    );
    let text = Call::default().f(&[2]).f(&[3]).one().f(&[3]).refused(&registry::ACLNN_ADD);
    assert!(text.starts_with("argument other: shapes") && text.contains("cannot be broadcast"), "{text}");
    Call::default()
        .t(DType::Bool, &[2])
        .t(DType::I8, &[2])
        .one()
        .t(DType::F16, &[2])
        .accepted(&registry::ACLNN_ADD);
}

#[test]
fn a_null_argument_is_its_own_error() {
    let error =
        plan(&registry::ACLNN_NEG, &Call::default().arg(Arg::Null).f(&[2]).args).map(drop).unwrap_err();
    assert_eq!(error, OpError::Null { argument: "self" });
    // Optional ones are not.
    Call::default()
        .f(&[2, 3])
        .ints(&[3])
        .arg(Arg::Null)
        .arg(Arg::Null)
        .arg(Arg::Float(1e-5))
        .f(&[2, 3])
        .arg(Arg::Null)
        .arg(Arg::Null)
        .accepted(&registry::ACLNN_LAYER_NORM);
}

#[test]
fn dtypes_outside_the_class_are_refused() {
    let text = Call::default().t(DType::I32, &[2]).t(DType::I32, &[2]).refused(&registry::ACLNN_SILU);
    assert!(text.contains("argument self") && text.contains("got ACL_INT32"), "{text}");
    let text = Call::default().t(DType::Bool, &[2]).t(DType::Bool, &[2]).one().t(DType::Bool, &[2]);
    assert!(text.refused(&registry::ACLNN_SUB).contains("got ACL_BOOL"));
    let half = Scalar::float(DType::F64, 0.5);
    let text = Call::default().t(OTHER, &[2]).t(OTHER, &[2]).arg(Arg::Scalar(half)).t(OTHER, &[2]);
    assert!(text.refused(&registry::ACLNN_ADD).contains("argument alpha"));
}

#[test]
fn illegal_overlap_is_refused() {
    let view = |address, dims: &[i64]| (address, Layout::contiguous(DType::F32, dims).unwrap());
    let ((a, la), (b, lb)) = (view(0x1000, &[8]), view(0x1010, &[8]));
    let shifted = Call::default().at(a, la).at(b, lb).refused(&registry::ACLNN_EXP);
    assert!(shifted.contains("argument out") && shifted.contains("overlaps self"), "{shifted}");
    Call::default().at(a, la).at(a, la).accepted(&registry::ACLNN_EXP);
    let soft = Call::default().at(a, la).int(0).at(a, la).refused(&registry::ACLNN_SOFTMAX);
    assert!(soft.contains("apart from the inputs"), "{soft}");
    let expanded = Layout::strided(DType::F32, &[4], &[0]).unwrap();
    let text = Call::default().f(&[4]).at(a, expanded).refused(&registry::ACLNN_EXP);
    assert!(text.contains("itself"), "{text}");
}

#[test]
fn axes_are_checked() {
    let sum = |dims: &[i64], keep, out: &[i64]| {
        Call::default().f(&[2, 3, 4]).ints(dims).arg(Arg::Bool(keep)).arg(Arg::DType(DType::F32)).f(out)
    };
    sum(&[1], false, &[2, 4]).accepted(&registry::ACLNN_REDUCE_SUM);
    sum(&[-1, 0], true, &[1, 3, 1]).accepted(&registry::ACLNN_REDUCE_SUM);
    sum(&[], false, &[]).accepted(&registry::ACLNN_REDUCE_SUM);
    assert!(
        sum(&[3], false, &[2, 4]).refused(&registry::ACLNN_REDUCE_SUM).contains("an axis in [-3, 2], got 3")
    );
    assert!(sum(&[1, -2], false, &[2, 4]).refused(&registry::ACLNN_REDUCE_SUM).contains("axes that differ"));
    assert!(
        sum(&[1], true, &[2, 4]).refused(&registry::ACLNN_REDUCE_SUM).contains("expected shape [2, 1, 4]")
    );
    let empty = Call::default().f(&[0]).f(&[]).refused(&registry::ACLNN_MAX);
    assert!(empty.contains("no identity"), "{empty}");
}

#[test]
fn matmul_follows_the_ranks_of_torch() {
    let accepted = [
        (&[3][..], &[3][..], &[][..]),
        (&[2, 3], &[3], &[2]),
        (&[3], &[3, 4], &[4]),
        (&[5, 2, 3], &[3, 4], &[5, 2, 4]),
        (&[5, 1, 2, 3], &[6, 3, 4], &[5, 6, 2, 4]),
        (&[3], &[5, 3, 4], &[5, 4]),
        (&[5, 2, 3], &[3], &[5, 2]),
    ];
    for (a, b, out) in accepted {
        Call::default().f(a).f(b).f(out).int(0).accepted(&registry::ACLNN_MATMUL);
    }
    let text = Call::default().f(&[2, 3]).f(&[4, 5]).f(&[2, 5]).int(0).refused(&registry::ACLNN_MATMUL);
    assert_eq!(text, "argument mat2: expected shape [3, 5], got [4, 5]");
    let text = Call::default().f(&[2, 3]).f(&[3, 5]).f(&[2, 5]).int(9).refused(&registry::ACLNN_MATMUL);
    assert!(text.contains("cubeMathType") && text.contains("0 to 3"), "{text}");
    let dot = Call::default().f(&[3]).f(&[3]).f(&[]).int(0);
    let dot = dot.run(&registry::ACLNN_MATMUL, 2, vec![vec![1., 2., 3.], vec![4., 5., 6.], vec![0.]]);
    assert_eq!(dot, [32.]);
}

#[test]
fn mixed_products_are_converted_in_the_workspace() {
    let call = || Call::default().f(&[2, 3]).t(DType::F16, &[3, 4]).f(&[2, 4]).int(0);
    let mixed = plan(&registry::ACLNN_MATMUL, &call().args).unwrap();
    let plain = Call::default().f(&[2, 3]).f(&[3, 4]).f(&[2, 4]).int(0);
    let plain = plan(&registry::ACLNN_MATMUL, &plain.args).unwrap();
    assert_eq!((plain.steps(), mixed.steps()), (1, 2));
    assert_eq!(mixed.workspace(), plain.workspace() + 64);
    let sum = Call::default().t(DType::I32, &[2]).f(&[1, 1]).f(&[1, 2]).one().one().f(&[1, 2]).int(0);
    // The addend's bits are those of the integers 5 and 6.
    let data = vec![vec![f32::from_bits(5), f32::from_bits(6)], vec![2.], vec![1., 2.], vec![0.; 2]];
    assert_eq!(sum.run(&registry::ACLNN_ADDMM, 3, data), [7., 10.]);
}

#[test]
fn cat_writes_each_part_in_place() {
    let parts = vec![vec![1., 2.], vec![], vec![3., 4., 5., 6.], vec![0.; 6]];
    let out = Call::default().list(&[&[2, 1], &[0], &[2, 2]]).int(-1).f(&[2, 3]).run(
        &registry::ACLNN_CAT,
        3,
        parts,
    );
    assert_eq!(out, [1., 3., 4., 2., 5., 6.]);
    let text = Call::default().list(&[&[2, 1], &[3, 1]]).int(1).f(&[2, 2]).refused(&registry::ACLNN_CAT);
    assert!(text.contains("[2, 1] except in dimension 1"), "{text}");
    let none = Call::default().list(&[]).int(0).f(&[0]).refused(&registry::ACLNN_CAT);
    assert!(none.contains("at least one tensor"), "{none}");
}

#[test]
fn arange_counts_like_torch() {
    let range = |start: f64, end: f64, step: f64, count: i64| {
        let s = |v| Arg::Scalar(Scalar::float(DType::F64, v));
        Call::default().arg(s(start)).arg(s(end)).arg(s(step)).f(&[count])
    };
    range(0., 1., 0.25, 4).accepted(&registry::ACLNN_ARANGE);
    range(1., 0., -0.3, 4).accepted(&registry::ACLNN_ARANGE);
    assert!(range(0., 1., 0.25, 5).refused(&registry::ACLNN_ARANGE).contains("expected shape [4]"));
    assert!(range(0., 1., 0., 5).refused(&registry::ACLNN_ARANGE).contains("not zero"));
    assert!(range(0., 1., -1., 0).refused(&registry::ACLNN_ARANGE).contains("reaches"));
    let i = |v| Arg::Scalar(Scalar::int(DType::I64, v));
    Call::default().arg(i(0)).arg(i(7)).arg(i(3)).f(&[3]).accepted(&registry::ACLNN_ARANGE);
    Call::default().arg(i(5)).arg(i(0)).arg(i(-2)).f(&[3]).accepted(&registry::ACLNN_ARANGE);
}

proptest! {
    /// Whatever shapes come, phase one answers; it does not panic, and an accepted output has the broadcast shape.
    #[test]
    fn phase_one_never_panics(
        which in 0..registry::ALL.len(),
        shapes in proptest::collection::vec(proptest::collection::vec(0i64..4, 0..5), 8),
        dtypes in proptest::collection::vec(0usize..15, 8),
        numbers in proptest::collection::vec(-5i64..5, 8),
    ) {
        use crate::ParamKind as K;
        let def = registry::ALL[which];
        let mut call = Call::default();
        for (i, param) in def.params.iter().enumerate() {
            let (dims, dtype, number) = (&shapes[i % 8], DType::ALL[dtypes[i % 8]], numbers[i % 8]);
            call = match param.kind {
                K::Tensor => call.t(dtype, dims),
                K::TensorList => call.list(&[dims, &shapes[(i + 1) % 8]]),
                K::Scalar => call.arg(Arg::Scalar(Scalar::int(dtype, number))),
                K::IntArray => call.ints(&numbers[..(number.unsigned_abs() as usize).min(8)]),
                K::Int => call.int(number),
                K::Float => call.arg(Arg::Float(number as f64)),
                K::Bool => call.arg(Arg::Bool(number > 0)),
                K::DType => call.arg(Arg::DType(dtype)),
                _ => call.arg(Arg::Null),
            };
        }
        let _ = plan(def, &call.args);
    }
}
