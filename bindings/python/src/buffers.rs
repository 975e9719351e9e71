//! Memory that goes between Rust and numpy: rows that are given away, and rows of somebody else.

use crate::rows::{COMMAND_WORDS, CommandRow};
use bytemuck::{Pod, bytes_of_mut, cast_slice_mut};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyBufferError, PyMemoryError};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::c_int;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Rows whose memory numpy shows.
#[pyclass(frozen, module = "highwater")]
pub(crate) struct RowBuffer {
    /// The first byte; the allocation is that of `rows`.
    start: *mut u8,
    bytes: usize,
    /// Whether whoever has it may write to it. Nobody here reads it then.
    is_writable: bool,
    /// What owns the memory.
    _rows: Box<dyn Send + Sync>,
}

// SAFETY: the pointer is into `_rows`, which lives as long and is `Send`; it is only handed out.
unsafe impl Send for RowBuffer {}
// SAFETY: no method reads or writes what it points at.
unsafe impl Sync for RowBuffer {}

impl RowBuffer {
    /// Rows that are only read.
    pub(crate) fn read_only<T: Pod + Send + Sync>(rows: Vec<T>) -> Self {
        Self { is_writable: false, ..Self::writable(rows) }
    }

    /// Rows that belong to whoever gets them.
    pub(crate) fn writable<T: Pod + Send + Sync>(mut rows: Vec<T>) -> Self {
        let bytes: &mut [u8] = cast_slice_mut(rows.as_mut_slice());
        let (start, bytes) = (bytes.as_mut_ptr(), bytes.len());
        Self { start, bytes, is_writable: true, _rows: Box::new(rows) }
    }
}

#[pymethods]
impl RowBuffer {
    fn __len__(&self) -> usize {
        self.bytes
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("there is no view to fill"));
        }
        let this = slf.get();
        let length = ffi::Py_ssize_t::try_from(this.bytes)
            .map_err(|_| PyMemoryError::new_err("the rows are larger than a view can be"))?;
        let readonly = c_int::from(!this.is_writable);
        // SAFETY: `view` is Python's and not null; the memory belongs to the object, which the view
        // keeps alive.
        let filled = unsafe {
            ffi::PyBuffer_FillInfo(view, slf.as_ptr(), this.start.cast(), length, readonly, flags)
        };
        if filled == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}

/// Commands in somebody else's memory, which may be written to while it is read.
pub(crate) struct ForeignRows {
    buffer: PyBuffer<u8>,
    pub(crate) rows: usize,
}

impl ForeignRows {
    /// The rows of an object that is contiguous bytes.
    ///
    /// # Errors
    /// It is something else.
    pub(crate) fn of(bytes: &Bound<'_, PyAny>) -> PyResult<Self> {
        let buffer = PyBuffer::<u8>::get(bytes)?;
        let rows = buffer.len_bytes() / size_of::<CommandRow>();
        if !buffer.is_c_contiguous() || buffer.len_bytes() % size_of::<CommandRow>() != 0 {
            return Err(PyBufferError::new_err("the commands are not whole contiguous rows"));
        }
        Ok(Self { buffer, rows })
    }

    /// What is to be read of it, from any thread.
    pub(crate) fn memory(&self) -> ForeignMemory<'_> {
        ForeignMemory {
            start: self.buffer.buf_ptr().cast(),
            rows: self.rows,
            _buffer: &self.buffer,
        }
    }
}

/// The memory of commands that somebody else may write to.
#[derive(Clone, Copy)]
pub(crate) struct ForeignMemory<'b> {
    start: *const u8,
    rows: usize,
    _buffer: &'b PyBuffer<u8>,
}

// SAFETY: the buffer is held for its lifetime, and every access to its memory is atomic.
unsafe impl Send for ForeignMemory<'_> {}
// SAFETY: the same: it is only read, and every access is atomic.
unsafe impl Sync for ForeignMemory<'_> {}

impl ForeignMemory<'_> {
    /// How many rows there are.
    pub(crate) const fn rows(self) -> usize {
        self.rows
    }

    /// Copies rows from `first` on into `room`, and returns a sum of what was copied.
    ///
    /// # Panics
    /// When there are not so many.
    #[expect(clippy::cast_ptr_alignment, reason = "whether it is aligned is asked first")]
    pub(crate) fn copy(self, first: usize, room: &mut [CommandRow]) -> u64 {
        assert!(first + room.len() <= self.rows, "the rows are there");
        let mut sum = 0;
        for (index, row) in room.iter_mut().enumerate() {
            // SAFETY: the row is inside of the buffer, as was asserted.
            let from = unsafe { self.start.add((first + index) * size_of::<CommandRow>()) };
            let words: &mut [u64] = cast_slice_mut(bytes_of_mut(row));
            if from.cast::<u64>().is_aligned() {
                copy_words(from.cast(), words);
            } else {
                copy_bytes(from, words);
            }
            sum = mixed(sum, words);
        }
        sum
    }
}

/// Copies a row of whole words. Whoever writes meanwhile changes what is read, and nothing else.
#[inline]
fn copy_words(from: *const u64, words: &mut [u64]) {
    for (index, word) in words.iter_mut().enumerate().take(COMMAND_WORDS) {
        // SAFETY: the caller's pointer is aligned and to a whole row; an atomic has the layout of
        // its number, and nothing is written through it.
        let cell = unsafe { &*from.add(index).cast::<AtomicU64>() };
        *word = cell.load(Ordering::Relaxed);
    }
}

/// The same where the memory begins at any byte.
#[cold]
fn copy_bytes(from: *const u8, words: &mut [u64]) {
    for (index, byte) in bytemuck::cast_slice_mut::<u64, u8>(words).iter_mut().enumerate() {
        // SAFETY: the caller's pointer is to a whole row; nothing is written through it.
        let cell = unsafe { &*from.add(index).cast::<AtomicU8>() };
        *byte = cell.load(Ordering::Relaxed);
    }
}

/// A sum that another row gives another value, but for one in 2^64.
#[inline]
fn mixed(sum: u64, words: &[u64]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (pairs, _) = words.as_chunks::<4>();
    let mut lanes = [sum, 1, 2, 3];
    for four in pairs {
        for (lane, word) in lanes.iter_mut().zip(four) {
            *lane = (*lane ^ word).wrapping_mul(ODD).rotate_left(29);
        }
    }
    let [a, b, c, d] = lanes;
    (a ^ b.rotate_left(13)).wrapping_mul(ODD) ^ (c ^ d.rotate_left(31)).wrapping_mul(ODD | 2)
}
