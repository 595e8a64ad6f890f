//! Plans that a thread has made before.
//!
//! Programs prepare the same few calls again and again, with other addresses. A plan depends on the operator, on the
//! views, scalars and numbers it is given, and on which operands share memory; [`Key`] writes all of that down, so a
//! plan found under an equal key is the plan that would be made. Keys are compared word by word: a hash that collides
//! costs time, never a wrong plan.

use crate::{Arg, OpDef, Plan};
use npu_types::{Layout, Scalar};
use smallvec::SmallVec;
use std::{cell::RefCell, sync::Arc};

/// Everything a plan depends on, as numbers.
#[derive(Debug)]
pub struct Key {
    words: SmallVec<[u64; 48]>,
    places: SmallVec<[Place; 6]>,
    /// Whether some operands share memory in a way that only the planner can judge.
    entangled: bool,
}

/// The first word of a tensor: rank and element type, and from this bit on one bit for each operand before it that is
/// the very same view.
const SAME_SHIFT: usize = 16;
const SAME_BITS: usize = 48;

/// Where a tensor lies, to find operands that share memory.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: u64,
    end: u64,
    address: u64,
    output: bool,
    /// Its description in `words`.
    from: u32,
    to: u32,
}

impl Key {
    /// The key of a call of this operator, without arguments yet.
    #[inline]
    pub fn new(def: &'static OpDef) -> Key {
        let mut words = SmallVec::new();
        words.push(std::ptr::from_ref(def).addr() as u64);
        Key { words, places: SmallVec::new(), entangled: false }
    }

    /// A null pointer.
    pub fn null(&mut self) {
        self.words.push(u64::MAX);
    }

    /// A tensor, or the next element of a list.
    #[inline]
    pub fn tensor(&mut self, layout: &Layout, address: u64, span: (i64, i64), output: bool) {
        let from = self.words.len() as u32;
        self.words.push(layout.rank() as u64 | (layout.dtype() as u64) << 8);
        for number in layout.dims().iter().chain(layout.strides()) {
            self.words.push(*number as u64);
        }
        let to = self.words.len() as u32;
        if span.0 == span.1 {
            return;
        }
        let (start, end) = (address.wrapping_add_signed(span.0), address.wrapping_add_signed(span.1));
        let place = Place { start, end, address, output, from, to };
        for (number, other) in self.places.iter().enumerate() {
            if (output || other.output) && start < other.end && other.start < end {
                if number < SAME_BITS && address == other.address && self.same_view(&place, other) {
                    self.words[from as usize] |= 1 << (SAME_SHIFT + number);
                } else {
                    self.entangled = true;
                }
            }
        }
        self.places.push(place);
    }

    fn same_view(&self, a: &Place, b: &Place) -> bool {
        let view =
            |p: &Place| (self.words[p.from as usize] as u16, &self.words[p.from as usize + 1..p.to as usize]);
        view(a) == view(b)
    }

    /// A scalar.
    #[inline]
    pub fn scalar(&mut self, scalar: &Scalar) {
        self.words.extend(scalar.words());
    }

    /// A number: an integer, a bool, the bits of a float, a length.
    #[inline]
    pub fn number(&mut self, number: u64) {
        self.words.push(number);
    }

    /// A string.
    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.words.extend(text.bytes().map(u64::from));
    }

    /// The key of a call with these arguments.
    pub fn of(def: &'static OpDef, args: &[Arg]) -> Key {
        let mut key = Key::new(def);
        for (param, arg) in def.params.iter().zip(args) {
            let output = param.role.is_output();
            match arg {
                Arg::Null => key.null(),
                Arg::Tensor(t) => key.tensor(&t.layout, t.address, t.span, output),
                Arg::Tensors(list) => {
                    key.number(list.len() as u64);
                    list.iter().for_each(|t| key.tensor(&t.layout, t.address, t.span, output));
                }
                Arg::Scalar(s) => key.scalar(s),
                Arg::Scalars(list) => {
                    key.number(list.len() as u64);
                    list.iter().for_each(|s| key.scalar(s));
                }
                Arg::Ints(list) => key.numbers(list.iter().map(|v| *v as u64)),
                Arg::Floats(list) => key.numbers(list.iter().map(|v| u64::from(v.to_bits()))),
                Arg::Bools(list) => key.numbers(list.iter().map(|v| u64::from(*v))),
                Arg::Int(value) => key.number(*value as u64),
                Arg::Float(value) => key.number(value.to_bits()),
                Arg::Bool(value) => key.number(u64::from(*value)),
                Arg::DType(value) => key.number(*value as u64),
                Arg::Str(text) => key.text(text),
            }
        }
        key
    }

    /// Numbers with their count.
    pub fn numbers(&mut self, numbers: impl ExactSizeIterator<Item = u64>) {
        self.number(numbers.len() as u64);
        self.words.extend(numbers);
    }
}

/// Two places per set: what was used last stays when something else comes to its set.
const WAYS: usize = 2;

#[derive(Debug)]
struct Entry<V> {
    hash: u64,
    words: Box<[u64]>,
    value: V,
}

/// Values by key, the most recent ones of each of `SETS` sets. Never grows beyond that.
#[derive(Debug)]
pub struct Memo<V, const SETS: usize> {
    /// Empty until the first value comes.
    sets: Vec<[Option<Entry<V>>; WAYS]>,
}

impl<V: Clone, const SETS: usize> Memo<V, SETS> {
    /// Without values.
    pub const fn new() -> Self {
        Memo { sets: Vec::new() }
    }

    fn set_of(hash: u64) -> usize {
        // The upper bits are the well mixed ones.
        (hash >> 32) as usize % SETS
    }

    /// The value kept under exactly these words.
    #[inline]
    pub fn get(&mut self, words: &[u64]) -> Option<V> {
        let hash = hash(words);
        let set = self.sets.get_mut(Self::set_of(hash))?;
        let equal =
            |entry: &Option<Entry<V>>| entry.as_ref().is_some_and(|e| e.hash == hash && *e.words == *words);
        if !equal(&set[0]) {
            if !equal(&set[1]) {
                return None;
            }
            set.swap(0, 1);
        }
        set[0].as_ref().map(|e| e.value.clone())
    }

    /// Keeps a value, in the place of the one in its set that was not used for longest.
    pub fn put(&mut self, words: &[u64], value: V) {
        if self.sets.is_empty() {
            self.sets.resize_with(SETS, || [None, None]);
        }
        let hash = hash(words);
        let set = &mut self.sets[Self::set_of(hash)];
        if set[0].as_ref().is_none_or(|e| *e.words != *words) {
            set.swap(0, 1);
        }
        set[0] = Some(Entry { hash, words: words.into(), value });
    }
}

impl<V: Clone, const SETS: usize> Default for Memo<V, SETS> {
    fn default() -> Self {
        Self::new()
    }
}

#[inline]
fn hash(words: &[u64]) -> u64 {
    let mix = |hash: u64, word: &u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    words.iter().fold(0, mix)
}

const SETS: usize = 256;

thread_local! {
    static PLANS: RefCell<Memo<Arc<Plan>, SETS>> = const { RefCell::new(Memo::new()) };
}

/// The plan that this thread made for an equal key, if it still has it.
#[inline]
pub fn recall(key: &Key) -> Option<Arc<Plan>> {
    if key.entangled {
        return None;
    }
    // A thread that is ending has no memo any more.
    PLANS.try_with(|plans| plans.borrow_mut().get(&key.words)).ok().flatten()
}

/// Keeps a plan for the next call with an equal key on this thread.
pub fn remember(key: &Key, plan: &Arc<Plan>) {
    if !key.entangled {
        let _ = PLANS.try_with(|plans| plans.borrow_mut().put(&key.words, Arc::clone(plan)));
    }
}

#[cfg(test)]
mod tests;
