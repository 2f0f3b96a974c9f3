//! dropoff hands an agent's files to presigned object storage, and says truthfully whether they arrived.
//!
//! This header is the manual. It begins with what holds for every function; then come errors, structs,
//! options, sources, progress, jobs and logs, and then H Company, AgentDrop and raw storage, each with its
//! requests, results and client.
//!
//! A whole program, built with: cc send.c $(pkg-config --cflags --libs dropoff)
//!
//!     #include <dropoff.h>
//!     #include <stdio.h>
//!
//!     int main(void) {
//!         dropoff_error *error = NULL;
//!         dropoff_agentdrop *client = NULL;
//!         dropoff_sent_transfer *sent = NULL;
//!         dropoff_file report = DROPOFF_FILE_INIT;
//!         dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
//!         report.path = "report.pdf";
//!         transfer.sender = "data-pipeline";
//!         transfer.recipient = "analysis-agent";
//!         transfer.files = &report;
//!         transfer.files_count = 1;
//!         int failed = dropoff_agentdrop_new(NULL, &client, &error) // AGENTDROP_API_KEY
//!                      || dropoff_agentdrop_send(client, &transfer, &sent, &error);
//!         if (failed)
//!             fprintf(stderr, "%s\n", dropoff_error_message(error));
//!         else
//!             printf("%s is %s\n", sent->id, sent->status);
//!         dropoff_sent_transfer_free(sent);
//!         dropoff_agentdrop_free(client);
//!         dropoff_error_free(error);
//!         return failed;
//!     }
//!
//! Structs. Requests, settings and options are structs that you fill, and results are structs that you read.
//! A call copies what it needs before it returns, so a request may be changed, used again or dropped then;
//! only a dropoff_source in it is used up. A result never changes, and what its fields point to is its own.
//! What it lacks is NULL, or the number that the field names.
//!
//! Handles. Clients, jobs, sources, key pairs, tickets and errors are opaque. What their getters give lives
//! as long as the handle. Each handle and each result that a function gave you, you free with the type's
//! _free function, whether it was used or not; freeing NULL does nothing, and the order does not matter.
//!
//! Functions. The receiver comes first, then inputs, then outputs, and last the place for an error. A
//! function that can fail returns a dropoff_status, 0 if it succeeded. Outputs are written on success only
//! and the error on failure only; nothing else is touched, so begin with NULL. Any place for an error may be
//! NULL. A NULL where a pointer is needed is DROPOFF_INVALID_INPUT and names the parameter; each function
//! lists the parameters that may be NULL. A getter that is given NULL answers NULL, 0 or false. Errors name
//! the fields of a parameter by their path in it, such as sender or files[2].name, as in all languages.
//!
//! Text is UTF-8 that ends with NUL; anything else is DROPOFF_INVALID_INPUT. Paths are raw bytes that end
//! with NUL and need not be UTF-8; on Windows each of them must be. A NUL inside a text of a service is shown
//! as U+FFFD.
//!
//! Numbers. Sizes are in bytes, lengths of time in milliseconds (uint64_t), with `_ms` in the name. A bool is
//! 0 or 1.
//!
//! Threads. Each type and function says "Threads:". "any": on any thread, and several may pass the same
//! handle or struct at the same time. "one at a time": on any thread, but no other thread may use what the
//! function takes without const at the same time. The same holds for a dropoff_source in a request. No handle
//! is bound to the thread that made it.
//!
//! dropoff has threads of its own, from the first call that takes time until the process ends. They block all
//! signals, so your handlers run on your threads. The process may end while calls run; what they were sending
//! is then lost. dlclose() does not unload the library. No function may be called from a signal handler.
//!
//! After fork() the child may use every client and make calls. Calls that ran in the parent go on there
//! alone; their jobs are DROPOFF_CANCELLED in the child. On macOS the parent makes a client first, which
//! reads the certificates that the system lets no forked child look up.
//!
//! A defect in dropoff is DROPOFF_INTERNAL, and a getter answers as for NULL; it does not end the process.
#![allow(unsafe_code, non_camel_case_types)]
#![deny(clippy::undocumented_unsafe_blocks)]

// Plumbing.
mod arena;
mod callback_state;
mod caller_memory;
#[cfg(debug_assertions)]
mod debug;
mod fields;
mod generated;
mod given_options;
mod guard;
mod handle;
mod job_fd;
mod stored_again;
mod sys;
mod text;

// A section of the header each; generate/src/faces.rs has their order.
mod agentdrop;
mod callback;
mod caller_struct;
mod error;
mod hcompany;
mod inspection;
mod job;
mod key_pair;
mod library;
mod log;
mod options;
mod profile_ticket;
mod progress;
mod sealed_file;
mod source;
mod storage;
mod transfer_ticket;
