//! Configuration from the environment and a TOML file. The environment wins; a bad value is refused.

pub use cores::Core;
use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// Most devices that can be configured.
pub const MAX_DEVICES: u32 = 64;
/// Most workers that can be configured.
const MAX_WORKERS: usize = 1024;
const GIB: u64 = 1 << 30;

/// A chip that can be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Soc {
    /// What `aclrtGetSocName` answers.
    pub name: &'static str,
    /// Bytes of device memory.
    pub memory: u64,
    /// Number of cube cores.
    pub cube_cores: u32,
    /// Number of vector cores.
    pub vector_cores: u32,
    /// Bytes of second-level cache.
    pub l2: u64,
}

const fn soc(name: &'static str, gib: u64, cube_cores: u32, vector_cores: u32, l2_mib: u64) -> Soc {
    Soc { name, memory: gib * GIB, cube_cores, vector_cores, l2: l2_mib << 20 }
}

/// The chips known by name.
pub const SOCS: &[Soc] = &[
    soc("Ascend910B1", 64, 25, 50, 192),
    soc("Ascend910B2", 64, 24, 48, 192),
    soc("Ascend910B2C", 64, 24, 48, 192),
    soc("Ascend910B3", 64, 20, 40, 192),
    soc("Ascend910B4", 32, 20, 40, 96),
    soc("Ascend910B4-1", 64, 20, 40, 168),
    soc("Ascend910_9391", 64, 24, 48, 192),
    soc("Ascend910_9392", 64, 24, 48, 192),
    soc("Ascend910_9381", 64, 24, 48, 192),
    soc("Ascend910_9382", 64, 24, 48, 192),
    soc("Ascend910_9372", 64, 20, 40, 192),
    soc("Ascend910_9362", 64, 20, 40, 192),
    soc("Ascend910A", 32, 32, 32, 32),
    soc("Ascend910B", 32, 32, 32, 32),
    soc("Ascend910ProA", 32, 32, 32, 32),
    soc("Ascend910ProB", 32, 30, 30, 32),
    soc("Ascend310P1", 24, 10, 8, 16),
    soc("Ascend310P3", 24, 8, 7, 16),
    soc("Ascend310B1", 8, 1, 1, 4),
    soc("Ascend310B4", 8, 1, 1, 4),
    soc("Ascend310", 8, 2, 2, 8),
];

/// Everything that can be configured. `docs/configuration.md` describes it for users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Number of devices that the process may use, 1 to 64.
    pub devices: u32,
    /// Which of the machine's devices these are, in the process's order.
    pub visible: Vec<u32>,
    /// Devices of the machine.
    pub present: u32,
    /// The chip.
    pub soc: Soc,
    /// Bytes of memory of each device, a multiple of 2 MiB.
    pub memory: u64,
    /// Worker threads.
    pub workers: usize,
    /// Whether host code may read and write device memory (for debugging).
    pub host_visible: bool,
    /// Seed of the task order; none runs tasks as they come.
    pub schedule: Option<u64>,
    /// Whether frameworks may find prepared calls by their own keys.
    pub executor_cache: bool,
    /// The file for a timeline of the whole process.
    pub trace: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        let soc = SOCS.iter().find(|soc| soc.name == "Ascend910B4").copied().unwrap_or(SOCS[0]);
        Config {
            devices: 1,
            visible: vec![0],
            present: 1,
            soc,
            memory: soc.memory,
            workers: cores(),
            host_visible: false,
            schedule: None,
            executor_cache: true,
            trace: None,
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A value that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Variable, or file and key.
    pub origin: String,
    /// What is allowed.
    pub expected: String,
    /// The value.
    pub got: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "configuration refused: {}: expected {}, got {}", self.origin, self.expected, self.got)
    }
}

impl std::error::Error for ConfigError {}

/// A value and where it came from.
struct Setting {
    origin: String,
    value: String,
}

impl Setting {
    fn refuse(&self, expected: impl Into<String>) -> ConfigError {
        ConfigError {
            origin: self.origin.clone(),
            expected: expected.into(),
            got: format!("{:?}", self.value),
        }
    }

    fn number<T: std::str::FromStr + PartialOrd + fmt::Display>(
        &self,
        low: T,
        high: T,
    ) -> Result<T, ConfigError> {
        match self.value.trim().parse() {
            Ok(number) if number >= low && number <= high => Ok(number),
            _ => Err(self.refuse(format!("a whole number from {low} to {high}"))),
        }
    }

    fn flag(&self) -> Result<bool, ConfigError> {
        match self.value.trim() {
            "1" | "true" | "on" | "yes" => Ok(true),
            "0" | "false" | "off" | "no" => Ok(false),
            _ => Err(self.refuse("1 or 0")),
        }
    }

    fn soc(&self) -> Result<Soc, ConfigError> {
        let name = self.value.trim();
        SOCS.iter().find(|soc| soc.name.eq_ignore_ascii_case(name)).copied().ok_or_else(|| {
            let names: Vec<_> = SOCS.iter().map(|soc| soc.name).collect();
            self.refuse(format!("one of {}", names.join(", ")))
        })
    }

    fn memory(&self) -> Result<u64, ConfigError> {
        const GRANULE: u64 = 2 << 20;
        let expected = "a size from 2MiB to 1024GiB, such as 32GiB or 512MiB";
        let text = self.value.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit: u64 = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" | "kib" => 1 << 10,
            "m" | "mb" | "mib" => 1 << 20,
            "g" | "gb" | "gib" => 1 << 30,
            "t" | "tb" | "tib" => 1 << 40,
            _ => return Err(self.refuse(expected)),
        };
        let bytes = number.parse::<u64>().ok().and_then(|n| n.checked_mul(unit));
        match bytes {
            Some(bytes) if (GRANULE..=crate::memory::MAX_CAPACITY).contains(&bytes) => {
                Ok(bytes - bytes % GRANULE)
            }
            _ => Err(self.refuse(expected)),
        }
    }
}

/// The keys of the file, and after `ACLSIM_` in upper case those of the environment.
const KEYS: [&str; 8] =
    ["devices", "soc", "memory", "workers", "host_visible", "schedule", "executor_cache", "trace"];

/// How variables are read.
type Environment = dyn Fn(&str) -> Option<String>;

struct Settings {
    environment: Box<Environment>,
    file: Option<(String, toml::Table)>,
}

impl Settings {
    fn get(&self, key: &str) -> Result<Option<Setting>, ConfigError> {
        let variable = format!("ACLSIM_{}", key.to_ascii_uppercase());
        if let Some(value) = (self.environment)(&variable) {
            return Ok(Some(Setting { origin: variable, value }));
        }
        let Some((path, value)) = self.file.as_ref().and_then(|(path, table)| Some((path, table.get(key)?)))
        else {
            return Ok(None);
        };
        let origin = format!("{path}: key {key}");
        let value = match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(flag) => flag.to_string(),
            other => {
                let expected = "a string, a whole number or a boolean".to_owned();
                return Err(ConfigError { origin, expected, got: other.to_string() });
            }
        };
        Ok(Some(Setting { origin, value }))
    }
}

fn read_file(path: &str) -> Result<toml::Table, ConfigError> {
    let refuse = |expected: &str, got: String| ConfigError {
        origin: format!("ACLSIM_CONFIG={path}"),
        expected: expected.to_owned(),
        got,
    };
    let text = fs::read_to_string(Path::new(path))
        .map_err(|error| refuse("the path of a readable TOML file", error.to_string()))?;
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| refuse("valid TOML", error.to_string()))?;
    match table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        Some(key) => Err(refuse(&format!("only the keys {}", KEYS.join(", ")), format!("key {key}"))),
        None => Ok(table),
    }
}

impl Config {
    /// The configuration of this process.
    ///
    /// # Errors
    /// A value that is refused, naming where it came from.
    pub fn load() -> Result<Config, ConfigError> {
        Self::from_variables(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// The configuration that these environment variables give.
    ///
    /// # Errors
    /// As for [`Config::load`].
    pub fn from_variables(
        environment: impl Fn(&str) -> Option<String> + 'static,
    ) -> Result<Config, ConfigError> {
        let file = match environment("ACLSIM_CONFIG") {
            Some(path) if !path.is_empty() => Some((path.clone(), read_file(&path)?)),
            _ => None,
        };
        let settings = Settings { environment: Box::new(environment), file };
        let mut config = Config::default();
        let devices = settings.get("devices")?;
        if let Some(devices) = &devices {
            config.devices = devices.number(1, MAX_DEVICES)?;
        }
        if let Some(soc) = settings.get("soc")? {
            config.soc = soc.soc()?;
            config.memory = config.soc.memory;
        }
        if let Some(memory) = settings.get("memory")? {
            config.memory = memory.memory()?;
        }
        if let Some(workers) = settings.get("workers")? {
            config.workers = workers.number(1, MAX_WORKERS)?;
        }
        if let Some(flag) = settings.get("host_visible")? {
            config.host_visible = flag.flag()?;
        }
        if let Some(seed) = settings.get("schedule")? {
            config.schedule = Some(seed.number(0, u64::MAX)?);
        }
        if let Some(flag) = settings.get("executor_cache")? {
            config.executor_cache = flag.flag()?;
        }
        if let Some(path) = settings.get("trace")?.filter(|path| !path.value.is_empty()) {
            config.trace = Some(path.value.replace("%p", &std::process::id().to_string()).into());
        }
        config.see(&settings, devices.is_some())?;
        Ok(config)
    }

    /// Settles which devices the process may use. `ASCEND_RT_VISIBLE_DEVICES` lists them by their numbers on the
    /// machine; the list ends before the first entry that is no number of a device or comes again, as CANN documents.
    /// Unless it is `configured` how many the machine has, it has those that are listed.
    fn see(&mut self, settings: &Settings, configured: bool) -> Result<(), ConfigError> {
        self.present = self.devices;
        self.visible = (0..self.devices).collect();
        let origin = "ASCEND_RT_VISIBLE_DEVICES";
        let value = match (settings.environment)(origin) {
            Some(value) if !value.is_empty() => value,
            _ => return Ok(()),
        };
        let setting = Setting { origin: origin.to_owned(), value };
        let limit = if configured { self.devices } else { MAX_DEVICES };
        let mut ids: Vec<u32> = Vec::new();
        for part in setting.value.split(',') {
            match device_number(part).filter(|id| *id < limit && !ids.contains(id)) {
                Some(id) => ids.push(id),
                None if ids.is_empty() => {
                    return Err(
                        setting.refuse(format!("different device ids below {limit}, separated by commas"))
                    );
                }
                None => {
                    eprintln!(
                        "aclsim: {origin}={}: the list ends before {part:?}, expected different device ids below \
                         {limit}, separated by commas",
                        setting.value
                    );
                    break;
                }
            }
        }
        if !configured {
            self.present = ids.iter().max().map_or(1, |most| most + 1);
        }
        self.devices = ids.len() as u32;
        self.visible = ids;
        Ok(())
    }
}

/// Digits only: a space ends the list as well.
fn device_number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

mod cores;
#[cfg(test)]
mod tests;
