//! What the cores of a chip are made of, as programs ask for it. The simulated device has none of these buffers.

use super::Soc;

/// A generation of cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Core {
    /// CANN's number of the architecture, such as 2201.
    pub arch: u32,
    /// CANN's name of the core, such as "AIC-C-220".
    pub version: &'static str,
    /// Bytes of the unified buffer of a vector core.
    pub unified: u64,
    /// Bytes of the buffers of the cube unit: left and right operand, result.
    pub l0: [u64; 3],
    /// Bytes of the first-level buffer.
    pub l1: u64,
    /// Bytes of the bias table, 0 for cores without one.
    pub bias: u64,
    /// Whether a core has a vector part and a cube part of its own.
    pub split: bool,
    /// The kind of device memory.
    pub memory: &'static str,
}

const KIB: u64 = 1 << 10;

const V100: Core = Core {
    arch: 1001,
    version: "AIC-C-100",
    unified: 256 * KIB,
    l0: [64 * KIB, 64 * KIB, 256 * KIB],
    l1: 1024 * KIB,
    bias: 0,
    split: false,
    memory: "HBM",
};
const V100_MINI: Core = Core { version: "AIC-M-100", memory: "DDR", ..V100 };
const V200: Core = Core { arch: 2002, version: "AIC-M-200", memory: "DDR", ..V100 };
const V220: Core = Core {
    arch: 2201,
    version: "AIC-C-220",
    unified: 192 * KIB,
    l0: [64 * KIB, 64 * KIB, 128 * KIB],
    l1: 512 * KIB,
    bias: KIB,
    split: true,
    memory: "HBM",
};
const V300: Core = Core {
    arch: 3002,
    version: "AIC-M-300",
    unified: 248 * KIB,
    l0: [64 * KIB, 64 * KIB, 128 * KIB],
    l1: 1024 * KIB,
    bias: KIB,
    split: false,
    memory: "DDR",
};

impl Soc {
    /// Its cores.
    pub fn core(&self) -> Core {
        match self.name {
            "Ascend910A" | "Ascend910B" | "Ascend910ProA" | "Ascend910ProB" => V100,
            "Ascend310" => V100_MINI,
            name if name.starts_with("Ascend310P") => V200,
            name if name.starts_with("Ascend310B") => V300,
            _ => V220,
        }
    }

    /// Devices that share a package: two dies of the chips that were made so.
    pub fn dies(&self) -> u32 {
        if self.name.starts_with("Ascend910_93") { 2 } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::SOCS;

    #[test]
    fn every_chip_has_the_cores_of_its_generation() {
        let of = |name: &str| SOCS.iter().find(|soc| soc.name == name).unwrap().core().arch;
        let names =
            ["Ascend910B4", "Ascend910_9391", "Ascend910B", "Ascend310P3", "Ascend310B1", "Ascend310"];
        assert_eq!(names.map(of), [2201, 2201, 1001, 2002, 3002, 1001]);
        assert!(SOCS.iter().all(|soc| soc.core().split == (soc.vector_cores == 2 * soc.cube_cores)));
    }
}
