//! C types as Rust text.

use super::CType;

/// The Rust spelling of a C type, as a parameter or member.
///
/// Names of the interface stay as they are: `capi::abi` defines each of them, enums as integers.
pub fn rust_type(ty: &CType) -> String {
    match ty {
        CType::Void => "c_void".into(),
        CType::Named(name) => rust_name(name).into(),
        CType::Pointer { to, .. } if matches!(**to, CType::Function { .. }) => {
            format!("Option<{}>", function_type(to))
        }
        CType::Pointer { to, to_const } => {
            format!("*{} {}", if *to_const { "const" } else { "mut" }, rust_type(to))
        }
        CType::Array { of, len: Some(len), .. } => format!("[{}; {len}]", rust_type(of)),
        CType::Array { len: None, .. } => rust_type(&ty.decayed()),
        CType::Function { .. } => function_type(ty),
    }
}

fn function_type(ty: &CType) -> String {
    let CType::Function { ret, params, variadic } = ty else { return rust_type(ty) };
    let mut list: Vec<String> = params.iter().map(rust_type).collect();
    if *variadic {
        list.push("...".into());
    }
    let ret = match **ret {
        CType::Void => String::new(),
        ref other => format!(" -> {}", rust_type(other)),
    };
    format!("unsafe extern \"C\" fn({}){ret}", list.join(", "))
}

fn rust_name(name: &str) -> &str {
    match name {
        "char" => "c_char",
        "signed char" | "int8_t" => "i8",
        "unsigned char" | "uint8_t" => "u8",
        "short" | "int16_t" => "i16",
        "unsigned short" | "uint16_t" => "u16",
        "int" => "c_int",
        "unsigned int" | "unsigned" => "c_uint",
        "int32_t" => "i32",
        "uint32_t" => "u32",
        "long" | "long long" | "int64_t" => "i64",
        "unsigned long" | "unsigned long long" | "uint64_t" => "u64",
        "size_t" | "uintptr_t" => "usize",
        "intptr_t" => "isize",
        "float" => "f32",
        "double" => "f64",
        other => other,
    }
}

/// `viewDimsNum` → `view_dims_num`, `BMMOut` → `bmm_out`.
pub fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let after_lower = i > 0 && (chars[i - 1].is_lowercase() || chars[i - 1].is_ascii_digit());
        let ends_acronym =
            i > 0 && chars[i - 1].is_uppercase() && chars.get(i + 1).is_some_and(|n| n.is_lowercase());
        if c.is_uppercase() && (after_lower || ends_acronym) && !out.ends_with('_') {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
