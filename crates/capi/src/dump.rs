//! Dumps: what operators read and wrote, as NumPy files with an index.
//!
//! A dump is a directory: a file for each tensor, and `index.jsonl` with a line for each, in the order in which the
//! device came to them. Where a callback is registered it is given the files piece by piece instead.

use crate::{clock, npy, operator};
use npu_device::{TaskContext, trace};
use npu_ops::{Arg, Operand, Plan, TensorArg, registry};
use npu_types::{DType, Layout, Serial};
use parking_lot::{Mutex, RwLock};
use std::{
    collections::HashSet,
    fmt::Write as _,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Once,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, SyncSender},
    },
    thread::JoinHandle,
};

/// What is dumped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The directory that the program chose.
    pub dir: PathBuf,
    /// Whether inputs are.
    pub inputs: bool,
    /// Whether outputs are.
    pub outputs: bool,
    /// Names of operators, with or without `aclnn`; none for all.
    pub names: Option<HashSet<String>>,
}

/// A file, or a piece of one, for a callback.
#[derive(Debug)]
pub struct Piece {
    /// The name it would have.
    pub name: String,
    /// Where its bytes belong.
    pub offset: i64,
    /// Whether it is the last one of its file.
    pub last: bool,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A directory that is being filled.
struct Dump {
    dir: PathBuf,
    options: Options,
    /// Whether data are written, not the index alone.
    data: bool,
    index: Mutex<Option<File>>,
    files: AtomicU64,
}

#[derive(Default)]
struct State {
    data: Option<Arc<Dump>>,
    arguments: Option<Arc<Dump>>,
    /// Where operands of failed operators go, if they do.
    exception: Option<Arc<Dump>>,
}

static STATE: RwLock<State> = RwLock::new(State { data: None, arguments: None, exception: None });

/// Bytes of a piece, at most.
const PIECE: usize = 1 << 20;
/// Pieces that wait for a callback, at most.
const WAITING: usize = 8;

/// The thread that calls a callback: tasks may run on a thread of the program that holds its locks.
struct Delivery {
    to: SyncSender<Piece>,
    thread: JoinHandle<()>,
}

static DELIVERY: Mutex<Option<Delivery>> = Mutex::new(None);

impl Dump {
    fn new(options: Options, dir: PathBuf, data: bool) -> Arc<Dump> {
        Arc::new(Dump { dir, options, data, index: Mutex::new(None), files: AtomicU64::new(0) })
    }

    fn wants(&self, name: &str) -> bool {
        let names = self.options.names.as_ref();
        names.is_none_or(|names| names.contains(name) || names.contains(operator::short(name)))
    }

    /// Appends a line to the index.
    fn note(&self, line: &str) -> io::Result<()> {
        let mut index = self.index.lock();
        let place = match &mut *index {
            Some(file) => file,
            none => {
                fs::create_dir_all(&self.dir)?;
                let path = self.dir.join("index.jsonl");
                none.insert(File::options().create(true).append(true).open(path)?)
            }
        };
        place.write_all(line.as_bytes())
    }

    fn keep(&self, file: &str, dtype: DType, dims: &[i64], data: &[u8]) -> io::Result<()> {
        let to = DELIVERY.lock().as_ref().map(|delivery| delivery.to.clone());
        let Some(to) = to else {
            fs::create_dir_all(&self.dir)?;
            return npy::write(&self.dir.join(file), dtype, dims, data);
        };
        let bytes = npy::bytes(dtype, dims, data);
        let name = self.dir.join(file).to_string_lossy().into_owned();
        let pieces = bytes.len().div_ceil(PIECE);
        for (number, bytes) in bytes.chunks(PIECE).enumerate() {
            let (offset, last) = ((number * PIECE) as i64, number + 1 == pieces);
            // Only a callback that is being unregistered receives nothing.
            let _ = to.send(Piece { name: name.clone(), offset, last, bytes: bytes.to_vec() });
        }
        Ok(())
    }
}

/// A failure to write is told once; the device goes on.
#[cold]
fn tell(error: &io::Error, dir: &Path) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| eprintln!("aclsim: cannot dump to {}: {error}", dir.display()));
}

/// A new directory for a dump: `<dir>/<time>`, with a number behind it if that exists.
fn fresh(dir: &Path) -> PathBuf {
    let time = clock::digits(clock::seconds());
    let numbered = (1..).map(|number| dir.join(format!("{time}_{number}")));
    let mut all = std::iter::once(dir.join(&time)).chain(numbered);
    all.find(|path| !path.exists()).unwrap_or_else(|| dir.join(&time))
}

/// Letters, digits and a few signs; everything else would be a path or worse.
pub fn file_part(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect()
}

fn update(change: impl FnOnce(&mut State)) {
    let mut state = STATE.write();
    change(&mut state);
    trace::set_dumping(state.data.is_some() || state.arguments.is_some());
}

/// Begins to dump data, or with none ends it. Tasks that run may still write.
pub fn set_data(options: Option<Options>) {
    let dump = options.map(|options| {
        let dir = fresh(&options.dir);
        Dump::new(options, dir, true)
    });
    update(|state| state.data = dump);
}

/// Where data are dumped to.
pub fn data_dir() -> Option<PathBuf> {
    STATE.read().data.as_ref().map(|dump| dump.dir.clone())
}

/// Whether operands of failed operators are dumped.
pub fn has_exceptions() -> bool {
    STATE.read().exception.is_some()
}

/// Begins to write arguments of operators, without data, or with none ends it. False if it was so before.
pub fn set_arguments(dir: Option<PathBuf>) -> bool {
    let mut changed = false;
    update(|state| {
        changed = state.arguments.is_some() != dir.is_some();
        if changed {
            state.arguments = dir.map(|dir| {
                let options = Options { dir: dir.clone(), inputs: true, outputs: true, names: None };
                Dump::new(options, dir, false)
            });
        }
    });
    changed
}

/// Has operands of failed operators dumped, or with none no longer.
pub fn set_exception(dir: Option<&Path>) {
    let dump = dir.map(|dir| {
        let options = Options { dir: dir.to_owned(), inputs: true, outputs: true, names: None };
        Dump::new(options, exception_dir(dir), true)
    });
    update(|state| state.exception = dump);
}

/// Where the exceptions of a dump directory go.
fn exception_dir(dir: &Path) -> PathBuf {
    dir.join("extra-info").join("data-dump")
}

/// The directory of exceptions: the one that was set, or one below the current directory.
pub fn exceptions() -> PathBuf {
    let set = STATE.read().exception.as_ref().map(|dump| dump.dir.clone());
    set.unwrap_or_else(|| exception_dir(&std::env::current_dir().unwrap_or_default()))
}

/// What one operator dumps.
pub(crate) struct Tensors<'a> {
    dumps: Vec<Arc<Dump>>,
    name: &'a str,
    plan: &'a Plan,
    device: u32,
    stream: u32,
    task: u64,
}

/// What is dumped of an operator that is about to run.
pub(crate) fn begin<'a>(name: &'a str, plan: &'a Plan, task: &TaskContext) -> Option<Tensors<'a>> {
    if !trace::dumping() {
        return None;
    }
    let state = STATE.read();
    let dumps =
        [&state.data, &state.arguments].into_iter().flatten().filter(|dump| dump.wants(name)).cloned();
    Tensors::of(dumps.collect(), name, plan, task)
}

/// What is dumped of an operator that has failed.
pub(crate) fn begin_exception<'a>(name: &'a str, plan: &'a Plan, task: &TaskContext) -> Option<Tensors<'a>> {
    Tensors::of(STATE.read().exception.iter().cloned().collect(), name, plan, task)
}

impl<'a> Tensors<'a> {
    fn of(dumps: Vec<Arc<Dump>>, name: &'a str, plan: &'a Plan, task: &TaskContext) -> Option<Self> {
        (!dumps.is_empty()).then(|| Tensors {
            dumps,
            name,
            plan,
            device: task.device_id(),
            stream: task.stream_id(),
            task: task.number(),
        })
    }

    /// Writes operands of one side.
    ///
    /// # Safety
    /// Each operand is readable as far as its layout spans.
    pub(crate) unsafe fn write(&self, operands: &[*mut u8], choose: impl Fn(&Operand) -> bool, side: &str) {
        for dump in &self.dumps {
            let wanted = match side {
                "input" => dump.options.inputs,
                "output" => dump.options.outputs,
                _ => true,
            };
            for operand in self.plan.operands().iter().filter(|operand| wanted && choose(operand)) {
                let Some(base) = operands.get(usize::from(operand.slot)) else { continue };
                // SAFETY: passed on.
                let done = unsafe { self.write_one(dump, operand, *base, side) };
                if let Err(error) = done {
                    tell(&error, &dump.dir);
                }
            }
        }
    }

    /// # Safety
    /// The operand is readable as far as its layout spans.
    unsafe fn write_one(&self, dump: &Dump, operand: &Operand, base: *mut u8, side: &str) -> io::Result<()> {
        let (title, op) = (operand.title(), operator::short(self.name));
        let number = dump.files.fetch_add(1, Ordering::Relaxed);
        let mut line =
            format!("{{\"op\":\"{}\",\"device\":{},\"stream\":{},", escaped(op), self.device, self.stream);
        line += &format!("\"task\":{},\"side\":\"{side}\",\"argument\":\"{}\",", self.task, escaped(&title));
        line += &shape(operand.layout.dtype(), operand.layout.dims());
        if dump.data {
            let file = format!("{number:06}.{}.{side}.{}.npy", file_part(op), file_part(&title));
            // SAFETY: passed on.
            let data = unsafe { gather(&operand.layout, base) }.map_err(io::Error::other)?;
            dump.keep(&file, operand.layout.dtype(), operand.layout.dims(), &data)?;
            // Writing to a string cannot fail.
            let _ = write!(line, ",\"file\":\"{}\"", escaped(&file));
        }
        dump.note(&(line + "}\n"))
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    trace::escape(&mut out, text);
    out
}

fn shape(dtype: DType, dims: &[i64]) -> String {
    format!("\"dtype\":\"{dtype}\",\"shape\":{dims:?}")
}

/// The row-major bytes of a view.
///
/// # Safety
/// `base` is the view's first element, readable as far as the layout spans.
unsafe fn gather(layout: &Layout, base: *mut u8) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; layout.numel() * layout.dtype().size()];
    if bytes.is_empty() {
        return Ok(bytes);
    }
    let plain = Layout::contiguous(layout.dtype(), layout.dims()).map_err(|error| error.to_string())?;
    // Far apart, as the copy and its source are.
    let args =
        [Arg::Tensor(TensorArg::new(plain, 1 << 40, 0)), Arg::Tensor(TensorArg::new(*layout, 1 << 50, 1))];
    let plan = npu_ops::plan(&registry::ACLNN_INPLACE_COPY, &args).map_err(|error| error.to_string())?;
    // SAFETY: the vector holds the row-major view, the source is readable by the caller's promise, and a copy needs no
    // workspace.
    unsafe { plan.run(&[bytes.as_mut_ptr(), base], std::ptr::null_mut(), &Serial) }
        .map_err(|fault| fault.to_string())?;
    Ok(bytes)
}

/// A tensor that a program wants kept with an exception.
#[derive(Debug)]
pub struct Saved<'a> {
    /// What it is: input, output or workspace.
    pub side: &'a str,
    /// Its element type, if it is one that the device knows.
    pub dtype: Option<DType>,
    /// Its dimensions.
    pub dims: Vec<i64>,
    /// Its bytes.
    pub data: &'a [u8],
}

/// Writes tensors that belong to an exception, as files whose names begin with `name` and `tag`.
///
/// # Errors
/// A file cannot be written.
pub fn save(name: &str, tag: &str, tensors: &[Saved]) -> io::Result<()> {
    let dir = exceptions();
    let dump = STATE.read().exception.clone().unwrap_or_else(|| {
        let options = Options { dir: dir.clone(), inputs: true, outputs: true, names: None };
        Dump::new(options, dir, true)
    });
    for (number, tensor) in tensors.iter().enumerate() {
        // Bytes that do not make the tensor up are kept as bytes.
        let elements = tensor.dims.iter().product::<i64>();
        let exact = |dtype: &DType| {
            u64::try_from(elements).is_ok_and(|n| n * dtype.size() as u64 == tensor.data.len() as u64)
        };
        let (dtype, dims) = match tensor.dtype.filter(exact) {
            Some(dtype) => (dtype, tensor.dims.clone()),
            None => (DType::U8, vec![tensor.data.len() as i64]),
        };
        let mut parts = vec![file_part(name)];
        if !tag.is_empty() {
            parts.push(file_part(tag));
        }
        parts.push(format!("{}.{number}.npy", tensor.side));
        let file = parts.join(".");
        dump.keep(&file, dtype, &dims, tensor.data)?;
        let line = format!(
            "{{\"exception\":\"{}\",\"tag\":\"{}\",\"side\":\"{}\",\"argument\":\"{number}\",{},\"file\":\"{}\"}}\n",
            escaped(name),
            escaped(tag),
            tensor.side,
            shape(dtype, &dims),
            escaped(&file),
        );
        dump.note(&line)?;
    }
    Ok(())
}

/// Has dumped files given to `receive`, on a thread of its own, instead of being written. False if one is registered.
///
/// # Errors
/// The system refuses to start a thread.
pub fn deliver(receive: impl Fn(&Piece) + Send + 'static) -> io::Result<bool> {
    let mut delivery = DELIVERY.lock();
    if delivery.is_some() {
        return Ok(false);
    }
    let (to, from) = mpsc::sync_channel::<Piece>(WAITING);
    let thread = npu_device::spawn("aclsim-dump", move || from.iter().for_each(|piece| receive(&piece)))?;
    *delivery = Some(Delivery { to, thread });
    Ok(true)
}

/// Has files written again. What was dumped before has been received when the call returns. False if nobody receives.
pub fn end_delivery() -> bool {
    let Some(Delivery { to, thread }) = DELIVERY.lock().take() else { return false };
    drop(to);
    // A callback that unregisters itself is not waited for.
    if thread.thread().id() != std::thread::current().id() {
        let _ = thread.join();
    }
    true
}
