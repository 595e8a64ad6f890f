//! `tests/python/generated/ops.json`: what the parity suite needs to know of each operator.

use crate::table::{Op, Param, Table};
use serde::Serialize;

#[derive(Serialize)]
struct Cases<'a> {
    operators: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    name: &'a str,
    family: &'a str,
    kernel: Option<&'a str>,
    params: Vec<CaseParam<'a>>,
    dtypes: Vec<String>,
    result: String,
    sample: &'a str,
    tolerance: Option<(f64, f64)>,
}

#[derive(Serialize)]
struct CaseParam<'a> {
    name: &'a str,
    c_type: String,
    roles: Vec<String>,
    optional: bool,
}

pub(super) fn emit(table: &Table) -> String {
    let cases = Cases { operators: table.ops.iter().map(case).collect() };
    let mut text = serde_json::to_string_pretty(&cases).unwrap_or_default();
    text.push('\n');
    text
}

fn case(op: &Op) -> Case<'_> {
    Case {
        name: &op.name,
        family: op.family.name,
        kernel: op.kernel.as_deref(),
        params: op.params.iter().map(param).collect(),
        dtypes: op.dtypes.iter().flat_map(|c| c.members()).map(|m| format!("ACL_{m}")).collect(),
        result: format!("{:?}", op.result).to_lowercase(),
        sample: &op.sample,
        tolerance: op.tolerance,
    }
}

fn param(param: &Param) -> CaseParam<'_> {
    CaseParam {
        name: &param.name,
        c_type: param.ty.to_string().replace("const ", ""),
        roles: param.roles.iter().map(|r| r.to_lowercase()).collect(),
        optional: param.optional,
    }
}
