//! C types and declarations, as far as the interface uses them.

use std::fmt;

/// A C type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CType {
    /// `void`.
    Void,
    /// A name: a builtin (`unsigned int`), a typedef or a tag.
    Named(String),
    /// `T *`. C++ references have the same ABI and are read as pointers.
    Pointer {
        /// What it points to.
        to: Box<CType>,
        /// Whether that is `const`.
        to_const: bool,
    },
    /// `T[n]`, or `T[]` without a length.
    Array {
        /// The element.
        of: Box<CType>,
        /// Whether the elements are `const`.
        of_const: bool,
        /// Its number.
        len: Option<u64>,
    },
    /// A function; in declarations always behind a pointer.
    Function {
        /// What it returns.
        ret: Box<CType>,
        /// Its parameters.
        params: Vec<CType>,
        /// Whether they end with `...`.
        variadic: bool,
    },
}

/// A type with the name it declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The name; empty in an abstract declarator.
    pub name: String,
    /// The type, without a top-level `const`.
    pub ty: CType,
}

impl CType {
    /// Reads an abstract type such as `const void *const *` or `uint64_t[128][2]`.
    pub fn parse(text: &str) -> Result<CType, String> {
        let declaration = Declaration::parse(text)?;
        if declaration.name.is_empty() {
            Ok(declaration.ty)
        } else {
            Err(format!("{text:?}: unexpected name {}", declaration.name))
        }
    }

    /// Whether a value of the type is a pointer where it stands (arrays decay as parameters).
    pub fn is_pointer(&self) -> bool {
        matches!(self, CType::Pointer { .. } | CType::Array { .. })
    }

    /// The type as a parameter: arrays decay to pointers.
    pub fn decayed(&self) -> CType {
        match self {
            CType::Array { of, of_const, .. } => CType::Pointer { to: of.clone(), to_const: *of_const },
            other => other.clone(),
        }
    }

    /// C text that declares `name` with this type; an empty name gives the type alone.
    pub fn declare(&self, name: &str) -> String {
        self.declare_const(name, false)
    }

    fn declare_const(&self, inner: &str, is_const: bool) -> String {
        let base = |text: &str| {
            let prefix = if is_const { "const " } else { "" };
            let gap = if inner.is_empty() { "" } else { " " };
            format!("{prefix}{text}{gap}{inner}")
        };
        match self {
            CType::Void => base("void"),
            CType::Named(name) => base(name),
            CType::Pointer { to, to_const } => {
                let own = if is_const { "*const " } else { "*" };
                let pointer = format!("{own}{inner}");
                let pointer = pointer.trim_end();
                match **to {
                    CType::Function { .. } | CType::Array { .. } => {
                        to.declare_const(&format!("({pointer})"), *to_const)
                    }
                    _ => to.declare_const(pointer, *to_const),
                }
            }
            CType::Array { of, of_const, len } => {
                let len = len.map(|n| n.to_string()).unwrap_or_default();
                of.declare_const(&format!("{inner}[{len}]"), *of_const)
            }
            CType::Function { ret, params, variadic } => {
                let mut list: Vec<String> = params.iter().map(|p| p.declare("")).collect();
                if *variadic {
                    list.push("...".into());
                }
                if list.is_empty() {
                    list.push("void".into());
                }
                ret.declare_const(&format!("{inner}({})", list.join(", ")), false)
            }
        }
    }
}

impl fmt::Display for CType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.declare(""))
    }
}

impl Declaration {
    /// Reads `const aclTensor *const inputs[]`, `void (*fn)(void *)`, or either without a name.
    pub fn parse(text: &str) -> Result<Declaration, String> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0, text };
        let (declaration, _) = parser.declaration()?;
        if parser.at != tokens.len() {
            return Err(format!("{text:?}: unexpected {:?}", tokens[parser.at]));
        }
        Ok(declaration)
    }
}

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let len = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
        } else if rest.starts_with("...") {
            3
        } else if "*&()[],".contains(first) {
            1
        } else {
            return Err(format!("{text:?}: unexpected character {first:?}"));
        };
        tokens.push(rest[..len].to_owned());
        rest = rest[len..].trim_start();
    }
    Ok(tokens)
}

/// What a declarator does to the type it is applied to, outermost last.
enum Step {
    Pointer { is_const: bool },
    Array(Option<u64>),
    Function { params: Vec<CType>, variadic: bool },
}

struct Parser<'a> {
    tokens: &'a [String],
    at: usize,
    text: &'a str,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) {
            return Ok(());
        }
        Err(format!("{:?}: expected {token:?}, got {:?}", self.text, self.peek().unwrap_or("the end")))
    }

    fn word(&mut self) -> Option<String> {
        let word = self.peek().filter(|t| t.starts_with(|c: char| c.is_alphabetic() || c == '_'))?.to_owned();
        self.at += 1;
        Some(word)
    }

    /// The declaration, and whether its type is `const` itself.
    fn declaration(&mut self) -> Result<(Declaration, bool), String> {
        let mut is_const = false;
        let mut words: Vec<String> = Vec::new();
        loop {
            match self.peek() {
                Some("const") => {
                    is_const = true;
                    self.at += 1;
                }
                Some("struct" | "enum" | "union") if words.is_empty() => self.at += 1,
                Some("unsigned" | "signed" | "long" | "short") => words.extend(self.word()),
                Some("int" | "char") if words.iter().all(|w| is_modifier(w)) => words.extend(self.word()),
                _ if words.is_empty() => match self.word() {
                    Some(word) => words.push(word),
                    None => return Err(format!("{:?}: expected a type", self.text)),
                },
                _ => break,
            }
        }
        let mut ty = match words.join(" ").as_str() {
            "void" => CType::Void,
            name => CType::Named(name.to_owned()),
        };
        let (name, steps) = self.declarator()?;
        for step in steps {
            ty = match step {
                Step::Pointer { is_const: own } => {
                    let to_const = std::mem::replace(&mut is_const, own);
                    CType::Pointer { to: Box::new(ty), to_const }
                }
                Step::Array(len) => {
                    let of_const = std::mem::take(&mut is_const);
                    CType::Array { of: Box::new(ty), of_const, len }
                }
                Step::Function { params, variadic } => {
                    CType::Function { ret: Box::new(ty), params, variadic }
                }
            };
        }
        Ok((Declaration { name, ty }, is_const))
    }

    fn declarator(&mut self) -> Result<(String, Vec<Step>), String> {
        let mut steps = Vec::new();
        while matches!(self.peek(), Some("*" | "&")) {
            self.at += 1;
            steps.push(Step::Pointer { is_const: self.take("const") });
        }
        let mut inner = Vec::new();
        let mut name = String::new();
        let nested = self.peek() == Some("(")
            && self.tokens.get(self.at + 1).is_some_and(|t| matches!(t.as_str(), "*" | "&"));
        if nested {
            self.at += 1;
            (name, inner) = self.declarator()?;
            self.expect(")")?;
        } else if let Some(word) = self.word() {
            name = word;
        }
        let mut arrays = Vec::new();
        if self.take("(") {
            steps.push(self.parameters()?);
        } else {
            while self.take("[") {
                let len = match self.peek() {
                    Some("]") => None,
                    Some(len) => {
                        let n = len.parse().map_err(|_| format!("{:?}: bad length {len:?}", self.text))?;
                        self.at += 1;
                        Some(n)
                    }
                    None => None,
                };
                self.expect("]")?;
                arrays.push(Step::Array(len));
            }
        }
        // `T x[2][3]` is an array of two arrays of three: the last bracket is applied first.
        steps.extend(arrays.into_iter().rev());
        steps.extend(inner);
        Ok((name, steps))
    }

    fn parameters(&mut self) -> Result<Step, String> {
        let mut params = Vec::new();
        let mut variadic = false;
        while !self.take(")") {
            if self.take("...") {
                variadic = true;
            } else {
                params.push(self.declaration()?.0.ty.decayed());
            }
            if self.peek() != Some(")") {
                self.expect(",")?;
            }
        }
        if params == [CType::Void] {
            params.clear();
        }
        Ok(Step::Function { params, variadic })
    }
}

fn is_modifier(word: &str) -> bool {
    matches!(word, "unsigned" | "signed" | "long" | "short")
}
