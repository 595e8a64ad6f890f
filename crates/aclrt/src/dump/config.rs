//! The object `dump` of configuration files.

use capi::{Error, Result, abi::ACL_ERROR_INVALID_DUMP_CONFIG, dump::Options};
use serde_json::{Map, Value};
use std::{
    collections::HashSet,
    fmt::Display,
    path::{Path, PathBuf},
};

/// What is to be dumped.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Config {
    /// Operands of operators that run.
    pub data: Option<Options>,
    /// Operands of operators that fail: where to.
    pub exception: Option<PathBuf>,
}

/// A refusal, with 100009.
pub(super) fn invalid(key: &str, expected: &str, got: impl Display) -> Error {
    let what = format!("key {key}: expected {expected}, got {got}");
    Error::Code { code: ACL_ERROR_INVALID_DUMP_CONFIG, what }
}

/// The scenes in which operands of failed operators are dumped.
const SCENES: [&str; 4] =
    ["lite_exception", "aic_err_brief_dump", "aic_err_norm_dump", "aic_err_detail_dump"];

struct Object<'a>(&'a Map<String, Value>);

impl<'a> Object<'a> {
    /// One of several strings; the first when there is none.
    fn choice<'b>(&self, key: &str, of: &[&'b str]) -> Result<&'b str> {
        let Some(value) = self.0.get(key) else { return Ok(of[0]) };
        let found = value.as_str().and_then(|value| of.iter().find(|choice| **choice == value));
        found.copied().ok_or_else(|| invalid(key, &format!("one of {}", of.join(", ")), value))
    }

    fn text(&self, key: &str) -> Result<Option<&'a str>> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(other) => Err(invalid(key, "a string", other)),
        }
    }
}

impl Config {
    /// Checks everything before any of it takes effect.
    pub fn read(value: &Value) -> Result<Config> {
        let Value::Object(map) = value else { return Err(invalid("dump", "an object", value)) };
        let object = Object(map);
        let exception = match object.text("dump_scene")? {
            None => false,
            Some(scene) if SCENES.contains(&scene) => true,
            Some(other) => {
                return Err(invalid("dump_scene", &format!("one of {}", SCENES.join(", ")), other));
            }
        };
        // Overflow needs a unit that notices it, and statistics and steps a model.
        object.choice("dump_debug", &["off"])?;
        object.choice("dump_data", &["tensor"])?;
        object.choice("dump_level", &["all", "op", "kernel"])?;
        if let Some(steps) = object.text("dump_step")? {
            return Err(invalid("dump_step", "none, since single operators have no steps", steps));
        }
        let mode = object.choice("dump_mode", &["output", "input", "all"])?;
        let every = object.choice("dump_op_switch", &["off", "on"])? == "on";
        let names = names(map.get("dump_list"))?;
        let data = every || names.is_some();
        let path = match object.text("dump_path")? {
            Some(path) => Some(directory(path)?),
            None if data => return Err(invalid("dump_path", "a directory that can be written", "none")),
            None => None,
        };
        let options = |dir| Options {
            dir,
            inputs: mode != "output",
            outputs: mode != "input",
            names: names.filter(|_| !every),
        };
        Ok(Config {
            data: path.clone().filter(|_| data).map(options),
            exception: path.or_else(collected).filter(|_| exception),
        })
    }
}

/// Where CANN's own variables want the files of failures.
fn collected() -> Option<PathBuf> {
    let variables = ["NPU_COLLECT_PATH", "ASCEND_WORK_PATH"];
    variables.iter().find_map(std::env::var_os).map(PathBuf::from).filter(|path| path.is_dir())
}

/// A directory that exists and can be written; what comes before a colon names a host.
fn directory(path: &str) -> Result<PathBuf> {
    let path = Path::new(path.rsplit_once(':').map_or(path, |(_, path)| path));
    let usable = path.metadata().is_ok_and(|data| data.is_dir() && !data.permissions().readonly());
    if !usable {
        return Err(invalid("dump_path", "a directory that can be written", path.display()));
    }
    Ok(std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
}

/// The operators that a list names. aclsim loads no offline models, so a list without names dumps nothing.
fn names(list: Option<&Value>) -> Result<Option<HashSet<String>>> {
    let expected = "an array of objects with an array of operators' names as layer";
    let Some(list) = list else { return Ok(None) };
    let Value::Array(list) = list else { return Err(invalid("dump_list", expected, list)) };
    let mut names = HashSet::new();
    for entry in list {
        match entry.get("layer") {
            Some(Value::Array(layer)) => {
                for name in layer {
                    names.insert(
                        name.as_str().ok_or_else(|| invalid("dump_list", expected, name))?.to_owned(),
                    );
                }
            }
            None if entry.is_object() => {}
            _ => return Err(invalid("dump_list", expected, entry)),
        }
    }
    Ok(Some(names).filter(|names| !names.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config> {
        Config::read(&serde_json::from_str(text).unwrap())
    }

    fn refused(text: &str, key: &str) {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(&format!("key {key}: expected")), "{error}");
    }

    #[test]
    fn what_is_said_is_what_is_dumped() {
        let dir = std::env::temp_dir();
        let path = dir.display();
        let data = |text: &str| read(text).unwrap().data.unwrap();
        let every = data(&format!("{{\"dump_path\":\"{path}\",\"dump_op_switch\":\"on\"}}"));
        assert_eq!((every.inputs, every.outputs, every.names), (false, true, None));
        let some = data(&format!(
            "{{\"dump_path\":\"{path}\",\"dump_mode\":\"all\",\"dump_list\":[{{\"layer\":[\"Add\"]}}]}}"
        ));
        assert_eq!((some.inputs, some.outputs), (true, true));
        assert_eq!(some.names, Some(["Add".to_owned()].into()));
        let failures =
            read(&format!("{{\"dump_path\":\"{path}\",\"dump_scene\":\"lite_exception\"}}")).unwrap();
        assert!(failures.data.is_none() && failures.exception.is_some());
        assert_eq!(read("{}").unwrap(), Config::default());
    }

    #[test]
    fn refusals_name_the_key() {
        refused("[]", "dump");
        refused("{\"dump_op_switch\":\"on\"}", "dump_path");
        refused("{\"dump_op_switch\":\"on\",\"dump_path\":\"/nowhere/at/all\"}", "dump_path");
        refused("{\"dump_mode\":\"some\"}", "dump_mode");
        refused("{\"dump_op_switch\":1}", "dump_op_switch");
        refused("{\"dump_list\":{}}", "dump_list");
        refused("{\"dump_list\":[{\"layer\":[1]}]}", "dump_list");
        refused("{\"dump_debug\":\"on\"}", "dump_debug");
        refused("{\"dump_scene\":\"all\"}", "dump_scene");
        refused("{\"dump_step\":\"0\"}", "dump_step");
    }
}
