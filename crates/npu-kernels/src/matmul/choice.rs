//! Which tiles and panels a float is multiplied with on this processor.

use super::engine::Kind;
use super::kind::Elem;
use super::micro::{self, Portable};
#[cfg(target_arch = "x86_64")]
use super::pack::{self, Lanes};
use super::plain::Plain;
use crate::attention::Acc;
#[cfg(target_arch = "x86_64")]
use crate::isa::{Isa, isa};
use npu_types::{DType, bf16, f16};

/// Something generic over the kind of product.
pub(crate) trait Choice {
    /// What it makes.
    type Out;
    /// Makes it.
    fn make<K: Kind<Elem: Elem<Acc: Acc>>>(self) -> Self::Out;
}

/// Makes `c` for a float: halves multiply as pairs where the processor does (unless `exact`), or widen to f32.
pub(crate) fn choose<C: Choice>(dtype: DType, exact: bool, c: C) -> Option<C::Out> {
    Some(match dtype {
        DType::F32 => float32::<f32, C>(c),
        DType::F16 => float32::<f16, C>(c),
        #[cfg(target_arch = "x86_64")]
        DType::BF16 if !exact && pack::pairs_fast() => c.make::<Lanes<micro::x86::Pairs>>(),
        DType::BF16 => float32::<bf16, C>(c),
        DType::F64 => float64(c),
        _ => return None,
    })
}

/// Element types that are summed in f32.
#[cfg(target_arch = "x86_64")]
trait Float32: Elem<Acc = f32> + pack::Source<Elem = Self> {}
#[cfg(not(target_arch = "x86_64"))]
trait Float32: Elem<Acc = f32> {}
impl Float32 for f32 {}
impl Float32 for f16 {}
impl Float32 for bf16 {}

fn float32<E: Float32, C: Choice>(c: C) -> C::Out {
    #[cfg(target_arch = "x86_64")]
    {
        if pack::able() {
            return c.make::<Lanes<E>>();
        }
        if isa() != Isa::Base {
            return c.make::<Plain<E, micro::x86::F32Avx2>>();
        }
    }
    c.make::<Plain<E, Portable<4, 8>>>()
}

fn float64<C: Choice>(c: C) -> C::Out {
    #[cfg(target_arch = "x86_64")]
    {
        if pack::able() {
            return c.make::<Plain<f64, micro::x86::F64Avx512>>();
        }
        if isa() != Isa::Base {
            return c.make::<Plain<f64, micro::x86::F64Avx2>>();
        }
    }
    c.make::<Plain<f64, Portable<4, 4>>>()
}
