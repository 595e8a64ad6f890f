//! Virtual memory, registered and managed memory against their own invariants, in an order that a seed decides.
#![cfg(not(loom))]

use npu_device::memory::{
    self, Origin, Setup,
    mapping::{self, Access, PAGE, PhysicalId, Place},
    unified::{self, Registration},
};

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }
}

fn install() {
    memory::install(&Setup { devices: 2, capacity: 64 << 20, host_visible: false }).unwrap();
}

fn byte(address: u64) -> u8 {
    // SAFETY: the test has mapped memory there.
    unsafe { memory::backing(address).unwrap().read() }
}

fn set_byte(address: u64, value: u8) {
    // SAFETY: the test has mapped memory there.
    unsafe { memory::backing(address).unwrap().write(value) }
}

#[test]
fn mappings_keep_their_invariants_in_any_order() {
    install();
    for seed in 1..=8u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let range = mapping::reserve(0, 16 * PAGE).unwrap();
        let before = memory::stats(0).unwrap().live;
        let mut pieces: Vec<(PhysicalId, u64, u8)> = Vec::new();
        let mut mapped: Vec<(u64, usize)> = Vec::new();
        for step in 0..400 {
            match random.below(6) {
                0 if pieces.len() < 8 => {
                    let pages = 1 + random.below(3) as u64;
                    let place = if random.below(4) == 0 { Place::Host } else { Place::Device(0) };
                    if let Ok(id) = mapping::allocate(0, place, pages * PAGE) {
                        pieces.push((id, pages, 0));
                    }
                }
                1 | 2 if !pieces.is_empty() => {
                    let which = random.below(pieces.len());
                    let (id, pages, content) = pieces[which];
                    let at = range + random.below(16) as u64 * PAGE;
                    if mapping::map(at, pages * PAGE, id, true).is_ok() {
                        if content == 0 {
                            pieces[which].2 = step as u8 | 1;
                            set_byte(at, step as u8 | 1);
                        }
                        mapped.push((at, which));
                    }
                }
                3 if !mapped.is_empty() => {
                    let (at, _) = mapped.swap_remove(random.below(mapped.len()));
                    mapping::unmap(at).unwrap();
                }
                4 if !mapped.is_empty() => {
                    let (at, which) = mapped[random.below(mapped.len())];
                    let access = [Access::None, Access::Read, Access::ReadWrite][random.below(3)];
                    let place = if random.below(2) == 0 { Place::Host } else { Place::Device(0) };
                    mapping::set_access(at, pieces[which].1 * PAGE, &[(place, access)]).unwrap();
                    assert_eq!(mapping::access(at, place).unwrap(), access);
                    let own = mapping::access(at, Place::Device(0)).unwrap();
                    assert_eq!(memory::check_range(at, PAGE).is_ok(), own != Access::None);
                    assert_eq!(memory::check_writable(at, PAGE).is_err(), own == Access::Read);
                }
                _ if !mapped.is_empty() => {
                    let (at, which) = mapped[random.below(mapped.len())];
                    assert_eq!(byte(at), pieces[which].2, "seed {seed}, step {step}");
                    assert_eq!(mapping::block_of(at + 1), Some((at, pieces[which].1 * PAGE)));
                }
                _ => {}
            }
            mapping::check(0).unwrap();
            memory::check(0).unwrap();
        }
        for (id, ..) in &pieces {
            assert_eq!(mapping::free(*id).unwrap(), 0);
        }
        assert!(mapping::release(range).is_err() || mapped.is_empty());
        for (at, _) in mapped {
            mapping::unmap(at).unwrap();
            mapping::check(0).unwrap();
        }
        mapping::release(range).unwrap();
        assert_eq!(memory::stats(0).unwrap().live, before);
        assert!(memory::check_writable(range, 1).is_ok());
    }
}

#[test]
fn registered_and_managed_blocks_keep_their_invariants_in_any_order() {
    install();
    let mut random = Random(99);
    let pages = vec![0u8; 64 * 4096 + 4095];
    let first = (pages.as_ptr().expose_provenance() as u64).next_multiple_of(4096);
    let (mut registered, mut managed) = (Vec::new(), Vec::new());
    for _ in 0..600 {
        match random.below(4) {
            0 => {
                let host = first + random.below(60) as u64 * 4096;
                let (size, mapped) = (1 + random.below(4 * 4096) as u64, random.below(3) > 0);
                let (read_only, pinned) = (random.below(2) == 0, random.below(2) == 0);
                let wanted = Registration { host, size, device: 1, mapped, read_only, pinned };
                let overlaps = registered.iter().any(|(at, len, _)| host < at + len && *at < host + size);
                match unified::register(&wanted) {
                    Ok(device) => {
                        assert!(!overlaps);
                        registered.push((host, size, device));
                        if let Some(device) = device {
                            assert_eq!(
                                memory::backing(device + size - 1).unwrap().as_ptr() as u64,
                                host + size - 1
                            );
                            assert!(memory::check_range(device, size).is_ok());
                            assert!(memory::check_range(device, size + 1).is_err());
                            assert_eq!(memory::check_writable(device, size).is_err(), read_only);
                        }
                    }
                    Err(_) => assert!(overlaps),
                }
            }
            1 if !registered.is_empty() => {
                let (host, _, device) = registered.swap_remove(random.below(registered.len()));
                unified::unregister(host).unwrap();
                assert!(unified::unregister(host).is_err());
                if let Some(device) = device {
                    assert!(memory::check_range(device, 1).is_err() || memory::backing(device).is_some());
                }
            }
            2 if managed.len() < 10 => {
                let info = unified::alloc(0, 1 + random.below(5 << 20) as u64).unwrap();
                set_byte(info.base + info.size - 1, 5);
                assert_eq!(memory::backing(info.base).unwrap().as_ptr() as u64, info.base);
                managed.push(info);
            }
            3 if !managed.is_empty() => {
                let info = managed.swap_remove(random.below(managed.len()));
                assert_eq!(memory::free(info.base, Origin::Free).unwrap().id, info.id);
                assert!(memory::free(info.base, Origin::Free).is_err());
            }
            _ => {}
        }
        unified::check().unwrap();
    }
    for (host, ..) in registered {
        unified::unregister(host).unwrap();
    }
    for info in managed {
        memory::free(info.base, Origin::Free).unwrap();
    }
    unified::check().unwrap();
    assert!(memory::check_writable(first, 1).is_ok());
}
