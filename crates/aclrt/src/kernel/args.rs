//! Launch arguments: a copy that belongs to the task, and what the kernel gets of it.

use super::table::Param;
use capi::kernel::device_memory;
use std::ptr;

/// Arguments begin at a multiple of this.
const ALIGN: usize = size_of::<u128>();

/// A word of the arguments that gets the address of data behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Where the word is.
    pub(crate) at: usize,
    /// Where the data are.
    pub(crate) to: usize,
}

/// Arguments as they were given, followed by room for what the kernel gets: one allocation.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    words: Box<[u128]>,
    size: usize,
    holders: Box<[Holder]>,
}

impl Block {
    /// Arguments of so many bytes, all zero.
    pub(crate) fn new(size: usize, holders: Box<[Holder]>) -> Self {
        Block { words: vec![0; 2 * size.div_ceil(ALIGN)].into(), size, holders }
    }

    /// Arguments that are a copy of these bytes.
    pub(crate) fn copy(bytes: &[u8], holders: Box<[Holder]>) -> Self {
        let mut block = Block::new(bytes.len(), holders);
        block.given().copy_from_slice(bytes);
        block
    }

    fn bytes(&mut self) -> &mut [u8] {
        let len = size_of_val(&*self.words);
        // SAFETY: the words are that many initialised bytes, and borrowed for as long.
        unsafe { std::slice::from_raw_parts_mut(self.words.as_mut_ptr().cast(), len) }
    }

    /// The arguments as given.
    pub(crate) fn given(&mut self) -> &mut [u8] {
        let size = self.size;
        &mut self.bytes()[..size]
    }

    /// The same words get addresses of data, now in these arguments.
    pub(crate) fn with(&self, bytes: &[u8]) -> Self {
        let fits = |holder: &&Holder| bytes.len() == self.size && holder.to <= self.size;
        Block::copy(bytes, self.holders.iter().filter(fits).copied().collect())
    }

    /// Bytes of the arguments.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Makes the kernel's copy: with the addresses of data behind the arguments, and with `translate` applied to the
    /// declared pointers. Can be done any number of times.
    ///
    /// # Errors
    /// A declared pointer is not inside the arguments, null, or refused by `translate`.
    pub(crate) fn prepare(
        &mut self,
        params: &[Param],
        translate: impl Fn(u64) -> Result<*mut u8, String>,
    ) -> Result<*mut u8, String> {
        let (size, half) = (self.size, size_of_val(&*self.words) / 2);
        let holders = std::mem::take(&mut self.holders);
        let bytes = self.bytes();
        bytes.copy_within(..size, half);
        let copy = &mut bytes[half..half + size];
        let start = copy.as_mut_ptr();
        let result = fill(copy, &holders, params, translate);
        self.holders = holders;
        result.map(|()| if size == 0 { ptr::null_mut() } else { start })
    }
}

fn fill(
    copy: &mut [u8],
    holders: &[Holder],
    params: &[Param],
    translate: impl Fn(u64) -> Result<*mut u8, String>,
) -> Result<(), String> {
    const WORD: usize = size_of::<u64>();
    let start = copy.as_mut_ptr().expose_provenance();
    for holder in holders {
        copy[holder.at..holder.at + WORD].copy_from_slice(&(start + holder.to).to_ne_bytes());
    }
    for (index, param) in params.iter().enumerate().filter(|(_, param)| param.pointer) {
        if holders.iter().any(|holder| holder.at == param.offset) {
            continue;
        }
        let len = copy.len();
        let Some(word) = copy.get_mut(param.offset..).and_then(|rest| rest.first_chunk_mut::<WORD>()) else {
            return Err(format!(
                "parameter {index}: expected 8 bytes at {}, got {len} bytes of arguments",
                param.offset
            ));
        };
        let address = u64::from_ne_bytes(*word);
        if address == 0 && param.optional {
            continue;
        }
        let pointer = translate(address).map_err(|what| format!("parameter {index}: {what}"))?;
        *word = (pointer.expose_provenance() as u64).to_ne_bytes();
    }
    Ok(())
}

/// Finds device memory for a kernel on `device`. How far the kernel goes from there is not declared.
pub(crate) fn translate(device: u32) -> impl Fn(u64) -> Result<*mut u8, String> {
    move |address| device_memory(device, address, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(offset: usize, optional: bool) -> Param {
        Param { offset, size: 8, pointer: true, optional }
    }

    fn words(at: *mut u8, count: usize) -> Vec<u64> {
        // SAFETY: the kernel's copy has that many words, aligned to 16 bytes.
        unsafe { std::slice::from_raw_parts(at.cast::<u64>(), count) }.to_vec()
    }

    fn shift(address: u64) -> Result<*mut u8, String> {
        if address == 0 {
            Err("null".to_owned())
        } else {
            Ok(ptr::with_exposed_provenance_mut(address as usize + 0x1000))
        }
    }

    #[test]
    fn pointers_are_translated_from_the_original_each_time() {
        let given: Vec<u8> = [0x10_u64, 7, 0, 0x20].iter().flat_map(|word| word.to_ne_bytes()).collect();
        let mut block = Block::copy(&given, Box::default());
        let params = [pointer(0, false), Param { offset: 8, size: 8, pointer: false, optional: false }];
        let params = [params[0], params[1], pointer(16, true), pointer(24, false)];
        for _ in 0..2 {
            let at = block.prepare(&params, shift).unwrap();
            assert_eq!(at.addr() % ALIGN, 0);
            assert_eq!(words(at, 4), [0x1010, 7, 0, 0x1020]);
        }
        assert_eq!(block.given(), given);
        let text = block.prepare(&[pointer(16, false)], shift).unwrap_err();
        assert_eq!(text, "parameter 0: null");
        let text = block.prepare(&[pointer(0, false), pointer(32, false)], shift).unwrap_err();
        assert!(text.contains("parameter 1") && text.contains("32 bytes of arguments"), "{text}");
    }

    #[test]
    fn holders_get_the_address_of_the_copy_s_data() {
        let given: Vec<u8> = [0_u64, 1, 42, 43].iter().flat_map(|word| word.to_ne_bytes()).collect();
        let holders = [Holder { at: 0, to: 16 }];
        let mut block = Block::copy(&given, holders.into());
        // A declared pointer that is a holder is an address already.
        let at = block.prepare(&[pointer(0, false)], shift).unwrap();
        let copy = words(at, 4);
        assert_eq!(copy[0], at.addr() as u64 + 16);
        assert_eq!(copy[1..], [1, 42, 43]);
        assert!(Block::new(0, Box::default()).prepare(&[], shift).unwrap().is_null());
    }
}
