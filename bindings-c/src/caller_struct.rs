//! Structs that a program fills
//!
//! A request, settings and options are plain structs. Begin each with its macro, such as
//! `dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;`, and set what you need: zero and NULL are the default
//! wherever they are no value. In C99 `dropoff_transfer transfer = {.size = sizeof transfer, ...}` is the
//! same but for dropoff_options, where some fields may be zero. The struct may go as soon as the call
//! returns.
//!
//! A list is a pointer and a count; NULL with 0 is none. `size` tells the library which fields the program
//! knows, so programs and libraries of different versions fit: fields are only added at the end.
//! DROPOFF_INVALID_INPUT for a size that is none, and for a field that is set and that the library does not
//! know.
//!
//! Results are structs that the library fills, and begin with their size too: a field that is not within it
//! is one of a later version. They are read and never written; each list in them is of as many as its count
//! says.

use std::ffi::{c_char, c_int};
use std::mem::{MaybeUninit, size_of};
use std::ptr;

use dropoff::{Error, Result};

/// A name and its value.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_pair {
    /// The name.
    pub name: *const c_char,
    /// The value.
    pub value: *const c_char,
}

/// Names and values of one thing among several. NULL with 0 are none.
///
/// Threads: plain data.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_pairs {
    /// The names and their values.
    pub pairs: *const dropoff_pair,
    pub pairs_count: usize,
}

/// A truth value that may be left open.
///
/// Threads: a plain number.
#[repr(C)]
#[allow(dead_code, reason = "C chooses, by number")]
pub enum dropoff_choice {
    /// As the field says.
    DROPOFF_AUTO = 0,
    /// Yes.
    DROPOFF_YES = 1,
    /// No.
    DROPOFF_NO = 2,
}

impl dropoff_choice {
    pub(crate) fn to_core(number: c_int) -> Option<Option<bool>> {
        match number {
            0 => Some(None),
            1 => Some(Some(true)),
            2 => Some(Some(false)),
            _ => None,
        }
    }
}

/// A struct that begins with its size.
pub(crate) trait CallerStruct: Copy {
    const NAME: &'static str;
    const INIT_MACRO: &'static str;
    /// Nothing is set.
    const INIT: Self;
    /// The size in the first version of the library that had it.
    const FIRST_SIZE: usize;
    fn size(&self) -> usize;
}

/// No struct of ours comes near it; what says so was never set.
const LARGEST: usize = 64 * 1024;

/// Copies what a program filled, whichever version it was compiled with. `at` names it in messages.
///
/// # Safety
/// `given` is NULL, or points to as many bytes as its first field says.
pub(crate) unsafe fn read<T: CallerStruct>(given: *const T, at: &str) -> Result<T> {
    let (name, init) = (T::NAME, T::INIT_MACRO);
    if given.is_null() {
        return Err(Error::bad_argument(&format!("{at} is NULL; pass a {name}, begun with {init}")));
    }
    let known = size_of::<T>();
    // SAFETY: every struct begins with its size.
    let size = unsafe { given.cast::<usize>().read_unaligned() };
    if size < T::FIRST_SIZE || size > LARGEST {
        return Err(Error::bad_argument(&format!(
            "{at}.size is {size}, which no {name} has; begin the struct with {init}"
        )));
    }
    if size > known {
        // SAFETY: the program says that there are so many bytes.
        let unknown = unsafe { std::slice::from_raw_parts(given.cast::<u8>().add(known), size - known) };
        if unknown.iter().any(|byte| *byte != 0) {
            return Err(Error::bad_argument(&format!(
                "{at} has fields set that this library does not know, since it is older than the program's header; load the newer library, or leave them unset"
            )));
        }
    }
    let mut copy = MaybeUninit::new(T::INIT);
    // SAFETY: both are at least that long, and whatever is not copied is as INIT has it.
    unsafe { ptr::copy_nonoverlapping(given.cast::<u8>(), copy.as_mut_ptr().cast(), size.min(known)) };
    // SAFETY: the fields of these structs are numbers, bools and pointers. The header says that a bool is
    // one.
    Ok(unsafe { copy.assume_init() })
}

/// A struct parameter of an exported function, copied, under its own name.
macro_rules! given_struct {
    ($pointer:ident) => {
        // SAFETY: the header says that each struct a function takes is as long as its size says.
        unsafe { crate::caller_struct::read($pointer, stringify!($pointer)) }
    };
}
pub(crate) use given_struct;

/// The same for one that may be NULL.
macro_rules! optional_struct {
    ($pointer:ident) => {
        if $pointer.is_null() { Ok(None) } else { crate::caller_struct::given_struct!($pointer).map(Some) }
    };
}
pub(crate) use optional_struct;

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Grown {
        size: usize,
        old: u64,
        added: u64,
    }

    impl CallerStruct for Grown {
        const NAME: &'static str = "dropoff_grown";
        const INIT_MACRO: &'static str = "DROPOFF_GROWN_INIT";
        const INIT: Self = Self { size: size_of::<Self>(), old: 0, added: u64::MAX };
        const FIRST_SIZE: usize = 16;
        fn size(&self) -> usize {
            self.size
        }
    }

    fn told(words: &[u64]) -> std::result::Result<(u64, u64), String> {
        // SAFETY: there are as many bytes as the first word says, or it says too few or too many.
        let read = unsafe { read(words.as_ptr().cast::<Grown>(), "grown") };
        read.map(|grown| (grown.old, grown.added)).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_program_with_fewer_fields_gets_the_defaults_of_the_others() {
        assert_eq!(told(&[16, 7]), Ok((7, u64::MAX)));
        assert_eq!(
            told(&[20, 7, 0xffff_ffff_0000_0003]),
            Ok((7, 0xffff_ffff_0000_0003)),
            "a part of a field"
        );
        assert_eq!(told(&[24, 7, 9]), Ok((7, 9)));
    }

    #[test]
    fn a_program_with_more_fields_may_not_set_them() {
        assert_eq!(told(&[32, 7, 9, 0]), Ok((7, 9)));
        assert!(told(&[32, 7, 9, 1]).expect_err("refused").contains("load the newer library"));
    }

    #[test]
    fn a_size_that_is_none_is_refused_with_the_macro() {
        for size in [0, 1, 8, 15, LARGEST as u64 + 1, u64::MAX] {
            let error = told(&[size, 7, 9]).expect_err("refused");
            assert!(error.starts_with(&format!("grown.size is {size}, ")), "{error}");
            assert!(error.contains("DROPOFF_GROWN_INIT"), "{error}");
        }
    }
}
