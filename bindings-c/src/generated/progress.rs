//! Made by dropoff-generate from the core's sources. Do not edit.

use std::ffi::c_char;
use std::mem::size_of;

use dropoff::{Phase, Progress};

use crate::progress::{inline, millis};

/// The step that a call is at. Later versions may add steps.
///
/// Threads: a plain number.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum dropoff_phase {
    /// Looking at the sources.
    DROPOFF_PHASE_PREPARING = 0,
    /// Packing a profile folder.
    DROPOFF_PHASE_PACKING = 1,
    /// Asking the service for a presigned target.
    DROPOFF_PHASE_REQUESTING = 2,
    /// Sending bytes to storage.
    DROPOFF_PHASE_SENDING = 3,
    /// Telling the service, and asking it what happened.
    DROPOFF_PHASE_COMPLETING = 4,
    /// Over, one way or the other.
    DROPOFF_PHASE_DONE = 5,
    /// Opening a sealed file.
    DROPOFF_PHASE_OPENING = 6,
    /// Looking at a profile folder.
    DROPOFF_PHASE_INSPECTING = 7,
}

impl dropoff_phase {
    const fn of(phase: Phase) -> Self {
        match phase {
            Phase::Preparing => Self::DROPOFF_PHASE_PREPARING,
            Phase::Packing => Self::DROPOFF_PHASE_PACKING,
            Phase::Requesting => Self::DROPOFF_PHASE_REQUESTING,
            Phase::Sending => Self::DROPOFF_PHASE_SENDING,
            Phase::Completing => Self::DROPOFF_PHASE_COMPLETING,
            Phase::Done => Self::DROPOFF_PHASE_DONE,
            Phase::Opening => Self::DROPOFF_PHASE_OPENING,
            Phase::Inspecting => Self::DROPOFF_PHASE_INSPECTING,
            // The core may add some; all that it has are above.
            _ => Self::DROPOFF_PHASE_DONE,
        }
    }
}

/// A snapshot of a call on its way. Later versions may add fields at the end: a field is there if `size`
/// covers it.
///
/// Threads: plain data. The one that a callback is given is valid until the callback returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_progress {
    /// Bytes of this struct that were written.
    pub size: usize,
    /// Source bytes handed to the network in attempts that still count; goes back when one fails. While a
    /// folder is packed: bytes of it that are packed.
    pub bytes_done: u64,
    /// Source bytes to send in all, or to pack while a folder is packed; 0 until known.
    pub bytes_total: u64,
    /// Time since the call started.
    pub elapsed_ms: u64,
    /// The step that the call is at.
    pub phase: dropoff_phase,
    /// Files storage has accepted.
    pub files_done: u32,
    /// Files in all; 0 until known.
    pub files_total: u32,
    /// Requests that were repeated so far.
    pub retries: u32,
    /// How long uploads may still start with the presigned ticket in use, while sending. One that has started
    /// may finish. UINT64_MAX if that is not known.
    pub ticket_left_ms: u64,
    /// How long sending the rest takes at the rate so far, after 2 s of sending. UINT64_MAX if that is not
    /// known.
    pub time_needed_ms: u64,
    /// A likely failure if it goes on like this, as a sentence: sending needs more time than the ticket has,
    /// so uploads that have to start over or have not started by then fail. It ends with NUL, and is empty if
    /// there is none. It is a part of the struct, so a copy of that keeps it.
    pub warning: [c_char; 192],
    /// How long the bytes have been counted: since packing began, and later since sending began; 0 before.
    /// bytes_done divided by it is the rate.
    pub active_for_ms: u64,
}

impl dropoff_progress {
    pub(crate) fn of(progress: Progress) -> Self {
        Self {
            size: size_of::<Self>(),
            bytes_done: progress.bytes_done,
            bytes_total: progress.bytes_total,
            elapsed_ms: millis(progress.elapsed),
            phase: dropoff_phase::of(progress.phase),
            files_done: progress.files_done,
            files_total: progress.files_total,
            retries: progress.retries,
            ticket_left_ms: progress.ticket_left.map_or(u64::MAX, millis),
            time_needed_ms: progress.time_needed.map_or(u64::MAX, millis),
            warning: inline(&progress.warning().unwrap_or_default()),
            active_for_ms: millis(progress.active_for),
        }
    }
}
