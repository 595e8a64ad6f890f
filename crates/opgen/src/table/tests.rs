//! The table's own rules: what it accepts, and what it says when it refuses.

use super::*;

fn abi() -> Abi {
    Abi::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../abi")).unwrap()
}

fn entry(forms: &str, rest: &str) -> String {
    format!("# head\n\n[[op]]\nforms = [{forms}]\ndoc = \"d\"\n{rest}\n")
}

fn refusal(text: &str) -> String {
    Table::parse(&[("x.toml", text)], &abi()).unwrap_err().to_string()
}

const UNARY: &str = "family = \"unary\"\nkernel = \"Abs\"\ndtypes = \"float\"";

#[test]
fn one_entry_is_a_whole_operator() {
    // What CONTRIBUTING.md tells to write for a new member of a family, here an operator the table does not have yet.
    let text = entry(
        "\"aclnnTan self out\", \"aclnnInplaceTan self+out\"",
        "family = \"unary\"\nkernel = \"Tan\"\ndtypes = \"float\"\nresult = \"float\"",
    );
    let abi = abi();
    let table = Table::parse(&[("x.toml", &text)], &abi).unwrap();
    let names: Vec<_> = table.ops.iter().map(|op| op.name.as_str()).collect();
    assert_eq!(names, ["aclnnInplaceTan", "aclnnTan"]);
    let files = crate::files(&table, &abi);
    let file = |end: &str| &files.iter().find(|(p, _)| p.ends_with(end)).unwrap().1;
    let entries = file("ops/aclnn_tan.rs");
    for function in
        ["aclnnTanGetWorkspaceSize(", "aclnnTan(", "aclnnInplaceTanGetWorkspaceSize(", "aclnnInplaceTan("]
    {
        assert!(entries.contains(&format!("extern \"C\" fn {function}")), "{function} in {entries}");
    }
    let registry = file("registry.rs");
    assert!(registry.contains("pub static ACLNN_INPLACE_TAN: OpDef"), "{registry}");
    assert!(registry.contains("Meaning::Unary(UnaryOp::Tan)"), "{registry}");
    assert!(registry.contains("role: Role::SELF.and(Role::OUT)"), "{registry}");
    assert!(file("operators.md").contains("| `aclnnTan` | float | d |"));
    assert!(file("ops.json").contains("\"aclnnInplaceTan\""));
}

#[test]
fn refusals_name_file_line_and_cause() {
    let text = entry("\"aclnnAbs self\"", UNARY);
    assert_eq!(refusal(&text), "x.toml:3: aclnnAbs: 1 roles given, but it has 2 parameters (self, out)");
    assert!(refusal(&entry("\"aclnnNope self out\"", UNARY)).contains("aclnnNope is not in the ABI table"));
    assert!(refusal(&entry("\"aclnnAbs self dst\"", UNARY)).contains("unknown role DST"));
    assert!(refusal(&entry("\"aclnnAbs self self\"", UNARY)).contains("role SELF is given twice"));
    assert!(refusal(&entry("\"aclnnAbs self other\"", UNARY)).contains("family unary needs the role OUT"));
    assert!(
        refusal(&entry("\"aclnnDivMod self other mode out\"", UNARY))
            .contains("family unary has no role OTHER")
    );
    assert!(
        refusal(&entry("\"aclnnAbs self out\"", "family = \"f\"\ndtypes = \"float\""))
            .contains("unknown family \"f\"")
    );
    let no_kernel = "family = \"unary\"\ndtypes = \"float\"";
    assert!(refusal(&entry("\"aclnnAbs self out\"", no_kernel)).contains("needs a kernel"));
    let class = "family = \"unary\"\nkernel = \"Abs\"\ndtypes = \"floot\"";
    assert!(refusal(&entry("\"aclnnAbs self out\"", class)).contains("unknown dtype class \"floot\""));
    let typo = format!("{UNARY}\nrezult = \"float\"");
    assert!(refusal(&entry("\"aclnnAbs self out\"", &typo)).contains("rezult"));
    let twice = entry("\"aclnnAbs self out\"", UNARY).repeat(2);
    assert!(refusal(&twice).contains("aclnnAbs is declared already at x.toml:3"), "{}", refusal(&twice));
}

#[test]
fn the_real_table_is_valid_and_complete() {
    let abi = abi();
    let table = Table::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ops"), &abi).unwrap();
    assert!(table.ops.len() >= 100, "{}", table.ops.len());
    for op in &table.ops {
        assert!(op.params.iter().any(Param::is_output), "{} writes nothing", op.name);
        // An operator with an in-place twin in the ABI declares it too.
        let twin = op.name.replacen("aclnn", "aclnnInplace", 1);
        if abi.operators.contains_key(&twin) {
            assert!(table.ops.iter().any(|o| o.name == twin), "{twin} is missing");
        }
    }
}
