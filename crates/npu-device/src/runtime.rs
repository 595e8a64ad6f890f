//! The devices and the workers of the process.

use crate::{Config, ConfigError, Device, ExecError, exec::Pool, trace};
use std::{path::Path, sync::OnceLock};

/// A configuration brought to life. Lives as long as the process, like the hardware it stands for.
pub struct Runtime {
    config: Config,
    pool: &'static Pool,
    devices: Vec<Device>,
}

static PROCESS: OnceLock<Result<&'static Runtime, ExecError>> = OnceLock::new();

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} x {}", self.devices.len(), self.config.soc.name)
    }
}

impl Runtime {
    /// The runtime of this process, made from the environment by the first call.
    ///
    /// # Errors
    /// The configuration was refused; every call says so again.
    #[inline]
    pub fn get() -> Result<&'static Runtime, ExecError> {
        match PROCESS.get() {
            Some(Ok(runtime)) => Ok(runtime),
            Some(Err(error)) => Err(error.clone()),
            None => Self::init(),
        }
    }

    #[cold]
    fn init() -> Result<&'static Runtime, ExecError> {
        let made = PROCESS.get_or_init(|| {
            let config = Config::load();
            if let Err(error) = &config {
                eprintln!("aclsim: {error}");
            }
            let config = config?;
            if let Some(path) = &config.trace {
                trace(path).inspect_err(|error| eprintln!("aclsim: {error}"))?;
            }
            Ok(Runtime::new(config))
        });
        made.clone()
    }

    /// A runtime of its own, for tests. It is never freed.
    pub fn new(config: Config) -> &'static Runtime {
        let pool = Pool::new(config.workers, config.schedule);
        let devices = (0..config.devices)
            .map(|id| Device::new(id, config.visible.get(id as usize).copied().unwrap_or(id), pool))
            .collect();
        Box::leak(Box::new(Runtime { config, pool, devices }))
    }

    pub(crate) fn pool(&self) -> &'static Pool {
        self.pool
    }

    /// How it is configured.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All devices.
    pub fn devices(&self) -> &[Device] {
        &self.devices
    }

    /// Waits until everything that was submitted to any device is over. Failures stay where they are.
    pub fn drain(&self) {
        self.devices.iter().for_each(Device::drain);
    }

    /// The device of a number from a program.
    ///
    /// # Errors
    /// [`ExecError::DeviceId`], naming `argument`.
    pub fn device(&'static self, id: i32, argument: &'static str) -> Result<&'static Device, ExecError> {
        usize::try_from(id).ok().and_then(|id| self.devices.get(id)).ok_or(ExecError::DeviceId {
            argument,
            count: self.config.devices,
            got: id,
        })
    }
}

/// Begins the timeline of the whole process.
fn trace(path: &Path) -> Result<(), ConfigError> {
    let file = trace::Timeline::create(path, u64::MAX, &[]);
    file.and_then(|timeline| trace::add(Box::new(timeline))).map(drop).map_err(|error| ConfigError {
        origin: "ACLSIM_TRACE".into(),
        expected: "the path of a file that can be written".into(),
        got: format!("{}: {error}", path.display()),
    })
}
