use super::*;
use crate::{TensorArg, registry};
use npu_types::DType;

fn view(address: u64, dims: &[i64], slot: u16) -> TensorArg {
    TensorArg::new(Layout::contiguous(DType::F32, dims).unwrap(), address, slot)
}

fn add(a: TensorArg, b: TensorArg, alpha: f64, out: TensorArg) -> [Arg; 4] {
    [Arg::Tensor(a), Arg::Tensor(b), Arg::Scalar(Scalar::float(DType::F32, alpha)), Arg::Tensor(out)]
}

fn known(args: &[Arg]) -> bool {
    recall(&Key::of(&registry::ACLNN_ADD, args)).is_some()
}

fn learn(args: &[Arg]) {
    let plan = crate::plan(&registry::ACLNN_ADD, args).unwrap();
    remember(&Key::of(&registry::ACLNN_ADD, args), &plan);
}

#[test]
fn other_addresses_are_the_same_call_and_anything_else_is_another() {
    let at =
        |a, b, out, dims: &[i64], alpha| add(view(a, dims, 0), view(b, dims, 1), alpha, view(out, dims, 2));
    learn(&at(0x1000, 0x2000, 0x3000, &[4, 2], 1.0));
    assert!(known(&at(0x1000, 0x2000, 0x3000, &[4, 2], 1.0)));
    assert!(known(&at(0x9000, 0x5000, 0x7000, &[4, 2], 1.0)));
    assert!(!known(&at(0x1000, 0x2000, 0x3000, &[2, 4], 1.0)));
    assert!(!known(&at(0x1000, 0x2000, 0x3000, &[8], 1.0)));
    assert!(!known(&at(0x1000, 0x2000, 0x3000, &[4, 2], 2.0)));
    // In place is a call of its own, and which operand it is in place with matters.
    assert!(!known(&at(0x1000, 0x2000, 0x1000, &[4, 2], 1.0)));
    learn(&at(0x1000, 0x2000, 0x1000, &[4, 2], 1.0));
    assert!(known(&at(0x5000, 0x2000, 0x5000, &[4, 2], 1.0)));
    assert!(!known(&at(0x5000, 0x2000, 0x2000, &[4, 2], 1.0)));
}

#[test]
fn operands_that_overlap_in_part_are_always_planned_anew() {
    let overlapping = add(view(0x1000, &[8], 0), view(0x2000, &[8], 1), 1.0, view(0x1010, &[8], 2));
    assert!(Key::of(&registry::ACLNN_ADD, &overlapping).entangled);
    assert!(crate::plan(&registry::ACLNN_ADD, &overlapping).is_err());
    // Inputs may share memory as they like.
    let shared = add(view(0x1000, &[8], 0), view(0x1010, &[8], 1), 1.0, view(0x3000, &[8], 2));
    learn(&shared);
    assert!(known(&shared));
}

#[test]
fn more_calls_than_fit_push_old_ones_out() {
    let call =
        |n: i64| add(view(0x10_0000, &[n], 0), view(0x20_0000, &[n], 1), 1.0, view(0x30_0000, &[n], 2));
    let many = (SETS * WAYS * 4) as i64;
    (1..=many).for_each(|n| learn(&call(n)));
    let kept = (1..=many).filter(|n| known(&call(*n))).count();
    assert!(kept <= SETS * WAYS && kept > SETS / 2, "{kept}");
    assert!(known(&call(many)));
}
