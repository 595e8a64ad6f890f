//! Plans are valid, and good on the published instances.

use memplan::{Buffer, Plan, live_peak, plan};
use proptest::prelude::*;

fn validate(buffers: &[Buffer], plan: &Plan) {
    assert_eq!(plan.offsets.len(), buffers.len());
    for (i, (a, at)) in buffers.iter().zip(&plan.offsets).enumerate() {
        assert!(at.is_multiple_of(a.align), "{a:?} at {at}");
        assert!(at + a.size <= plan.total, "{a:?} at {at} ends behind {}", plan.total);
        for (b, other) in buffers.iter().zip(&plan.offsets).take(i) {
            let apart = at + a.size <= *other || other + b.size <= *at;
            assert!(apart || !a.meets(b), "{a:?} at {at} overlaps {b:?} at {other}");
        }
    }
    assert!(plan.total >= live_peak(buffers));
}

fn buffer(start: u32, end: u32, size: u64) -> Buffer {
    Buffer { start, end, size, align: 1 }
}

/// `id,lower,upper,size` with a header line.
fn read(csv: &str) -> Vec<Buffer> {
    let parse = |line: &str| {
        let fields: Vec<u64> = line.split(',').skip(1).map(|f| f.trim().parse().unwrap()).collect();
        buffer(fields[0] as u32, fields[1] as u32, fields[2])
    };
    csv.lines().skip(1).filter(|line| !line.is_empty()).map(parse).collect()
}

#[test]
fn none_one_and_two_buffers() {
    assert_eq!(plan(&[]).total, 0);
    assert_eq!(plan(&[buffer(0, 1, 100)]).total, 100);
    let apart = plan(&[buffer(0, 1, 100), buffer(1, 2, 70)]);
    assert_eq!((apart.total, apart.offsets.as_slice()), (100, [0, 0].as_slice()));
    let small_first = [Buffer { align: 512, ..buffer(0, 2, 10) }, Buffer { align: 512, ..buffer(1, 3, 512) }];
    let together = plan(&small_first);
    validate(&small_first, &together);
    assert_eq!(together.total, 522, "the padding goes away when the aligned size comes first");
}

#[test]
fn a_buffer_that_is_never_live_costs_no_more_than_its_size() {
    let buffers = [buffer(0, 4, 10), buffer(2, 2, 30), buffer(1, 3, 10)];
    let plan = plan(&buffers);
    validate(&buffers, &plan);
    assert_eq!(plan.total, 30);
}

#[test]
fn a_chain_needs_two_neighbours_at_a_time() {
    let buffers: Vec<_> = (0..50).map(|i| buffer(i, i + 2, 100)).collect();
    let plan = plan(&buffers);
    validate(&buffers, &plan);
    assert_eq!(plan.total, 200);
}

#[test]
fn the_small_instance_fits() {
    let buffers = read(include_str!("data/input.12.csv"));
    let plan = plan(&buffers);
    validate(&buffers, &plan);
    assert_eq!(plan.total, 12);
}

#[test]
fn the_large_instances_stay_near_their_live_peak() {
    let instances = [
        ("A", include_str!("data/A.1048576.csv")),
        ("B", include_str!("data/B.1048576.csv")),
        ("C", include_str!("data/C.1048576.csv")),
        ("D", include_str!("data/D.1048576.csv")),
        ("E", include_str!("data/E.1048576.csv")),
        ("F", include_str!("data/F.1048576.csv")),
    ];
    for (name, csv) in instances {
        let buffers = read(csv);
        let plan = plan(&buffers);
        validate(&buffers, &plan);
        let ratio = plan.total as f64 / live_peak(&buffers) as f64;
        println!("{name}: {} buffers, {ratio:.3} of the live peak", buffers.len());
        assert!(ratio <= 1.25, "{name}: {ratio}");
        assert_eq!(plan, memplan::plan(&buffers), "the same plan every time");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_two_live_buffers_overlap(raw in prop::collection::vec((0..40u32, 0..20u32, 0..10_000u64, 0..10u32), 0..40)) {
        let buffers: Vec<_> = raw
            .into_iter()
            .map(|(start, long, size, log)| Buffer { start, end: start + long, size, align: 1 << log })
            .collect();
        validate(&buffers, &plan(&buffers));
    }
}
