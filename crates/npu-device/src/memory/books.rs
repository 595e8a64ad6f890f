//! The allocator's books: which granules are free, which belong to which block.
//!
//! Books know numbers only. The heap is a row of blocks, addressed in granules; blocks are named by their index, which
//! stays theirs until they are freed. Free blocks hang in size classes (exact below [`EXACT`] granules, a thirty-second
//! of a power of two above) and the classes in a two-level bitmap, so that finding a good fit costs the same whatever
//! the heap holds. What lies above the last live block is not a block: it shrinks and grows with [`Books::top`], and is
//! used only when no free block fits.

/// No block.
const NONE: u32 = u32::MAX;
/// Below this many granules a class holds blocks of one size.
const EXACT: u32 = 256;
const SUB_BITS: u32 = 5;
const FIRST_LOG: u32 = EXACT.ilog2();
const CLASSES: usize = EXACT as usize + (((32 - FIRST_LOG) << SUB_BITS) as usize);
/// How many blocks of a class are looked at for a tighter fit.
const LOOK: usize = 16;

/// A block's index.
pub(super) type BlockId = u32;

#[derive(Debug, Clone, Copy)]
struct Block {
    start: u32,
    len: u32,
    /// Neighbours in address order.
    before: u32,
    after: u32,
    /// Neighbours in the size class, or the next unused index.
    free_before: u32,
    free_after: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unused,
    Free,
    Live,
}

/// The books of one heap.
#[derive(Debug)]
pub(super) struct Books {
    blocks: Vec<Block>,
    unused: u32,
    last: u32,
    heads: Box<[u32; CLASSES]>,
    words: [u64; CLASSES.div_ceil(64)],
    summary: u64,
    top: u32,
    limit: u32,
    free: u64,
}

/// The class whose blocks have at least the size of every smaller class.
fn class_of(len: u32) -> usize {
    if len < EXACT {
        return len as usize;
    }
    let log = len.ilog2();
    let sub = (len >> (log - SUB_BITS)) & ((1 << SUB_BITS) - 1);
    EXACT as usize + (((log - FIRST_LOG) << SUB_BITS) + sub) as usize
}

impl Books {
    /// An empty heap that may grow to `limit` granules.
    pub(super) fn new(limit: u32) -> Self {
        Books {
            blocks: Vec::new(),
            unused: NONE,
            last: NONE,
            heads: Box::new([NONE; CLASSES]),
            words: [0; CLASSES.div_ceil(64)],
            summary: 0,
            top: 0,
            limit,
            free: 0,
        }
    }

    /// Where the last live block ends.
    pub(super) fn top(&self) -> u32 {
        self.top
    }

    /// Free granules below [`Books::top`].
    pub(super) fn free_below_top(&self) -> u64 {
        self.free
    }

    /// The largest free block, in granules.
    pub(super) fn largest_free(&self) -> u32 {
        let Some(word) = self.summary.checked_ilog2() else { return 0 };
        let class = word as usize * 64 + self.words[word as usize].ilog2() as usize;
        self.class(class).map(|b| self.blocks[b as usize].len).max().unwrap_or(0)
    }

    /// Start and length of a block.
    pub(super) fn span(&self, block: BlockId) -> (u32, u32) {
        let b = &self.blocks[block as usize];
        (b.start, b.len)
    }

    /// Every free range below the top.
    pub(super) fn free_spans(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.blocks.iter().filter(|b| b.state == State::Free).map(|b| (b.start, b.len))
    }

    /// Every live block.
    pub(super) fn live(&self) -> impl Iterator<Item = BlockId> + '_ {
        (0..self.blocks.len() as u32).filter(|&b| self.blocks[b as usize].state == State::Live)
    }

    /// Takes `len` granules at a multiple of `align` granules (a power of two).
    pub(super) fn alloc(&mut self, len: u32, align: u32) -> Option<BlockId> {
        debug_assert!(len > 0 && align.is_power_of_two());
        match self.find(len, align) {
            Some(block) => {
                self.unlink(block);
                Some(self.carve(block, len, align))
            }
            None => self.extend(len, align),
        }
    }

    /// Gives a live block back.
    pub(super) fn release(&mut self, block: BlockId) {
        let mut b = self.blocks[block as usize];
        debug_assert_eq!(b.state, State::Live);
        if b.before != NONE && self.blocks[b.before as usize].state == State::Free {
            let gone = b.before;
            self.unlink(gone);
            let g = self.blocks[gone as usize];
            b.start = g.start;
            b.len += g.len;
            b.before = g.before;
            self.retire(gone);
        }
        if b.after != NONE && self.blocks[b.after as usize].state == State::Free {
            let gone = b.after;
            self.unlink(gone);
            let g = self.blocks[gone as usize];
            b.len += g.len;
            b.after = g.after;
            self.retire(gone);
        }
        if b.after == NONE {
            self.top = b.start;
            self.last = b.before;
            self.set_after(b.before, NONE);
            self.retire(block);
            return;
        }
        self.set_after(b.before, block);
        self.blocks[b.after as usize].before = block;
        self.blocks[block as usize] = b;
        self.link(block);
    }

    fn fits(&self, block: u32, len: u32, align: u32) -> bool {
        let b = &self.blocks[block as usize];
        let skip = b.start.next_multiple_of(align) - b.start;
        b.len >= skip && b.len - skip >= len
    }

    fn class(&self, class: usize) -> impl Iterator<Item = u32> + '_ {
        let mut next = self.heads[class];
        std::iter::from_fn(move || {
            let block = next;
            (block != NONE).then(|| {
                next = self.blocks[block as usize].free_after;
                block
            })
        })
    }

    /// The tightest of the first few blocks of a class that fit; of equals the lowest.
    fn best_of(&self, class: usize, len: u32, align: u32) -> Option<u32> {
        self.class(class)
            .take(LOOK)
            .filter(|&b| self.fits(b, len, align))
            .min_by_key(|&b| (self.blocks[b as usize].len, self.blocks[b as usize].start))
    }

    fn find(&self, len: u32, align: u32) -> Option<u32> {
        // Blocks of the request's own class may be too small, and any block may be badly aligned: look at both
        // before asking for a class whose every block fits.
        let own = class_of(len);
        let sure = class_of(len.saturating_add(align - 1)) + usize::from(len >= EXACT || align > 1);
        let mut class = own;
        while class < sure {
            class = self.next_class(class)?;
            if class >= sure {
                break;
            }
            if let Some(block) = self.best_of(class, len, align) {
                return Some(block);
            }
            class += 1;
        }
        let class = self.next_class(sure.max(class))?;
        self.best_of(class, len, align)
    }

    /// The first class from `class` on that has a block.
    fn next_class(&self, class: usize) -> Option<usize> {
        if class >= CLASSES {
            return None;
        }
        let word = class / 64;
        let here = self.words[word] & (u64::MAX << (class % 64));
        if here != 0 {
            return Some(word * 64 + here.trailing_zeros() as usize);
        }
        let above = self.summary & u64::MAX.checked_shl(word as u32 + 1).unwrap_or(0);
        if above == 0 {
            return None;
        }
        let word = above.trailing_zeros() as usize;
        Some(word * 64 + self.words[word].trailing_zeros() as usize)
    }

    /// Makes a live block of `len` out of `block`, which is in no class, and frees what is left on both sides.
    fn carve(&mut self, block: u32, len: u32, align: u32) -> BlockId {
        let b = self.blocks[block as usize];
        let skip = b.start.next_multiple_of(align) - b.start;
        if skip > 0 {
            let front = self.fresh(Block { len: skip, after: block, ..b });
            self.set_after(b.before, front);
            self.blocks[block as usize].before = front;
            self.link(front);
        }
        let rest = b.len - skip - len;
        if rest > 0 {
            let back = self.fresh(Block { start: b.start + skip + len, len: rest, before: block, ..b });
            match b.after {
                NONE => self.last = back,
                after => self.blocks[after as usize].before = back,
            }
            self.blocks[block as usize].after = back;
            self.link(back);
        }
        let b = &mut self.blocks[block as usize];
        b.start += skip;
        b.len = len;
        b.state = State::Live;
        block
    }

    fn extend(&mut self, len: u32, align: u32) -> Option<BlockId> {
        let start = self.top.checked_next_multiple_of(align)?;
        let end = start.checked_add(len).filter(|&end| end <= self.limit)?;
        let block = self.fresh(Block {
            start: self.top,
            len: end - self.top,
            before: self.last,
            after: NONE,
            free_before: NONE,
            free_after: NONE,
            state: State::Free,
        });
        self.set_after(self.last, block);
        self.last = block;
        self.top = end;
        Some(self.carve(block, len, align))
    }

    fn set_after(&mut self, block: u32, after: u32) {
        if block != NONE {
            self.blocks[block as usize].after = after;
        }
    }

    fn fresh(&mut self, block: Block) -> u32 {
        match self.unused {
            NONE => {
                self.blocks.push(block);
                self.blocks.len() as u32 - 1
            }
            index => {
                self.unused = self.blocks[index as usize].free_after;
                self.blocks[index as usize] = block;
                index
            }
        }
    }

    fn retire(&mut self, block: u32) {
        let b = &mut self.blocks[block as usize];
        b.state = State::Unused;
        b.free_after = self.unused;
        self.unused = block;
    }

    fn link(&mut self, block: u32) {
        let len = self.blocks[block as usize].len;
        let class = class_of(len);
        let head = self.heads[class];
        let b = &mut self.blocks[block as usize];
        b.state = State::Free;
        b.free_before = NONE;
        b.free_after = head;
        if head != NONE {
            self.blocks[head as usize].free_before = block;
        }
        self.heads[class] = block;
        self.words[class / 64] |= 1 << (class % 64);
        self.summary |= 1 << (class / 64);
        self.free += u64::from(len);
    }

    fn unlink(&mut self, block: u32) {
        let b = self.blocks[block as usize];
        let class = class_of(b.len);
        match b.free_before {
            NONE => self.heads[class] = b.free_after,
            before => self.blocks[before as usize].free_after = b.free_after,
        }
        if b.free_after != NONE {
            self.blocks[b.free_after as usize].free_before = b.free_before;
        }
        if self.heads[class] == NONE {
            self.words[class / 64] &= !(1 << (class % 64));
            if self.words[class / 64] == 0 {
                self.summary &= !(1 << (class / 64));
            }
        }
        self.free -= u64::from(b.len);
    }

    /// Walks every invariant.
    pub(super) fn check(&self) -> Result<(), String> {
        let mut seen = 0;
        let mut at = 0;
        let mut free = 0;
        let mut before = NONE;
        let mut block = self.blocks.iter().position(|b| b.state != State::Unused && b.before == NONE);
        while let Some(index) = block {
            let b = &self.blocks[index];
            let fail = |what: &str| Err(format!("block {index} {b:?}: {what}"));
            if b.state == State::Unused {
                return fail("unused but in the row");
            }
            if b.start != at {
                return fail("does not begin where the one before it ends");
            }
            if b.len == 0 {
                return fail("is empty");
            }
            if b.before != before {
                return fail("does not know the one before it");
            }
            if b.state == State::Free {
                if before != NONE && self.blocks[before as usize].state == State::Free {
                    return fail("two free neighbours");
                }
                if !self.class(class_of(b.len)).any(|other| other == index as u32) {
                    return fail("free but not in its class");
                }
                free += u64::from(b.len);
            }
            seen += 1;
            at += b.len;
            before = index as u32;
            block = (b.after != NONE).then_some(b.after as usize);
        }
        if before != self.last || at != self.top || at > self.limit {
            return Err(format!(
                "the row ends at {at} with {before}, the books say {} with {}",
                self.top, self.last
            ));
        }
        if before != NONE && self.blocks[before as usize].state != State::Live {
            return Err("the last block is not live".into());
        }
        let used = self.blocks.iter().filter(|b| b.state != State::Unused).count();
        if seen != used {
            return Err(format!("{used} blocks exist, {seen} are in the row"));
        }
        if free != self.free {
            return Err(format!("{free} granules are free, the books say {}", self.free));
        }
        for class in 0..CLASSES {
            let mut before = NONE;
            for block in self.class(class) {
                let b = &self.blocks[block as usize];
                if b.state != State::Free || class_of(b.len) != class || b.free_before != before {
                    return Err(format!("block {block} {b:?} does not belong in class {class}"));
                }
                before = block;
            }
            let bit = self.words[class / 64] >> (class % 64) & 1 == 1;
            if bit != (before != NONE) {
                return Err(format!("the bit of class {class} is {bit}"));
            }
        }
        for (word, bits) in self.words.iter().enumerate() {
            if (self.summary >> word & 1 == 1) != (*bits != 0) {
                return Err(format!("the summary of word {word} is wrong"));
            }
        }
        Ok(())
    }
}
