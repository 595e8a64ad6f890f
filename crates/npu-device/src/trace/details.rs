//! What an operator is, as far as a reader of a timeline wants to know it.

use super::json;

/// A tensor of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operand {
    /// The parameter's name.
    pub name: String,
    /// Its element type.
    pub dtype: &'static str,
    /// Its dimensions.
    pub dims: Vec<i64>,
    /// Whether it is read.
    pub input: bool,
    /// Whether it is written.
    pub output: bool,
}

/// An operator with its operands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    name: String,
    json: String,
}

impl Details {
    /// Of an operator whose operands have so many bytes together.
    pub fn new(name: &str, bytes: u64, operands: &[Operand]) -> Details {
        let mut json = String::from(",\"bytes\":");
        json::number(&mut json, bytes);
        for (side, of) in [
            ("inputs", Operand::is_input as fn(&Operand) -> bool),
            ("outputs", Operand::is_output as fn(&Operand) -> bool),
        ] {
            json.push_str(",\"");
            json.push_str(side);
            json.push_str("\":[");
            for (number, operand) in operands.iter().filter(|operand| of(operand)).enumerate() {
                if number > 0 {
                    json.push(',');
                }
                operand.write(&mut json);
            }
            json.push(']');
        }
        Details { name: name.to_owned(), json }
    }

    /// Of a kernel of the program, of which nothing is known but its name.
    pub fn kernel(name: &str) -> Details {
        Details { name: name.to_owned(), json: String::new() }
    }

    /// The operator's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Members of a JSON object, bytes, inputs and outputs, each with a comma before it.
    pub fn json(&self) -> &str {
        &self.json
    }
}

impl Operand {
    fn is_input(&self) -> bool {
        self.input
    }

    fn is_output(&self) -> bool {
        self.output
    }

    fn write(&self, out: &mut String) {
        out.push_str("{\"name\":\"");
        json::escape(out, &self.name);
        out.push_str("\",\"dtype\":\"");
        out.push_str(self.dtype);
        out.push_str("\",\"shape\":[");
        for (number, dim) in self.dims.iter().enumerate() {
            if number > 0 {
                out.push(',');
            }
            json::signed(out, *dim);
        }
        out.push_str("]}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operand_in_place_is_on_both_sides() {
        let operand = |name: &str, input, output| Operand {
            name: name.into(),
            dtype: "int8",
            dims: vec![2, 3],
            input,
            output,
        };
        let details =
            Details::new("Add", 12, &[operand("selfRef", true, true), operand("other", true, false)]);
        let tensor = |name| format!("{{\"name\":\"{name}\",\"dtype\":\"int8\",\"shape\":[2,3]}}");
        let (own, other) = (tensor("selfRef"), tensor("other"));
        assert_eq!(details.json(), format!(",\"bytes\":12,\"inputs\":[{own},{other}],\"outputs\":[{own}]"));
    }
}
