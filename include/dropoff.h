/*
 * dropoff hands an agent's files to presigned object storage, and says truthfully whether they arrived.
 *
 * This header is the manual. It begins with what holds for every function; then come errors, options, sources,
 * progress, jobs and logs, and then H Company, AgentDrop and raw storage, each with its requests, results and client.
 *
 * A whole program, built with: cc send.c $(pkg-config --cflags --libs dropoff)
 *
 *     #include <dropoff.h>
 *     #include <stdio.h>
 *
 *     int main(void) {
 *         dropoff_error *error = NULL;
 *         dropoff_agentdrop *client = NULL;
 *         dropoff_source *source = NULL;
 *         dropoff_transfer *transfer = NULL;
 *         dropoff_sent_transfer *sent = NULL;
 *         int failed =
 *             dropoff_agentdrop_new(NULL, NULL, NULL, &client, &error) // AGENTDROP_API_KEY
 *             || dropoff_source_from_path("report.pdf", &source, &error)
 *             || dropoff_transfer_new("data-pipeline", "analysis-agent", &transfer, &error)
 *             || dropoff_transfer_add_file(transfer, source, NULL, NULL, &error)
 *             || dropoff_agentdrop_send(client, transfer, &sent, &error);
 *         if (failed)
 *             fprintf(stderr, "%s\n", dropoff_error_message(error));
 *         else
 *             printf("%s is %s\n", dropoff_sent_transfer_id(sent), dropoff_sent_transfer_status(sent));
 *         dropoff_sent_transfer_free(sent);
 *         dropoff_transfer_free(transfer);
 *         dropoff_source_free(source);
 *         dropoff_agentdrop_free(client);
 *         dropoff_error_free(error);
 *         return failed;
 *     }
 *
 * Handles. Every type but dropoff_progress and the enums is opaque. Each handle that a function gave you, you free
 * with the type's _free function, whether it was used or not; freeing NULL does nothing, and the order does not
 * matter. What a function gives as a pointer to const is not yours: it lives as long as the handle it came from.
 *
 * Functions. The receiver comes first, then inputs, then outputs, and last the place for an error. A function that can
 * fail returns a dropoff_status, 0 if it succeeded. Outputs are written on success only and the error on failure only;
 * nothing else is touched, so begin with NULL. Any place for an error may be NULL. A NULL where a pointer is needed is
 * DROPOFF_INVALID_INPUT and names the parameter; each function lists those that may be NULL. A getter that is given
 * NULL answers NULL, 0 or false.
 *
 * Text is UTF-8 that ends with NUL; anything else is DROPOFF_INVALID_INPUT. Paths are raw bytes that end with NUL. What
 * you pass is copied before the function returns. What a getter gives is borrowed from its handle. A NUL inside a text
 * of a service is shown as U+FFFD.
 *
 * Numbers. Sizes are in bytes, lengths of time in milliseconds (uint64_t), with `_ms` in the name.
 *
 * Threads. Each type and function has a line that begins with "Threads:". "any": on any thread, and several may pass
 * the same handle at the same time. "one at a time": on any thread, but no other thread may use those handles at the
 * same time that the function takes without const. No handle is bound to the thread that made it.
 *
 * dropoff has threads of its own, from the first call that takes time until the process ends. They block all signals,
 * so your handlers run on your threads. The process may end while calls run; what they were sending is then lost.
 * dlclose() does not unload the library. No function may be called from a signal handler.
 *
 * After fork() the child may use every client and make calls. Calls that ran in the parent go on there alone; their
 * jobs are DROPOFF_CANCELLED in the child.
 *
 * A defect in dropoff is DROPOFF_INTERNAL, and a getter answers as for NULL; it does not end the process.
 */

/* Generated from bindings-c/src by bindings-c/tests/header.rs. Do not edit. */

#ifndef DROPOFF_H
#define DROPOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of this header. dropoff_version() is that of the library. */
#define DROPOFF_VERSION "0.1.0"
#define DROPOFF_VERSION_MAJOR 0
#define DROPOFF_VERSION_MINOR 1
#define DROPOFF_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Errors
 *
 * A function that can fail returns a status, and leaves a dropoff_error with the facts behind it. Act on the
 * status, on dropoff_error_retryable and on dropoff_error_outcome; show dropoff_error_message to people. No
 * error holds a secret: no key, no signed URL, no form field.
 */

/**
 * How a call ended: what the caller can do about it. A number never changes its meaning; later versions may
 * add numbers, so treat one you do not know like DROPOFF_INTERNAL.
 *
 * Threads: a plain number.
 */
typedef enum {
    /** It succeeded. */
    DROPOFF_OK = 0,
    /** An argument or option is wrong, such as NULL. Nothing was sent. Correct the call. */
    DROPOFF_INVALID_INPUT = 1,
    /** No API key, or the service does not accept it. */
    DROPOFF_AUTHENTICATION = 2,
    /** The key is good but may not do this. */
    DROPOFF_PERMISSION = 3,
    /** The service does not know the thing named, or hides it from this key. */
    DROPOFF_NOT_FOUND = 4,
    /** The request contradicts the state the service holds. */
    DROPOFF_CONFLICT = 5,
    /** The service understood and refused the request; the error's details name the fields. */
    DROPOFF_REJECTED = 6,
    /** More bytes than the ticket, the plan or the service allows. */
    DROPOFF_TOO_LARGE = 7,
    /** Too many requests; dropoff_error_retry_after_ms says when to call again. */
    DROPOFF_RATE_LIMITED = 8,
    /** The presigned ticket ran out. */
    DROPOFF_EXPIRED = 9,
    /** Object storage refused the bytes; dropoff_error_service_code is storage's own code. */
    DROPOFF_STORAGE_REFUSED = 10,
    /**
     * The service or storage is failing or overloaded; or this machine has no more threads or descriptors, and then the
     * side is the caller's.
     */
    DROPOFF_UNAVAILABLE = 11,
    /** The connection could not be made, or broke. */
    DROPOFF_NETWORK = 12,
    /** A time limit of ours passed. */
    DROPOFF_TIMEOUT = 13,
    /** The peer's certificate or TLS handshake was not acceptable. */
    DROPOFF_TLS = 14,
    /** A local file or stream could not be read. */
    DROPOFF_SOURCE_UNREADABLE = 15,
    /** A local file changed while it was being sent. */
    DROPOFF_SOURCE_CHANGED = 16,
    /** What arrived is not what was sent. */
    DROPOFF_INTEGRITY = 17,
    /** Sealing was asked for and is not possible. */
    DROPOFF_ENCRYPTION = 18,
    /** The target's address or headers are not ones bytes may be sent to. */
    DROPOFF_UNSAFE_TARGET = 19,
    /** The browser that owns the profile folder is running. */
    DROPOFF_BROWSER_RUNNING = 20,
    /** The temporary folder is full. */
    DROPOFF_DISK_FULL = 21,
    /** The caller cancelled. */
    DROPOFF_CANCELLED = 22,
    /** A reply was lost and asking the service did not settle what happened. */
    DROPOFF_UNKNOWN_OUTCOME = 23,
    /** A defect in this library. */
    DROPOFF_INTERNAL = 24,
} dropoff_status;

/**
 * Whose side the trouble is on.
 *
 * Threads: a plain number.
 */
typedef enum {
    /** There is no error: the handle was NULL. */
    DROPOFF_SIDE_NONE = 0,
    /** This program or its files. */
    DROPOFF_SIDE_CALLER = 1,
    /** Between here and there. */
    DROPOFF_SIDE_NETWORK = 2,
    /** The service that handed out the ticket. */
    DROPOFF_SIDE_SERVICE = 3,
    /** Object storage. */
    DROPOFF_SIDE_STORAGE = 4,
} dropoff_side;

/**
 * Whether what was asked for happened, as far as the service can tell.
 *
 * Threads: a plain number.
 */
typedef enum {
    /** There is no error: the handle was NULL. */
    DROPOFF_OUTCOME_NONE = 0,
    /** It happened: the profile is registered, the transfer is active, storage has what a raw upload or a step sent. */
    DROPOFF_OUTCOME_COMPLETED = 1,
    /** It did not happen. Calling again cannot do it twice. */
    DROPOFF_OUTCOME_NOT_COMPLETED = 2,
    /** A reply was lost and asking did not settle it. */
    DROPOFF_OUTCOME_UNKNOWN = 3,
} dropoff_outcome;

/**
 * What became of the things the service held for a call that failed.
 *
 * Threads: a plain number.
 */
typedef enum {
    /** Nothing was left to clean up, or the service removes it by itself. */
    DROPOFF_CLEANUP_NONE = 0,
    /** The remains were removed. */
    DROPOFF_CLEANUP_DONE = 1,
    /** Removing the remains failed too. */
    DROPOFF_CLEANUP_FAILED = 2,
} dropoff_cleanup;

/**
 * What went wrong, as facts. Made by a function that fails and was given a place for it; free it with
 * dropoff_error_free. It depends on nothing else and may outlive every other handle.
 *
 * Threads: it never changes, so any number of threads may read it at once.
 */
typedef struct dropoff_error dropoff_error;

/**
 * Frees an error. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_error_free(dropoff_error *error);

/**
 * The status that the function returned with this error; DROPOFF_OK for NULL.
 *
 * Threads: any.
 */
dropoff_status dropoff_error_kind(const dropoff_error *error);

/**
 * The kind's name, the same in all languages: "invalid_input", "network". Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_kind_name(const dropoff_error *error);

/**
 * What happened and what to do, one line of plain English without secrets. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_message(const dropoff_error *error);

/**
 * The step that failed, such as "put" or "complete_upload"; NULL before any began. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_operation(const dropoff_error *error);

/**
 * Whose side the trouble is on.
 *
 * Threads: any.
 */
dropoff_side dropoff_error_side(const dropoff_error *error);

/**
 * Whether making the same call again now is safe and useful.
 *
 * Threads: any.
 */
bool dropoff_error_retryable(const dropoff_error *error);

/**
 * How long the service asked to be left alone. False if it did not say; then `ms` is not written.
 *
 * May be NULL: ms.
 * Threads: any.
 */
bool dropoff_error_retry_after_ms(const dropoff_error *error, uint64_t *ms);

/**
 * The HTTP status, when there was a reply; otherwise 0.
 *
 * Threads: any.
 */
int dropoff_error_http_status(const dropoff_error *error);

/**
 * The service's or storage's own code, such as "FILES_MISSING" or "AccessDenied"; NULL if it gave none. Lives as
 * long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_service_code(const dropoff_error *error);

/**
 * The id the service or storage logged the request under; NULL if it gave none. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_request_id(const dropoff_error *error);

/**
 * How many fields the service complained about.
 *
 * Threads: any.
 */
size_t dropoff_error_details_count(const dropoff_error *error);

/**
 * The path of one such field, such as "files.0.name", empty if the service named none; NULL if `index` is not
 * below the count. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_details_field(const dropoff_error *error, size_t index);

/**
 * The service's words about that field; NULL if `index` is not below the count. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_details_message(const dropoff_error *error, size_t index);

/**
 * Whether what was asked for happened all the same.
 *
 * Threads: any.
 */
dropoff_outcome dropoff_error_outcome(const dropoff_error *error);

/**
 * What a lower layer said; NULL if nothing did. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_cause(const dropoff_error *error);

/**
 * What became of the remains of the call.
 *
 * Threads: any.
 */
dropoff_cleanup dropoff_error_cleanup(const dropoff_error *error);

/**
 * What kind of thing the service reserved for the call before it failed: "transfer" or "profile"; NULL if it reserved
 * nothing. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_resource_kind(const dropoff_error *error);

/**
 * The service's id for that thing; NULL if it reserved nothing. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_resource_id(const dropoff_error *error);

/**
 * The local file the error is about; NULL if it is about none. These are the raw bytes of the path, which need
 * not be UTF-8. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_path(const dropoff_error *error);

/**
 * The journal from which the same call goes on where this one stopped (dropoff_transfer_set_journal); NULL if there is
 * nothing to go on from. These are the raw bytes of the path, which need not be UTF-8. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_journal(const dropoff_error *error);

/**
 * Storage's ETag, without quotes, of what it holds or of what was in the way; NULL if it told none.
 * dropoff_error_outcome says which. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_etag(const dropoff_error *error);

/**
 * The operating system's error number for a local file, or for what it had no room for, as in errno.h; otherwise 0.
 *
 * Threads: any.
 */
int dropoff_error_errno(const dropoff_error *error);

/**
 * Every fact as one JSON object, the same in all languages: absent facts are null, `retry_after` is in seconds.
 * Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_to_json(const dropoff_error *error);

/*
 * Callbacks
 *
 * Everywhere a function pointer is taken, a `user_data` pointer goes with it, is handed to each call as it is,
 * and may be NULL. After them comes a finalizer, or NULL: it is called exactly once with that user_data, when
 * dropoff needs it no more, also if the function that took it fails, with whatever status. A callback runs on a
 * thread of dropoff's, all signals blocked; it must return, and neither throw nor longjmp out. It may call any
 * function of dropoff's that this header does not forbid it.
 */

/**
 * Tells that dropoff needs `user_data` no more. Called exactly once.
 *
 * Threads: it is called on any thread: the one that called dropoff, before that call returns, or one of dropoff's that
 * moves no bytes, so it may block, but not wait for another finalizer. It may use dropoff.
 */
typedef void (*dropoff_finalizer)(void *user_data);

/*
 * Options
 *
 * Settings of a client, set by name. A bad value is refused when it is set, with the range in the message. See
 * dropoff_options for the list.
 */

/**
 * Settings of a client. A client copies them when it is made, so one dropoff_options can serve many and be freed
 * at once. The setter in the second column is the one that takes the option; times are in milliseconds there.
 *
 *     connect_timeout      set_ms      0.001 s to 10 min; default 10 s
 *     stall_timeout        set_ms      0.001 s to 1 h; default 30 s
 *     response_timeout     set_ms      0.001 s to 1 h; default 120 s
 *     max_attempts         set_number  1 to 100; default 5
 *     backoff_base         set_ms      0 to 10 min; default 0.5 s
 *     backoff_cap          set_ms      0 to 1 h; default 30 s
 *     max_retry_after      set_ms      0 to 1 h; default 60 s
 *     concurrency          set_number  1 to 64; default found while sending: 4 at first, then 1 to 16
 *     bandwidth_limit      set_number  1024 to 1099511627776 bytes per second; default none
 *     memory_budget        set_number  8388608 to 1099511627776 bytes; default 67108864 (64 MiB)
 *     part_size            set_number  5242880 to 5368709120 bytes (5 MiB to 5 GiB); default 8388608 (8 MiB), more where a file would need over 10,000 parts
 *     multipart_threshold  set_number  1 to 5368709120 bytes (5 GiB); default 524288000 (500 MiB)
 *     integrity_check      set_bool    "auto", true or false; default "auto"
 *     spool_dir            set_text    a folder that can be written to; default the system's temporary folder
 *     ca_file              set_text    a PEM file; default the operating system's roots only
 *     proxy                set_text    an http:// URL; default the environment's proxy variables
 *     user_agent           set_text    1 to 256 printable ASCII characters; default dropoff/<version>
 *     trusted_storage      add_text    origins such as https://minio.internal:9000; default none: storage must be https on a public address
 *
 * connect_timeout: name lookup, TCP, proxy and TLS together, and as many times as long where connections
 * share a slow line. stall_timeout: the peer has acknowledged nothing for this long; a slow upload that
 * moves is never ended, nor one that others keep waiting on a slow line, and time in which the process is
 * suspended does not count. response_timeout: from the last byte acknowledged to the answer, counted alike.
 * max_attempts: tries of one request. backoff_base, backoff_cap: the random wait between tries, to which
 * uploads add twice backoff_base, since storage takes about one write a second of one key. max_retry_after:
 * a longer Retry-After is given back to the caller at once. concurrency: files and parts of one call at
 * once, over all its files; without it there are more while more arrives per second that way, and fewer when
 * storage or the network pushes back. bandwidth_limit: what all uploads of the client together send a
 * second, at most; each client has a function that changes it. memory_budget: the most memory one call may
 * fill with sealed parts that wait to be sent; one part is held whatever it says, and parts that are not
 * sealed need none. part_size: bytes of each part but the last. multipart_threshold: a transfer with a file
 * of at least this many bytes is sent in parts. integrity_check: "auto" (with set_text) is SHA-256 for a
 * profile and MD5 against the ETag for files up to 256 MiB; true always, false never. spool_dir: where
 * packed profiles and streams are kept, unnamed, while they are sent. ca_file: certificates to trust beside the
 * system's, read when it is set: roots, or a server's own of any kind. proxy: instead of the environment's,
 * whatever NO_PROXY says; # / ? @ in its user name and password are percent-encoded; a service on this machine
 * is never asked through it. trusted_storage: origins that may be private addresses, and plain http only
 * if they say http://; each call of add_text adds one.
 *
 * Threads: one at a time; a client that was made from it does not look at it again.
 */
typedef struct dropoff_options dropoff_options;

/**
 * Makes options that hold the defaults. Free them with dropoff_options_free.
 *
 * Threads: any.
 */
dropoff_status dropoff_options_new(dropoff_options **options, dropoff_error **error);

/**
 * Frees options. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_options_free(dropoff_options *options);

/**
 * Sets a length of time, in milliseconds.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_options_set_ms(dropoff_options *options,
                                      const char *name,
                                      uint64_t ms,
                                      dropoff_error **error);

/**
 * Sets a whole number.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_options_set_number(dropoff_options *options,
                                          const char *name,
                                          uint64_t number,
                                          dropoff_error **error);

/**
 * Sets a truth value.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_options_set_bool(dropoff_options *options,
                                        const char *name,
                                        bool on,
                                        dropoff_error **error);

/**
 * Sets a text, a path (whose bytes need not be UTF-8; a leading ~/ is the home folder) or "auto".
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_options_set_text(dropoff_options *options,
                                        const char *name,
                                        const char *value,
                                        dropoff_error **error);

/**
 * Adds one text to a list.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_options_add_text(dropoff_options *options,
                                        const char *name,
                                        const char *value,
                                        dropoff_error **error);

/*
 * Sources
 *
 * What to send: a file, a folder where a browser profile is due, a range of memory, or a stream.
 */

/**
 * What to send. The request that takes it empties it: it cannot be used again, and is still yours to free, at any
 * time after.
 *
 * Threads: one at a time.
 */
typedef struct dropoff_source dropoff_source;

/**
 * Reads the next bytes of a stream into `buffer`, at most `capacity`, and says in `read_out` how many; none is the
 * end. Returns 0, or another number if it failed: that ends the call with DROPOFF_SOURCE_UNREADABLE, and the number,
 * best one of errno.h, is told in the error's cause. `buffer` and `read_out` are valid until it returns.
 *
 * Threads: it is called on one thread of dropoff's own, one call at a time, and may block for as long as it likes. It
 * may call dropoff, but not wait for the job that reads it. After a cancel it is called no more; the call that is
 * under way then is not waited for.
 */
typedef int (*dropoff_read_fn)(void *user_data, uint8_t *buffer, size_t capacity, size_t *read_out);

/**
 * Sets a stream back to where it stood before the first read. Returns 0, or another number if it cannot.
 *
 * Threads: as a dropoff_read_fn, after the last read.
 */
typedef int (*dropoff_rewind_fn)(void *user_data);

/**
 * A file, or a folder where a browser profile is due. A leading ~/ is the home folder; a relative path is one from
 * the current folder of this moment. The bytes of the path need not be UTF-8. Nothing is opened yet: a missing file
 * is the error of the call that sends it.
 *
 * Threads: any.
 */
dropoff_status dropoff_source_from_path(const char *path,
                                        dropoff_source **source,
                                        dropoff_error **error);

/**
 * `length` bytes in memory. Without a `release` they are copied. With one they are borrowed: they must stay as they
 * are until `release(user_data)` is called, exactly once, when nothing needs them any more; that may be a little
 * after the call that sent them has returned. `data` may be NULL if `length` is 0.
 *
 * May be NULL: data, user_data, release.
 * Threads: any; `release` is called on any thread.
 */
dropoff_status dropoff_source_from_memory(const uint8_t *data,
                                          size_t length,
                                          void *user_data,
                                          dropoff_finalizer release,
                                          dropoff_source **source,
                                          dropoff_error **error);

/**
 * A stream of unknown length. It is read once, into an unnamed temporary file (option spool_dir), so that a retry can
 * send it again. A call that fails after it was read is not retryable: the stream has to be opened anew.
 *
 * May be NULL: user_data, finalizer.
 * Threads: any.
 */
dropoff_status dropoff_source_from_reader(dropoff_read_fn read,
                                          void *user_data,
                                          dropoff_finalizer finalizer,
                                          dropoff_source **source,
                                          dropoff_error **error);

/**
 * The same for a stream that can go back: when a call fails that has read of it, `rewind` is called, and then the same
 * call can be made again with a new source of the same stream. If `rewind` fails, or a read that is under way does not
 * end within 2 s, the error is not retryable.
 *
 * May be NULL: user_data, finalizer.
 * Threads: any.
 */
dropoff_status dropoff_source_from_rewindable_reader(dropoff_read_fn read,
                                                     dropoff_rewind_fn rewind,
                                                     void *user_data,
                                                     dropoff_finalizer finalizer,
                                                     dropoff_source **source,
                                                     dropoff_error **error);

/**
 * Frees a source, used or not. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_source_free(dropoff_source *source);

/*
 * Progress
 *
 * How far a call is: told to a callback while the call runs, or asked for with dropoff_job_progress.
 */

/**
 * What a call is doing. Later versions may add phases.
 *
 * Threads: a plain number.
 */
typedef enum {
    /** Looking at the sources. */
    DROPOFF_PHASE_PREPARING = 0,
    /** Packing a profile folder. */
    DROPOFF_PHASE_PACKING = 1,
    /** Asking the service for a presigned target. */
    DROPOFF_PHASE_REQUESTING = 2,
    /** Sending bytes to storage. */
    DROPOFF_PHASE_SENDING = 3,
    /** Telling the service, and asking it what happened. */
    DROPOFF_PHASE_COMPLETING = 4,
    /** Over, one way or the other. */
    DROPOFF_PHASE_DONE = 5,
    /** Opening a sealed file. */
    DROPOFF_PHASE_OPENING = 6,
    /** Looking at a profile folder. */
    DROPOFF_PHASE_INSPECTING = 7,
} dropoff_phase;

/**
 * A snapshot of a call on its way. Later versions may add fields at the end: a field is there if `size` covers it.
 *
 * Threads: plain data. The one that a callback is given is valid until the callback returns.
 */
typedef struct {
    /** Bytes of this struct that were written. */
    size_t size;
    /**
     * Source bytes handed to the network in attempts that still count; goes back when one fails. While a folder is
     * packed: bytes of it that are packed.
     */
    uint64_t bytes_done;
    /** Source bytes to send in all, or to pack while a folder is packed; 0 until known. */
    uint64_t bytes_total;
    /** Milliseconds since the call started. */
    uint64_t elapsed_ms;
    /** What the call is doing. */
    dropoff_phase phase;
    /** Files storage has accepted. */
    uint32_t files_done;
    /** Files in all. */
    uint32_t files_total;
    /** Requests that were repeated so far. */
    uint32_t retries;
    /**
     * While sending: how long uploads may still start with the presigned ticket in use; one that has started may
     * finish. UINT64_MAX if that is not known.
     */
    uint64_t ticket_left_ms;
    /** While sending: how long it still takes at the rate so far. UINT64_MAX if that is not known, as in the first 2 s. */
    uint64_t time_needed_ms;
    /**
     * What is likely to go wrong if it goes on like this, as a sentence that ends with NUL: the ticket is too short
     * for the upload. Empty if nothing is. It is a part of the struct, so a copy of that keeps it.
     */
    char warning[192];
    /**
     * Milliseconds that bytes_done was counted for: since packing began, and later since sending began; 0 before.
     * bytes_done divided by it is the rate.
     */
    uint64_t active_for_ms;
} dropoff_progress;

/**
 * Is told how far a call is, about every 100 ms and once more when it is over. Returns 0 to go on; anything else
 * cancels the call, and it is not called again. What the last call returns changes nothing. `progress` is valid until
 * it returns.
 *
 * Threads: it is called on a thread of dropoff's own, never twice at once for one call. It may use dropoff, and cancel
 * its own job, but should not wait for it: that only delays the next call of it. A function that waits for the
 * call, blocking forms included, returns after the last call of it and its finalizer have returned.
 */
typedef int (*dropoff_progress_fn)(const dropoff_progress *progress, void *user_data);

/*
 * Jobs
 *
 * Each call that takes time has a form that waits and a `_start_` form that gives a job. Ask the job for its result
 * with the function of its kind, such as dropoff_job_profile; each of these waits until the job is over, and may be
 * called again. In a forked child a job of the parent is DROPOFF_CANCELLED; the child can start jobs of its own.
 */

/**
 * A call that was started and may still be running. Freeing it does not stop the call; only dropoff_job_cancel does.
 *
 * Threads: any number may use one job at once, but for freeing it.
 */
typedef struct dropoff_job dropoff_job;

/**
 * Told once that a job is over. `job` is the job's own, for this call only: ask it for its result, and do not free it.
 *
 * Threads: it is called on a thread of dropoff's own, where it may use all of dropoff.
 */
typedef void (*dropoff_done_fn)(const dropoff_job *job, void *user_data);

/**
 * Waits until the job is over. DROPOFF_OK if it succeeded, otherwise what it failed with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_wait(const dropoff_job *job, dropoff_error **error);

/**
 * Waits `ms` milliseconds at most. DROPOFF_OK and `over` false: it is still running. DROPOFF_OK and `over` true: it
 * succeeded. Another status is what it failed with, and `over` is not written.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_wait_ms(const dropoff_job *job,
                                   uint64_t ms,
                                   bool *over,
                                   dropoff_error **error);

/**
 * Whether the job is over, one way or the other, and its progress callback is through. Does not wait. False for NULL.
 *
 * Threads: any.
 */
bool dropoff_job_is_done(const dropoff_job *job);

/**
 * Asks the job to stop. It ends with DROPOFF_CANCELLED unless it was over already; wait for it to know which. Does
 * not wait. NULL, or a job that is over, is fine.
 *
 * Threads: any.
 */
void dropoff_job_cancel(const dropoff_job *job);

/**
 * How far the job is. `size` is sizeof(dropoff_progress): no more is written than that.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_progress(const dropoff_job *job,
                                    size_t size,
                                    dropoff_progress *progress,
                                    dropoff_error **error);

/**
 * Tells the job's progress to a callback from now on. A job has one such callback; a request's set_progress is the
 * same.
 *
 * May be NULL: user_data, finalizer.
 * Threads: any.
 */
dropoff_status dropoff_job_on_progress(const dropoff_job *job,
                                       dropoff_progress_fn callback,
                                       void *user_data,
                                       dropoff_finalizer finalizer,
                                       dropoff_error **error);

/**
 * Calls `callback` once when the job is over; at once, on another thread, if it is already. A job takes any number of
 * these. They are called also when the handle is freed before. Waiting for the job does not wait for them.
 *
 * May be NULL: user_data, finalizer.
 * Threads: any.
 */
dropoff_status dropoff_job_on_done(const dropoff_job *job,
                                   dropoff_done_fn callback,
                                   void *user_data,
                                   dropoff_finalizer finalizer,
                                   dropoff_error **error);

/**
 * Frees the handle, at any time. A job that is still running goes on, its callbacks are still called, and nothing
 * waits for it any more. NULL is fine. Not while another thread uses the same handle.
 *
 * Threads: one at a time.
 */
void dropoff_job_free(dropoff_job *job);

/*
 * Logs
 *
 * What dropoff does, a line at a time: each request and answer, what is tried again and why, how each job ended. One
 * callback of the process is told, on a thread that does nothing else. No line holds a secret: no key, no URL's
 * query, no form field.
 *
 *     static void show(dropoff_log_level level, const char *message, void *user_data) {
 *         fprintf((FILE *)user_data, "%d %s\n", (int)level, message);
 *     }
 *
 *     dropoff_log_set(DROPOFF_LOG_DEBUG, show, stderr, NULL, &error);
 *     ...
 *     dropoff_log_set(DROPOFF_LOG_NONE, NULL, NULL, NULL, NULL); // tells what still waits
 */

/**
 * How much a log line matters.
 *
 * Threads: a plain number.
 */
typedef enum {
    /** Nothing is told. */
    DROPOFF_LOG_NONE = 0,
    /** Something is lost or about to be, such as a ticket that had to be replaced. */
    DROPOFF_LOG_WARN = 1,
    /** What one may want to know afterwards, such as a request that was tried again; and the above. */
    DROPOFF_LOG_INFO = 2,
    /** Each step and each attempt; and the above. */
    DROPOFF_LOG_DEBUG = 3,
} dropoff_log_level;

/**
 * Is told one log line: what happened, then its facts as name=value. `message` has no newline and is valid until the
 * callback returns.
 *
 * Threads: it is called on a thread of dropoff's own, one line after the other. It holds no transfer up: up to 1024
 * lines wait for it, those beyond are dropped, and a line at DROPOFF_LOG_WARN says how many. It may use dropoff,
 * dropoff_log_set included; what dropoff does for it is logged as well.
 */
typedef void (*dropoff_log_fn)(dropoff_log_level level, const char *message, void *user_data);

/**
 * Tells the lines of `level`, which is a dropoff_log_level, and those that matter more, to `callback`: from now on,
 * for the whole process, whichever part of it makes the calls, and instead of the callback before. That one is told
 * what still waits for it, then its finalizer is called, and then this returns; so hold no lock that they take.
 * Called by them, this does not wait for them. With DROPOFF_LOG_NONE nobody is told from now on, and `callback` may
 * be NULL. If this fails, the callback before stays.
 *
 * Set DROPOFF_LOG_NONE before the process ends: lines that wait then are lost, and the callback may be called until
 * the very end. After fork() the child's lines go to its own copy of the callback and its user_data.
 *
 * May be NULL: user_data, finalizer.
 * Threads: any.
 */
dropoff_status dropoff_log_set(int level,
                               dropoff_log_fn callback,
                               void *user_data,
                               dropoff_finalizer finalizer,
                               dropoff_error **error);

/*
 * Stored objects
 *
 * What storage has after an upload.
 */

/**
 * What storage has after an upload. Free it with dropoff_stored_object_free, unless it is a profile's own.
 *
 * Threads: it never changes, so any number of threads may read it at once.
 */
typedef struct dropoff_stored_object dropoff_stored_object;

/**
 * Waits for a job of dropoff_storage_start_put, dropoff_storage_start_post_form or dropoff_hcompany_start_upload and
 * gives its result, which is yours to free; or what the job failed with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_stored_object(const dropoff_job *job,
                                         dropoff_stored_object **stored,
                                         dropoff_error **error);

/**
 * Frees a stored object. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_stored_object_free(dropoff_stored_object *stored);

/**
 * Bytes of the source that storage took.
 *
 * Threads: any.
 */
uint64_t dropoff_stored_object_bytes(const dropoff_stored_object *stored);

/**
 * Storage's ETag, without quotes; NULL if it sent none. Lives as long as the object.
 *
 * Threads: any.
 */
const char *dropoff_stored_object_etag(const dropoff_stored_object *stored);

/**
 * SHA-256 of what was sent, in hex; NULL if it was not computed. Lives as long as the object.
 *
 * Threads: any.
 */
const char *dropoff_stored_object_sha256(const dropoff_stored_object *stored);

/**
 * MD5 of what was sent, in hex; NULL if it was not computed. Lives as long as the object.
 *
 * Threads: any.
 */
const char *dropoff_stored_object_md5(const dropoff_stored_object *stored);

/**
 * Whether storage's ETag equals the MD5 of what was sent.
 *
 * Threads: any.
 */
bool dropoff_stored_object_verified(const dropoff_stored_object *stored);

/**
 * Requests it took, the successful one included.
 *
 * Threads: any.
 */
uint32_t dropoff_stored_object_attempts(const dropoff_stored_object *stored);

/**
 * How many things are not certain all the same: an answer may bear no sign of being storage's own.
 *
 * Threads: any.
 */
size_t dropoff_stored_object_warnings_count(const dropoff_stored_object *stored);

/**
 * One of them, a sentence; `index` counts from 0, and one that is too large gives NULL. Lives as long as the object.
 *
 * Threads: any.
 */
const char *dropoff_stored_object_warnings_text(const dropoff_stored_object *stored,
                                                size_t index);

/**
 * Every field as one JSON object, the same in all languages. Lives as long as the object.
 *
 * Threads: any.
 */
const char *dropoff_stored_object_to_json(const dropoff_stored_object *stored);

/*
 * H Company: how a folder is packed
 *
 * What of a browser's user-data folder goes, and what happens while a browser is using it. Without one of these, all
 * goes but caches and what belongs to a run or a machine, and a folder in use is DROPOFF_BROWSER_RUNNING. That is
 * right for most.
 */

/**
 * How a browser's folder is packed. Calls copy it, so one can serve many and be freed at once. Free it with
 * dropoff_pack_free.
 *
 * Threads: one at a time; a call that was given it does not look at it again.
 */
typedef struct dropoff_pack dropoff_pack;

/**
 * Begins with the defaults.
 *
 * Threads: any.
 */
dropoff_status dropoff_pack_new(dropoff_pack **pack, dropoff_error **error);

/**
 * How much goes. "default": everything but caches and what belongs to a run or a machine; what sites put into Chromium's
 * Cache API is a cache, and a warning says how much there is. "minimal": what signs in, which is cookies, what sites
 * store, settings and extensions; no history, saved passwords, bookmarks, addresses or web apps, and not the browser's
 * own account. Two private things go with what signs in: the last tabs of a profile that opens them again (a warning
 * says so), and Firefox's key4.db, with the keys of client certificates and that of the saved passwords. "full": caches
 * too. DROPOFF_INVALID_INPUT for any other.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_pack_set_level(dropoff_pack *pack,
                                      const char *level,
                                      dropoff_error **error);

/**
 * Only this one of the profiles, by the name of its folder, such as "Default" or "Profile 2"; what all profiles share
 * goes too. Default: all. One that is not there is refused by the call.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_pack_set_profile(dropoff_pack *pack,
                                        const char *profile,
                                        dropoff_error **error);

/**
 * Packs what matches although the level leaves it out; give several by calling again. A glob on the path inside the
 * folder, such as "Default/Code Cache": `*` and `?` do not cross a slash, a double star does, and a folder stands for
 * all that is in it. Locks, sockets and symlinks stay out whatever it says. One that is no glob is refused by the
 * call.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_pack_add_include(dropoff_pack *pack,
                                        const char *glob,
                                        dropoff_error **error);

/**
 * Leaves out what matches, in the same form; give several by calling again. Goes before what is included.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_pack_add_exclude(dropoff_pack *pack, const char *glob, dropoff_error **error);

/**
 * What to do while a browser is using the folder. "error", the default: fail with DROPOFF_BROWSER_RUNNING. "snapshot":
 * pack consistent copies of its databases, each with the files it names, without what the browser has not written to
 * disk yet: Chromium writes cookies up to 30 s late and local storage 5 s or more, Firefox local storage up to 5 s. What
 * kept changing is named in a warning, or is a DROPOFF_BROWSER_RUNNING that may be tried again. "force": pack as it is;
 * databases that are written meanwhile may be damaged in the archive. DROPOFF_INVALID_INPUT for any other.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_pack_set_if_running(dropoff_pack *pack,
                                     const char *if_running,
                                     dropoff_error **error);

/**
 * A folder that everything in the archive is in, such as "user-data". Default, and "": none, the archive's top is the
 * folder's. One that leads out of the archive is refused by the call.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_pack_set_prefix(dropoff_pack *pack,
                                       const char *prefix,
                                       dropoff_error **error);

/**
 * Frees it, used or not. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_pack_free(dropoff_pack *pack);

/*
 * H Company: what to upload
 *
 * The request of dropoff_hcompany_upload_profile, the whole flow.
 */

/**
 * One whole browser-profile upload. The call that takes it uses it up, also if that fails; it is still yours to free.
 *
 * Threads: one at a time.
 */
typedef struct dropoff_profile_upload dropoff_profile_upload;

/**
 * Makes a request to upload a profile. `source` is a browser's user-data folder, which is packed, or a zip of one, sent
 * as it is; this empties it. `name` is the profile's. For a zip the browser must be set as well.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_profile_upload_new(dropoff_source *source,
                                          const char *name,
                                          dropoff_profile_upload **upload,
                                          dropoff_error **error);

/**
 * The browser the profile belongs to, such as "chromium", and its version, such as "131". The service knows which
 * browsers there are. Default: what the folder that is packed tells; dropoff_profile_packed_browser_guessed is then
 * true.
 *
 * May be NULL: browser_name, browser_version.
 * Threads: one at a time.
 */
dropoff_status dropoff_profile_upload_set_browser(dropoff_profile_upload *upload,
                                                  const char *browser_name,
                                                  const char *browser_version,
                                                  dropoff_error **error);

/**
 * A text for people.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_profile_upload_set_description(dropoff_profile_upload *upload,
                                                      const char *description,
                                                      dropoff_error **error);

/**
 * A label; give several by calling again.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_profile_upload_add_label(dropoff_profile_upload *upload,
                                                const char *name,
                                                const char *value,
                                                dropoff_error **error);

/**
 * How a folder is packed. `pack` is copied. A zip is sent as it is, whatever this says. Default: as a new
 * dropoff_pack.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_profile_upload_set_pack(dropoff_profile_upload *upload,
                                               const dropoff_pack *pack,
                                               dropoff_error **error);

/**
 * Sends nothing if the archive equals this earlier profile's by the service's own checksum; the result is that profile
 * then, and dropoff_profile_unchanged is true. A profile that is not there any more equals nothing. An id that is no
 * UUID is refused by the call.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_profile_upload_set_if_changed_from(dropoff_profile_upload *upload,
                                                          const char *profile_id,
                                                          dropoff_error **error);

/**
 * Bounds the whole call, retries included. Default: no limit. 0 is refused by the call.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_profile_upload_set_timeout_ms(dropoff_profile_upload *upload,
                                                     uint64_t ms,
                                                     dropoff_error **error);

/**
 * Who is told how far the call is. Setting another callback replaces the first.
 *
 * May be NULL: user_data, finalizer.
 * Threads: one at a time.
 */
dropoff_status dropoff_profile_upload_set_progress(dropoff_profile_upload *upload,
                                                   dropoff_progress_fn callback,
                                                   void *user_data,
                                                   dropoff_finalizer finalizer,
                                                   dropoff_error **error);

/**
 * Frees a request, used or not. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_profile_upload_free(dropoff_profile_upload *upload);

/*
 * H Company: profiles
 *
 * A browser profile as the service reports it, and what was proved about it.
 */

/**
 * A browser profile as the service reports it. Free it with dropoff_profile_free.
 *
 * Threads: it never changes, so any number of threads may read it at once.
 */
typedef struct dropoff_profile dropoff_profile;

/**
 * Waits for a job of dropoff_hcompany_start_upload_profile, dropoff_hcompany_start_complete_upload or
 * dropoff_hcompany_start_get_profile and gives its result, which is yours to free; or what the job failed with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_profile(const dropoff_job *job,
                                   dropoff_profile **profile,
                                   dropoff_error **error);

/**
 * Frees a profile, with the stored object that is its own. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_profile_free(dropoff_profile *profile);

/**
 * The profile's id, a UUID. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_id(const dropoff_profile *profile);

/**
 * Its name. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_name(const dropoff_profile *profile);

/**
 * The browser it belongs to. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_browser_name(const dropoff_profile *profile);

/**
 * That browser's version. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_browser_version(const dropoff_profile *profile);

/**
 * A text for people; NULL if there is none. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_description(const dropoff_profile *profile);

/**
 * Its labels as one JSON object, since the service types their values freely; NULL if it tells none. Lives as
 * long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_labels_json(const dropoff_profile *profile);

/**
 * The service's internal place of the archive; NULL if it does not tell. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_s3_path(const dropoff_profile *profile);

/**
 * Size of the stored archive in bytes. False if the service does not tell; then `bytes` is not written.
 *
 * May be NULL: bytes.
 * Threads: any.
 */
bool dropoff_profile_file_size_bytes(const dropoff_profile *profile, uint64_t *bytes);

/**
 * SHA-256 of the stored archive, in hex or base64; NULL if the service does not tell. Lives as long as the
 * profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_checksum(const dropoff_profile *profile);

/**
 * How often it was used.
 *
 * Threads: any.
 */
uint64_t dropoff_profile_usage_count(const dropoff_profile *profile);

/**
 * When it was last used, RFC 3339; NULL if never. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_last_used_at(const dropoff_profile *profile);

/**
 * Whether it is the default for its browser.
 *
 * Threads: any.
 */
bool dropoff_profile_is_default(const dropoff_profile *profile);

/**
 * The user it belongs to; NULL if the service does not tell. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_user_id(const dropoff_profile *profile);

/**
 * The organization it belongs to; NULL if the service does not tell. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_org_id(const dropoff_profile *profile);

/**
 * When it was made, RFC 3339; NULL if the service does not tell. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_created_at(const dropoff_profile *profile);

/**
 * When it was last changed, RFC 3339; NULL if the service does not tell. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_updated_at(const dropoff_profile *profile);

/**
 * Whether the service's checksum equals the SHA-256 of what was sent, or would have been if it were not unchanged.
 * False also when the service reports none, or this call had nothing to compare.
 *
 * Threads: any.
 */
bool dropoff_profile_verified(const dropoff_profile *profile);

/**
 * Whether nothing was sent because the archive equals the earlier profile of
 * dropoff_profile_upload_set_if_changed_from: this is that profile.
 *
 * Threads: any.
 */
bool dropoff_profile_unchanged(const dropoff_profile *profile);

/**
 * What was sent to storage in this call; NULL if nothing was. It belongs to the profile: do not free it, it lives as
 * long as that.
 *
 * Threads: any.
 */
const dropoff_stored_object *dropoff_profile_stored_object(const dropoff_profile *profile);

/**
 * Whether a folder was given and packed; otherwise what dropoff_profile_packed_... tells is NULL, 0 or false.
 *
 * Threads: any.
 */
bool dropoff_profile_was_packed(const dropoff_profile *profile);

/**
 * Files in the archive that was packed.
 *
 * Threads: any.
 */
uint64_t dropoff_profile_packed_files(const dropoff_profile *profile);

/**
 * Their size before packing.
 *
 * Threads: any.
 */
uint64_t dropoff_profile_packed_bytes(const dropoff_profile *profile);

/**
 * Size of the archive.
 *
 * Threads: any.
 */
uint64_t dropoff_profile_packed_archive_bytes(const dropoff_profile *profile);

/**
 * What was left out: locks, sockets, symlinks, caches, and what the level or a glob says; a folder counts once.
 *
 * Threads: any.
 */
uint64_t dropoff_profile_packed_left_out(const dropoff_profile *profile);

/**
 * Whether the files in the archive belong together. "clean": nothing changed while they were packed. "snapshot": the
 * databases were copied at one moment each, as dropoff_pack_set_if_running asked. "forced": a browser was using them, or they
 * changed, and they were packed as they were. NULL if nothing was packed. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_packed_consistency(const dropoff_profile *profile);

/**
 * Whether the browser's name and version were taken from the folder, because the caller gave none.
 *
 * Threads: any.
 */
bool dropoff_profile_packed_browser_guessed(const dropoff_profile *profile);

/**
 * How many names no rule knows; they are in the archive.
 *
 * Threads: any.
 */
size_t dropoff_profile_packed_unknown_count(const dropoff_profile *profile);

/**
 * One such name; NULL if `index` is not below the count. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_packed_unknown_name(const dropoff_profile *profile, size_t index);

/**
 * How many things may go wrong with the profile elsewhere, or could not be packed.
 *
 * Threads: any.
 */
size_t dropoff_profile_packed_warnings_count(const dropoff_profile *profile);

/**
 * One of them, as a sentence; NULL if `index` is not below the count. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_packed_warnings_text(const dropoff_profile *profile, size_t index);

/**
 * How many ids were reserved and given up because their ticket ran out; the service removes them.
 *
 * Threads: any.
 */
size_t dropoff_profile_abandoned_count(const dropoff_profile *profile);

/**
 * One such id; NULL if `index` is not below the count. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_abandoned_id(const dropoff_profile *profile, size_t index);

/**
 * Every field as one JSON object, the same in all languages. Lives as long as the profile.
 *
 * Threads: any.
 */
const char *dropoff_profile_to_json(const dropoff_profile *profile);

/*
 * H Company: tickets
 *
 * A reserved profile and the presigned form to send its archive with: the first step of the flow done step by step.
 */

/**
 * A reserved profile and its presigned form. Free it with dropoff_profile_ticket_free.
 *
 * Threads: it never changes, so any number of threads may use it at once.
 */
typedef struct dropoff_profile_ticket dropoff_profile_ticket;

/**
 * Waits for a job of dropoff_hcompany_start_initiate_upload and gives its result, which is yours to free; or
 * what the job failed with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_profile_ticket(const dropoff_job *job,
                                          dropoff_profile_ticket **ticket,
                                          dropoff_error **error);

/**
 * Frees a ticket. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_profile_ticket_free(dropoff_profile_ticket *ticket);

/**
 * The reserved id, for dropoff_hcompany_complete_upload. Lives as long as the ticket.
 *
 * Threads: any.
 */
const char *dropoff_profile_ticket_profile_id(const dropoff_profile_ticket *ticket);

/**
 * How long an upload may still start, in milliseconds.
 *
 * Threads: any.
 */
uint64_t dropoff_profile_ticket_expires_in_ms(const dropoff_profile_ticket *ticket);

/**
 * The service's reply as one JSON object, secrets included: who has it can upload. Do not log it. Lives as long
 * as the ticket.
 *
 * Threads: any.
 */
const char *dropoff_profile_ticket_reveal_json(const dropoff_profile_ticket *ticket);

/*
 * H Company: what to complete
 *
 * The request of dropoff_hcompany_complete_upload, the third step of the flow done step by step.
 */

/**
 * What an uploaded profile is called. The call that takes it uses it up, also if that fails; it is still yours to free.
 *
 * Threads: one at a time.
 */
typedef struct dropoff_profile_details dropoff_profile_details;

/**
 * Makes a request to complete an upload. `name` is the profile's. The browser must be set as well.
 *
 * Threads: any.
 */
dropoff_status dropoff_profile_details_new(const char *name,
                                           dropoff_profile_details **details,
                                           dropoff_error **error);

/**
 * The browser the profile belongs to, such as "chromium", and its version, such as "131".
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_profile_details_set_browser(dropoff_profile_details *details,
                                                   const char *browser_name,
                                                   const char *browser_version,
                                                   dropoff_error **error);

/**
 * A text for people.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_profile_details_set_description(dropoff_profile_details *details,
                                                       const char *description,
                                                       dropoff_error **error);

/**
 * A label; give several by calling again.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_profile_details_add_label(dropoff_profile_details *details,
                                                 const char *name,
                                                 const char *value,
                                                 dropoff_error **error);

/**
 * What dropoff_hcompany_upload gave, to be compared with what the service stored: only then is the profile verified.
 * `stored` is copied.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_profile_details_set_uploaded(dropoff_profile_details *details,
                                                    const dropoff_stored_object *stored,
                                                    dropoff_error **error);

/**
 * Frees a request, used or not. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_profile_details_free(dropoff_profile_details *details);

/*
 * H Company: the client
 *
 * Uploads browser profiles: initiate-upload, a presigned POST form with a zip, complete-upload, and proof by the
 * service's own SHA-256. dropoff_hcompany_upload_profile does all of it; the rest are its steps.
 */

/**
 * A client of H Company's browser profiles. It may be freed while its jobs run.
 *
 * Threads: any number may use one client at once, but for freeing it; they share its connections.
 */
typedef struct dropoff_hcompany dropoff_hcompany;

/**
 * Makes a client. It makes no connection yet.
 *
 * api_key: NULL for the environment variable HAI_API_KEY, then the file that `hai login` writes. region: "eu" (also
 * for NULL) or "us". base_url: another place for the API, https or http on loopback; goes before region.
 * DROPOFF_AUTHENTICATION without a key, DROPOFF_INVALID_INPUT for a bad region or URL.
 *
 * May be NULL: api_key, region, base_url, options.
 * Threads: any. It reads the environment: not while another thread calls setenv.
 */
dropoff_status dropoff_hcompany_new(const char *api_key,
                                    const char *region,
                                    const char *base_url,
                                    const dropoff_options *options,
                                    dropoff_hcompany **client,
                                    dropoff_error **error);

/**
 * Frees a client. Its jobs go on. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_hcompany_free(dropoff_hcompany *client);

/**
 * From now on all uploads of a client together send at most so many bytes a second, those under way too; 0:
 * no limit. 1024 to 1099511627776. See bandwidth_limit in dropoff_options.
 *
 * Threads: any.
 */
dropoff_status dropoff_hcompany_set_bandwidth_limit(const dropoff_hcompany *client,
                                                    uint64_t bytes_per_second,
                                                    dropoff_error **error);

/**
 * Uploads a profile and waits until the service has registered it and its checksum is compared. Uses `upload` up.
 * The result is yours to free.
 *
 * Any status. After DROPOFF_INTEGRITY the profile is registered (the error's outcome is completed) with other
 * bytes than were sent; after DROPOFF_UNKNOWN_OUTCOME ask dropoff_hcompany_get_profile with the error's
 * profile_id.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_hcompany_upload_profile(const dropoff_hcompany *client,
                                               dropoff_profile_upload *upload,
                                               dropoff_profile **profile,
                                               dropoff_error **error);

/**
 * Starts dropoff_hcompany_upload_profile. The job is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_hcompany_start_upload_profile(const dropoff_hcompany *client,
                                                     dropoff_profile_upload *upload,
                                                     dropoff_job **job,
                                                     dropoff_error **error);

/**
 * Step one: reserves a profile id and asks for a presigned form. Safe to repeat; a reserved id that is not used is
 * removed by the service within a day. The result is yours to free.
 *
 * Threads: any.
 */
dropoff_status dropoff_hcompany_initiate_upload(const dropoff_hcompany *client,
                                                dropoff_profile_ticket **ticket,
                                                dropoff_error **error);

/**
 * Starts dropoff_hcompany_initiate_upload. The job is yours to free.
 *
 * Threads: any.
 */
dropoff_status dropoff_hcompany_start_initiate_upload(const dropoff_hcompany *client,
                                                      dropoff_job **job,
                                                      dropoff_error **error);

/**
 * Step two: sends the archive to storage with a ticket. Empties `source`. Safe to repeat, with another source,
 * until the ticket expires. To be told its progress, start it and use dropoff_job_on_progress. The result is yours
 * to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_hcompany_upload(const dropoff_hcompany *client,
                                       const dropoff_profile_ticket *ticket,
                                       dropoff_source *source,
                                       dropoff_stored_object **stored,
                                       dropoff_error **error);

/**
 * Starts dropoff_hcompany_upload. The job is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_hcompany_start_upload(const dropoff_hcompany *client,
                                             const dropoff_profile_ticket *ticket,
                                             dropoff_source *source,
                                             dropoff_job **job,
                                             dropoff_error **error);

/**
 * dropoff_hcompany_upload with a choice of how a folder is packed; NULL for the defaults.
 *
 * Any status that dropoff_hcompany_upload has; DROPOFF_INVALID_INPUT also for a glob or prefix that is none.
 *
 * May be NULL: pack.
 * Threads: one at a time.
 */
dropoff_status dropoff_hcompany_upload_packed(const dropoff_hcompany *client,
                                              const dropoff_profile_ticket *ticket,
                                              dropoff_source *source,
                                              const dropoff_pack *pack,
                                              dropoff_stored_object **stored,
                                              dropoff_error **error);

/**
 * Starts dropoff_hcompany_upload_packed. The job is yours to free.
 *
 * May be NULL: pack.
 * Threads: one at a time.
 */
dropoff_status dropoff_hcompany_start_upload_packed(const dropoff_hcompany *client,
                                                    const dropoff_profile_ticket *ticket,
                                                    dropoff_source *source,
                                                    const dropoff_pack *pack,
                                                    dropoff_job **job,
                                                    dropoff_error **error);

/**
 * Step three: registers the uploaded archive as a profile, within a day of step one. Uses `details` up. The result
 * is yours to free. DROPOFF_INVALID_INPUT if profile_id is no UUID.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_hcompany_complete_upload(const dropoff_hcompany *client,
                                                const char *profile_id,
                                                dropoff_profile_details *details,
                                                dropoff_profile **profile,
                                                dropoff_error **error);

/**
 * Starts dropoff_hcompany_complete_upload. The job is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_hcompany_start_complete_upload(const dropoff_hcompany *client,
                                                      const char *profile_id,
                                                      dropoff_profile_details *details,
                                                      dropoff_job **job,
                                                      dropoff_error **error);

/**
 * The profile as the service has it now. It is never verified: nothing was sent to compare with. The result is
 * yours to free. DROPOFF_NOT_FOUND also for a profile that was never completed, DROPOFF_INVALID_INPUT if
 * profile_id is no UUID.
 *
 * Threads: any.
 */
dropoff_status dropoff_hcompany_get_profile(const dropoff_hcompany *client,
                                            const char *profile_id,
                                            dropoff_profile **profile,
                                            dropoff_error **error);

/**
 * Starts dropoff_hcompany_get_profile. The job is yours to free.
 *
 * Threads: any.
 */
dropoff_status dropoff_hcompany_start_get_profile(const dropoff_hcompany *client,
                                                  const char *profile_id,
                                                  dropoff_job **job,
                                                  dropoff_error **error);

/**
 * The profile that was reserved before the failure; NULL if none was. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_profile_id(const dropoff_error *error);

/*
 * H Company: looking at a folder
 *
 * What a browser's folder holds, what of it would be packed, whether a browser is using it, and whether it will sign
 * in on Linux, where the agents' browsers run. It needs no client, no key and no network, and the folder is only read.
 * No site and no cookie is named.
 */

/**
 * What was seen of a browser's folder. Free it with dropoff_inspection_free. `index` counts from 0; one that is not
 * below the list's count gives NULL, 0 or false.
 *
 * Threads: it never changes, so any number of threads may read it at once.
 */
typedef struct dropoff_inspection dropoff_inspection;

/**
 * Looks at a browser's user-data folder as dropoff_hcompany_upload_profile would, and waits. `folder` is the path that
 * chrome://version or about:profiles tells; a leading ~/ is the home folder. `pack` is what it would be packed with;
 * NULL for the defaults. The result is yours to free.
 *
 * DROPOFF_INVALID_INPUT for what is no browser's folder, DROPOFF_SOURCE_UNREADABLE.
 *
 * May be NULL: pack.
 * Threads: any.
 */
dropoff_status dropoff_inspect_profile(const char *folder,
                                       const dropoff_pack *pack,
                                       dropoff_inspection **inspection,
                                       dropoff_error **error);

/**
 * Starts dropoff_inspect_profile. The job is yours to free.
 *
 * May be NULL: pack.
 * Threads: any.
 */
dropoff_status dropoff_start_inspect_profile(const char *folder,
                                             const dropoff_pack *pack,
                                             dropoff_job **job,
                                             dropoff_error **error);

/**
 * Waits for a job of dropoff_start_inspect_profile and gives its result, which is yours to free; or what the job
 * failed with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_inspection(const dropoff_job *job,
                                      dropoff_inspection **inspection,
                                      dropoff_error **error);

/**
 * Frees an inspection. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_inspection_free(dropoff_inspection *inspection);

/**
 * "chrome" (Chrome, Chromium, Edge, Brave and the like) or "firefox". Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_family(const dropoff_inspection *inspection);

/**
 * The browser that wrote the folder, as far as it tells: "Chromium", "Google Chrome", "Firefox", ... Lives as long as
 * the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_product(const dropoff_inspection *inspection);

/**
 * What a profile of it is registered as by default: "chromium" or "firefox". Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_browser_name(const dropoff_inspection *inspection);

/**
 * The browser's version; NULL if the folder does not tell. Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_browser_version(const dropoff_inspection *inspection);

/**
 * How many profiles are in it.
 *
 * Threads: any.
 */
size_t dropoff_inspection_profiles_count(const dropoff_inspection *inspection);

/**
 * The name of one of them, as dropoff_pack_set_profile takes it. Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_profiles_name(const dropoff_inspection *inspection, size_t index);

/**
 * Files that would be packed.
 *
 * Threads: any.
 */
uint64_t dropoff_inspection_files(const dropoff_inspection *inspection);

/**
 * Their size.
 *
 * Threads: any.
 */
uint64_t dropoff_inspection_bytes(const dropoff_inspection *inspection);

/**
 * How many kinds of files there are in the folder.
 *
 * Threads: any.
 */
size_t dropoff_inspection_sizes_count(const dropoff_inspection *inspection);

/**
 * A kind: "login" (cookies and what sites store), "settings", "extensions", "apps" (installed web apps), "passwords",
 * "autofill", "bookmarks", "history", "cache", "runtime", "other_profile" or "unknown". Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_sizes_class(const dropoff_inspection *inspection,
                                           size_t index);

/**
 * How many files of that kind there are.
 *
 * Threads: any.
 */
uint64_t dropoff_inspection_sizes_files(const dropoff_inspection *inspection, size_t index);

/**
 * Their size.
 *
 * Threads: any.
 */
uint64_t dropoff_inspection_sizes_bytes(const dropoff_inspection *inspection, size_t index);

/**
 * Whether that kind is packed at the level asked for.
 *
 * Threads: any.
 */
bool dropoff_inspection_sizes_goes(const dropoff_inspection *inspection, size_t index);

/**
 * How many of the largest files that would be packed are listed: 10 at most.
 *
 * Threads: any.
 */
size_t dropoff_inspection_largest_count(const dropoff_inspection *inspection);

/**
 * The path of one inside the folder, the largest first; "(a site)" stands for a name that tells a site. Lives as long
 * as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_largest_path(const dropoff_inspection *inspection,
                                            size_t index);

/**
 * Its size.
 *
 * Threads: any.
 */
uint64_t dropoff_inspection_largest_bytes(const dropoff_inspection *inspection, size_t index);

/**
 * How many things would be left out; a folder counts once.
 *
 * Threads: any.
 */
size_t dropoff_inspection_left_out_count(const dropoff_inspection *inspection);

/**
 * The path of one inside the folder, the largest first; "(a site)" stands for a name that tells a site. Lives as long
 * as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_left_out_path(const dropoff_inspection *inspection,
                                             size_t index);

/**
 * What kind it is, as dropoff_inspection_sizes_class. Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_left_out_class(const dropoff_inspection *inspection, size_t index);

/**
 * Why it is left out. Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_left_out_why(const dropoff_inspection *inspection, size_t index);

/**
 * How many files are in it.
 *
 * Threads: any.
 */
uint64_t dropoff_inspection_left_out_files(const dropoff_inspection *inspection, size_t index);

/**
 * Their size.
 *
 * Threads: any.
 */
uint64_t dropoff_inspection_left_out_bytes(const dropoff_inspection *inspection, size_t index);

/**
 * How many names no rule knows; they would be packed.
 *
 * Threads: any.
 */
size_t dropoff_inspection_unknown_count(const dropoff_inspection *inspection);

/**
 * One such name. Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_unknown_name(const dropoff_inspection *inspection, size_t index);

/**
 * Whether a browser is using the folder, by its lock and those on its databases. "none": no lock was seen, which proves
 * nothing. "if_running": one is, or another program has one of its databases locked. "stale": the browser is gone and left
 * its lock. "foreign": the lock is from another machine or container, where its process cannot be looked for. Lives as
 * long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_lock(const dropoff_inspection *inspection);

/**
 * The process that holds the lock; 0 if the lock does not say.
 *
 * Threads: any.
 */
int dropoff_inspection_lock_process(const dropoff_inspection *inspection);

/**
 * The system its cookies were written on, if the folder shows it: "linux", "macos" or "windows", otherwise "unknown".
 * Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_cookies_system(const dropoff_inspection *inspection);

/**
 * In how many ways they are encrypted, by the first rows.
 *
 * Threads: any.
 */
size_t dropoff_inspection_cookies_prefixes_count(const dropoff_inspection *inspection);

/**
 * What rows begin with that are encrypted in one of these ways, the most frequent first: "v10", "v11", "v12", "v20",
 * "plain" or "other". Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_cookies_prefixes_text(const dropoff_inspection *inspection,
                                                     size_t index);

/**
 * Whether it will sign in on Linux: "likely", "unlikely", or "unknown" if there are no cookies or they tell nothing.
 * Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_verdict(const dropoff_inspection *inspection);

/**
 * The same as a sentence, with the reason and what to do. Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_advice(const dropoff_inspection *inspection);

/**
 * How many things may go wrong.
 *
 * Threads: any.
 */
size_t dropoff_inspection_warnings_count(const dropoff_inspection *inspection);

/**
 * One of them, as a sentence. Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_warnings_text(const dropoff_inspection *inspection, size_t index);

/**
 * Every field as one JSON object, the same in all languages. Lives as long as the inspection.
 *
 * Threads: any.
 */
const char *dropoff_inspection_to_json(const dropoff_inspection *inspection);

/*
 * AgentDrop: key pairs
 *
 * The long-term keys of an agent, on Curve25519. The official SDKs keep one for each agent they registered.
 */

/**
 * An agent's key pair. Free it with dropoff_key_pair_free, which wipes the private half from memory.
 *
 * Threads: it never changes, so any number of threads may use it at once.
 */
typedef struct dropoff_key_pair dropoff_key_pair;

/**
 * A new pair, from the operating system's randomness. Free it with dropoff_key_pair_free.
 *
 * Threads: any.
 */
dropoff_status dropoff_key_pair_generate(dropoff_key_pair **key_pair, dropoff_error **error);

/**
 * The pair of a private key: standard base64 of 32 raw bytes, as the service's SDKs keep it. The copy that was passed
 * is yours to wipe. Free the pair with dropoff_key_pair_free. DROPOFF_ENCRYPTION if it is no such key; no error holds
 * what was passed.
 *
 * Threads: any.
 */
dropoff_status dropoff_key_pair_from_private_key(const char *private_key,
                                                 dropoff_key_pair **key_pair,
                                                 dropoff_error **error);

/**
 * The pair that the official SDK keeps: `path` is its folder .agentdrop, or the config.json in it; a leading ~/ is the
 * home folder. Free it with dropoff_key_pair_free. DROPOFF_SOURCE_UNREADABLE if it cannot be read, DROPOFF_ENCRYPTION
 * if it holds no key.
 *
 * Threads: any. It reads the file on this one.
 */
dropoff_status dropoff_key_pair_from_agentdrop_config(const char *path,
                                                      dropoff_key_pair **key_pair,
                                                      dropoff_error **error);

/**
 * Frees a pair and wipes its private half, the text that was revealed included. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_key_pair_free(dropoff_key_pair *key_pair);

/**
 * The public key: standard base64 of 32 raw bytes. Not a secret. Lives as long as the pair.
 *
 * Threads: any.
 */
const char *dropoff_key_pair_public_key(const dropoff_key_pair *key_pair);

/**
 * The private key in the same form: who has it can open what is sealed for this agent, and seal in its name. Do not log
 * it. Lives as long as the pair.
 *
 * Threads: any.
 */
const char *dropoff_key_pair_reveal_private_key(const dropoff_key_pair *key_pair);

/*
 * AgentDrop: sealing
 *
 * How a transfer's files are sealed before they leave, so that only the recipient can read them: a random key per
 * transfer, wrapped for the one recipient, and AES-256-GCM, as the official SDKs do it. File names, sizes and their
 * order are not sealed, and nothing binds a sealed file to its transfer. Sealing that is asked for and not possible is
 * DROPOFF_ENCRYPTION: nothing is then sent as it is.
 */

/**
 * How files are sealed. Transfers copy it, so one can serve many and be freed at once. Free it with
 * dropoff_encryption_free.
 *
 * Threads: one at a time; a transfer that was given it does not look at it again.
 */
typedef struct dropoff_encryption dropoff_encryption;

/**
 * Seals with the sender's key pair, which is copied, for whichever public key the service names for the recipient.
 * That trusts the service to name the right one: compare dropoff_sent_transfer_recipient_key_fingerprint, or give the
 * key with dropoff_encryption_set_recipient_public_key.
 *
 * Threads: any.
 */
dropoff_status dropoff_encryption_new(const dropoff_key_pair *key_pair,
                                      dropoff_encryption **encryption,
                                      dropoff_error **error);

/**
 * The files are sealed already, all with the key that is wrapped in `encrypted_key` (base64 of 60 bytes), and pass
 * through as they are. Each needs the encryption_iv it was sealed with: dropoff_transfer_set_file_encryption_iv.
 *
 * Threads: any.
 */
dropoff_status dropoff_encryption_presealed(const char *encrypted_key,
                                            dropoff_encryption **encryption,
                                            dropoff_error **error);

/**
 * The recipient's public key, known from elsewhere: standard base64 of 32 raw bytes. The service is then not asked for
 * it. DROPOFF_ENCRYPTION if it is none, DROPOFF_INVALID_INPUT for files that are sealed already.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_encryption_set_recipient_public_key(dropoff_encryption *encryption,
                                                           const char *public_key,
                                                           dropoff_error **error);

/**
 * Another name for the scheme in the transfer's field encryption_algorithm; the scheme stays the same. Default
 * "X25519-HKDF-AES-256-GCM", which the official SDKs look for. An empty one is refused by the call.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_encryption_set_algorithm(dropoff_encryption *encryption,
                                                const char *name,
                                                dropoff_error **error);

/**
 * Frees it, used or not. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_encryption_free(dropoff_encryption *encryption);

/*
 * AgentDrop: what to send
 *
 * The request of dropoff_agentdrop_send, dropoff_agentdrop_plan and dropoff_agentdrop_presign. What is not set is left
 * to the service's own defaults, except auto_delete.
 */

/**
 * What to send and to whom. The call that takes it uses it up, also if that fails; it is still yours to free.
 *
 * Threads: one at a time.
 */
typedef struct dropoff_transfer dropoff_transfer;

/**
 * Makes a request to send a transfer. `sender` and `recipient` are agent ids; the recipient is an e-mail address in mode
 * "agent-to-human".
 *
 * Threads: any.
 */
dropoff_status dropoff_transfer_new(const char *sender,
                                    const char *recipient,
                                    dropoff_transfer **transfer,
                                    dropoff_error **error);

/**
 * Adds a file, and empties `source`. Results come back in the order files were added. name: what the recipient sees, a
 * base name without folders; NULL for the last part of the path, while memory and streams need one. content_type: the
 * media type; NULL to guess it from the name.
 *
 * May be NULL: name, content_type.
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_add_file(dropoff_transfer *transfer,
                                         dropoff_source *source,
                                         const char *name,
                                         const char *content_type,
                                         dropoff_error **error);

/**
 * The nonce that a file was sealed with before it came here: base64 of 12 bytes. For dropoff_encryption_presealed alone;
 * each file needs its own. `index` counts the files from 0, in the order they were added; DROPOFF_INVALID_INPUT if there
 * is none.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_file_encryption_iv(dropoff_transfer *transfer,
                                                       size_t index,
                                                       const char *encryption_iv,
                                                       dropoff_error **error);

/**
 * "agent-to-agent" (default), "agent-to-human" or "human-to-agent".
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_mode(dropoff_transfer *transfer, const char *mode, dropoff_error **error);

/**
 * How long the transfer lives, such as "12h" or "7d"; the plan decides how much is allowed.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_expires_in(dropoff_transfer *transfer,
                                               const char *expires_in,
                                               dropoff_error **error);

/**
 * How often it may be downloaded; the service allows 1 to 1000.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_max_downloads(dropoff_transfer *transfer,
                                                  uint64_t count,
                                                  dropoff_error **error);

/**
 * A text for the recipient.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_message(dropoff_transfer *transfer,
                                            const char *message,
                                            dropoff_error **error);

/**
 * Free data kept with the transfer: the text of one JSON object.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_metadata_json(dropoff_transfer *transfer,
                                                  const char *json,
                                                  dropoff_error **error);

/**
 * Whether the service deletes the transfer once it was downloaded. Default false, which is always sent: the
 * service's documents disagree on its own default.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_auto_delete(dropoff_transfer *transfer,
                                                bool auto_delete,
                                                dropoff_error **error);

/**
 * The recipient's account (e-mail, id or display name), where an agent id alone is ambiguous.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_recipient_account(dropoff_transfer *transfer,
                                                      const char *recipient_account,
                                                      dropoff_error **error);

/**
 * Seals every file for the recipient; `encryption` is copied. Without it files are sent as they are.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_encryption(dropoff_transfer *transfer,
                                               const dropoff_encryption *encryption,
                                               dropoff_error **error);

/**
 * Whether all files go in parts: true, false, or, if this is not called, if one of them has at least
 * multipart_threshold bytes (an option).
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_multipart(dropoff_transfer *transfer,
                                              bool multipart,
                                              dropoff_error **error);

/**
 * A journal: a file that lets the same call go on where this one stopped, after its process was killed or the network
 * failed. Make the same request again with the same journal; dropoff_error_journal says whether there is something to go
 * on from. The file is made if it is not there, readable by its owner alone, and removed once the transfer is active. It
 * holds live upload URLs, and never a key. A leading ~/ is the home folder. Streams cannot be resumed, and a presign has
 * no journal: DROPOFF_INVALID_INPUT from the call.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_journal(dropoff_transfer *transfer,
                                           const char *journal,
                                           dropoff_error **error);

/**
 * Bounds the whole call, retries included. Default: no limit. 0 is refused by the call.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_timeout_ms(dropoff_transfer *transfer,
                                               uint64_t ms,
                                               dropoff_error **error);

/**
 * Who is told how far the call is. Setting another callback replaces the first.
 *
 * May be NULL: user_data, finalizer.
 * Threads: one at a time.
 */
dropoff_status dropoff_transfer_set_progress(dropoff_transfer *transfer,
                                             dropoff_progress_fn callback,
                                             void *user_data,
                                             dropoff_finalizer finalizer,
                                             dropoff_error **error);

/**
 * Frees a request, used or not. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_transfer_free(dropoff_transfer *transfer);

/*
 * AgentDrop: files that were sent
 *
 * What storage has of each file of a transfer, in the order the files were given.
 */

/**
 * Files that were sent. Free it with dropoff_sent_files_free, unless it is a sent transfer's own. `index` counts from
 * 0; one that is not below dropoff_sent_files_count gives NULL, 0 or false.
 *
 * Threads: it never changes, so any number of threads may read it at once.
 */
typedef struct dropoff_sent_files dropoff_sent_files;

/**
 * Waits for a job of dropoff_agentdrop_start_upload and gives its result, which is yours to free; or what the
 * job failed with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_sent_files(const dropoff_job *job,
                                      dropoff_sent_files **files,
                                      dropoff_error **error);

/**
 * Frees a list of sent files. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_sent_files_free(dropoff_sent_files *files);

/**
 * How many files it holds.
 *
 * Threads: any.
 */
size_t dropoff_sent_files_count(const dropoff_sent_files *files);

/**
 * The service's id of the file. Lives as long as the list.
 *
 * Threads: any.
 */
const char *dropoff_sent_files_file_id(const dropoff_sent_files *files, size_t index);

/**
 * Its name. Lives as long as the list.
 *
 * Threads: any.
 */
const char *dropoff_sent_files_name(const dropoff_sent_files *files, size_t index);

/**
 * Bytes sent.
 *
 * Threads: any.
 */
uint64_t dropoff_sent_files_size(const dropoff_sent_files *files, size_t index);

/**
 * Storage's ETag; NULL if it sent none. For a file in parts it is the one that S3 and R2 make of the parts' ETags.
 * Lives as long as the list.
 *
 * Threads: any.
 */
const char *dropoff_sent_files_etag(const dropoff_sent_files *files,
                                    size_t index);

/**
 * MD5 of what was sent, in hex; NULL if it was not computed, as for a file in parts. Lives as long as the list.
 *
 * Threads: any.
 */
const char *dropoff_sent_files_md5(const dropoff_sent_files *files,
                                   size_t index);

/**
 * SHA-256 of what was sent, in hex: with integrity_check on, for a file sent whole. Otherwise NULL. Lives as long as the
 * list.
 *
 * Threads: any.
 */
const char *dropoff_sent_files_sha256(const dropoff_sent_files *files,
                                      size_t index);

/**
 * Whether storage's ETag, or that of every part, equals the MD5 of what was sent.
 *
 * Threads: any.
 */
bool dropoff_sent_files_verified(const dropoff_sent_files *files, size_t index);

/**
 * How many parts it was sent in; 0 if it went whole.
 *
 * Threads: any.
 */
uint32_t dropoff_sent_files_parts(const dropoff_sent_files *files, size_t index);

/**
 * Requests it took, over all its parts.
 *
 * Threads: any.
 */
uint32_t dropoff_sent_files_attempts(const dropoff_sent_files *files, size_t index);

/**
 * Every file as one JSON array of objects, the same in all languages. Lives as long as the list.
 *
 * Threads: any.
 */
const char *dropoff_sent_files_to_json(const dropoff_sent_files *files);

/*
 * AgentDrop: transfers that were sent
 *
 * What dropoff_agentdrop_send results in.
 */

/**
 * A transfer that is active, file by file. Free it with dropoff_sent_transfer_free.
 *
 * Threads: it never changes, so any number of threads may read it at once.
 */
typedef struct dropoff_sent_transfer dropoff_sent_transfer;

/**
 * Waits for a job of dropoff_agentdrop_start_send and gives its result, which is yours to free; or what the job
 * failed with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_sent_transfer(const dropoff_job *job,
                                         dropoff_sent_transfer **transfer,
                                         dropoff_error **error);

/**
 * Frees a sent transfer, with the files that are its own. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_sent_transfer_free(dropoff_sent_transfer *transfer);

/**
 * The transfer's id. Lives as long as the transfer.
 *
 * Threads: any.
 */
const char *dropoff_sent_transfer_id(const dropoff_sent_transfer *transfer);

/**
 * "active", as the service reported it. Lives as long as the transfer.
 *
 * Threads: any.
 */
const char *dropoff_sent_transfer_status(const dropoff_sent_transfer *transfer);

/**
 * Whether its files were sealed before they left.
 *
 * Threads: any.
 */
bool dropoff_sent_transfer_encrypted(const dropoff_sent_transfer *transfer);

/**
 * When the service says the upload URLs (or the transfer) expire, RFC 3339; its documents disagree. NULL if it
 * does not tell. Lives as long as the transfer.
 *
 * Threads: any.
 */
const char *dropoff_sent_transfer_expires_at(const dropoff_sent_transfer *transfer);

/**
 * SHA-256, in hex, of the public key that its files were sealed for: compare it with the recipient's. NULL if nothing
 * was sealed here. Lives as long as the transfer.
 *
 * Threads: any.
 */
const char *dropoff_sent_transfer_recipient_key_fingerprint(const dropoff_sent_transfer *transfer);

/**
 * Whose word it is that this key is the recipient's: "caller" or "service". NULL if nothing was sealed here. Lives as
 * long as the transfer.
 *
 * Threads: any.
 */
const char *dropoff_sent_transfer_recipient_key_source(const dropoff_sent_transfer *transfer);

/**
 * Its files, in the order given. They belong to the transfer: do not free them, they live as long as that. NULL for NULL.
 *
 * Threads: any.
 */
const dropoff_sent_files *dropoff_sent_transfer_files(const dropoff_sent_transfer *transfer);

/**
 * Every field as one JSON object, the same in all languages. Lives as long as the transfer.
 *
 * Threads: any.
 */
const char *dropoff_sent_transfer_to_json(const dropoff_sent_transfer *transfer);

/*
 * AgentDrop: tickets
 *
 * A pending transfer and its presigned URLs: the first step of the flow done step by step.
 */

/**
 * A pending transfer and its presigned URLs. Free it with dropoff_transfer_ticket_free.
 *
 * Threads: it never changes, so any number of threads may use it at once.
 */
typedef struct dropoff_transfer_ticket dropoff_transfer_ticket;

/**
 * Waits for a job of dropoff_agentdrop_start_presign and gives its result, which is yours to free; or what the
 * job failed with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_transfer_ticket(const dropoff_job *job,
                                           dropoff_transfer_ticket **ticket,
                                           dropoff_error **error);

/**
 * Frees a ticket. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_transfer_ticket_free(dropoff_transfer_ticket *ticket);

/**
 * The transfer's id, for dropoff_agentdrop_confirm. Lives as long as the ticket.
 *
 * Threads: any.
 */
const char *dropoff_transfer_ticket_id(const dropoff_transfer_ticket *ticket);

/**
 * When the service says its URLs expire, RFC 3339; NULL if it does not tell. Lives as long as the ticket.
 *
 * Threads: any.
 */
const char *dropoff_transfer_ticket_expires_at(const dropoff_transfer_ticket *ticket);

/**
 * The service's reply as one JSON object, secrets included: who has it can upload. Do not log it. Lives as long
 * as the ticket.
 *
 * Threads: any.
 */
const char *dropoff_transfer_ticket_reveal_json(const dropoff_transfer_ticket *ticket);

/*
 * AgentDrop: which files to send
 *
 * The request of dropoff_agentdrop_upload, the second step of the flow done step by step.
 */

/**
 * Files that were presigned, in the same order. The call that takes them uses them up, also if that fails; the handle is
 * still yours to free.
 *
 * Threads: one at a time.
 */
typedef struct dropoff_files dropoff_files;

/**
 * Makes a list without files.
 *
 * Threads: any.
 */
dropoff_status dropoff_files_new(dropoff_files **files, dropoff_error **error);

/**
 * Adds a file, and empties `source`. `name` and `content_type` as in dropoff_transfer_add_file.
 *
 * May be NULL: name, content_type.
 * Threads: one at a time.
 */
dropoff_status dropoff_files_add(dropoff_files *files,
                                 dropoff_source *source,
                                 const char *name,
                                 const char *content_type,
                                 dropoff_error **error);

/**
 * As dropoff_transfer_set_file_encryption_iv.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_files_set_encryption_iv(dropoff_files *files,
                                               size_t index,
                                               const char *encryption_iv,
                                               dropoff_error **error);

/**
 * Frees a list, used or not. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_files_free(dropoff_files *files);

/*
 * AgentDrop: confirmations
 *
 * What dropoff_agentdrop_confirm results in.
 */

/**
 * What confirming answered. Free it with dropoff_confirmed_free.
 *
 * Threads: it never changes, so any number of threads may read it at once.
 */
typedef struct dropoff_confirmed dropoff_confirmed;

/**
 * Waits for a job of dropoff_agentdrop_start_confirm and gives its result, which is yours to free; or what the
 * job failed with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_confirmed(const dropoff_job *job,
                                     dropoff_confirmed **confirmed,
                                     dropoff_error **error);

/**
 * Frees a confirmation. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_confirmed_free(dropoff_confirmed *confirmed);

/**
 * The transfer's id. Lives as long as the confirmation.
 *
 * Threads: any.
 */
const char *dropoff_confirmed_id(const dropoff_confirmed *confirmed);

/**
 * "active", as the service reported it. Lives as long as the confirmation.
 *
 * Threads: any.
 */
const char *dropoff_confirmed_status(const dropoff_confirmed *confirmed);

/**
 * Every field as one JSON object, the same in all languages. Lives as long as the confirmation.
 *
 * Threads: any.
 */
const char *dropoff_confirmed_to_json(const dropoff_confirmed *confirmed);

/*
 * AgentDrop: transfers as they are
 *
 * What dropoff_agentdrop_get_transfer results in.
 */

/**
 * A transfer as the service has it. Free it with dropoff_transfer_info_free.
 *
 * Threads: it never changes, so any number of threads may read it at once.
 */
typedef struct dropoff_transfer_info dropoff_transfer_info;

/**
 * Waits for a job of dropoff_agentdrop_start_get_transfer and gives its result, which is yours to free; or what
 * the job failed with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_transfer_info(const dropoff_job *job,
                                         dropoff_transfer_info **info,
                                         dropoff_error **error);

/**
 * Frees what a transfer is. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_transfer_info_free(dropoff_transfer_info *info);

/**
 * The transfer's id. Lives as long as the info.
 *
 * Threads: any.
 */
const char *dropoff_transfer_info_id(const dropoff_transfer_info *info);

/**
 * "pending", "active", "expired", "deleted", "downloaded", and whatever the service adds. Lives as long as the
 * info.
 *
 * Threads: any.
 */
const char *dropoff_transfer_info_status(const dropoff_transfer_info *info);

/**
 * Every field as one JSON object, the same in all languages; `fields` is the service's whole reply. Lives as
 * long as the info.
 *
 * Threads: any.
 */
const char *dropoff_transfer_info_to_json(const dropoff_transfer_info *info);

/*
 * AgentDrop: what a transfer would send
 *
 * What dropoff_agentdrop_plan results in.
 */

/**
 * What sending a transfer would send. Free it with dropoff_transfer_plan_free. `index` counts files from 0, in the
 * order they were added; one that is not below dropoff_transfer_plan_files_count gives NULL or 0.
 *
 * Threads: it never changes, so any number of threads may read it at once.
 */
typedef struct dropoff_transfer_plan dropoff_transfer_plan;

/**
 * Waits for a job of dropoff_agentdrop_start_plan and gives its result, which is yours to free; or what the job failed
 * with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_transfer_plan(const dropoff_job *job,
                                         dropoff_transfer_plan **plan,
                                         dropoff_error **error);

/**
 * Frees a plan. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_transfer_plan_free(dropoff_transfer_plan *plan);

/**
 * Whether its files would go in parts.
 *
 * Threads: any.
 */
bool dropoff_transfer_plan_multipart(const dropoff_transfer_plan *plan);

/**
 * Whether they would be sealed.
 *
 * Threads: any.
 */
bool dropoff_transfer_plan_encrypted(const dropoff_transfer_plan *plan);

/**
 * Bytes that would be sent in all.
 *
 * Threads: any.
 */
uint64_t dropoff_transfer_plan_total_bytes(const dropoff_transfer_plan *plan);

/**
 * How many files it has.
 *
 * Threads: any.
 */
size_t dropoff_transfer_plan_files_count(const dropoff_transfer_plan *plan);

/**
 * A file's name. Lives as long as the plan.
 *
 * Threads: any.
 */
const char *dropoff_transfer_plan_files_name(const dropoff_transfer_plan *plan, size_t index);

/**
 * Bytes that would be sent of it: 16 more than the file has if it would be sealed here.
 *
 * Threads: any.
 */
uint64_t dropoff_transfer_plan_files_size(const dropoff_transfer_plan *plan, size_t index);

/**
 * Its media type. Lives as long as the plan.
 *
 * Threads: any.
 */
const char *dropoff_transfer_plan_files_content_type(const dropoff_transfer_plan *plan, size_t index);

/**
 * How many parts it would be sent in; 0 if it would go whole.
 *
 * Threads: any.
 */
uint32_t dropoff_transfer_plan_files_parts(const dropoff_transfer_plan *plan, size_t index);

/**
 * Bytes of each of its parts but the last; 0 if it would go whole.
 *
 * Threads: any.
 */
uint64_t dropoff_transfer_plan_files_part_size(const dropoff_transfer_plan *plan, size_t index);

/**
 * The body of the first request, as one JSON object. What would be secret or random in it is "[hidden]". Lives as long
 * as the plan.
 *
 * Threads: any.
 */
const char *dropoff_transfer_plan_request_json(const dropoff_transfer_plan *plan);

/**
 * Every field as one JSON object, the same in all languages. Lives as long as the plan.
 *
 * Threads: any.
 */
const char *dropoff_transfer_plan_to_json(const dropoff_transfer_plan *plan);

/*
 * AgentDrop: the client
 *
 * Sends transfers: a presigned PUT per file, or per part of large ones, several at once, then confirm.
 * dropoff_agentdrop_send does all of it; dropoff_agentdrop_plan says what that would send; the rest are its steps.
 */

/**
 * A client of AgentDrop transfers. It may be freed while its jobs run.
 *
 * Threads: any number may use one client at once, but for freeing it; they share its connections.
 */
typedef struct dropoff_agentdrop dropoff_agentdrop;

/**
 * Makes a client. It makes no connection yet.
 *
 * api_key: agd_... or ada_..., NULL for the environment variable AGENTDROP_API_KEY. base_url: another place for the API,
 * https or http on loopback. DROPOFF_AUTHENTICATION without a key, DROPOFF_INVALID_INPUT for a bad URL.
 *
 * May be NULL: api_key, base_url, options.
 * Threads: any. It reads the environment: not while another thread calls setenv.
 */
dropoff_status dropoff_agentdrop_new(const char *api_key,
                                     const char *base_url,
                                     const dropoff_options *options,
                                     dropoff_agentdrop **client,
                                     dropoff_error **error);

/**
 * Frees a client. Its jobs go on. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_agentdrop_free(dropoff_agentdrop *client);

/**
 * From now on all uploads of a client together send at most so many bytes a second, those under way too; 0:
 * no limit. 1024 to 1099511627776. See bandwidth_limit in dropoff_options.
 *
 * Threads: any.
 */
dropoff_status dropoff_agentdrop_set_bandwidth_limit(const dropoff_agentdrop *client,
                                                     uint64_t bytes_per_second,
                                                     dropoff_error **error);

/**
 * Sends files and waits until the transfer is active. Uses `transfer` up. The result is yours to free.
 *
 * Any status. The error's transfer_id names the pending transfer if one was made; it is not delivered unless the
 * error's outcome says so. With a journal (dropoff_transfer_set_journal), the error's journal says whether the same call
 * goes on from there. A presign whose reply was lost is not repeated, since that could leave two pending
 * transfers; calling again is safe.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_agentdrop_send(const dropoff_agentdrop *client,
                                      dropoff_transfer *transfer,
                                      dropoff_sent_transfer **sent,
                                      dropoff_error **error);

/**
 * Starts dropoff_agentdrop_send. The job is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_agentdrop_start_send(const dropoff_agentdrop *client,
                                            dropoff_transfer *transfer,
                                            dropoff_job **job,
                                            dropoff_error **error);

/**
 * What dropoff_agentdrop_send would send, without a network: the files as they would go, and the first request's body
 * without its secrets. Uses `transfer` up. The result is yours to free. DROPOFF_INVALID_INPUT also for a stream, which
 * telling its size would use up.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_agentdrop_plan(const dropoff_agentdrop *client,
                                      dropoff_transfer *transfer,
                                      dropoff_transfer_plan **plan,
                                      dropoff_error **error);

/**
 * Starts dropoff_agentdrop_plan. The job is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_agentdrop_start_plan(const dropoff_agentdrop *client,
                                            dropoff_transfer *transfer,
                                            dropoff_job **job,
                                            dropoff_error **error);

/**
 * Step one: makes a pending transfer and asks for a presigned URL per file. The sources are looked at for their
 * sizes; give the same ones to dropoff_agentdrop_upload. Uses `transfer` up. The result is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_agentdrop_presign(const dropoff_agentdrop *client,
                                         dropoff_transfer *transfer,
                                         dropoff_transfer_ticket **ticket,
                                         dropoff_error **error);

/**
 * Starts dropoff_agentdrop_presign. The job is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_agentdrop_start_presign(const dropoff_agentdrop *client,
                                               dropoff_transfer *transfer,
                                               dropoff_job **job,
                                               dropoff_error **error);

/**
 * Step two: sends the files to storage, several at once. Files go with URLs by position; their names and sizes
 * must be those that were presigned. Uses `files` up. To be told its progress, start it and use
 * dropoff_job_on_progress. The result is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_agentdrop_upload(const dropoff_agentdrop *client,
                                        const dropoff_transfer_ticket *ticket,
                                        dropoff_files *files,
                                        dropoff_sent_files **sent,
                                        dropoff_error **error);

/**
 * Starts dropoff_agentdrop_upload. The job is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_agentdrop_start_upload(const dropoff_agentdrop *client,
                                              const dropoff_transfer_ticket *ticket,
                                              dropoff_files *files,
                                              dropoff_job **job,
                                              dropoff_error **error);

/**
 * Step three: makes the transfer active. The result is yours to free. DROPOFF_REJECTED with the service code
 * FILES_MISSING if storage lacks a file, DROPOFF_CONFLICT if somebody else confirmed it.
 *
 * Threads: any.
 */
dropoff_status dropoff_agentdrop_confirm(const dropoff_agentdrop *client,
                                         const char *transfer_id,
                                         dropoff_confirmed **confirmed,
                                         dropoff_error **error);

/**
 * Starts dropoff_agentdrop_confirm. The job is yours to free.
 *
 * Threads: any.
 */
dropoff_status dropoff_agentdrop_start_confirm(const dropoff_agentdrop *client,
                                               const char *transfer_id,
                                               dropoff_job **job,
                                               dropoff_error **error);

/**
 * The transfer as the service has it now. The result is yours to free.
 *
 * Threads: any.
 */
dropoff_status dropoff_agentdrop_get_transfer(const dropoff_agentdrop *client,
                                              const char *transfer_id,
                                              dropoff_transfer_info **info,
                                              dropoff_error **error);

/**
 * Starts dropoff_agentdrop_get_transfer. The job is yours to free.
 *
 * Threads: any.
 */
dropoff_status dropoff_agentdrop_start_get_transfer(const dropoff_agentdrop *client,
                                                    const char *transfer_id,
                                                    dropoff_job **job,
                                                    dropoff_error **error);

/**
 * The transfer that was reserved before the failure; NULL if none was. Lives as long as the error.
 *
 * Threads: any.
 */
const char *dropoff_error_transfer_id(const dropoff_error *error);

/*
 * AgentDrop: opened files
 *
 * What dropoff_open_sealed results in.
 */

/**
 * A file that was opened. Free it with dropoff_opened_file_free, which leaves the file itself alone.
 *
 * Threads: it never changes, so any number of threads may read it at once.
 */
typedef struct dropoff_opened_file dropoff_opened_file;

/**
 * Waits for a job of dropoff_start_open_sealed and gives its result, which is yours to free; or what the job failed
 * with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_opened_file(const dropoff_job *job,
                                       dropoff_opened_file **opened,
                                       dropoff_error **error);

/**
 * Frees what an opened file is. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_opened_file_free(dropoff_opened_file *opened);

/**
 * Where the file is. These are the raw bytes of the path, which need not be UTF-8. Lives as long as the result.
 *
 * Threads: any.
 */
const char *dropoff_opened_file_path(const dropoff_opened_file *opened);

/**
 * Bytes of it.
 *
 * Threads: any.
 */
uint64_t dropoff_opened_file_bytes(const dropoff_opened_file *opened);

/**
 * Every field as one JSON object, the same in all languages. Lives as long as the result.
 *
 * Threads: any.
 */
const char *dropoff_opened_file_to_json(const dropoff_opened_file *opened);

/*
 * AgentDrop: opening what was sealed
 *
 * Opens a file that was downloaded sealed. It needs no client and no network.
 */

/**
 * A sealed file and what opens it besides the recipient's key pair: texts from the transfer's download reply. Set all
 * that it has. Opening does not use it up. Free it with dropoff_sealed_file_free.
 *
 * Threads: one at a time; a call that was given it does not look at it again.
 */
typedef struct dropoff_sealed_file dropoff_sealed_file;

/**
 * `path` is the file as it was downloaded; a leading ~/ is the home folder.
 *
 * Threads: any.
 */
dropoff_status dropoff_sealed_file_new(const char *path, dropoff_sealed_file **sealed, dropoff_error **error);

/**
 * The sender's public key: standard base64 of 32 raw bytes. Not needed for what is sealed for a person.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_sealed_file_set_sender_public_key(dropoff_sealed_file *sealed,
                                                         const char *public_key,
                                                         dropoff_error **error);

/**
 * The transfer's wrapped key: base64 of 60 bytes. A transfer without one has a salt.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_sealed_file_set_encrypted_key(dropoff_sealed_file *sealed,
                                                     const char *encrypted_key,
                                                     dropoff_error **error);

/**
 * The transfer's salt, where it has one: base64 of 32 bytes.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_sealed_file_set_encryption_salt(dropoff_sealed_file *sealed,
                                                       const char *encryption_salt,
                                                       dropoff_error **error);

/**
 * The file's nonce: base64 of 12 bytes. What is sealed for a person holds its own.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_sealed_file_set_encryption_iv(dropoff_sealed_file *sealed,
                                                     const char *encryption_iv,
                                                     dropoff_error **error);

/**
 * Frees it, used or not; the file is left alone. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_sealed_file_free(dropoff_sealed_file *sealed);

/**
 * Opens a sealed file with the recipient's key pair and waits. The file appears at `to`, where nothing may be yet,
 * whole and readable by its owner alone, after its tag was checked, or not at all. A leading ~/ is the home folder. To
 * be told its progress, start it and use dropoff_job_on_progress. The result is yours to free.
 *
 * DROPOFF_ENCRYPTION if it is not what the sender sealed for these keys, DROPOFF_SOURCE_UNREADABLE,
 * DROPOFF_INVALID_INPUT if there is something at `to` or nothing can be written there, DROPOFF_DISK_FULL.
 *
 * Threads: any.
 */
dropoff_status dropoff_open_sealed(const dropoff_sealed_file *sealed,
                                   const char *to,
                                   const dropoff_key_pair *key_pair,
                                   dropoff_opened_file **opened,
                                   dropoff_error **error);

/**
 * Starts dropoff_open_sealed. The job is yours to free.
 *
 * Threads: any.
 */
dropoff_status dropoff_start_open_sealed(const dropoff_sealed_file *sealed,
                                         const char *to,
                                         const dropoff_key_pair *key_pair,
                                         dropoff_job **job,
                                         dropoff_error **error);

/*
 * Raw storage: a PUT
 *
 * The request of dropoff_storage_put.
 */

/**
 * A presigned PUT. The call that takes it uses it up, also if that fails; it is still yours to free.
 *
 * Threads: one at a time.
 */
typedef struct dropoff_put dropoff_put;

/**
 * Makes a request to PUT `source`, which this empties. `url` is the presigned URL, exactly as it was handed out.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_put_new(const char *url,
                               dropoff_source *source,
                               dropoff_put **put,
                               dropoff_error **error);

/**
 * A header that was signed into the URL, sent as given, in the order given.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_put_add_header(dropoff_put *put,
                                      const char *name,
                                      const char *value,
                                      dropoff_error **error);

/**
 * Bounds the whole call, retries included. Default: no limit. 0 is refused by the call.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_put_set_timeout_ms(dropoff_put *put, uint64_t ms, dropoff_error **error);

/**
 * Who is told how far the call is. Setting another callback replaces the first.
 *
 * May be NULL: user_data, finalizer.
 * Threads: one at a time.
 */
dropoff_status dropoff_put_set_progress(dropoff_put *put,
                                        dropoff_progress_fn callback,
                                        void *user_data,
                                        dropoff_finalizer finalizer,
                                        dropoff_error **error);

/**
 * Frees a request, used or not. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_put_free(dropoff_put *put);

/*
 * Raw storage: a form
 *
 * The request of dropoff_storage_post_form.
 */

/**
 * A presigned POST form. The call that takes it uses it up, also if that fails; it is still yours to free.
 *
 * Threads: one at a time.
 */
typedef struct dropoff_post_form dropoff_post_form;

/**
 * Makes a request to POST `source`, which this empties. `url` is the form's presigned URL, exactly as it was handed out.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_post_form_new(const char *url,
                                     dropoff_source *source,
                                     dropoff_post_form **form,
                                     dropoff_error **error);

/**
 * A field of the form. Fields are sent byte for byte in the order they are added, and the file after them, as the
 * field named "file".
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_post_form_add_field(dropoff_post_form *form,
                                           const char *name,
                                           const char *value,
                                           dropoff_error **error);

/**
 * The file name told to storage. Default "file".
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_post_form_set_file_name(dropoff_post_form *form,
                                               const char *file_name,
                                               dropoff_error **error);

/**
 * Bounds the whole call, retries included. Default: no limit. 0 is refused by the call.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_post_form_set_timeout_ms(dropoff_post_form *form, uint64_t ms, dropoff_error **error);

/**
 * Who is told how far the call is. Setting another callback replaces the first.
 *
 * May be NULL: user_data, finalizer.
 * Threads: one at a time.
 */
dropoff_status dropoff_post_form_set_progress(dropoff_post_form *form,
                                              dropoff_progress_fn callback,
                                              void *user_data,
                                              dropoff_finalizer finalizer,
                                              dropoff_error **error);

/**
 * Frees a request, used or not. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_post_form_free(dropoff_post_form *form);

/*
 * Raw storage: parts
 *
 * The request of dropoff_storage_put_parts: one object in parts, a presigned PUT each. Whoever began the upload
 * completes or aborts it.
 */

/**
 * Presigned PUTs for the parts of one object. The call that takes it uses it up, also if that fails; it is still yours
 * to free.
 *
 * Threads: one at a time.
 */
typedef struct dropoff_put_parts dropoff_put_parts;

/**
 * Makes a request to PUT `source`, which this empties, in parts. It needs a URL for each.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_put_parts_new(dropoff_source *source,
                                     dropoff_put_parts **put_parts,
                                     dropoff_error **error);

/**
 * The presigned URL of the next part, exactly as it was handed out: the first is that of part 1. 1 to 10,000 of them;
 * the call refuses another count, and a URL that names another part.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_put_parts_add_url(dropoff_put_parts *put_parts,
                                         const char *url,
                                         dropoff_error **error);

/**
 * Bytes of each part but the last. Default: the option part_size, or 8 MiB, or what fits the number of URLs if those do
 * not. 0, and a size that does not make as many parts as there are URLs, are refused by the call.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_put_parts_set_part_size(dropoff_put_parts *put_parts,
                                               uint64_t bytes,
                                               dropoff_error **error);

/**
 * Bounds the whole call, retries included. Default: no limit. 0 is refused by the call.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_put_parts_set_timeout_ms(dropoff_put_parts *put_parts,
                                                uint64_t ms,
                                                dropoff_error **error);

/**
 * Who is told how far the call is. Setting another callback replaces the first.
 *
 * May be NULL: user_data, finalizer.
 * Threads: one at a time.
 */
dropoff_status dropoff_put_parts_set_progress(dropoff_put_parts *put_parts,
                                              dropoff_progress_fn callback,
                                              void *user_data,
                                              dropoff_finalizer finalizer,
                                              dropoff_error **error);

/**
 * Frees a request, used or not. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_put_parts_free(dropoff_put_parts *put_parts);

/*
 * Raw storage: stored parts
 *
 * What storage has after dropoff_storage_put_parts. Completing the upload needs the number and the ETag of each part.
 */

/**
 * The parts of an object that storage has. Free it with dropoff_stored_parts_free. `index` counts parts from 0, in the
 * order of their numbers; one that is not below dropoff_stored_parts_count gives NULL, 0 or false.
 *
 * Threads: it never changes, so any number of threads may read it at once.
 */
typedef struct dropoff_stored_parts dropoff_stored_parts;

/**
 * Waits for a job of dropoff_storage_start_put_parts and gives its result, which is yours to free; or what the job
 * failed with.
 *
 * Threads: any.
 */
dropoff_status dropoff_job_stored_parts(const dropoff_job *job,
                                        dropoff_stored_parts **stored,
                                        dropoff_error **error);

/**
 * Frees stored parts. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_stored_parts_free(dropoff_stored_parts *stored);

/**
 * Bytes of the source that storage took, over all parts.
 *
 * Threads: any.
 */
uint64_t dropoff_stored_parts_bytes(const dropoff_stored_parts *stored);

/**
 * Bytes of each part but the last.
 *
 * Threads: any.
 */
uint64_t dropoff_stored_parts_part_size(const dropoff_stored_parts *stored);

/**
 * Whether every part's ETag equals the MD5 of what was sent.
 *
 * Threads: any.
 */
bool dropoff_stored_parts_verified(const dropoff_stored_parts *stored);

/**
 * How many parts there are.
 *
 * Threads: any.
 */
size_t dropoff_stored_parts_count(const dropoff_stored_parts *stored);

/**
 * A part's number, from 1.
 *
 * Threads: any.
 */
uint32_t dropoff_stored_parts_part_number(const dropoff_stored_parts *stored, size_t index);

/**
 * Bytes of that part.
 *
 * Threads: any.
 */
uint64_t dropoff_stored_parts_part_bytes(const dropoff_stored_parts *stored, size_t index);

/**
 * Storage's ETag of that part, without quotes. Lives as long as the stored parts.
 *
 * Threads: any.
 */
const char *dropoff_stored_parts_part_etag(const dropoff_stored_parts *stored, size_t index);

/**
 * MD5 of what was sent of that part, in hex; NULL if it was not computed. Lives as long as the stored parts.
 *
 * Threads: any.
 */
const char *dropoff_stored_parts_part_md5(const dropoff_stored_parts *stored, size_t index);

/**
 * Whether that part's ETag equals it.
 *
 * Threads: any.
 */
bool dropoff_stored_parts_part_verified(const dropoff_stored_parts *stored, size_t index);

/**
 * Requests that part took, the successful one included.
 *
 * Threads: any.
 */
uint32_t dropoff_stored_parts_part_attempts(const dropoff_stored_parts *stored, size_t index);

/**
 * Every field as one JSON object, the same in all languages. Lives as long as the stored parts.
 *
 * Threads: any.
 */
const char *dropoff_stored_parts_to_json(const dropoff_stored_parts *stored);

/*
 * Raw storage: the client
 *
 * Sends bytes to presigned targets that some other program asked for. It holds no key and needs none.
 */

/**
 * Uploads to presigned targets. It may be freed while its jobs run.
 *
 * Threads: any number may use one client at once, but for freeing it; they share its connections.
 */
typedef struct dropoff_storage dropoff_storage;

/**
 * Makes a client. It makes no connection yet.
 *
 * May be NULL: options.
 * Threads: any. It reads the environment: not while another thread calls setenv.
 */
dropoff_status dropoff_storage_new(const dropoff_options *options,
                                   dropoff_storage **client,
                                   dropoff_error **error);

/**
 * Frees a client. Its jobs go on. NULL is fine.
 *
 * Threads: one at a time.
 */
void dropoff_storage_free(dropoff_storage *client);

/**
 * From now on all uploads of a client together send at most so many bytes a second, those under way too; 0:
 * no limit. 1024 to 1099511627776. See bandwidth_limit in dropoff_options.
 *
 * Threads: any.
 */
dropoff_status dropoff_storage_set_bandwidth_limit(const dropoff_storage *client,
                                                   uint64_t bytes_per_second,
                                                   dropoff_error **error);

/**
 * Sends a source with a presigned PUT and waits. Uses `put` up. Safe to repeat, with a new request: the object is
 * replaced as a whole or not at all. The result is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_storage_put(const dropoff_storage *client,
                                   dropoff_put *put,
                                   dropoff_stored_object **stored,
                                   dropoff_error **error);

/**
 * Starts dropoff_storage_put. The job is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_storage_start_put(const dropoff_storage *client,
                                         dropoff_put *put,
                                         dropoff_job **job,
                                         dropoff_error **error);

/**
 * Sends a source with a presigned POST form and waits. Uses `form` up. The result is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_storage_post_form(const dropoff_storage *client,
                                         dropoff_post_form *form,
                                         dropoff_stored_object **stored,
                                         dropoff_error **error);

/**
 * Starts dropoff_storage_post_form. The job is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_storage_start_post_form(const dropoff_storage *client,
                                               dropoff_post_form *form,
                                               dropoff_job **job,
                                               dropoff_error **error);

/**
 * Sends a source in parts with a presigned PUT each, several at once, and waits. Uses `put_parts` up. Completing the
 * upload with the parts' ETags, or aborting it, is left to whoever began it. Safe to repeat, with a new request: a part
 * that is sent again replaces itself. The result is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_storage_put_parts(const dropoff_storage *client,
                                         dropoff_put_parts *put_parts,
                                         dropoff_stored_parts **stored,
                                         dropoff_error **error);

/**
 * Starts dropoff_storage_put_parts. The job is yours to free.
 *
 * Threads: one at a time.
 */
dropoff_status dropoff_storage_start_put_parts(const dropoff_storage *client,
                                               dropoff_put_parts *put_parts,
                                               dropoff_job **job,
                                               dropoff_error **error);

/*
 * The library itself
 */

/**
 * The version of the library that runs, such as "0.1.0"; DROPOFF_VERSION is that of the header. Lives for ever.
 *
 * Threads: any.
 */
const char *dropoff_version(void);

/**
 * For tests: how many handles of any type were not freed, and how many user_data pointers dropoff still holds. A job
 * that runs on, or bytes on their last way out, may keep it above 0 for a little after everything was freed.
 *
 * Threads: any.
 */
size_t dropoff_live_handles(void);

#ifdef __cplusplus
}
#endif

#endif /* DROPOFF_H */
