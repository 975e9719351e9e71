//! Batches to the interface's structures, and these into capsules that a consumer empties.

use super::columns::{Batch, Column, Values};
use super::layout::{ARRAY_NAME, ArrowArray, ArrowSchema, NULLABLE, Released, SCHEMA_NAME};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{CStr, c_void};
use std::ptr::{null, null_mut};

/// What a schema or an array of ours owns.
struct Owned<T: Released> {
    children: Vec<*mut T>,
    dictionary: *mut T,
    buffers: Vec<*const c_void>,
    /// The memory behind the buffers.
    _memory: Vec<Values>,
    _valid: Option<Vec<u8>>,
}

impl<T: Released> Drop for Owned<T> {
    fn drop(&mut self) {
        for child in self.children.iter().chain(&[self.dictionary]).filter(|child| !child.is_null())
        {
            // SAFETY: it was made by `Box::into_raw` for this owner, and nobody else frees it.
            let mut child = unsafe { Box::from_raw(*child) };
            // A consumer may have moved a child out, and marked it as released.
            child.let_go();
        }
    }
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: the consumer gives a schema that was not released.
    let Some(schema) = (unsafe { schema.as_mut() }) else { return };
    // SAFETY: the private data of our schemas is made of such a box, once.
    drop(unsafe { Box::from_raw(schema.private_data.cast::<Owned<ArrowSchema>>()) });
    *schema = ArrowSchema::empty();
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: the consumer gives an array that was not released.
    let Some(array) = (unsafe { array.as_mut() }) else { return };
    // SAFETY: the private data of our arrays is made of such a box, once.
    drop(unsafe { Box::from_raw(array.private_data.cast::<Owned<ArrowArray>>()) });
    *array = ArrowArray::empty();
}

impl<T: Released> Owned<T> {
    fn of_children(children: Vec<*mut T>, dictionary: *mut T) -> Self {
        Self { children, dictionary, buffers: Vec::new(), _memory: Vec::new(), _valid: None }
    }
}

fn schema(
    format: &'static CStr,
    name: &'static CStr,
    flags: i64,
    mut owned: Box<Owned<ArrowSchema>>,
) -> ArrowSchema {
    ArrowSchema {
        format: format.as_ptr(),
        name: name.as_ptr(),
        metadata: null(),
        flags,
        n_children: owned.children.len() as i64,
        children: owned.children.as_mut_ptr(),
        dictionary: owned.dictionary,
        release: Some(release_schema),
        private_data: Box::into_raw(owned).cast(),
    }
}

fn array(length: usize, null_count: i64, mut owned: Box<Owned<ArrowArray>>) -> ArrowArray {
    ArrowArray {
        length: length as i64,
        null_count,
        offset: 0,
        n_buffers: owned.buffers.len() as i64,
        n_children: owned.children.len() as i64,
        buffers: owned.buffers.as_mut_ptr(),
        children: owned.children.as_mut_ptr(),
        dictionary: owned.dictionary,
        release: Some(release_array),
        private_data: Box::into_raw(owned).cast(),
    }
}

fn boxed<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

impl Column {
    fn schema(&self) -> ArrowSchema {
        let (format, dictionary) = match &self.values {
            Values::U8(_) => (c"C", null_mut()),
            Values::U16(_) => (c"S", null_mut()),
            Values::U32(_) => (c"I", null_mut()),
            Values::U64(_) => (c"L", null_mut()),
            Values::Named(..) => {
                let none = Box::new(Owned::of_children(Vec::new(), null_mut()));
                (c"C", boxed(schema(c"u", c"", 0, none)))
            }
        };
        let flags = if self.valid.is_some() { NULLABLE } else { 0 };
        schema(format, self.name, flags, Box::new(Owned::of_children(Vec::new(), dictionary)))
    }

    fn array(self, rows: usize) -> ArrowArray {
        let Self { values, valid, null_count, .. } = self;
        let dictionary = match &values {
            Values::Named(_, names) => boxed(text(names)),
            Values::U8(_) | Values::U16(_) | Values::U32(_) | Values::U64(_) => null_mut(),
        };
        let valid_start = valid.as_ref().map_or(null(), |bits| bits.as_ptr().cast());
        let owned = Owned {
            children: Vec::new(),
            dictionary,
            buffers: vec![valid_start, values.start()],
            _memory: vec![values],
            _valid: valid,
        };
        array(rows, null_count, Box::new(owned))
    }
}

impl Values {
    fn start(&self) -> *const c_void {
        match self {
            Self::U8(values) | Self::Named(values, _) => values.as_ptr().cast(),
            Self::U16(values) => values.as_ptr().cast(),
            Self::U32(values) => values.as_ptr().cast(),
            Self::U64(values) => values.as_ptr().cast(),
        }
    }
}

/// Names as an array of text.
fn text(names: &[&'static str]) -> ArrowArray {
    let mut ends = vec![0];
    let mut bytes = Vec::new();
    for name in names {
        bytes.extend_from_slice(name.as_bytes());
        ends.push(bytes.len() as u32);
    }
    let (ends, bytes) = (Values::U32(ends), Values::U8(bytes));
    let owned = Owned {
        children: Vec::new(),
        dictionary: null_mut(),
        buffers: vec![null(), ends.start(), bytes.start()],
        _memory: vec![ends, bytes],
        _valid: None,
    };
    array(names.len(), 0, Box::new(owned))
}

impl Batch {
    /// Its type: a structure of its columns.
    pub(crate) fn schema(&self) -> ArrowSchema {
        let children = self.columns.iter().map(|column| boxed(column.schema())).collect();
        schema(c"+s", c"", 0, Box::new(Owned::of_children(children, null_mut())))
    }

    /// Its values.
    pub(crate) fn array(self) -> ArrowArray {
        let Self { rows, columns } = self;
        let children = columns.into_iter().map(|column| boxed(column.array(rows))).collect();
        let mut owned = Owned::of_children(children, null_mut());
        owned.buffers = vec![null()];
        array(rows, 0, Box::new(owned))
    }
}

/// A capsule of a structure, which is released with it unless a consumer took it out.
pub(super) fn capsule<'py, T: Released>(
    py: Python<'py>,
    structure: T,
    name: &'static CStr,
    destructor: unsafe extern "C" fn(*mut ffi::PyObject),
) -> PyResult<Bound<'py, PyAny>> {
    let pointer = boxed(structure);
    // SAFETY: the pointer is not null, the name is static, and the destructor is that of the type.
    let capsule = unsafe { ffi::PyCapsule_New(pointer.cast(), name.as_ptr(), Some(destructor)) };
    // SAFETY: it is a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, capsule) }
}

/// Frees what a capsule of this name holds.
pub(super) unsafe fn free<T: Released>(capsule: *mut ffi::PyObject, name: &'static CStr) {
    // SAFETY: Python calls the destructor with the capsule that it is the destructor of.
    let pointer = unsafe { ffi::PyCapsule_GetPointer(capsule, name.as_ptr()) }.cast::<T>();
    if !pointer.is_null() {
        // SAFETY: it was boxed for this capsule, and the destructor runs once.
        unsafe { Box::from_raw(pointer) }.let_go();
    }
}

unsafe extern "C" fn free_schema(capsule: *mut ffi::PyObject) {
    // SAFETY: Python's promise is passed on.
    unsafe { free::<ArrowSchema>(capsule, SCHEMA_NAME) };
}

unsafe extern "C" fn free_array(capsule: *mut ffi::PyObject) {
    // SAFETY: Python's promise is passed on.
    unsafe { free::<ArrowArray>(capsule, ARRAY_NAME) };
}

/// The type of a batch, for a consumer.
pub(crate) fn schema_capsule<'py>(py: Python<'py>, batch: &Batch) -> PyResult<Bound<'py, PyAny>> {
    capsule(py, batch.schema(), SCHEMA_NAME, free_schema)
}

/// The values of a batch, for a consumer.
pub(crate) fn array_capsule(py: Python<'_>, batch: Batch) -> PyResult<Bound<'_, PyAny>> {
    capsule(py, batch.array(), ARRAY_NAME, free_array)
}
