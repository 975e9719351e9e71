//! The appendage: the optional values at the end of a message, kept as the bytes that they are.

use super::element::{Element, VALUE_BYTES};
use super::tags;
use crate::error::{AppendageError, CodecError};
use crate::field::Field;
use crate::message::Tail;
use core::fmt;

/// Bytes of the longest appendage that can be, its length included.
pub const APPENDAGE_BYTES_MAX: usize = LENGTH_BYTES + ELEMENTS_BYTES_MAX;

/// Bytes before the elements: how many bytes they take.
const LENGTH_BYTES: usize = u16::BYTES;

/// Bytes before the value of an element: how many bytes follow, and the tag.
const ELEMENT_HEADER_BYTES: usize = 2;

/// Bytes of all elements that some message may have.
const ELEMENTS_BYTES_MAX: usize = longest(&tags::SETS);

/// The most bytes that the elements of one of these sets can take.
const fn longest(mut sets: &[u32]) -> usize {
    let mut longest = 0;
    while let Some((set, rest)) = sets.split_first() {
        let bytes = bytes_of(*set);
        longest = if bytes > longest { bytes } else { longest };
        sets = rest;
    }
    longest
}

/// Bytes of one element of each tag in a set.
const fn bytes_of(set: u32) -> usize {
    let (mut bytes, mut tags) = (0, VALUE_BYTES);
    while let Some(((tag, value_bytes), rest)) = tags.split_first() {
        if set & (1 << *tag) != 0 {
            bytes += ELEMENT_HEADER_BYTES + *value_bytes;
        }
        tags = rest;
    }
    bytes
}

/// The optional values of a message that may have those in the set `TAGS`, each once.
///
/// The elements keep their order.
///
/// ```
/// use highwater_protocols::AppendageError;
/// use highwater_protocols::ouch::{Appendage, Element, tags};
///
/// let mut appendage = Appendage::<{ tags::ENTER_ORDER }>::new();
/// appendage.push(Element::UserRefIdx(5))?;
/// assert_eq!(appendage.element_bytes(), [0x02, 28, 5]);
/// assert_eq!(appendage.get(28), Some(Element::UserRefIdx(5)));
/// let twice = appendage.push(Element::UserRefIdx(6));
/// assert_eq!(twice, Err(AppendageError::DuplicateTag(28)));
/// # Ok::<(), AppendageError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Appendage<const TAGS: u32> {
    /// Sound elements, then zeros.
    bytes: [u8; ELEMENTS_BYTES_MAX],
    length: u8,
    /// The tags of the elements.
    present: u32,
}

// So that the number of bytes is one byte.
const _: () = assert!(ELEMENTS_BYTES_MAX <= 0xFF);

impl<const TAGS: u32> Appendage<TAGS> {
    /// No elements.
    pub const fn new() -> Self {
        Self { bytes: [0; ELEMENTS_BYTES_MAX], length: 0, present: 0 }
    }

    /// Puts an element behind the others.
    ///
    /// # Errors
    ///
    /// The message must not have its tag, or has it.
    /// [`BadLength`](AppendageError::BadLength) when there is no room, which no set in
    /// [`tags`] needs.
    pub fn push(&mut self, element: Element) -> Result<(), AppendageError> {
        let present = Self::with_tag(self.present, element.tag())?;
        let length = self.write(element).ok_or(AppendageError::BadLength)?;
        (self.length, self.present) = (length, present);
        Ok(())
    }

    /// The tags that there are when one more is among them.
    fn with_tag(present: u32, tag: u8) -> Result<u32, AppendageError> {
        let bit = 1_u32.checked_shl(tag.into()).unwrap_or_default();
        if TAGS & bit == 0 {
            Err(AppendageError::ForbiddenTag(tag))
        } else if present & bit != 0 {
            Err(AppendageError::DuplicateTag(tag))
        } else {
            Ok(present | bit)
        }
    }

    /// Writes an element behind the others, and says how many bytes there are then.
    fn write(&mut self, element: Element) -> Option<u8> {
        let place = self.bytes.get_mut(usize::from(self.length)..)?;
        let counted = u8::try_from(1 + element.value_bytes()).ok()?;
        let (header, value) = place.split_at_mut_checked(ELEMENT_HEADER_BYTES)?;
        element.write_value(value)?;
        header.copy_from_slice(&[counted, element.tag()]);
        self.length.checked_add(1 + counted)
    }

    /// The elements in their order.
    pub fn elements(&self) -> Elements<'_> {
        Elements { rest: self.element_bytes() }
    }

    /// The element with this tag.
    pub fn get(&self, tag: u8) -> Option<Element> {
        let bit = 1_u32.checked_shl(tag.into())?;
        if self.present & bit == 0 {
            return None;
        }
        self.elements().find(|element| element.tag() == tag)
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The bytes of the elements, without the length before them.
    pub fn element_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Puts these elements into an empty appendage. They are checked where they are and copied as a
    /// whole: one by one they would take several times as long.
    #[inline]
    fn set_elements(&mut self, bytes: &[u8]) -> Result<(), AppendageError> {
        let (mut rest, mut present) = (bytes, 0);
        while !rest.is_empty() {
            let (tag, value, behind) = split_element(rest).ok_or(AppendageError::BadLength)?;
            Element::check(tag, value)?;
            present = Self::with_tag(present, tag)?;
            rest = behind;
        }
        // Elements that each are there once fit.
        self.length = u8::try_from(bytes.len()).map_err(|_| AppendageError::BadLength)?;
        self.present = present;
        let place = self.bytes.get_mut(..bytes.len()).ok_or(AppendageError::BadLength)?;
        place.copy_from_slice(bytes);
        Ok(())
    }
}

impl<const TAGS: u32> Default for Appendage<TAGS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const TAGS: u32> fmt::Debug for Appendage<TAGS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.elements()).finish()
    }
}

/// The elements of an appendage.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl Iterator for Elements<'_> {
    type Item = Element;

    fn next(&mut self) -> Option<Element> {
        let (tag, value, rest) = split_element(self.rest)?;
        self.rest = rest;
        Element::parse(tag, value).ok()
    }
}

/// The tag and the value of the first element, and the bytes behind it.
#[inline]
fn split_element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (length, behind) = bytes.split_first()?;
    let (element, rest) = behind.split_at_checked(usize::from(*length))?;
    let (tag, value) = element.split_first()?;
    Some((*tag, value, rest))
}

impl<const TAGS: u32> Tail for Appendage<TAGS> {
    #[inline]
    fn empty() -> Self {
        Self::new()
    }

    #[inline]
    fn fill(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        let length = u16::read(bytes).map(usize::from).ok_or(AppendageError::BadLength)?;
        let elements = bytes.get(LENGTH_BYTES..).unwrap_or_default();
        if elements.len() != length {
            return Err(AppendageError::BadLength.into());
        }
        Ok(self.set_elements(elements)?)
    }

    fn length(&self) -> usize {
        LENGTH_BYTES + usize::from(self.length)
    }

    fn write(&self, out: &mut [u8]) -> Option<()> {
        let elements = self.element_bytes();
        u16::from(self.length).write(out)?;
        out.get_mut(LENGTH_BYTES..)?.get_mut(..elements.len())?.copy_from_slice(elements);
        Some(())
    }
}

impl<const TAGS: u32> Tail for Option<Appendage<TAGS>> {
    #[inline]
    fn empty() -> Self {
        None
    }

    #[inline]
    fn fill(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        if bytes.is_empty() { Ok(()) } else { self.insert(Appendage::new()).fill(bytes) }
    }

    fn length(&self) -> usize {
        self.as_ref().map_or(0, Tail::length)
    }

    fn write(&self, out: &mut [u8]) -> Option<()> {
        self.as_ref().map_or(Some(()), |appendage| appendage.write(out))
    }
}
