use super::*;
use npu_types::Serial;

/// Runs a conversion on numbers.
fn convert(from: &Stored<'_>, to: &Stored<'_>, source: &[i32]) -> Vec<i32> {
    let plan = relayout(from, to).unwrap();
    assert_eq!(plan.workspace(), 0);
    let mut source = source.to_vec();
    let mut target = vec![-1; to.bytes().unwrap() as usize / 4];
    let args = [source.as_mut_ptr().cast(), target.as_mut_ptr().cast()];
    // SAFETY: both vectors have the bytes that the formats ask for.
    unsafe { plan.run(&args, std::ptr::null_mut(), &Serial) }.unwrap();
    target
}

fn stored(dims: &[i64], format: i32, storage_format: i32) -> Stored<'_> {
    Stored { argument: "x", dtype: DType::I32, dims, format, storage_format, storage_dims: None }
}

/// Element by element, from the published definition of each format.
fn reference(dims: &[i64], size: usize, place: impl Fn(&[i64]) -> i64) -> (Vec<i32>, Vec<i32>) {
    let count: i64 = dims.iter().product();
    let source: Vec<i32> = (1..=count as i32).collect();
    let mut target = vec![0; size];
    for (flat, value) in source.iter().enumerate() {
        let mut index = vec![0; dims.len()];
        let mut rest = flat as i64;
        for axis in (0..dims.len()).rev() {
            index[axis] = rest % dims[axis];
            rest /= dims[axis];
        }
        target[place(&index) as usize] = *value;
    }
    (source, target)
}

fn both_ways(dims: &[i64], format: i32, storage_format: i32, place: impl Fn(&[i64]) -> i64) {
    let (plain, blocked) = (stored(dims, format, format), stored(dims, format, storage_format));
    let size = blocked.bytes().unwrap() as usize / 4;
    let (source, expected) = reference(dims, size, place);
    assert_eq!(convert(&plain, &blocked, &source), expected, "{dims:?} to {storage_format}");
    assert_eq!(convert(&blocked, &plain, &expected), source, "{dims:?} from {storage_format}");
}

#[test]
fn fractal_nz_keeps_every_element_and_pads_with_zero() {
    for dims in [&[16, 16][..], &[32, 48], &[17, 5], &[1, 1], &[3, 2, 33, 20], &[2, 16, 31]] {
        let [.., m, n] = dims else { unreachable!() };
        let (m1, n1) = ((m + 15) / 16, (n + 15) / 16);
        both_ways(dims, 2, FRACTAL_NZ, |i| {
            let batch = i[..i.len() - 2].iter().zip(dims).fold(0, |at, (i, d)| at * d + i);
            let (r, c) = (i[i.len() - 2], i[i.len() - 1]);
            (((batch * n1 + c / 16) * m1 + r / 16) * 16 + r % 16) * 16 + c % 16
        });
    }
}

#[test]
fn channel_blocks_of_images() {
    for dims in [[2, 16, 3, 4], [1, 35, 2, 2], [3, 1, 5, 1]] {
        let [_, c, h, w] = dims;
        let c1 = (c + 15) / 16;
        both_ways(&dims, 0, NC1HWC0, |i| (((i[0] * c1 + i[1] / 16) * h + i[2]) * w + i[3]) * 16 + i[1] % 16);
        // The same numbers, with the channels last for the program.
        let last = [dims[0], h, w, c];
        both_ways(&last, 1, NC1HWC0, |i| (((i[0] * c1 + i[3] / 16) * h + i[1]) * w + i[2]) * 16 + i[3] % 16);
    }
}

#[test]
fn kernels_of_convolutions() {
    for dims in [[16, 16, 3, 3], [20, 35, 2, 1]] {
        let [n, _, h, w] = dims;
        let n1 = (n + 15) / 16;
        both_ways(&dims, 0, FRACTAL_Z, |i| {
            let pixel = (i[1] / 16 * h + i[2]) * w + i[3];
            ((pixel * n1 + i[0] / 16) * 16 + i[0] % 16) * 16 + i[1] % 16
        });
    }
}

#[test]
fn plain_formats_permute() {
    let dims = [2, 3, 4, 5];
    both_ways(&dims, 0, 1, |i| ((i[0] * 4 + i[2]) * 5 + i[3]) * 3 + i[1]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let nz = Stored { storage_dims: Some(&[1, 1, 16, 16]), ..stored(&[17, 16], 2, FRACTAL_NZ) };
    let plain = stored(&[17, 16], 2, 2);
    assert!(matches!(relayout(&plain, &nz), Err(OpError::Shape { .. })));
    let other = stored(&[16, 17], 2, 2);
    assert!(matches!(relayout(&plain, &other), Err(OpError::Shape { .. })));
    let half = Stored { dtype: DType::F16, ..plain };
    assert!(matches!(relayout(&plain, &half), Err(OpError::DType { .. })));
}
