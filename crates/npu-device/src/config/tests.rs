use super::*;

fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Config::from_variables(move |name| {
        variables.iter().find(|(variable, _)| variable == name).map(|(_, value)| value.clone())
    })
}

/// A file that goes away with the value.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("aclsim-config-{}-{name}.toml", std::process::id()));
        fs::write(&path, text).unwrap();
        File(path)
    }
    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn defaults() {
    let config = load(&[]).unwrap();
    assert_eq!((config.devices, config.soc.name, config.memory), (1, "Ascend910B4", 32 * GIB));
    assert!(config.workers >= 1);
    assert!(!config.host_visible);
    assert_eq!((config.schedule, config.executor_cache), (None, true));
}

#[test]
fn the_environment_sets_everything() {
    let config = load(&[
        ("ACLSIM_DEVICES", "8"),
        ("ACLSIM_SOC", "ascend910b1"),
        ("ACLSIM_MEMORY", "512 MiB"),
        ("ACLSIM_WORKERS", "3"),
        ("ACLSIM_HOST_VISIBLE", "1"),
        ("ACLSIM_SCHEDULE", "42"),
        ("ACLSIM_EXECUTOR_CACHE", "0"),
        ("ACLSIM_TRACE", "of-%p.json"),
    ])
    .unwrap();
    assert!(!config.executor_cache);
    let path = format!("of-{}.json", std::process::id());
    assert_eq!(config.trace.as_deref(), Some(Path::new(&path)));
    assert_eq!((config.devices, config.soc.name, config.memory), (8, "Ascend910B1", 512 << 20));
    assert_eq!((config.workers, config.host_visible, config.schedule), (3, true, Some(42)));
}

#[test]
fn the_chip_brings_its_memory() {
    assert_eq!(load(&[("ACLSIM_SOC", "Ascend910B1")]).unwrap().memory, 64 * GIB);
}

#[test]
fn the_environment_beats_the_file() {
    let file = File::new("beats", "devices = 4\nmemory = \"1GiB\"\nhost_visible = true\n");
    let config = load(&[("ACLSIM_CONFIG", file.path()), ("ACLSIM_DEVICES", "2")]).unwrap();
    assert_eq!((config.devices, config.memory, config.host_visible), (2, GIB, true));
}

#[test]
fn a_bad_value_is_refused_with_its_origin() {
    for (variable, value) in [
        ("ACLSIM_DEVICES", "0"),
        ("ACLSIM_DEVICES", "65"),
        ("ACLSIM_DEVICES", "two"),
        ("ACLSIM_DEVICES", ""),
        ("ACLSIM_SOC", "Ascend1"),
        ("ACLSIM_MEMORY", "1"),
        ("ACLSIM_MEMORY", "GiB"),
        ("ACLSIM_MEMORY", "32 parsecs"),
        ("ACLSIM_MEMORY", "99999999999999999999GiB"),
        ("ACLSIM_WORKERS", "0"),
        ("ACLSIM_HOST_VISIBLE", "perhaps"),
        ("ACLSIM_SCHEDULE", "-1"),
        ("ASCEND_RT_VISIBLE_DEVICES", "a"),
        ("ASCEND_RT_VISIBLE_DEVICES", "-1,0"),
    ] {
        let text = load(&[(variable, value)]).unwrap_err().to_string();
        assert!(text.contains(variable) && text.contains("expected") && text.contains("got"), "{text}");
    }
}

#[test]
fn a_bad_file_is_refused_with_its_path() {
    for (name, text, part) in [
        ("key", "device = 1", "key device"),
        ("syntax", "devices = ", "valid TOML"),
        ("value", "devices = 100", "key devices"),
        ("type", "devices = [1]", "a whole number"),
    ] {
        let file = File::new(name, text);
        let message = load(&[("ACLSIM_CONFIG", file.path())]).unwrap_err().to_string();
        assert!(message.contains(file.path()) && message.contains(part), "{message}");
    }
    let message = load(&[("ACLSIM_CONFIG", "/nonexistent/aclsim.toml")]).unwrap_err().to_string();
    assert!(message.contains("/nonexistent/aclsim.toml"), "{message}");
}

#[test]
fn visible_devices_are_counted() {
    assert_eq!(load(&[("ASCEND_RT_VISIBLE_DEVICES", "3,5")]).unwrap().devices, 2);
    let both = [("ACLSIM_DEVICES", "4"), ("ASCEND_RT_VISIBLE_DEVICES", "1")];
    assert_eq!(load(&both).unwrap().devices, 1);
    assert!(load(&[("ACLSIM_DEVICES", "2"), ("ASCEND_RT_VISIBLE_DEVICES", "2")]).is_err());
}

#[test]
fn visible_devices_keep_their_order_and_end_before_the_first_bad_entry() {
    for (list, visible) in [
        ("3,1,2", vec![3, 1, 2]),
        ("1,2,-1,3", vec![1, 2]),
        ("1, 2,3", vec![1]),
        ("0,3,8", vec![0, 3]),
        ("2,2,1", vec![2]),
        ("1,", vec![1]),
    ] {
        let config = load(&[("ACLSIM_DEVICES", "8"), ("ASCEND_RT_VISIBLE_DEVICES", list)]).unwrap();
        assert_eq!((config.devices as usize, &config.visible), (visible.len(), &visible), "{list}");
        assert_eq!(config.present, 8);
    }
    // Without a number of devices, the machine has those that the list names.
    assert_eq!(load(&[("ASCEND_RT_VISIBLE_DEVICES", "6,2")]).unwrap().present, 7);
    assert_eq!(load(&[("ACLSIM_DEVICES", "3")]).unwrap().visible, [0, 1, 2]);
}
