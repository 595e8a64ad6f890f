//! Shared buffers: references to data, each with a length and a few bytes of the program's own, that form chains.

use super::block::Block;
use crate::rt::param;
use capi::{
    Result,
    handle::{HandleTable, Kind, Ref},
};
use npu_device::memory::Origin;
use parking_lot::Mutex;
use std::{ffi::c_void, mem::MaybeUninit, ptr, sync::Arc};

/// Bytes of the program's own that go with a buffer.
pub(crate) const USER_DATA: usize = 96;
/// The most buffers of a chain.
pub(crate) const LONGEST_CHAIN: usize = 128;
/// The most bytes of a buffer.
const LARGEST: usize = 4 << 30;

/// What a reference refers to, and what belongs to it alone.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) block: Arc<Block>,
    /// How many of the block's bytes are meant.
    pub(super) len: usize,
    pub(super) user: [u8; USER_DATA],
}

/// The buffers of a chain, the head first: what queues carry.
pub(super) type Message = Vec<Part>;

/// How a buffer is chained to others. Handles are kept as numbers.
#[derive(Debug)]
enum Chain {
    /// The first of its chain, and those behind it, which for a single buffer are none.
    Head(Vec<usize>),
    /// Another one, behind this head.
    Behind(usize),
}

#[derive(Debug)]
struct Buffer {
    part: Part,
    chain: Chain,
}

impl Buffer {
    fn single(part: Part) -> Mutex<Buffer> {
        Mutex::new(Buffer { part, chain: Chain::Head(Vec::new()) })
    }
}

/// `aclrtMbuf` and `acltdtBuf`
static BUFFERS: HandleTable<Mutex<Buffer>> = HandleTable::new(Kind::Buffer);
/// Held while chains change or are walked. Buffers are locked under it, one at a time.
static CHAINS: Mutex<()> = Mutex::new(());

fn get(raw: *mut c_void, argument: &'static str) -> Result<Ref<'static, Mutex<Buffer>>> {
    BUFFERS.get(raw).map_err(|error| error.arg(argument))
}

fn insert(part: Part, argument: &'static str) -> Result<*mut c_void> {
    BUFFERS.insert(Buffer::single(part)).map_err(|error| error.arg(argument))
}

fn handle(number: usize) -> *mut c_void {
    ptr::without_provenance_mut(number)
}

/// The handles of a chain, the head first.
fn chain_of(raw: *mut c_void, argument: &'static str) -> Result<Vec<usize>> {
    match &get(raw, argument)?.lock().chain {
        Chain::Head(behind) => Ok([raw.addr()].into_iter().chain(behind.iter().copied()).collect()),
        Chain::Behind(head) => {
            let got = format!("{:#x}, which stands behind the head {head:#x}", raw.addr());
            Err(param(argument, "the head of a chain, or a buffer in none", got))
        }
    }
}

/// Makes a buffer with room for `size` bytes, none of which are meant yet.
pub(crate) fn alloc(size: usize, argument: &'static str) -> Result<*mut c_void> {
    if size == 0 || size > LARGEST {
        return Err(param("size", &format!("1 to {LARGEST} bytes"), size));
    }
    let block = Arc::new(Block::new(size, Origin::AllocBuf)?);
    insert(Part { block, len: 0, user: [0; USER_DATA] }, argument)
}

/// Frees a buffer with its chain.
pub(crate) fn free(raw: *mut c_void) -> Result {
    withdraw(raw).map(drop)
}

/// Makes all handles of a chain stale and gives what they referred to.
pub(super) fn withdraw(raw: *mut c_void) -> Result<Message> {
    let _chains = CHAINS.lock();
    let mut message = Vec::new();
    for number in chain_of(raw, "buf")? {
        let buffer = BUFFERS.remove(handle(number)).map_err(|error| error.arg("buf"))?;
        message.push(buffer.lock().part.clone());
    }
    Ok(message)
}

/// Fails if [`withdraw`] would.
pub(super) fn check_whole(raw: *mut c_void) -> Result {
    let _chains = CHAINS.lock();
    chain_of(raw, "buf").map(drop)
}

/// Makes handles for a message: the opposite of [`withdraw`]. Returns the head's.
pub(super) fn deposit(message: Message) -> Result<*mut c_void> {
    let _chains = CHAINS.lock();
    let mut handles = Vec::new();
    for part in message {
        match insert(part, "buf") {
            Ok(raw) => handles.push(raw.addr()),
            Err(error) => {
                handles.iter().for_each(|number| drop(BUFFERS.remove(handle(*number))));
                return Err(error);
            }
        }
    }
    let head = handles.remove(0);
    for behind in &handles {
        get(handle(*behind), "buf")?.lock().chain = Chain::Behind(head);
    }
    get(handle(head), "buf")?.lock().chain = Chain::Head(handles);
    Ok(handle(head))
}

/// The first byte of a buffer's data, and how many there are.
pub(crate) fn data(raw: *mut c_void) -> Result<(*mut c_void, usize)> {
    let buffer = get(raw, "buf")?;
    let block = &buffer.lock().part.block;
    Ok((block.pointer().cast(), block.size()))
}

/// Says how many bytes of the data are meant.
pub(crate) fn set_len(raw: *mut c_void, len: usize) -> Result {
    let buffer = get(raw, "buf")?;
    let part = &mut buffer.lock().part;
    let size = part.block.size();
    if len > size {
        return Err(param("len", &format!("at most {size}, the size of the buffer"), len));
    }
    part.len = len;
    Ok(())
}

/// How many bytes of the data are meant.
pub(crate) fn len(raw: *mut c_void) -> Result<usize> {
    Ok(get(raw, "buf")?.lock().part.len)
}

/// The place of `size` bytes of the program's own from `offset` on.
fn user_range(size: usize, offset: usize) -> Result<std::ops::Range<usize>> {
    if size > USER_DATA {
        return Err(param("size", &format!("at most {USER_DATA}"), size));
    }
    if offset > USER_DATA - size {
        return Err(param("offset", &format!("at most {}, as size is {size}", USER_DATA - size), offset));
    }
    Ok(offset..offset + size)
}

/// Changes bytes of the program's own, from `offset` on.
pub(crate) fn set_user(raw: *mut c_void, bytes: &[u8], offset: usize) -> Result {
    let buffer = get(raw, "buf")?;
    let range = user_range(bytes.len(), offset)?;
    buffer.lock().part.user[range].copy_from_slice(bytes);
    Ok(())
}

/// Writes bytes of the program's own, from `offset` on, to `out`.
pub(crate) fn write_user(raw: *mut c_void, out: &mut [MaybeUninit<u8>], offset: usize) -> Result {
    let buffer = get(raw, "buf")?;
    let range = user_range(out.len(), offset)?;
    out.write_copy_of_slice(&buffer.lock().part.user[range]);
    Ok(())
}

/// Another buffer with the same data, a length of its own and a copy of the program's bytes. It is in no chain.
pub(crate) fn copy_ref(raw: *mut c_void) -> Result<*mut c_void> {
    let part = get(raw, "buf")?.lock().part.clone();
    insert(part, "newBuf")
}

/// Puts a buffer that is in no chain behind the last one of a chain.
pub(crate) fn append(head: *mut c_void, buf: *mut c_void) -> Result {
    let _chains = CHAINS.lock();
    let before = chain_of(head, "headBuf")?.len();
    let own = chain_of(buf, "buf")?.len();
    if own > 1 || head == buf {
        let got =
            if head == buf { "headBuf itself".to_owned() } else { format!("a head with {} behind", own - 1) };
        return Err(param("buf", "a buffer in no chain", got));
    }
    if before == LONGEST_CHAIN {
        return Err(param("headBuf", &format!("a chain of fewer than {LONGEST_CHAIN} buffers"), before));
    }
    if let Chain::Head(behind) = &mut get(head, "headBuf")?.lock().chain {
        behind.push(buf.addr());
    }
    get(buf, "buf")?.lock().chain = Chain::Behind(head.addr());
    Ok(())
}

/// How many buffers a chain has.
pub(crate) fn count(head: *mut c_void) -> Result<u32> {
    let _chains = CHAINS.lock();
    Ok(chain_of(head, "headBuf")?.len() as u32)
}

/// A buffer of a chain; the head is number 0.
pub(crate) fn nth(head: *mut c_void, index: u32) -> Result<*mut c_void> {
    let _chains = CHAINS.lock();
    let chain = chain_of(head, "headBuf")?;
    let expected = || format!("below {}, the length of the chain", chain.len());
    chain.get(index as usize).map(|number| handle(*number)).ok_or_else(|| param("index", &expected(), index))
}
