//! Record batches of others as commands: columns of whole numbers under the names of the fields.

use super::layout::{
    ARRAY_NAME, ArrowArray, ArrowArrayStream, ArrowSchema, Released, SCHEMA_NAME, STREAM_NAME,
};
use crate::rows::CommandRow;
use bytemuck::Zeroable;
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{CStr, c_void};

/// A structure that was taken out of a capsule, or that a producer filled.
struct Taken<T: Released>(T);

impl<T: Released> Drop for Taken<T> {
    fn drop(&mut self) {
        self.0.let_go();
    }
}

/// The structure that a capsule of this name points at.
fn pointer<T>(capsule: &Bound<'_, PyAny>, name: &CStr) -> PyResult<*mut T> {
    // SAFETY: the name is text, and any object may be asked.
    let pointer = unsafe { ffi::PyCapsule_GetPointer(capsule.as_ptr(), name.as_ptr()) };
    if pointer.is_null() {
        return Err(PyErr::take(capsule.py())
            .unwrap_or_else(|| PyTypeError::new_err("it is no capsule of Arrow")));
    }
    Ok(pointer.cast())
}

/// The commands of an object with an Arrow capsule method, or `None` for another object.
///
/// # Errors
/// Its columns are not those of commands: a sentence that says which.
pub(crate) fn commands_of(object: &Bound<'_, PyAny>) -> PyResult<Option<Vec<CommandRow>>> {
    if object.hasattr("__arrow_c_stream__")? {
        let capsule = object.call_method0("__arrow_c_stream__")?;
        return of_stream(&capsule).map(Some);
    }
    if !object.hasattr("__arrow_c_array__")? {
        return Ok(None);
    }
    let (schema, array): (Bound<'_, PyAny>, Bound<'_, PyAny>) =
        object.call_method0("__arrow_c_array__")?.extract()?;
    let schema: *mut ArrowSchema = pointer(&schema, SCHEMA_NAME)?;
    let array: *mut ArrowArray = pointer(&array, ARRAY_NAME)?;
    // SAFETY: the capsules hold these structures and keep them; they are only read here.
    let (schema, array) = unsafe { (&*schema, &*array) };
    let mut rows = Vec::new();
    append(schema, array, &mut rows)?;
    Ok(Some(rows))
}

fn of_stream(capsule: &Bound<'_, PyAny>) -> PyResult<Vec<CommandRow>> {
    let stream: *mut ArrowArrayStream = pointer(capsule, STREAM_NAME)?;
    // SAFETY: the capsule holds the stream and keeps it.
    let stream = unsafe { &mut *stream };
    let (Some(get_schema), Some(get_next)) = (stream.get_schema, stream.get_next) else {
        return Err(PyValueError::new_err("the Arrow stream was read before: make a new one"));
    };
    let mut schema = Taken(ArrowSchema::empty());
    // SAFETY: it is the producer's function, for its stream.
    let code = unsafe { get_schema(stream, &raw mut schema.0) };
    check(stream, code)?;
    let mut rows = Vec::new();
    loop {
        let mut array = Taken(ArrowArray::empty());
        // SAFETY: it is the producer's function, for its stream.
        let code = unsafe { get_next(stream, &raw mut array.0) };
        check(stream, code)?;
        if array.0.release.is_none() {
            return Ok(rows);
        }
        append(&schema.0, &array.0, &mut rows)?;
    }
}

fn check(stream: &mut ArrowArrayStream, code: i32) -> PyResult<()> {
    if code == 0 {
        return Ok(());
    }
    // SAFETY: it is the producer's function, for its stream.
    let text = stream.get_last_error.map(|last_error| unsafe { last_error(stream) });
    let text = text.filter(|text| !text.is_null());
    // SAFETY: the producer gives text that lives until its next call.
    let text = text.map(|text| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned());
    let text = text.unwrap_or_else(|| "it does not say why".to_owned());
    Err(PyValueError::new_err(format!("the Arrow stream failed with error {code}: {text}")))
}

/// Appends the rows of one batch.
fn append(schema: &ArrowSchema, array: &ArrowArray, rows: &mut Vec<CommandRow>) -> PyResult<()> {
    if format_of(schema) != b"+s" {
        return Err(PyTypeError::new_err(
            "the Arrow data is no record batch: give a record batch, a table or a data frame with \
             the columns of commands",
        ));
    }
    let count = usize::try_from(array.length).map_err(|_| wrong_length())?;
    let (first, children) = (rows.len(), usize::try_from(schema.n_children).unwrap_or(0));
    if array.n_children != schema.n_children || has_nulls(array) {
        return Err(PyValueError::new_err("the record batch has rows that are missing: drop them"));
    }
    rows.try_reserve(count).map_err(|_| {
        PyMemoryError::new_err(format!("there is no memory for {count} commands: give fewer"))
    })?;
    rows.resize(first + count, CommandRow::zeroed());
    for index in 0..children {
        // SAFETY: the producer promises so many children of both.
        let (schema, child) =
            unsafe { (&**schema.children.add(index), &**array.children.add(index)) };
        let column = Numbers::of(schema, child, array.offset, count)?;
        column.put(&mut rows[first..])?;
    }
    Ok(())
}

fn wrong_length() -> PyErr {
    PyValueError::new_err("the Arrow data has a negative length: its producer is broken")
}

fn format_of(schema: &ArrowSchema) -> &[u8] {
    if schema.format.is_null() {
        return b"";
    }
    // SAFETY: the producer promises text that lives as long as the schema.
    unsafe { CStr::from_ptr(schema.format) }.to_bytes()
}

/// A bitmap says that values are missing; an unknown count is one to be counted.
fn has_nulls(array: &ArrowArray) -> bool {
    array.null_count > 0
}

/// A column of whole numbers.
struct Numbers<'a> {
    name: String,
    format: &'a [u8],
    values: *const c_void,
    valid: *const u8,
    offset: usize,
    count: usize,
}

impl<'a> Numbers<'a> {
    fn of(schema: &'a ArrowSchema, array: &ArrowArray, outer: i64, count: usize) -> PyResult<Self> {
        let name = if schema.name.is_null() {
            String::new()
        } else {
            // SAFETY: the producer promises text that lives as long as the schema.
            unsafe { CStr::from_ptr(schema.name) }.to_string_lossy().into_owned()
        };
        let format = format_of(schema);
        let is_number =
            schema.dictionary.is_null() && format.len() == 1 && b"bcCsSiIlL".contains(&format[0]);
        if !is_number || array.n_buffers != 2 {
            return Err(PyTypeError::new_err(format!(
                "column {name} has the Arrow format {}: use whole numbers, for words those of the \
                 enumerations, such as highwater.Side.BUY",
                String::from_utf8_lossy(format)
            )));
        }
        let offset = outer.checked_add(array.offset).and_then(|sum| usize::try_from(sum).ok());
        let offset = offset.ok_or_else(wrong_length)?;
        if usize::try_from(array.length).ok()
            < outer.try_into().ok().and_then(|outer: usize| outer.checked_add(count))
        {
            return Err(PyValueError::new_err(format!("column {name} is shorter than its batch")));
        }
        // SAFETY: the producer promises two buffers.
        let (valid, values) = unsafe { (*array.buffers, *array.buffers.add(1)) };
        if values.is_null() && count > 0 {
            return Err(PyValueError::new_err(format!("column {name} has no values")));
        }
        let valid = if array.null_count == 0 { std::ptr::null() } else { valid.cast() };
        Ok(Self { name, format, values, valid, offset, count })
    }

    /// Whether the value of a row is there.
    fn is_valid(&self, index: usize) -> bool {
        let place = self.offset + index;
        // SAFETY: a bitmap that is not null has a bit for each value.
        self.valid.is_null() || unsafe { *self.valid.add(place / 8) } >> (place % 8) & 1 == 1
    }

    /// All values, as numbers that every type fits into.
    fn values<T: Copy + Into<i128>>(&self) -> impl Iterator<Item = i128> {
        (self.offset..self.offset + self.count).map(|place| {
            // SAFETY: the producer promises values of this format up to the array's end, and the
            // length was compared; they need not be aligned.
            unsafe { self.values.cast::<T>().add(place).read_unaligned() }.into()
        })
    }

    fn numbers(&self) -> Box<dyn Iterator<Item = i128> + '_> {
        match self.format {
            b"c" => Box::new(self.values::<i8>()),
            b"C" => Box::new(self.values::<u8>()),
            b"s" => Box::new(self.values::<i16>()),
            b"S" => Box::new(self.values::<u16>()),
            b"i" => Box::new(self.values::<i32>()),
            b"I" => Box::new(self.values::<u32>()),
            b"l" => Box::new(self.values::<i64>()),
            b"L" => Box::new(self.values::<u64>()),
            // Truths are bits.
            _ => Box::new((self.offset..self.offset + self.count).map(|place| {
                // SAFETY: the producer promises a bit for each value.
                i128::from(unsafe { *self.values.cast::<u8>().add(place / 8) } >> (place % 8) & 1)
            })),
        }
    }

    /// Puts the values into the field of their name.
    fn put(&self, rows: &mut [CommandRow]) -> PyResult<()> {
        let set = setter(&self.name).ok_or_else(|| self.unknown())?;
        for (index, (row, number)) in rows.iter_mut().zip(self.numbers()).enumerate() {
            if !self.is_valid(index) {
                return Err(PyValueError::new_err(format!(
                    "column {} has no value in row {index}: fill it, with 0 where the command \
                     does not read it",
                    self.name
                )));
            }
            set(row, number).ok_or_else(|| {
                PyValueError::new_err(format!(
                    "column {} is {number} in row {index}, which does not fit its field: correct it",
                    self.name
                ))
            })?;
        }
        Ok(())
    }

    fn unknown(&self) -> PyErr {
        PyValueError::new_err(format!(
            "column {} is no field of a command: rename or drop it; the fields are those of \
             highwater.COMMAND_DTYPE",
            self.name
        ))
    }
}

type Setter = fn(&mut CommandRow, i128) -> Option<()>;

/// Finds the field of a name.
macro_rules! setters {
    ($name:ident: $($field:ident)*) => {
        match $name {
            $(stringify!($field) => {
                let set: Setter = |row, number| {
                    row.$field = number.try_into().ok()?;
                    Some(())
                };
                Some(set)
            })*
            _ => None,
        }
    };
}

fn setter(name: &str) -> Option<Setter> {
    setters!(name: time_ns client_sequence order new_order quantity display minimum expiry_ns
        instrument account price trigger session of_session kind side order_type time_in_force
        self_trade post_only rule sizing choice decimals)
}
