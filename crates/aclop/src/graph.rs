//! Descriptions of calls as files.

use crate::{
    call::{Call, refuse},
    execute::{Side, call},
    object::{self, Attr, Desc, GRAPH_DUMP_OPTIONS},
    operand::Operand,
};
use capi::{
    Error,
    abi::{
        ACL_ERROR_INVALID_FILE, ACL_OP_COMPILE_FUZZ, aclDataBuffer, aclError, aclGraphDumpOption,
        aclOpCompileFlag, aclTensorDesc, aclopAttr, aclopEngineType,
    },
    boundary, entry,
};
use std::{
    ffi::{c_char, c_int, c_void},
    fmt::Write,
    ptr,
};

/// Options of aclGenGraphAndDumpForOp; there are none to set.
///
/// # Returns
/// The options, which aclDestroyGraphDumpOpt ends; null if no handle is left.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclCreateGraphDumpOpt() -> *mut aclGraphDumpOption {
    entry::value("aclCreateGraphDumpOpt", || GRAPH_DUMP_OPTIONS.insert(()).map_err(|e| e.arg("graphDumpOpt")))
        .map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// Destroys options of aclGenGraphAndDumpForOp.
///
/// # Parameters
/// - graphDumpOpt: the options
///
/// # Returns
/// - 0 on success
/// - 100000 when graphDumpOpt is null
/// - 107017 when it is no live set of options
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDestroyGraphDumpOpt(graph_dump_opt: *const aclGraphDumpOption) -> aclError {
    entry::acl("aclDestroyGraphDumpOpt", || {
        object::destroy(&GRAPH_DUMP_OPTIONS, graph_dump_opt.cast(), "graphDumpOpt")
    })
}

/// Says how operators are compiled: exactly for their shapes, or for ranges of them. Nothing is compiled here, and every
/// operator takes every shape.
///
/// # Parameters
/// - flag: ACL_OP_COMPILE_DEFAULT or ACL_OP_COMPILE_FUZZ
///
/// # Returns
/// - 0 on success
/// - 100000 when flag is neither
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetCompileFlag(flag: aclOpCompileFlag) -> aclError {
    entry::acl("aclopSetCompileFlag", || {
        if flag > ACL_OP_COMPILE_FUZZ {
            let expected = "ACL_OP_COMPILE_DEFAULT (0) or ACL_OP_COMPILE_FUZZ (1)".to_owned();
            return Err(refuse("flag", expected, flag.to_string()));
        }
        Ok(())
    })
}

/// Writes what a call by type consists of to a file, as JSON: the type, the descriptions of inputs and outputs, the
/// attributes. The operator is checked, not run.
///
/// # Parameters
/// - opType: the operator's type, such as "Add"
/// - numInputs, inputDesc, inputs: the inputs: descriptions and data; inputs may be null
/// - numOutputs, outputDesc, outputs: the outputs: descriptions and memory; outputs may be null
/// - attr: attributes, null for none
/// - engineType: how to compile: makes no difference
/// - graphDumpPath: the file, which is replaced
/// - graphDumpOpt: options, null for none
///
/// # Returns
/// - 0 on success; the file is written
/// - 100000 when an argument is null or refused by the operator
/// - 100003 when the file cannot be written
/// - 107017 when a handle is not live
/// - 500002 when there is no operator of this type
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for the strings, C2 for the arrays with their counts and for host data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGenGraphAndDumpForOp(
    op_type: *const c_char,
    num_inputs: c_int,
    input_desc: *const *const aclTensorDesc,
    inputs: *const *const aclDataBuffer,
    num_outputs: c_int,
    output_desc: *const *const aclTensorDesc,
    outputs: *const *mut aclDataBuffer,
    attr: *const aclopAttr,
    _engine_type: aclopEngineType,
    graph_dump_path: *const c_char,
    graph_dump_opt: *const aclGraphDumpOption,
) -> aclError {
    entry::acl("aclGenGraphAndDumpForOp", || {
        let side = |argument, count, descs, buffers: *const *const aclDataBuffer| match buffers.is_null() {
            true => Side::described(argument, count, descs),
            false => Side::with_data(argument, count, descs, buffers),
        };
        let from = side("inputs", (num_inputs, "numInputs"), input_desc, inputs);
        let to = side("outputs", (num_outputs, "numOutputs"), output_desc, outputs.cast());
        // SAFETY: C3.
        let path =
            unsafe { boundary::c_str(graph_dump_path, "graphDumpPath") }?.to_string_lossy().into_owned();
        if !graph_dump_opt.is_null() {
            object::get(&GRAPH_DUMP_OPTIONS, graph_dump_opt.cast(), "graphDumpOpt")?;
        }
        // SAFETY: C3 and C2.
        let mut call = unsafe { call("aclGenGraphAndDumpForOp", op_type, from, to, attr) }?;
        call.entry()?;
        if !call.inputs.iter().any(Operand::is_unknown) {
            call.complete()?;
        }
        std::fs::write(&path, describe(&call)).map_err(|error| {
            let what =
                format!("argument graphDumpPath: expected a file that can be written, got {path:?}: {error}");
            Error::Code { code: ACL_ERROR_INVALID_FILE, what }
        })
    })
}

fn describe(call: &Call) -> String {
    let mut text = format!("{{\n  \"op\": {},\n", quoted(&call.op_type));
    for (name, side) in [("input_desc", &call.inputs), ("output_desc", &call.outputs)] {
        let descs: Vec<String> = side.iter().map(|operand| tensor(&operand.desc)).collect();
        let _ = writeln!(text, "  \"{name}\": [{}],", descs.join(", "));
    }
    let attrs: Vec<String> = call.attrs.iter().map(|(name, value)| attribute(name, value)).collect();
    let _ = writeln!(text, "  \"attr\": [{}]\n}}", attrs.join(", "));
    text
}

fn tensor(desc: &Desc) -> String {
    format!(
        "{{\"name\": {}, \"type\": {}, \"format\": {}, \"shape\": {:?}, \"const\": {}}}",
        quoted(&desc.name.to_string_lossy()),
        desc.data_type,
        desc.format,
        desc.dims.as_slice(),
        desc.constant.is_some()
    )
}

fn attribute(name: &str, value: &Attr) -> String {
    let (kind, value) = match value {
        Attr::Bool(v) => ("bool", v.to_string()),
        Attr::Int(v) => ("int", v.to_string()),
        Attr::Float(v) => ("float", number(*v)),
        Attr::Text(v) => ("string", quoted(v)),
        Attr::DType(v) => ("data_type", v.to_string()),
        Attr::Bools(v) => ("list_bool", format!("{v:?}")),
        Attr::Ints(v) => ("list_int", format!("{v:?}")),
        Attr::Floats(v) => {
            ("list_float", format!("[{}]", v.iter().map(|v| number(*v)).collect::<Vec<_>>().join(", ")))
        }
        Attr::Texts(v) => {
            ("list_string", format!("[{}]", v.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(", ")))
        }
        Attr::DTypes(v) => ("list_data_type", format!("{v:?}")),
        Attr::IntLists(v) => ("list_list_int", format!("{v:?}")),
    };
    format!("{{\"name\": {}, \"type\": \"{kind}\", \"value\": {value}}}", quoted(name))
}

/// JSON has no numbers that are not finite.
fn number(value: f32) -> String {
    if value.is_finite() { format!("{value:?}") } else { quoted(&value.to_string()) }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            letter if letter < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_and_numbers_are_json() {
        assert_eq!(quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
        assert_eq!(number(1.5), "1.5");
        assert_eq!(number(f32::INFINITY), "\"inf\"");
        let lists = attribute("pads", &Attr::IntLists(vec![vec![1, 2], vec![]]));
        assert_eq!(lists, "{\"name\": \"pads\", \"type\": \"list_list_int\", \"value\": [[1, 2], []]}");
    }
}
