//! Batches one after the other, made when a consumer asks for them.

use super::columns::Batch;
use super::export::{capsule, free};
use super::layout::{ArrowArray, ArrowArrayStream, ArrowSchema, STREAM_NAME};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{CString, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null;

/// What batches come of; asked by any one thread at a time, without the interpreter's lock.
pub(crate) trait Batches: Send {
    /// A batch without rows, for the type of all of them.
    fn empty(&self) -> Batch;

    /// The next one; `None` when there is none.
    ///
    /// # Errors
    /// A sentence.
    fn next(&mut self) -> Result<Option<Batch>, String>;
}

struct Source {
    batches: Box<dyn Batches>,
    error: CString,
}

/// The system's number for a failure that the stream describes.
const EIO: c_int = 5;

/// Does something for a stream; a sentence or a panic becomes its last error.
unsafe fn with_source(
    stream: *mut ArrowArrayStream,
    does: impl FnOnce(&mut dyn Batches) -> Result<(), String>,
) -> c_int {
    // SAFETY: the consumer gives a stream of ours that was not released.
    let Some(stream) = (unsafe { stream.as_ref() }) else { return EIO };
    // SAFETY: its private data is a source, and one thread at a time asks it.
    let Some(source) = (unsafe { stream.private_data.cast::<Source>().as_mut() }) else {
        return EIO;
    };
    let done = catch_unwind(AssertUnwindSafe(|| does(&mut *source.batches)));
    let sentence = match done {
        Ok(Ok(())) => return 0,
        Ok(Err(sentence)) => sentence,
        Err(_) => "the reader of the batches failed".to_owned(),
    };
    source.error = CString::new(sentence.replace('\0', " ")).unwrap_or_default();
    EIO
}

unsafe extern "C" fn get_schema(stream: *mut ArrowArrayStream, out: *mut ArrowSchema) -> c_int {
    // SAFETY: the consumer's promise is passed on.
    unsafe {
        with_source(stream, |batches| {
            let schema = batches.empty().schema();
            // The room is the consumer's, and holds nothing yet.
            out.write(schema);
            Ok(())
        })
    }
}

unsafe extern "C" fn get_next(stream: *mut ArrowArrayStream, out: *mut ArrowArray) -> c_int {
    // SAFETY: the consumer's promise is passed on.
    unsafe {
        with_source(stream, |batches| {
            let array = batches.next()?.map_or_else(ArrowArray::empty, Batch::array);
            // The room is the consumer's, and holds nothing yet.
            out.write(array);
            Ok(())
        })
    }
}

unsafe extern "C" fn get_last_error(stream: *mut ArrowArrayStream) -> *const c_char {
    // SAFETY: the consumer gives a stream of ours that was not released.
    let Some(stream) = (unsafe { stream.as_ref() }) else { return null() };
    // SAFETY: its private data is a source.
    let source = unsafe { stream.private_data.cast::<Source>().as_ref() };
    source.map_or(null(), |source| source.error.as_ptr())
}

unsafe extern "C" fn release(stream: *mut ArrowArrayStream) {
    // SAFETY: the consumer gives a stream of ours that was not released.
    let Some(stream) = (unsafe { stream.as_mut() }) else { return };
    // SAFETY: its private data is made of such a box, once.
    drop(unsafe { Box::from_raw(stream.private_data.cast::<Source>()) });
    stream.release = None;
}

unsafe extern "C" fn free_stream(capsule: *mut ffi::PyObject) {
    // SAFETY: Python calls it with the capsule that it is the destructor of.
    unsafe { free::<ArrowArrayStream>(capsule, STREAM_NAME) };
}

/// Batches for a consumer.
pub(crate) fn stream_capsule(
    py: Python<'_>,
    batches: impl Batches + 'static,
) -> PyResult<Bound<'_, PyAny>> {
    let source = Source { batches: Box::new(batches), error: CString::default() };
    let stream = ArrowArrayStream {
        get_schema: Some(get_schema),
        get_next: Some(get_next),
        get_last_error: Some(get_last_error),
        release: Some(release),
        private_data: Box::into_raw(Box::new(source)).cast(),
    };
    capsule(py, stream, STREAM_NAME, free_stream)
}
