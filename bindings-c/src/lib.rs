//! dropoff hands an agent's files to presigned object storage, and says truthfully whether they arrived.
//!
//! This header is the manual. It begins with what holds for every function; then come errors, options, sources,
//! progress, jobs and logs, and then H Company, AgentDrop and raw storage, each with its requests, results and client.
//!
//! A whole program, built with: cc send.c $(pkg-config --cflags --libs dropoff)
//!
//!     #include <dropoff.h>
//!     #include <stdio.h>
//!
//!     int main(void) {
//!         dropoff_error *error = NULL;
//!         dropoff_agentdrop *client = NULL;
//!         dropoff_source *source = NULL;
//!         dropoff_transfer *transfer = NULL;
//!         dropoff_sent_transfer *sent = NULL;
//!         int failed =
//!             dropoff_agentdrop_new(NULL, NULL, NULL, &client, &error) // AGENTDROP_API_KEY
//!             || dropoff_source_from_path("report.pdf", &source, &error)
//!             || dropoff_transfer_new("data-pipeline", "analysis-agent", &transfer, &error)
//!             || dropoff_transfer_add_file(transfer, source, NULL, NULL, &error)
//!             || dropoff_agentdrop_send(client, transfer, &sent, &error);
//!         if (failed)
//!             fprintf(stderr, "%s\n", dropoff_error_message(error));
//!         else
//!             printf("%s is %s\n", dropoff_sent_transfer_id(sent), dropoff_sent_transfer_status(sent));
//!         dropoff_sent_transfer_free(sent);
//!         dropoff_transfer_free(transfer);
//!         dropoff_source_free(source);
//!         dropoff_agentdrop_free(client);
//!         dropoff_error_free(error);
//!         return failed;
//!     }
//!
//! Handles. Every type but dropoff_progress and the enums is opaque. Each handle that a function gave you, you free
//! with the type's _free function, whether it was used or not; freeing NULL does nothing, and the order does not
//! matter. What a function gives as a pointer to const is not yours: it lives as long as the handle it came from.
//!
//! Functions. The receiver comes first, then inputs, then outputs, and last the place for an error. A function that can
//! fail returns a dropoff_status, 0 if it succeeded. Outputs are written on success only and the error on failure only;
//! nothing else is touched, so begin with NULL. Any place for an error may be NULL. A NULL where a pointer is needed is
//! DROPOFF_INVALID_INPUT and names the parameter; each function lists those that may be NULL. A getter that is given
//! NULL answers NULL, 0 or false.
//!
//! Text is UTF-8 that ends with NUL; anything else is DROPOFF_INVALID_INPUT. Paths are raw bytes that end with NUL. What
//! you pass is copied before the function returns. What a getter gives is borrowed from its handle. A NUL inside a text
//! of a service is shown as U+FFFD.
//!
//! Numbers. Sizes are in bytes, lengths of time in milliseconds (uint64_t), with `_ms` in the name.
//!
//! Threads. Each type and function has a line that begins with "Threads:". "any": on any thread, and several may pass
//! the same handle at the same time. "one at a time": on any thread, but no other thread may use those handles at the
//! same time that the function takes without const. No handle is bound to the thread that made it.
//!
//! dropoff has threads of its own, from the first call that takes time until the process ends. They block all signals,
//! so your handlers run on your threads. The process may end while calls run; what they were sending is then lost.
//! dlclose() does not unload the library. No function may be called from a signal handler.
//!
//! After fork() the child may use every client and make calls. Calls that ran in the parent go on there alone; their
//! jobs are DROPOFF_CANCELLED in the child.
//!
//! A defect in dropoff is DROPOFF_INTERNAL, and a getter answers as for NULL; it does not end the process.
#![allow(unsafe_code, non_camel_case_types)]
#![deny(clippy::undocumented_unsafe_blocks)]

// Plumbing.
mod callback_state;
mod caller_memory;
#[cfg(debug_assertions)]
mod debug;
mod guard;
mod handle;
mod signals;
mod text;

// A section of the header each; tests/header.rs has their order.
mod agentdrop;
mod callback;
mod confirmed;
mod encryption;
mod error;
mod files;
mod hcompany;
mod inspection;
mod job;
mod key_pair;
mod library;
mod log;
mod opened_file;
mod options;
mod pack;
mod post_form;
mod profile;
mod profile_details;
mod profile_ticket;
mod profile_upload;
mod progress;
mod put;
mod put_parts;
mod sealed_file;
mod sent_files;
mod sent_transfer;
mod source;
mod storage;
mod stored_object;
mod stored_parts;
mod transfer;
mod transfer_info;
mod transfer_plan;
mod transfer_ticket;
