//! Memory pools against their own invariants, in an order that a seed decides.
#![cfg(not(loom))]

use npu_device::{
    Config, Runtime, StreamOptions,
    memory::{self, Origin, Setup},
    pools::{self, Pool, Reuse},
};
use std::collections::HashMap;

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

#[test]
fn pools_keep_their_invariants_and_never_hand_out_a_byte_twice() {
    memory::install(&Setup { devices: 1, capacity: 64 << 20, host_visible: false }).unwrap();
    let runtime = Runtime::new(Config::default());
    let device = &runtime.devices()[0];
    let context = device.create_context();
    let streams: Vec<_> = (0..3).map(|_| context.create_stream(StreamOptions::default()).unwrap()).collect();
    let before = memory::stats(0).unwrap().live;
    for seed in 1..=6u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let pool = Pool::new(device, 8 << 20);
        let mut live: HashMap<u64, u64> = HashMap::new();
        for _ in 0..1500 {
            let stream = &streams[random.below(streams.len())];
            match random.below(12) {
                0..=4 => {
                    let bits = 6 + random.below(15);
                    let size = 1 + random.below(1 << bits) as u64;
                    match pool.alloc("test", size, stream) {
                        Ok(info) => {
                            assert_eq!(info.size, size);
                            assert_eq!(memory::check_range(info.base, size).unwrap().id, info.id);
                            let meets =
                                |(at, len): (&u64, &u64)| info.base < at + len && *at < info.base + size;
                            assert!(!live.iter().any(meets), "seed {seed}: {info}");
                            live.insert(info.base, size);
                        }
                        Err(error) => assert!(error.to_string().contains("out of"), "{error}"),
                    }
                }
                5..=8 => {
                    let Some(address) = live.keys().nth(random.below(live.len().max(1))).copied() else {
                        continue;
                    };
                    assert!(memory::free(address, Origin::Free).is_err(), "a pool's block is the pool's");
                    pools::free("test", address, stream).unwrap();
                    live.remove(&address);
                    assert!(pools::free("test", address, stream).is_err());
                    assert!(memory::check_range(address, 1).is_err());
                }
                9 => pool.set_threshold(random.below(4 << 20) as u64),
                10 => {
                    let kinds = [Reuse::FollowEvents, Reuse::Opportunistic, Reuse::InternalDependencies];
                    pool.set_reuse(kinds[random.below(3)], random.below(2) == 0);
                }
                _ => {
                    if random.below(2) == 0 {
                        stream.synchronize(None).unwrap();
                    } else {
                        pool.trim_to(random.below(8 << 20) as u64);
                    }
                }
            }
            pool.check().unwrap();
            memory::check(0).unwrap();
        }
        pool.destroy();
        for address in live.into_keys() {
            pools::free("test", address, &streams[0]).unwrap();
            pool.check().unwrap();
        }
        device.synchronize(None).unwrap();
        assert_eq!(memory::stats(0).unwrap().live, before, "seed {seed}");
    }
}
