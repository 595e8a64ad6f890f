//! `npu_ops::registry`: the table as Rust constants.

use super::{HEADER, constant_name};
use crate::table::{Class, Op, Param, ResultRule, Table};
use std::fmt::Write;

pub(super) fn emit(table: &Table) -> String {
    let mut out = String::from(HEADER);
    out.push_str(
        "//! The operator table as constants, one per C name.\n\
         #![allow(rustdoc::broken_intra_doc_links, reason = \"formulas index with brackets\")]\n\n\
         use crate::def::{BinaryMeaning, ConvForm, LossMeaning, MatmulRank, Meaning, OpDef, OrderMode, Param, ParamKind, RandomMode, ResultRule, Role, ScatterMode};\n\
         use npu_kernels::{ArgOp, Coordinates, ReduceOp, ScanOp, TernaryOp, UnaryOp};\n\
         use npu_types::DTypeSet;\n\n",
    );
    for op in &table.ops {
        definition(&mut out, op);
    }
    out.push_str("/// Every operator, by C name.\npub static ALL: &[&OpDef] = &[\n");
    for op in &table.ops {
        let _ = writeln!(out, "    &{},", constant_name(&op.name));
    }
    out.push_str("];\n");
    out
}

fn definition(out: &mut String, op: &Op) {
    let _ = writeln!(out, "/// {}", op.doc);
    let _ = writeln!(out, "pub static {}: OpDef = OpDef {{", constant_name(&op.name));
    let _ = writeln!(out, "name: {:?},", op.name);
    out.push_str("params: &[\n");
    for param in &op.params {
        let _ = writeln!(
            out,
            "Param {{ name: {:?}, role: {}, kind: ParamKind::{:?}, optional: {} }},",
            param.name,
            roles(param),
            param.kind,
            param.optional
        );
    }
    let _ = writeln!(out, "],\nmeaning: {},", op.meaning());
    let sets: Vec<String> = op.dtypes.iter().map(|c| format!("DTypeSet::{}", set(*c))).collect();
    let union =
        sets.iter().skip(1).fold(sets.first().cloned().unwrap_or("DTypeSet::EMPTY".into()), |all, next| {
            format!("{all}.union({next})")
        });
    let _ = writeln!(out, "dtypes: {union},\nresult: ResultRule::{},\n}};\n", rule(op.result));
}

fn roles(param: &Param) -> String {
    let mut all = param.roles.iter().map(|r| format!("Role::{r}"));
    let first = all.next().unwrap_or_default();
    all.fold(first, |set, role| format!("{set}.and({role})"))
}

fn set(class: Class) -> &'static str {
    match class {
        Class::Float => "FLOATS",
        Class::Int => "INTEGERS",
        Class::Bool => "BOOL",
        Class::Complex => "COMPLEX",
    }
}

fn rule(rule: ResultRule) -> &'static str {
    match rule {
        ResultRule::Same => "Same",
        ResultRule::Float => "Float",
        ResultRule::Bool => "Bool",
        ResultRule::Real => "Real",
    }
}
