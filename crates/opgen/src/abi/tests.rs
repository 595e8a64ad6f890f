use super::*;
use std::path::Path;

fn load() -> Abi {
    Abi::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../abi")).unwrap()
}

#[test]
fn declarations_round_trip() {
    for (text, name, rust) in [
        ("const aclTensor *self", "self", "*const aclTensor"),
        ("void **devPtr", "devPtr", "*mut *mut c_void"),
        ("const char *const *names", "names", "*const *const c_char"),
        ("unsigned int n", "n", "c_uint"),
        ("uint64_t dims[128][2]", "dims", "[[u64; 2]; 128]"),
        ("void (*fn)(void *)", "fn", "Option<unsafe extern \"C\" fn(*mut c_void)>"),
        ("void *(*fn)(size_t, int)", "fn", "Option<unsafe extern \"C\" fn(usize, c_int) -> *mut c_void>"),
    ] {
        let declaration = Declaration::parse(text).unwrap();
        assert_eq!(declaration.name, name);
        assert_eq!(declaration.ty.declare(name), text);
        assert_eq!(rust_type(&declaration.ty), rust);
    }
}

#[test]
fn a_constant_pointer_keeps_its_pointee() {
    let declaration = Declaration::parse("const aclTensorDesc *const inputDesc[]").unwrap();
    assert_eq!(declaration.ty.declare("inputDesc"), "const aclTensorDesc *const inputDesc[]");
    assert_eq!(rust_type(&declaration.ty), "*const *const aclTensorDesc");
}

#[test]
fn bad_declarations_are_refused() {
    for text in ["", "*", "int a b", "int a[x]", "void (*f", "int $"] {
        assert!(Declaration::parse(text).is_err(), "{text}");
    }
}

#[test]
fn the_tables_load() {
    let abi = load();
    assert!(abi.functions.len() > 1000 && abi.operators.len() > 1000);
    let create = &abi.functions["aclCreateTensor"];
    assert_eq!(create.header, "aclnn/acl_meta.h");
    assert_eq!(create.params.len(), 9);
    assert!(abi.functions["aclAppLog"].variadic);
    let add = abi.function("aclnnAddGetWorkspaceSize").unwrap();
    assert_eq!(
        add.params[5],
        Param { name: "executor".into(), ty: CType::parse("aclOpExecutor **").unwrap() }
    );
    assert_eq!(abi.operators["aclnnAdd"].own_params().len(), 4);
    assert!(abi.enum_of("aclDataType").unwrap().signed);
    assert_eq!(abi.enum_of("aclopCompileType").unwrap().name, "aclCompileType");
    assert_eq!(abi.layouts["aclmdlRITaskParams"].anonymous_union(), Some(6));
    assert_eq!(abi.layouts["HcclCommConfigDef"].size, 2248);
    assert_eq!(abi.layouts["aclsimKernelContext"].size, 128);
    assert!(abi.docs.contains_key("aclsimKernelParam.access"));
}

#[test]
fn errors_name_file_and_line() {
    let text = "enum_name\tconstant\n\naclX\tA\tB\n";
    let error = table::Table::parse("enums.tsv", text).err().unwrap().to_string();
    assert_eq!(error, "enums.tsv:2: expected 2 cells, got 1");
}

#[test]
fn names_become_snake_case() {
    for (c, rust) in
        [("viewDimsNum", "view_dims_num"), ("devPtr", "dev_ptr"), ("BMMOut", "bmm_out"), ("x1", "x1")]
    {
        assert_eq!(snake_case(c), rust);
    }
}
