//! A new member of a family needs nothing but its entry in the table.
//!
//! The definition below is what `opgen` makes of the entry in CONTRIBUTING.md (its test `one_entry_is_a_whole_operator`
//! compares the text). Given to the two functions that every operator's entry points call, it validates, plans, runs on a
//! stream and computes.

use aclnn::{
    call::{self, Raw},
    meta::tensor::{aclCreateTensor, aclDestroyTensor},
};
use aclrt::rt::{
    device::aclrtSetDevice,
    memory::aclrtMalloc,
    memory_copy::aclrtMemcpy,
    stream::{aclrtCreateStream, aclrtSynchronizeStream},
};
use npu_kernels::UnaryOp;
use npu_ops::{Meaning, OpDef, Param, ParamKind, ResultRule, Role};
use npu_types::DTypeSet;
use std::ptr;

static ACLNN_TAN: OpDef = OpDef {
    name: "aclnnTan",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Tan),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Float,
};

#[test]
fn an_added_operator_computes() {
    const N: usize = 1000;
    let bytes = N * size_of::<f32>();
    let host: Vec<f32> = (0..N).map(|i| (i as f32 - 500.0) / 400.0).collect();
    let mut result = vec![0f32; N];
    let (mut x, mut y, mut stream) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    let (mut workspace, mut executor) = (1u64, ptr::null_mut());
    let dims = [N as i64];
    // SAFETY: (C1, C2) every pointer is null or points to live local values of the sizes given.
    #[expect(clippy::multiple_unsafe_ops_per_block, reason = "a C program, call by call")]
    unsafe {
        assert_eq!(aclrtSetDevice(0), 0);
        assert_eq!(aclrtCreateStream(&raw mut stream), 0);
        assert_eq!(aclrtMalloc(&raw mut x, bytes, 0), 0);
        assert_eq!(aclrtMalloc(&raw mut y, bytes, 0), 0);
        assert_eq!(aclrtMemcpy(x, bytes, host.as_ptr().cast(), bytes, 1), 0);
        let tensor = |data| aclCreateTensor(dims.as_ptr(), 1, 0, ptr::null(), 0, 2, dims.as_ptr(), 1, data);
        let (tx, ty) = (tensor(x), tensor(y));
        let raws = [Raw::Handle(tx.cast()), Raw::Handle(ty.cast())];
        let first = |raws: &[Raw], workspace, executor| {
            call::first_phase("aclnnTanGetWorkspaceSize", &ACLNN_TAN, raws, workspace, executor)
        };
        assert_eq!(
            first(&[raws[0], Raw::Handle(ptr::null())], &raw mut workspace, &raw mut executor),
            161001
        );
        assert_eq!((workspace, executor), (1, ptr::null_mut()), "a refusal writes nothing");
        assert_eq!(first(&raws, &raw mut workspace, &raw mut executor), 0);
        assert_eq!(workspace, 0);
        assert_eq!(call::second_phase("aclnnTan", &ACLNN_TAN, ptr::null_mut(), 0, executor, stream), 0);
        assert_eq!(aclrtSynchronizeStream(stream), 0);
        assert_eq!(aclrtMemcpy(result.as_mut_ptr().cast(), bytes, y, bytes, 2), 0);
        assert_eq!((aclDestroyTensor(tx), aclDestroyTensor(ty)), (0, 0));
    }
    for (x, y) in host.iter().zip(&result) {
        let expected = f64::from(*x).tan();
        assert!(
            (f64::from(*y) - expected).abs() < 1e-6 * (1.0 + expected.abs()),
            "tan({x}) = {y}, expected {expected}"
        );
    }
}
