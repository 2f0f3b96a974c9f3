/*
 * dropoff hands an agent's files to presigned object storage, and says truthfully whether they arrived.
 *
 * This header is the manual. It begins with what holds for every function; then come errors, structs,
 * options, sources, progress, jobs and logs, and then H Company, AgentDrop and raw storage, each with its
 * requests, results and client.
 *
 * A whole program, built with: cc send.c $(pkg-config --cflags --libs dropoff)
 *
 *     #include <dropoff.h>
 *     #include <stdio.h>
 *
 *     int main(void) {
 *         dropoff_error *error = NULL;
 *         dropoff_agentdrop *client = NULL;
 *         dropoff_sent_transfer *sent = NULL;
 *         dropoff_file report = DROPOFF_FILE_INIT;
 *         dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
 *         report.path = "report.pdf";
 *         transfer.sender = "data-pipeline";
 *         transfer.recipient = "analysis-agent";
 *         transfer.files = &report;
 *         transfer.files_count = 1;
 *         int failed = dropoff_agentdrop_new(NULL, &client, &error) // AGENTDROP_API_KEY
 *                      || dropoff_agentdrop_send(client, &transfer, &sent, &error);
 *         if (failed)
 *             fprintf(stderr, "%s\n", dropoff_error_message(error));
 *         else
 *             printf("%s is %s\n", sent->id, sent->status);
 *         dropoff_sent_transfer_free(sent);
 *         dropoff_agentdrop_free(client);
 *         dropoff_error_free(error);
 *         return failed;
 *     }
 *
 * Structs. Requests, settings and options are structs that you fill, and results are structs that you read.
 * A call copies what it needs before it returns, so a request may be changed, used again or dropped then;
 * only a dropoff_source in it is used up. A result never changes, and what its fields point to is its own.
 * What it lacks is NULL, or the number that the field names.
 *
 * Handles. Clients, jobs, sources, key pairs, tickets and errors are opaque. What their getters give lives
 * as long as the handle. Each handle and each result that a function gave you, you free with the type's
 * _free function, whether it was used or not; freeing NULL does nothing, and the order does not matter.
 *
 * Functions. The receiver comes first, then inputs, then outputs, and last the place for an error. A
 * function that can fail returns a dropoff_status, 0 if it succeeded. Outputs are written on success only
 * and the error on failure only; nothing else is touched, so begin with NULL. Any place for an error may be
 * NULL. A NULL where a pointer is needed is DROPOFF_INVALID_INPUT and names the parameter; each function
 * lists the parameters that may be NULL. A getter that is given NULL answers NULL, 0 or false. Errors name
 * the fields of a parameter by their path in it, such as sender or files[2].name, as in all languages.
 *
 * Text is UTF-8 that ends with NUL; anything else is DROPOFF_INVALID_INPUT. Paths are raw bytes that end
 * with NUL and need not be UTF-8; on Windows each of them must be. A NUL inside a text of a service is shown
 * as U+FFFD.
 *
 * Numbers. Sizes are in bytes, lengths of time in milliseconds (uint64_t), with `_ms` in the name. A bool is
 * 0 or 1.
 *
 * Threads. Each type and function says "Threads:". "any": on any thread, and several may pass the same
 * handle or struct at the same time. "one at a time": on any thread, but no other thread may use what the
 * function takes without const at the same time. The same holds for a dropoff_source in a request. No handle
 * is bound to the thread that made it.
 *
 * dropoff has threads of its own, from the first call that takes time until the process ends. They block all
 * signals, so your handlers run on your threads. The process may end while calls run; what they were sending
 * is then lost. dlclose() does not unload the library. No function may be called from a signal handler.
 *
 * After fork() the child may use every client and make calls. Calls that ran in the parent go on there
 * alone; their jobs are DROPOFF_CANCELLED in the child. On macOS the parent makes a client first, which
 * reads the certificates that the system lets no forked child look up.
 *
 * A defect in dropoff is DROPOFF_INTERNAL, and a getter answers as for NULL; it does not end the process.
 */

/* Made by dropoff-generate from bindings-c/src and core/src. Do not edit. */

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

/** How a call ended: what the caller can do about it. A number never changes its meaning; later versions may
 *  add numbers, so treat one you do not know like DROPOFF_INTERNAL. Threads: a plain number. */
typedef enum {
    /** It succeeded. */
    DROPOFF_OK = 0,
    /** An argument or option is wrong. Nothing was sent. Correct the call. */
    DROPOFF_INVALID_INPUT = 1,
    /** No API key, or the service does not accept it. */
    DROPOFF_AUTHENTICATION = 2,
    /** The key is good but may not do this. */
    DROPOFF_PERMISSION = 3,
    /** The service does not know the thing named, or hides it from this key. */
    DROPOFF_NOT_FOUND = 4,
    /** The request contradicts the state the service holds. */
    DROPOFF_CONFLICT = 5,
    /** The service understood and refused the request; dropoff_error_details_field names the fields. */
    DROPOFF_REJECTED = 6,
    /** More bytes than the ticket, the plan or the service allows. */
    DROPOFF_TOO_LARGE = 7,
    /** Too many requests; dropoff_error_retry_after_ms says when to call again. */
    DROPOFF_RATE_LIMITED = 8,
    /** The presigned ticket ran out. */
    DROPOFF_EXPIRED = 9,
    /** Object storage refused the bytes; dropoff_error_service_code is storage's own code. */
    DROPOFF_STORAGE_REFUSED = 10,
    /** The service or storage is failing or overloaded; or this machine has no more threads or descriptors,
     *  and then dropoff_error_side is the caller's. */
    DROPOFF_UNAVAILABLE = 11,
    /** The connection could not be made, or broke. */
    DROPOFF_NETWORK = 12,
    /** A time limit of the call or of an option passed. The call is over. */
    DROPOFF_TIMEOUT = 13,
    /** The peer's certificate or TLS handshake was not acceptable. */
    DROPOFF_TLS = 14,
    /** A local file or stream could not be read. */
    DROPOFF_SOURCE_UNREADABLE = 15,
    /** A local file changed while it was being sent. */
    DROPOFF_SOURCE_CHANGED = 16,
    /** Storage or the service holds other bytes than were sent. */
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
    /** A defect in dropoff. */
    DROPOFF_INTERNAL = 24,
} dropoff_status;

/** What went wrong, as facts. Made by a function that fails and was given a place for it; free it with
 *  dropoff_error_free. It depends on nothing else and may outlive every other handle.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct dropoff_error dropoff_error;

/** Frees an error. NULL is fine. Threads: one at a time. */
void dropoff_error_free(dropoff_error *error);

/*
 * Errors: the facts
 *
 * Text and paths live as long as the error. NULL is an error without facts.
 */

/** Whose side the trouble is on. Threads: a plain number. */
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

/** Whether what was asked for happened, as far as the service can tell. Threads: a plain number. */
typedef enum {
    /** There is no error: the handle was NULL. */
    DROPOFF_OUTCOME_NONE = 0,
    /** It happened: the profile is registered, the transfer is active, storage has what a raw upload or a
     *  step sent. */
    DROPOFF_OUTCOME_COMPLETED = 1,
    /** It did not happen. Calling again cannot do it twice. */
    DROPOFF_OUTCOME_NOT_COMPLETED = 2,
    /** A reply was lost and asking did not settle it. */
    DROPOFF_OUTCOME_UNKNOWN = 3,
} dropoff_outcome;

/** The fate of the things the service held for a call that failed. Threads: a plain number. */
typedef enum {
    /** Nothing was left to clean up, a journal keeps it, or the service removes it by itself. */
    DROPOFF_CLEANUP_NONE = 0,
    /** The remains were removed. */
    DROPOFF_CLEANUP_DONE = 1,
    /** Removing the remains failed too. */
    DROPOFF_CLEANUP_FAILED = 2,
} dropoff_cleanup;

/** The status that the function returned with this error; DROPOFF_OK for NULL. Threads: any. */
dropoff_status dropoff_error_kind(const dropoff_error *error);

/** The stable name of the caller's remedy, such as "rate_limited". Lives as long as the error.
 *  Threads: any. */
const char *dropoff_error_kind_name(const dropoff_error *error);

/** One line of plain English that ends with what to do. It holds no secret. Lives as long as the error.
 *  Threads: any. */
const char *dropoff_error_message(const dropoff_error *error);

/** The step that failed, such as "put" or "complete_upload". NULL if there is none. Lives as long as the
 *  error. Threads: any. */
const char *dropoff_error_operation(const dropoff_error *error);

/** Whose side the trouble is on. Threads: any. */
dropoff_side dropoff_error_side(const dropoff_error *error);

/** Whether making the same call again now is safe and useful. Threads: any. */
bool dropoff_error_retryable(const dropoff_error *error);

/** How long the service asked to be left alone. False if that is not known; then `ms` is not written.
 *  May be NULL: ms.
 *  Threads: any. */
bool dropoff_error_retry_after_ms(const dropoff_error *error, uint64_t *ms);

/** The HTTP status, when there was a reply. 0 if there is none. Threads: any. */
int dropoff_error_http_status(const dropoff_error *error);

/** The service's or storage's own code, such as FILES_MISSING or "AccessDenied". NULL if there is none. Lives
 *  as long as the error. Threads: any. */
const char *dropoff_error_service_code(const dropoff_error *error);

/** The id the service or storage logged the request under. NULL if there is none. Lives as long as the error.
 *  Threads: any. */
const char *dropoff_error_request_id(const dropoff_error *error);

/** How many fields the service complained about. Threads: any. */
size_t dropoff_error_details_count(const dropoff_error *error);

/** The field's path, such as "files.0.name"; empty when the service named none. NULL if `index` is not below
 *  dropoff_error_details_count. Lives as long as the error. Threads: any. */
const char *dropoff_error_details_field(const dropoff_error *error, size_t index);

/** The service's words about it. NULL if `index` is not below dropoff_error_details_count. Lives as long as
 *  the error. Threads: any. */
const char *dropoff_error_details_message(const dropoff_error *error, size_t index);

/** Whether what was asked for happened all the same. Threads: any. */
dropoff_outcome dropoff_error_outcome(const dropoff_error *error);

/** A lower layer's words. NULL if there is none. Lives as long as the error. Threads: any. */
const char *dropoff_error_cause(const dropoff_error *error);

/** The fate of the parts that a failed call left with the service. Threads: any. */
dropoff_cleanup dropoff_error_cleanup(const dropoff_error *error);

/** The kind of the resource that the service reserved before the failure, such as "transfer"; NULL if there
 *  is none. Lives as long as the error. Threads: any. */
const char *dropoff_error_resource_kind(const dropoff_error *error);

/** The id of the resource that the service reserved before the failure; NULL if there is none. Lives as long
 *  as the error. Threads: any. */
const char *dropoff_error_resource_id(const dropoff_error *error);

/** The local file the error is about. NULL if there is none. Lives as long as the error. Threads: any. */
const char *dropoff_error_path(const dropoff_error *error);

/** The operating system's error number for a local file, or for what it had no room for. 0 if there is none.
 *  Threads: any. */
int dropoff_error_errno(const dropoff_error *error);

/** The journal from which the same call goes on where this one stopped. NULL if there is none. Lives as long
 *  as the error. Threads: any. */
const char *dropoff_error_journal(const dropoff_error *error);

/** Storage's ETag, without quotes, of what it holds or of what was in the way; dropoff_error_outcome says
 *  which. NULL if there is none. Lives as long as the error. Threads: any. */
const char *dropoff_error_etag(const dropoff_error *error);

/** Every fact as one JSON object, the same in all languages: absent facts are null, `retry_after` is in
 *  seconds. Lives as long as the error. Threads: any. */
const char *dropoff_error_to_json(const dropoff_error *error);

/*
 * Callbacks
 *
 * Everywhere a function pointer is taken, a `user_data` pointer goes with it, is handed to each call as it
 * is, and may be NULL. After them comes a finalizer, or NULL: it is called exactly once with that user_data,
 * when dropoff needs it no more, also if the function that took it fails, with whatever status; but not for
 * a struct that is refused for its size or for fields that the library does not know. So one that frees its
 * user_data makes the request good for one call. A callback runs on a
 * thread of dropoff's, all signals blocked; it must return, and neither throw nor longjmp out. It may call
 * any function of dropoff's that this header does not forbid it.
 */

/** Tells that dropoff needs `user_data` no more. Called exactly once.
 *  Threads: it is called on any thread: the one that called dropoff, before that call returns, or one of
 *  dropoff's that moves no bytes, so it may block, but not wait for another finalizer. It may use dropoff. */
typedef void (*dropoff_finalizer)(void *user_data);

/*
 * Structs that a program fills
 *
 * A request, settings and options are plain structs. Begin each with its macro, such as
 * `dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;`, and set what you need: zero and NULL are the default
 * wherever they are no value. In C99 `dropoff_transfer transfer = {.size = sizeof transfer, ...}` is the
 * same but for dropoff_options, where some fields may be zero. The struct may go as soon as the call
 * returns.
 *
 * A list is a pointer and a count; NULL with 0 is none. `size` tells the library which fields the program
 * knows, so programs and libraries of different versions fit: fields are only added at the end.
 * DROPOFF_INVALID_INPUT for a size that is none, and for a field that is set and that the library does not
 * know.
 *
 * Results are structs that the library fills, and begin with their size too: a field that is not within it
 * is one of a later version. They are read and never written; each list in them is of as many as its count
 * says.
 */

/** A truth value that may be left open. Threads: a plain number. */
typedef enum {
    /** As the field says. */
    DROPOFF_AUTO = 0,
    /** Yes. */
    DROPOFF_YES = 1,
    /** No. */
    DROPOFF_NO = 2,
} dropoff_choice;

/** A name and its value. Threads: plain data. */
typedef struct {
    /** The name. */
    const char *name;
    /** The value. */
    const char *value;
} dropoff_pair;

/** Names and values of one thing among several. NULL with 0 are none. Threads: plain data. */
typedef struct {
    /** The names and their values. */
    const dropoff_pair *pairs;
    size_t pairs_count;
} dropoff_pairs;

/*
 * Options
 *
 * Settings of a client, shared by all of them: time limits, retries, sizes, proxies and trust.
 *
 *     dropoff_options options = DROPOFF_OPTIONS_INIT;
 *     options.stall_timeout_ms = 60000;
 *     dropoff_storage_new(&options, &client, &error);
 */

/** Settings of a client, which copies them when it is made. A bad value is refused then, with its range.
 *  Threads: plain data. */
typedef struct {
    size_t size;
    /** How long connecting may take: name lookup, TCP, proxy and TLS together. It takes as many times as long
     *  where connections of the client share a slow line. 0.001 s to 10 min; default 10 s. */
    uint64_t connect_timeout_ms;
    /** How long the peer may acknowledge nothing before an upload counts as stalled. A slow upload that moves
     *  is never ended, nor one that others of the client keep waiting on a slow line, and time in which the
     *  process is suspended does not count. 0.001 s to 1 h; default 30 s. */
    uint64_t stall_timeout_ms;
    /** How long storage may take to answer after it acknowledged the last byte. 0.001 s to 1 h; default 120
     *  s. */
    uint64_t response_timeout_ms;
    /** How often one request is tried in all. 1 to 100; default 5. */
    uint64_t max_attempts;
    /** The first retry waits a random time up to this; each later one up to twice the one before. Uploads
     *  wait twice this besides, since storage takes about one write a second of one key. 0 to 10 min; default
     *  0.5 s. 0 is 0; UINT64_MAX, as DROPOFF_OPTIONS_INIT has it, is the default. */
    uint64_t backoff_base_ms;
    /** The most that the random part of a wait between two tries grows to. 0 to 1 h; default 30 s. 0 is 0;
     *  UINT64_MAX, as DROPOFF_OPTIONS_INIT has it, is the default. */
    uint64_t backoff_cap_ms;
    /** A Retry-After up to this is waited for in full; a longer one ends the call at once, with the error's
     *  dropoff_error_retry_after_ms filled. 0 to 1 h; default 60 s. 0 is 0; UINT64_MAX, as
     *  DROPOFF_OPTIONS_INIT has it, is the default. */
    uint64_t max_retry_after_ms;
    /** How many files and parts of one call are sent at once, over all its files. Without it there are more
     *  while more arrives per second that way, and fewer when storage or the network pushes back. 1 to 64;
     *  default found while sending: 4 at first, then 1 to 16. */
    uint64_t concurrency;
    /** The most bytes a second that all uploads of the client send together. Each client's
     *  set_bandwidth_limit changes it while uploads are under way. Time in which an upload waits for its turn
     *  is no stall; API calls do not count. 1024 to 1099511627776 bytes per second; default none. */
    uint64_t bandwidth_limit;
    /** The most bytes of memory that one call fills with sealed parts that wait to be sent; one part is held
     *  whatever it says. Parts that are not sealed need none of it. 8388608 to 1099511627776 bytes; default
     *  67108864 (64 MiB). */
    uint64_t memory_budget;
    /** Bytes of each part but the last of an upload in parts; enlarged where a file would need more than the
     *  10,000 parts that storage allows. 5242880 to 5368709120 bytes (5 MiB to 5 GiB); default 8388608 (8
     *  MiB), more where a file would need over 10,000 parts. */
    uint64_t part_size;
    /** A transfer with a file of at least this many bytes is sent in parts, and a blob of Azure's in blocks.
     *  1 to 5368709120 bytes (5 GiB); default 524288000 (500 MiB). */
    uint64_t multipart_threshold;
    /** Whether what storage has is compared with what was sent (DROPOFF_AUTO: by every CRC that storage
     *  answers with, at any size, or else by MD5 or SHA for up to 256 MiB; true: by whatever it answers, at
     *  any size; false: not at all). The service's SHA-256 of a profile is compared too, unless it is false.
     *  With true an answer that may not be storage's own is an error. A dropoff_choice; default DROPOFF_AUTO.
     */
    int integrity_check;
    /** The folder for packed profiles and streams while they are sent; they have no name there. Default the
     *  system's temporary folder. */
    const char *spool_dir;
    /** A PEM file of certificates to trust beside the operating system's: roots, or a server's own, which is
     *  then accepted whatever its CA flag and version, and good for itself alone. It is read at once. Default
     *  the operating system's roots only. */
    const char *ca_file;
    /** The proxy to use, whatever NO_PROXY says, such as http://user:password@host:3128; #, /, ?, @ and a
     *  blank in its user name and password are percent-encoded. Storage on this machine is reached through it
     *  too; a service on this machine never is. Default the environment's proxy variables. */
    const char *proxy;
    /** The User-Agent of API calls and uploads. 1 to 256 printable ASCII characters; default
     *  dropoff/<version>. */
    const char *user_agent;
    /** Origins such as https://minio.internal:9000 that may be private addresses; plain http only where the
     *  entry says so. Default those of the environment variable DROPOFF_TRUSTED_STORAGE, with commas between;
     *  else none: storage must be https on a public address. */
    const char *const *trusted_storage;
    size_t trusted_storage_count;
} dropoff_options;
#define DROPOFF_OPTIONS_INIT \
    {sizeof(dropoff_options), 0, 0, 0, 0, UINT64_MAX, UINT64_MAX, UINT64_MAX, 0, 0, 0, 0, 0, 0, NULL, NULL, \
    NULL, NULL, NULL, 0}

/*
 * Sources
 *
 * What to send: a file, a folder where a browser profile is due, a range of memory, or a stream.
 */

/** What to send. The call that takes it empties it: it cannot be used again, and is still yours to free, at
 *  any time after. A plan and a presign send nothing, and empty streams alone. Threads: one at a time. */
typedef struct dropoff_source dropoff_source;

/** Reads the next bytes of a stream into `buffer`, at most `capacity`, and says in `read_out` how many; none
 *  is the end. Returns 0, or another number if it failed: that ends the call with DROPOFF_SOURCE_UNREADABLE,
 *  and the number, best one of errno.h, is told in the error's cause. `buffer` and `read_out` are valid until
 *  it returns.
 *  Threads: it is called on one thread of dropoff's own, one call at a time, and may block for as long as it
 *  likes. It may call dropoff, but not wait for the job that reads it. After a cancel it is called no more;
 *  the call that is under way then is not waited for. */
typedef int (*dropoff_read_fn)(void *user_data, uint8_t *buffer, size_t capacity, size_t *read_out);

/** Sets a stream back to where it stood before the first read. Returns 0, or another number if it cannot.
 *  Threads: as a dropoff_read_fn, after the last read. */
typedef int (*dropoff_rewind_fn)(void *user_data);

/** A file, or a folder where a browser profile is due. A leading ~/ is the home folder; a relative path is
 *  one from the current folder of this moment. Nothing is opened yet: a missing file is the error of the
 *  call that sends it. Threads: any. */
dropoff_status dropoff_source_from_path(const char *path, dropoff_source **source, dropoff_error **error);

/** `length` bytes in memory. Without a `release` they are copied. With one they are borrowed: they must stay
 *  as they are until `release(user_data)` is called, exactly once, when nothing needs them any more; that may
 *  be a little after the call that sent them has returned. `data` may be NULL if `length` is 0.
 *  May be NULL: data, user_data, release.
 *  Threads: any; `release` is called on any thread. */
dropoff_status dropoff_source_from_memory(const uint8_t *data, size_t length, void *user_data,
    dropoff_finalizer release, dropoff_source **source, dropoff_error **error);

/** A stream of unknown length. It is read once, into an unnamed temporary file (option spool_dir), so that a
 *  retry can send it again. A call that fails after it was read is not retryable: the stream has to be opened
 *  anew.
 *  May be NULL: user_data, finalizer.
 *  Threads: any. */
dropoff_status dropoff_source_from_reader(dropoff_read_fn read, void *user_data,
    dropoff_finalizer finalizer, dropoff_source **source, dropoff_error **error);

/** The same for a stream that can go back: when a call fails that has read of it, `rewind` is called, and
 *  then the same call can be made again with a new source of the same stream. If `rewind` fails, or a read
 *  that is under way does not end within 2 s, the error is not retryable.
 *  May be NULL: user_data, finalizer.
 *  Threads: any. */
dropoff_status dropoff_source_from_rewindable_reader(dropoff_read_fn read, dropoff_rewind_fn rewind,
    void *user_data, dropoff_finalizer finalizer, dropoff_source **source, dropoff_error **error);

/** Frees a source, used or not. NULL is fine. Threads: one at a time. */
void dropoff_source_free(dropoff_source *source);

/*
 * Progress
 *
 * How far a call is: told to a callback while the call runs, or asked for with dropoff_job_progress.
 */

/** The step that a call is at. Later versions may add steps. Threads: a plain number. */
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

/** A snapshot of a call on its way. Later versions may add fields at the end: a field is there if `size`
 *  covers it. Threads: plain data. The one that a callback is given is valid until the callback returns. */
typedef struct {
    /** Bytes of this struct that were written. */
    size_t size;
    /** Source bytes handed to the network in attempts that still count; goes back when one fails. While a
     *  folder is packed: bytes of it that are packed. */
    uint64_t bytes_done;
    /** Source bytes to send in all, or to pack while a folder is packed; 0 until known. */
    uint64_t bytes_total;
    /** Time since the call started. */
    uint64_t elapsed_ms;
    /** The step that the call is at. */
    dropoff_phase phase;
    /** Files storage has accepted. */
    uint32_t files_done;
    /** Files in all; 0 until known. */
    uint32_t files_total;
    /** Requests that were repeated so far. */
    uint32_t retries;
    /** How long uploads may still start with the presigned ticket in use, while sending. One that has started
     *  may finish. UINT64_MAX if that is not known. */
    uint64_t ticket_left_ms;
    /** How long sending the rest takes at the rate so far, after 2 s of sending. UINT64_MAX if that is not
     *  known. */
    uint64_t time_needed_ms;
    /** A likely failure if it goes on like this, as a sentence: sending needs more time than the ticket has,
     *  so uploads that have to start over or have not started by then fail. It ends with NUL, and is empty if
     *  there is none. It is a part of the struct, so a copy of that keeps it. */
    char warning[192];
    /** How long the bytes have been counted: since packing began, and later since sending began; 0 before.
     *  bytes_done divided by it is the rate. */
    uint64_t active_for_ms;
} dropoff_progress;

/** Is told how far a call is, about every 100 ms and once more when it is over. Returns 0 to go on; anything
 *  else cancels the call, and it is not called again. What the last call returns changes nothing. `progress`
 *  is valid until it returns.
 *  Threads: it is called on a thread of dropoff's own, never twice at once for one call. It may use dropoff,
 *  and cancel its own job, but should not wait for it: that only delays the next call of it. A function that
 *  waits for the call, blocking forms included, returns after the last call of it and its finalizer have
 *  returned. */
typedef int (*dropoff_progress_fn)(const dropoff_progress *progress, void *user_data);

/*
 * Jobs
 *
 * Each call that takes time has a form that waits and a `_start_` form that gives a job. Ask the job for its
 * result with the function of its kind, such as dropoff_job_profile; each of these waits until the job is
 * over, and may be called again. In a forked child a job of the parent is DROPOFF_CANCELLED; the child can
 * start jobs of its own.
 */

/** A call that was started and may still be running. Freeing it does not stop the call; only
 *  dropoff_job_cancel does. Threads: any number may use one job at once, but for freeing it. */
typedef struct dropoff_job dropoff_job;

/** Told once that a job is over. `job` is the job's own, for this call only: ask it for its result, and do
 *  not free it. Threads: it is called on a thread of dropoff's own, where it may use all of dropoff. */
typedef void (*dropoff_done_fn)(const dropoff_job *job, void *user_data);

/** Waits until the job is over. DROPOFF_OK if it succeeded, otherwise what it failed with. Threads: any. */
dropoff_status dropoff_job_wait(const dropoff_job *job, dropoff_error **error);

/** Waits `ms` milliseconds at most. DROPOFF_OK and `over` false: it is still running. DROPOFF_OK and `over`
 *  true: it succeeded. Another status is what it failed with, and `over` is not written. Threads: any. */
dropoff_status dropoff_job_wait_ms(const dropoff_job *job, uint64_t ms, bool *over, dropoff_error **error);

/** Whether the job is over, one way or the other, and its progress callback is through. Does not wait. False
 *  for NULL. Threads: any. */
bool dropoff_job_is_done(const dropoff_job *job);

/** Asks the job to stop. It ends with DROPOFF_CANCELLED unless it was over already; wait for it to know
 *  which. Does not wait. NULL, or a job that is over, is fine. Threads: any. */
void dropoff_job_cancel(const dropoff_job *job);

/** How far the job is. `size` is sizeof(dropoff_progress): no more is written than that. Threads: any. */
dropoff_status dropoff_job_progress(const dropoff_job *job, size_t size, dropoff_progress *progress,
    dropoff_error **error);

/** Tells the job's progress to a callback from now on. A job has one such callback; a request's on_progress
 *  is the same.
 *  May be NULL: user_data, finalizer.
 *  Threads: any. */
dropoff_status dropoff_job_on_progress(const dropoff_job *job, dropoff_progress_fn callback,
    void *user_data, dropoff_finalizer finalizer, dropoff_error **error);

/** Calls `callback` once when the job is over; at once, on another thread, if it is already. A job takes any
 *  number of these. They are called also when the handle is freed before. Waiting for the job does not wait
 *  for them.
 *  May be NULL: user_data, finalizer.
 *  Threads: any. */
dropoff_status dropoff_job_on_done(const dropoff_job *job, dropoff_done_fn callback, void *user_data,
    dropoff_finalizer finalizer, dropoff_error **error);

/** A descriptor that becomes readable when the job is over, for poll, epoll, GLib or libuv, and stays so.
 *  Then ask for the result, which waits for the last call of the progress callback at most. It does not wait
 *  for on_done callbacks. It is the job's: do not read from it, and do not close it; it goes with the last
 *  handle of the job. Each call gives the same one; a forked child asks anew. Threads: any. */
dropoff_status dropoff_job_fd(const dropoff_job *job, int *fd, dropoff_error **error);

/** Frees the handle, at any time. A job that is still running goes on, its callbacks are still called, and
 *  nothing waits for it any more. NULL is fine. Not while another thread uses the same handle.
 *  Threads: one at a time. */
void dropoff_job_free(dropoff_job *job);

/*
 * Logs
 *
 * What dropoff does, a line at a time: each request and answer, what is tried again and why, how each job
 * ended. One callback of the process is told, on a thread that does nothing else. No line holds a secret: no
 * key, no URL's query, no form field.
 *
 *     static void show(dropoff_log_level level, const char *message, void *user_data) {
 *         fprintf((FILE *)user_data, "%d %s\n", (int)level, message);
 *     }
 *
 *     dropoff_log_set(DROPOFF_LOG_DEBUG, show, stderr, NULL, &error);
 *     ...
 *     dropoff_log_set(DROPOFF_LOG_NONE, NULL, NULL, NULL, NULL); // tells what still waits
 */

/** How much a log line matters. Threads: a plain number. */
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

/** Is told one log line: what happened, then its facts as name=value. `message` has no newline and is valid
 *  until the callback returns.
 *  Threads: it is called on a thread of dropoff's own, one line after the other. It holds no transfer up: up
 *  to 1024 lines wait for it, those beyond are dropped, and a line at DROPOFF_LOG_WARN says how many. It may
 *  use dropoff, dropoff_log_set included; what dropoff does for it is logged as well. */
typedef void (*dropoff_log_fn)(dropoff_log_level level, const char *message, void *user_data);

/** Tells the lines of `level`, which is a dropoff_log_level, and those that matter more, to `callback`: from
 *  now on, for the whole process, whichever part of it makes the calls, and instead of the callback before.
 *  That one is told what still waits for it, then its finalizer is called, and then this returns; so hold no
 *  lock that they take. Called by them, this does not wait for them. With DROPOFF_LOG_NONE nobody is told
 *  from now on, and `callback` may be NULL. If this fails, the callback before stays.
 *
 *  Set DROPOFF_LOG_NONE before the process ends: lines that wait then are lost, and the callback may be
 *  called until the very end. After fork() the child's lines go to its own copy of the callback and its
 *  user_data.
 *  May be NULL: user_data, finalizer.
 *  Threads: any. */
dropoff_status dropoff_log_set(int level, dropoff_log_fn callback, void *user_data,
    dropoff_finalizer finalizer, dropoff_error **error);

/*
 * Stored objects
 *
 * What storage has after an upload.
 */

/** One part that storage has. Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Its number, from 1. */
    uint32_t part_number;
    /** Bytes of it. */
    uint64_t bytes;
    /** Storage's ETag of it, without quotes: completing the upload needs it. Empty where storage gives none
     *  and needs none, as for Azure's blocks. */
    const char *etag;
    /** MD5 of what was sent, in hex, if it was computed. Or NULL. */
    const char *md5;
    /** Whether storage answered with a digest that equals that of what was sent. */
    bool verified;
    /** Requests it took, the successful one included. */
    uint32_t attempts;
    /** The digest that verified it, as in dropoff_stored_object. Or NULL. */
    const char *verified_by;
    /** CRC-64/NVME of what was sent, in base64: completing an upload that was begun with this checksum needs
     *  it. Unless integrity_check is false. Or NULL. */
    const char *crc64nvme;
} dropoff_stored_part;

/** Storage's reply to a success. What the ticket held is hidden in it.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** The HTTP status. */
    uint32_t status;
    /** The headers about the object and the exchange, by their names in lower case. As the text of a JSON
     *  object. */
    const char *headers_json;
    /** The body as text, at most 64 KiB of it. */
    const char *body;
} dropoff_storage_reply;

/** An object that storage has after an upload.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Every field as one JSON object, the same in all languages. */
    const char *json;
    /** Bytes of the source that storage took. */
    uint64_t bytes;
    /** Storage's ETag, without quotes, if it sent one. Or NULL. */
    const char *etag;
    /** SHA-256 of what was sent, in hex, if it was computed. Or NULL. */
    const char *sha256;
    /** MD5 of what was sent, in hex, if it was computed. Or NULL. */
    const char *md5;
    /** Whether storage answered with a digest that equals that of what was sent. */
    bool verified;
    /** Requests it took, the successful one included. */
    uint32_t attempts;
    /** Doubts that are left all the same, each a sentence: a success that bears no sign of being storage's
     *  own. */
    const char *const *warnings;
    size_t warnings_count;
    /** The digest that verified it: "crc32", "crc32c", "crc64nvme", "md5", "sha1" or "sha256". A CRC finds
     *  damage on the way, and is no proof against somebody who means to deceive. Or NULL. */
    const char *verified_by;
    /** CRC-64/NVME of what was sent, in base64, as S3 takes it as "x-amz-checksum-crc64nvme"; unless
     *  integrity_check is false. Or NULL. */
    const char *crc64nvme;
    /** The parts that it was sent in, by number; none of an object that went whole. */
    const dropoff_stored_part *const *parts;
    size_t parts_count;
    /** Storage's reply, in which some services say what they made of the bytes. That of the commit, where a
     *  plan has one. Or NULL. */
    const dropoff_storage_reply *reply;
} dropoff_stored_object;

/** Waits for a job that results in a dropoff_stored_object, and gives that, which is yours to free; or the
 *  job's error. Threads: any. */
dropoff_status dropoff_job_stored_object(const dropoff_job *job, dropoff_stored_object **stored_object,
    dropoff_error **error);

/** Frees a dropoff_stored_object with all that belongs to it. NULL is fine. Threads: one at a time. */
void dropoff_stored_object_free(dropoff_stored_object *stored_object);

/*
 * H Company: what to upload
 */

/** How much of a profile goes. Threads: a plain number. */
typedef enum {
    /** Everything but caches and what belongs to a run or a machine. Data that sites put into Chromium's
     *  Cache API is a cache; a warning says how much there is. */
    DROPOFF_LEVEL_DEFAULT = 0,
    /** Files that sign in: cookies, data that sites store, settings and extensions. No history, saved
     *  passwords, bookmarks, addresses or web apps, and not the browser's own account. Files that belong
     *  together go together, so two private things go. If the profile opens its last tabs again, these do,
     *  since what sites keep for a session comes back with them; a warning says so. And Firefox's "key4.db"
     *  does, which has the keys of client certificates, and that of the saved passwords, though not the
     *  passwords. */
    DROPOFF_LEVEL_MINIMAL = 1,
    /** Caches too. */
    DROPOFF_LEVEL_FULL = 2,
} dropoff_level;

/** How to treat a folder that a browser is using. Threads: a plain number. */
typedef enum {
    /** Fail with "browser_running". */
    DROPOFF_IF_RUNNING_ERROR = 0,
    /** Pack consistent copies of its databases, each with the files it names. Data that the browser has not
     *  written to disk yet is not in them: Chromium writes cookies up to 30 s late and local storage 5 s or
     *  more, Firefox local storage up to 5 s. A store that kept changing is named in a warning, or is a
     *  "browser_running" that may be tried again. */
    DROPOFF_IF_RUNNING_SNAPSHOT = 1,
    /** Pack as it is. Databases that are written meanwhile may be damaged in the archive. */
    DROPOFF_IF_RUNNING_FORCE = 2,
} dropoff_if_running;

/** How a browser's folder is packed. The default is right for a folder whose browser is closed.
 *  Threads: plain data. */
typedef struct {
    size_t size;
    /** How much goes. Default: DROPOFF_LEVEL_DEFAULT. A dropoff_level. */
    int level;
    /** Only this one of the profiles, by the name of its folder: "Default", Profile 2. Files that all
     *  profiles share go too. Default: all. */
    const char *profile;
    /** The globs of what is packed although the level leaves it out. A glob is about a path inside the
     *  folder, such as Default/Code Cache: * and ? do not cross a /, ** does, and a folder stands for all
     *  that is in it. Locks, sockets and symlinks stay out whatever it says. Default: none. */
    const char *const *include;
    size_t include_count;
    /** The globs of what is left out; goes before include. Default: none. */
    const char *const *exclude;
    size_t exclude_count;
    /** How to treat a folder that a browser is using. Default: DROPOFF_IF_RUNNING_ERROR. A
     *  dropoff_if_running. */
    int if_running;
    /** A folder that everything in the archive is in. Default: none, the archive's top is the folder's. */
    const char *prefix;
} dropoff_pack;
#define DROPOFF_PACK_INIT \
    {sizeof(dropoff_pack), 0, NULL, NULL, 0, NULL, 0, 0, NULL}

/** One whole browser-profile upload. Threads: plain data. */
typedef struct {
    size_t size;
    /** A browser's user-data folder, which is packed, or a zip of one, sent as it is. Its path; a leading ~/
     *  is the home folder. NULL if source is set. */
    const char *path;
    /** Any other source. A call that takes it empties it, also one that fails. NULL if path is set. */
    dropoff_source *source;
    /** What the profile is called. Needed. */
    const char *name;
    /** The browser it belongs to, such as "chromium" or "firefox"; the service decides which there are.
     *  Default, for a folder that is packed: what the folder tells, and dropoff_pack_report.browser_guessed
     *  is then true. */
    const char *browser_name;
    /** That browser's version, such as "131". Default: as the browser's name. */
    const char *browser_version;
    /** A text for people. Default: none. */
    const char *description;
    /** The labels, a name and its value; their order is kept. */
    const dropoff_pair *labels;
    size_t labels_count;
    /** How a folder is packed. A zip is sent as it is, whatever this says. */
    const dropoff_pack *pack;
    /** The id of an earlier profile. If the archive equals that one's by the service's own checksum, nothing
     *  is sent, and the result is that profile with dropoff_profile.unchanged set. A profile that is not
     *  there any more equals nothing. Default: it is sent. */
    const char *if_changed_from;
    /** Bounds the whole call, retries included. Default: no limit. */
    uint64_t timeout_ms;
    /** Who is told how far the call is. */
    dropoff_progress_fn on_progress;
    /** Handed to on_progress and to finalizer. */
    void *user_data;
    /** Called once by each call that takes this struct. */
    dropoff_finalizer finalizer;
} dropoff_profile_upload;
#define DROPOFF_PROFILE_UPLOAD_INIT \
    {sizeof(dropoff_profile_upload), NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, \
    NULL}

/** The name and browser of a profile. The browser must be one the service knows ("chromium", "firefox",
 *  "webkit", ...; the service decides) and the version is free text such as "131". Threads: plain data. */
typedef struct {
    size_t size;
    /** What the profile is called. Needed. */
    const char *name;
    /** The browser it belongs to, such as "chromium". Needed. */
    const char *browser_name;
    /** That browser's version, such as "131". Needed. */
    const char *browser_version;
    /** A text for people. Default: none. */
    const char *description;
    /** The labels, a name and its value; their order is kept. */
    const dropoff_pair *labels;
    size_t labels_count;
    /** The result of dropoff_hcompany_upload, to be compared with what the service stored. */
    const dropoff_stored_object *uploaded;
} dropoff_profile_details;
#define DROPOFF_PROFILE_DETAILS_INIT \
    {sizeof(dropoff_profile_details), NULL, NULL, NULL, NULL, NULL, 0, NULL}

/*
 * H Company: profiles
 */

/** The result of packing a folder.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Files in the archive. */
    uint64_t files;
    /** Their size before packing. */
    uint64_t bytes;
    /** Size of the archive. */
    uint64_t archive_bytes;
    /** Files and folders left out: locks, sockets, symlinks, caches, and those that the level or a pattern
     *  excludes; a folder counts once. */
    uint64_t left_out;
    /** Whether the files belong together. "clean": nothing changed while they were packed. "snapshot": a
     *  browser was using them, and its databases were copied at one moment each. "forced": a browser was
     *  using them, or they changed, and they were packed as they were. */
    const char *consistency;
    /** Whether the browser's name or version was taken from the folder, because the caller did not give it.
     */
    bool browser_guessed;
    /** Names that no rule knows; they are in the archive. */
    const char *const *unknown;
    size_t unknown_count;
    /** Warnings about the profile elsewhere, and about files that could not be packed, a sentence each. */
    const char *const *warnings;
    size_t warnings_count;
} dropoff_pack_report;

/** A browser profile as the service reports it, and what was proved about it.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Every field as one JSON object, the same in all languages. */
    const char *json;
    /** The profile's id, a UUID. */
    const char *id;
    /** Its name. */
    const char *name;
    /** The browser it belongs to. */
    const char *browser_name;
    /** That browser's version. */
    const char *browser_version;
    /** A text for people. Or NULL. */
    const char *description;
    /** Labels; the service types their values freely. As the text of a JSON object, or NULL. */
    const char *labels_json;
    /** The service's internal place of the archive. Or NULL. */
    const char *s3_path;
    /** Size of the stored archive in bytes. Otherwise UINT64_MAX. */
    uint64_t file_size_bytes;
    /** SHA-256 of the stored archive, in hex or base64. Or NULL. */
    const char *checksum;
    /** How often it was used. */
    uint64_t usage_count;
    /** When it was last used, RFC 3339. Or NULL. */
    const char *last_used_at;
    /** Whether it is the default for its browser. */
    bool is_default;
    /** The user it belongs to. Or NULL. */
    const char *user_id;
    /** The organization it belongs to. Or NULL. */
    const char *org_id;
    /** When it was made, RFC 3339. Or NULL. */
    const char *created_at;
    /** When it was last changed, RFC 3339. Or NULL. */
    const char *updated_at;
    /** Whether the service's checksum equals the SHA-256 of what was sent, or would have been if it were not
     *  unchanged. False also when the service reports none, or this call had nothing to compare. */
    bool verified;
    /** Nothing was sent: this is the earlier profile, which the archive equals. */
    bool unchanged;
    /** The object that this call sent to storage. Or NULL. */
    const dropoff_stored_object *upload;
    /** The report on packing, if a folder was given. Or NULL. */
    const dropoff_pack_report *packed;
    /** Ids that were reserved and given up because their ticket ran out; the service removes them. */
    const char *const *abandoned_profile_ids;
    size_t abandoned_profile_ids_count;
    /** The digest that verified it: "sha256", or none. Or NULL. */
    const char *verified_by;
} dropoff_profile;

/** Waits for a job that results in a dropoff_profile, and gives that, which is yours to free; or the job's
 *  error. Threads: any. */
dropoff_status dropoff_job_profile(const dropoff_job *job, dropoff_profile **profile,
    dropoff_error **error);

/** Frees a dropoff_profile with all that belongs to it. NULL is fine. Threads: one at a time. */
void dropoff_profile_free(dropoff_profile *profile);

/*
 * H Company: tickets
 *
 * A reserved profile and the presigned form to send its archive with: the first step of the flow done step
 * by step.
 */

/** A reserved profile and its presigned form. Free it with dropoff_profile_ticket_free.
 *  Threads: it never changes, so any number of threads may use it at once. */
typedef struct dropoff_profile_ticket dropoff_profile_ticket;

/** Waits for a job of dropoff_hcompany_start_initiate_upload and gives its result, which is yours to free; or
 *  what the job failed with. Threads: any. */
dropoff_status dropoff_job_profile_ticket(const dropoff_job *job, dropoff_profile_ticket **ticket,
    dropoff_error **error);

/** Frees a ticket. NULL is fine. Threads: one at a time. */
void dropoff_profile_ticket_free(dropoff_profile_ticket *ticket);

/** The reserved id, for dropoff_hcompany_complete_upload. Lives as long as the ticket. Threads: any. */
const char *dropoff_profile_ticket_profile_id(const dropoff_profile_ticket *ticket);

/** How long an upload may still start, in milliseconds. Threads: any. */
uint64_t dropoff_profile_ticket_expires_in_ms(const dropoff_profile_ticket *ticket);

/** The service's reply as one JSON object, secrets included: who has it can upload. Do not log it. Lives as
 *  long as the ticket. Threads: any. */
const char *dropoff_profile_ticket_reveal_json(const dropoff_profile_ticket *ticket);

/*
 * H Company: the client
 *
 * Uploads browser profiles: initiate-upload, a presigned POST form with a zip, complete-upload, and proof by
 * the service's own SHA-256. dropoff_hcompany_upload_profile does all of it; the rest are its steps.
 */

/** Settings for dropoff_hcompany. Threads: plain data. */
typedef struct {
    size_t size;
    /** The API key. Default: the environment variable HAI_API_KEY, then the file that hai login writes
     *  (~/.config/hai/.env). */
    const char *api_key;
    /** The account's region, "eu" (default) or "us". Regions are separate: a profile lives in one. */
    const char *region;
    /** Another place for the API; https, or http on loopback. Default: the environment variable
     *  HAI_API_BASE_URL. Goes before region. */
    const char *base_url;
    /** Time limits, retries and the rest. */
    const dropoff_options *options;
} dropoff_hcompany_settings;
#define DROPOFF_HCOMPANY_SETTINGS_INIT \
    {sizeof(dropoff_hcompany_settings), NULL, NULL, NULL, NULL}

/** A client of H Company's browser profiles. It may be freed while its jobs run.
 *  Threads: any number may use one client at once, but for freeing it; they share its connections. */
typedef struct dropoff_hcompany dropoff_hcompany;

/** Makes a client. It makes no connection yet. DROPOFF_AUTHENTICATION without a key, DROPOFF_INVALID_INPUT
 *  for a bad region, URL or option.
 *  May be NULL: settings.
 *  Threads: any. It reads the environment: not while another thread calls setenv. */
dropoff_status dropoff_hcompany_new(const dropoff_hcompany_settings *settings, dropoff_hcompany **client,
    dropoff_error **error);

/** Frees a client. Its jobs go on. NULL is fine. Threads: one at a time. */
void dropoff_hcompany_free(dropoff_hcompany *client);

/** From now on all uploads of a client together send at most so many bytes a second, those under way too; 0:
 *  no limit. See dropoff_options.bandwidth_limit. Threads: any. */
dropoff_status dropoff_hcompany_set_bandwidth_limit(const dropoff_hcompany *client,
    uint64_t bytes_per_second, dropoff_error **error);

/** Uploads a profile and waits until the service has registered it and its checksum is compared. The result
 *  is yours to free.
 *
 *  Any status. After DROPOFF_INTEGRITY the profile is registered (the error's outcome is completed) with
 *  other bytes than were sent; after DROPOFF_UNKNOWN_OUTCOME ask dropoff_hcompany_get_profile with the
 *  error's resource_id.
 *  Threads: any. */
dropoff_status dropoff_hcompany_upload_profile(const dropoff_hcompany *client,
    const dropoff_profile_upload *upload, dropoff_profile **profile, dropoff_error **error);

/** Starts dropoff_hcompany_upload_profile. The job is yours to free. Threads: any. */
dropoff_status dropoff_hcompany_start_upload_profile(const dropoff_hcompany *client,
    const dropoff_profile_upload *upload, dropoff_job **job, dropoff_error **error);

/** Step one: reserves a profile id and asks for a presigned form. Safe to repeat; a reserved id that is not
 *  used is removed by the service within a day. The result is yours to free. Threads: any. */
dropoff_status dropoff_hcompany_initiate_upload(const dropoff_hcompany *client,
    dropoff_profile_ticket **ticket, dropoff_error **error);

/** Starts dropoff_hcompany_initiate_upload. The job is yours to free. Threads: any. */
dropoff_status dropoff_hcompany_start_initiate_upload(const dropoff_hcompany *client, dropoff_job **job,
    dropoff_error **error);

/** Step two: sends the archive to storage with a ticket. Empties `source`; a folder is packed as `pack` says.
 *  Safe to repeat, with another source, until the ticket expires. To be told its progress, start it and use
 *  dropoff_job_on_progress. The result is yours to free.
 *  May be NULL: pack.
 *  Threads: one at a time. */
dropoff_status dropoff_hcompany_upload(const dropoff_hcompany *client,
    const dropoff_profile_ticket *ticket, dropoff_source *source, const dropoff_pack *pack,
    dropoff_stored_object **stored, dropoff_error **error);

/** Starts dropoff_hcompany_upload. The job is yours to free. May be NULL: pack. Threads: one at a time. */
dropoff_status dropoff_hcompany_start_upload(const dropoff_hcompany *client,
    const dropoff_profile_ticket *ticket, dropoff_source *source, const dropoff_pack *pack, dropoff_job **job,
    dropoff_error **error);

/** Step three: registers the uploaded archive as a profile, within a day of step one. The result is yours to
 *  free. DROPOFF_INVALID_INPUT if profile_id is no UUID. Threads: any. */
dropoff_status dropoff_hcompany_complete_upload(const dropoff_hcompany *client, const char *profile_id,
    const dropoff_profile_details *details, dropoff_profile **profile, dropoff_error **error);

/** Starts dropoff_hcompany_complete_upload. The job is yours to free. Threads: any. */
dropoff_status dropoff_hcompany_start_complete_upload(const dropoff_hcompany *client,
    const char *profile_id, const dropoff_profile_details *details, dropoff_job **job, dropoff_error **error);

/** The profile as the service has it now. It is never verified: nothing was sent to compare with. The result
 *  is yours to free. DROPOFF_NOT_FOUND also for a profile that was never completed, DROPOFF_INVALID_INPUT if
 *  profile_id is no UUID. Threads: any. */
dropoff_status dropoff_hcompany_get_profile(const dropoff_hcompany *client, const char *profile_id,
    dropoff_profile **profile, dropoff_error **error);

/** Starts dropoff_hcompany_get_profile. The job is yours to free. Threads: any. */
dropoff_status dropoff_hcompany_start_get_profile(const dropoff_hcompany *client, const char *profile_id,
    dropoff_job **job, dropoff_error **error);

/*
 * H Company: looking at a folder
 *
 * What a browser's folder holds, what of it would be packed, whether a browser is using it, and whether it
 * will sign in on Linux, where the agents' browsers run. It needs no client, no key and no network, and the
 * folder is only read. No site and no cookie is named.
 */

/** One kind of file in a folder. Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** "login" (cookies and what sites store), "settings", "extensions", "apps" (installed web apps),
     *  "passwords", "autofill", "bookmarks", "history", "cache", "runtime", "other_profile" or "unknown". */
    const char *category;
    /** How many files. */
    uint64_t files;
    /** Their size. */
    uint64_t bytes;
    /** Whether this kind is packed at the level asked for. */
    bool packed;
} dropoff_category_size;

/** A file and its size. Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Inside the folder; what names a site is not shown. */
    const char *path;
    /** Its size. */
    uint64_t bytes;
} dropoff_file_size;

/** Something that would not be packed.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Inside the folder; what names a site is not shown. */
    const char *path;
    /** Its category, as in dropoff_category_size. */
    const char *category;
    /** Why it is left out. */
    const char *reason;
    /** How many files are in it. */
    uint64_t files;
    /** Their size. */
    uint64_t bytes;
} dropoff_left_out;

/** How a profile's cookies are encrypted.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** The system they were written on, if the folder shows it: "linux", "macos", "windows", otherwise
     *  "unknown". */
    const char *system;
    /** Prefixes of those of the profile that opens: "v10", "v11", "v12", "v20", "plain", "other"; the most
     *  frequent first. */
    const char *const *key_versions;
    size_t key_versions_count;
} dropoff_cookie_keys;

/** The contents of a browser's folder, and whether it will sign in elsewhere.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Every field as one JSON object, the same in all languages. */
    const char *json;
    /** "chrome" (Chrome, Chromium, Edge, Brave and the like) or "firefox". */
    const char *family;
    /** The browser that wrote it, as far as the folder tells: "Chromium", Google Chrome, "Firefox", ... */
    const char *product;
    /** The name a profile of it is registered under by default: "chromium" or "firefox". */
    const char *browser_name;
    /** Its version, if the folder tells. Or NULL. */
    const char *browser_version;
    /** Names of the profiles in it. */
    const char *const *profiles;
    size_t profiles_count;
    /** Files that would be packed. */
    uint64_t files;
    /** Their size. */
    uint64_t bytes;
    /** Everything in the folder by what it is. */
    const dropoff_category_size *const *sizes;
    size_t sizes_count;
    /** The ten largest files that would be packed. */
    const dropoff_file_size *const *largest;
    size_t largest_count;
    /** Files and folders that would be left out, the largest first; a folder counts once. */
    const dropoff_left_out *const *left_out;
    size_t left_out_count;
    /** Names that no rule knows; they would be packed. */
    const char *const *unknown;
    size_t unknown_count;
    /** Whether a browser is using it, by its lock and those on its databases. "none": no lock was seen, which
     *  proves nothing. "live": a browser is, or another program has one of its databases locked. "stale": the
     *  browser is gone and left its lock. "foreign": the lock is from another machine or container, where its
     *  process cannot be looked for. */
    const char *lock;
    /** The process that holds the lock, if that is known: not of one in another container. Otherwise -1. */
    int32_t lock_process;
    /** How cookies are encrypted. */
    const dropoff_cookie_keys *cookies;
    /** Whether it will sign in on Linux. "likely": its cookies can be read there. "unlikely": they cannot.
     *  "unknown": there are none, or they tell nothing. */
    const char *verdict;
    /** The same as a sentence, with the reason and what to do. */
    const char *advice;
    /** Warnings, a sentence each. */
    const char *const *warnings;
    size_t warnings_count;
} dropoff_profile_inspection;

/** Waits for a job that results in a dropoff_profile_inspection, and gives that, which is yours to free; or
 *  the job's error. Threads: any. */
dropoff_status dropoff_job_profile_inspection(const dropoff_job *job,
    dropoff_profile_inspection **profile_inspection, dropoff_error **error);

/** Frees a dropoff_profile_inspection with all that belongs to it. NULL is fine. Threads: one at a time. */
void dropoff_profile_inspection_free(dropoff_profile_inspection *profile_inspection);

/** Looks at a browser's user-data folder as dropoff_hcompany_upload_profile would, and waits. `folder` is the
 *  path that chrome://version or about:profiles tells; a leading ~/ is the home folder. `pack` is what it
 *  would be packed with; if_running and prefix make no difference. The result is yours to free.
 *
 *  DROPOFF_INVALID_INPUT for what is no browser's folder, DROPOFF_SOURCE_UNREADABLE.
 *  May be NULL: pack.
 *  Threads: any. */
dropoff_status dropoff_inspect_profile(const char *folder, const dropoff_pack *pack,
    dropoff_profile_inspection **inspection, dropoff_error **error);

/** Starts dropoff_inspect_profile. The job is yours to free. May be NULL: pack. Threads: any. */
dropoff_status dropoff_start_inspect_profile(const char *folder, const dropoff_pack *pack,
    dropoff_job **job, dropoff_error **error);

/*
 * AgentDrop: key pairs
 *
 * The long-term keys of an agent, on Curve25519. The official SDKs keep one for each agent they registered.
 */

/** An agent's key pair. Free it with dropoff_key_pair_free, which wipes the private half from memory.
 *  Threads: it never changes, so any number of threads may use it at once. */
typedef struct dropoff_key_pair dropoff_key_pair;

/** A new pair, from the operating system's randomness. Free it with dropoff_key_pair_free. Threads: any. */
dropoff_status dropoff_key_pair_generate(dropoff_key_pair **key_pair, dropoff_error **error);

/** The pair of a private key: standard base64 of 32 raw bytes, as the service's SDKs keep it. The copy that
 *  was passed is yours to wipe. Free the pair with dropoff_key_pair_free. DROPOFF_ENCRYPTION if it is no such
 *  key; no error holds what was passed. Threads: any. */
dropoff_status dropoff_key_pair_from_private_key(const char *private_key, dropoff_key_pair **key_pair,
    dropoff_error **error);

/** The pair that the official SDK keeps: `path` is its folder .agentdrop, or the config.json in it; a leading
 *  ~/ is the home folder. Free it with dropoff_key_pair_free. DROPOFF_SOURCE_UNREADABLE if it cannot be read,
 *  DROPOFF_ENCRYPTION if it holds no key. Threads: any. It reads the file on this one. */
dropoff_status dropoff_key_pair_from_agentdrop_config(const char *path, dropoff_key_pair **key_pair,
    dropoff_error **error);

/** Frees a pair and wipes its private half, the text that was revealed included. NULL is fine.
 *  Threads: one at a time. */
void dropoff_key_pair_free(dropoff_key_pair *key_pair);

/** The public key: standard base64 of 32 raw bytes. Not a secret. Lives as long as the pair. Threads: any. */
const char *dropoff_key_pair_public_key(const dropoff_key_pair *key_pair);

/** The private key in the same form: who has it can open what is sealed for this agent, and seal in its name.
 *  Do not log it. Lives as long as the pair. Threads: any. */
const char *dropoff_key_pair_reveal_private_key(const dropoff_key_pair *key_pair);

/*
 * AgentDrop: what to send
 */

/** How a transfer's files are sealed, so that only the recipient can read them. File names, sizes and their
 *  order are not sealed, and nothing binds a sealed file to its transfer. Either key_pair is set or
 *  encrypted_key. Threads: plain data. */
typedef struct {
    size_t size;
    /** The sender's key pair. */
    const dropoff_key_pair *key_pair;
    /** The recipient's public key, known from elsewhere: standard base64 of 32 raw bytes. Default: the one
     *  that the service names, which trusts the service to name the right one; compare
     *  dropoff_sent_transfer.recipient_key_fingerprint. */
    const char *recipient_public_key;
    /** The files are sealed already, all with the key in encrypted_key, and pass through as they are. Each
     *  needs its dropoff_file.encryption_iv. */
    const char *encrypted_key;
    /** Another name for the scheme in the field "encryption_algorithm". The scheme stays the same. Default
     *  X25519-HKDF-AES-256-GCM. */
    const char *algorithm;
} dropoff_encryption;
#define DROPOFF_ENCRYPTION_INIT \
    {sizeof(dropoff_encryption), NULL, NULL, NULL, NULL}

/** One file of a transfer. Threads: plain data. */
typedef struct {
    size_t size;
    /** Its path; a leading ~/ is the home folder. NULL if source is set. */
    const char *path;
    /** Any other source. A call that takes it empties it, also one that fails. NULL if path is set. */
    dropoff_source *source;
    /** The name that the recipient sees, without folders. Default: the last part of the path; memory and
     *  streams need one. */
    const char *name;
    /** The media type. Default: guessed from the name, and "application/octet-stream" for a sealed file. */
    const char *content_type;
    /** The nonce that the file was sealed with before it came here: base64 of 12 bytes. For
     *  dropoff_encryption.encrypted_key alone; each file needs its own. */
    const char *encryption_iv;
} dropoff_file;
#define DROPOFF_FILE_INIT \
    {sizeof(dropoff_file), NULL, NULL, NULL, NULL, NULL}

/** The files to send and their recipient. Everything but sender, recipient and files is left to the service's
 *  defaults unless set, except auto_delete, which is always sent because the service's documents disagree on
 *  its default. Threads: plain data. */
typedef struct {
    size_t size;
    /** The id of the agent that sends. Needed. */
    const char *sender;
    /** The id of the agent that receives; an e-mail address in mode "agent-to-human". Needed. */
    const char *recipient;
    /** The files to send; results come in their order. */
    const dropoff_file *files;
    size_t files_count;
    /** Who sends to whom: "agent-to-agent" (default), "agent-to-human" or "human-to-agent". */
    const char *mode;
    /** How long the transfer lives, such as "12h" or "7d"; the account's plan decides how much is allowed.
     *  Default: the service's. */
    const char *expires_in;
    /** How often it may be downloaded; the service allows 1 to 1000. Default: the service's. */
    uint64_t max_downloads;
    /** A text for the recipient. */
    const char *message;
    /** Free data kept with the transfer, as a JSON object. */
    const char *metadata_json;
    /** Whether the service deletes the transfer once it was downloaded. Default false. */
    bool auto_delete;
    /** The recipient's account (e-mail, id or display name), where an agent's id alone is ambiguous. */
    const char *recipient_account;
    /** Seals every file for the recipient before it leaves. Default: files are sent as they are. */
    const dropoff_encryption *encrypt;
    /** Whether all files go in parts. Default: if one of them has at least multipart_threshold bytes. A
     *  dropoff_choice. */
    int multipart;
    /** A journal: a file that lets the same call go on where this one stopped, after its process was killed
     *  or the network failed. It is made if it is not there, readable by its owner alone, and removed once
     *  the transfer is active. It holds live upload URLs, and never a key. The second call takes the same
     *  arguments and sources, on a client of the same service; options may differ. Streams cannot be resumed.
     *  A leading ~/ is the home folder. */
    const char *journal;
    /** Bounds the whole call, retries included. Default: no limit. */
    uint64_t timeout_ms;
    /** Who is told how far the call is. */
    dropoff_progress_fn on_progress;
    /** Handed to on_progress and to finalizer. */
    void *user_data;
    /** Called once by each call that takes this struct. */
    dropoff_finalizer finalizer;
} dropoff_transfer;
#define DROPOFF_TRANSFER_INIT \
    {sizeof(dropoff_transfer), NULL, NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, false, NULL, NULL, 0, NULL, 0, \
    NULL, NULL, NULL}

/*
 * AgentDrop: what came of it
 */

/** One file of a dropoff_sent_transfer.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** The service's id of it. */
    const char *file_id;
    /** Its name. */
    const char *name;
    /** Bytes sent: 16 more than the file has if it was sealed here. */
    uint64_t bytes;
    /** Storage's ETag; for a file in parts the one that S3 and R2 make of the parts' ETags. Or NULL. */
    const char *etag;
    /** MD5 of what was sent, in hex, if it was computed. A file in parts has none. Or NULL. */
    const char *md5;
    /** SHA-256 of what was sent, in hex, if it was computed. A file in parts has none. Or NULL. */
    const char *sha256;
    /** Whether storage answered with a digest, for every part if it went in parts, that equals that of what
     *  was sent. */
    bool verified;
    /** Requests it took, over all its parts. */
    uint32_t attempts;
    /** How many parts it was sent in; 0 if it went whole. */
    uint32_t parts;
    /** The digest that verified it, "crc32", "crc32c", "crc64nvme", "md5", "sha1" or "sha256"; for a file in
     *  parts the weakest of theirs. A CRC finds damage on the way, and is no proof against somebody who means
     *  to deceive. Or NULL. */
    const char *verified_by;
    /** CRC-64/NVME of what was sent, in base64, unless integrity_check is false. Or NULL. */
    const char *crc64nvme;
} dropoff_sent_file;

/** Several of dropoff_sent_file, in the order that they were given.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Every field as one JSON object, the same in all languages. */
    const char *json;
    /** The files. */
    const dropoff_sent_file *const *files;
    size_t files_count;
} dropoff_sent_files;

/** A transfer that is active, file by file.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Every field as one JSON object, the same in all languages. */
    const char *json;
    /** The transfer's id. */
    const char *id;
    /** "active", as the service reported it. */
    const char *status;
    /** Whether its files were sealed before they left. */
    bool encrypted;
    /** When the service says the upload URLs (or the transfer) expire, RFC 3339; its documents disagree. Or
     *  NULL. */
    const char *expires_at;
    /** SHA-256, in hex, of the public key that files were sealed for, if they were sealed here; compare it
     *  with the recipient's. Or NULL. */
    const char *recipient_key_fingerprint;
    /** Whose word it is that this key is the recipient's, "caller" or "service", if files were sealed here.
     *  Or NULL. */
    const char *recipient_key_source;
    /** The files, in the order given. */
    const dropoff_sent_file *const *files;
    size_t files_count;
} dropoff_sent_transfer;

/** One file of a dropoff_transfer_plan.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Its name. */
    const char *name;
    /** Bytes that would be sent: 16 more than the file has if it is sealed here. */
    uint64_t bytes;
    /** Its media type. */
    const char *content_type;
    /** How many parts it would be sent in; 0 if it goes whole. */
    uint32_t parts;
    /** Bytes of each part but the last, if it goes in parts. Otherwise UINT64_MAX. */
    uint64_t part_size;
} dropoff_planned_file;

/** The files and the first request that dropoff_agentdrop_send would send.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Every field as one JSON object, the same in all languages. */
    const char *json;
    /** Whether its files go in parts. */
    bool multipart;
    /** Whether they are sealed. */
    bool encrypted;
    /** Bytes that would be sent in all. */
    uint64_t total_bytes;
    /** The files, in the order given. */
    const dropoff_planned_file *const *files;
    size_t files_count;
    /** The body of the first request. Secret and random values in it are [hidden]. As the text of a JSON
     *  object. */
    const char *request_json;
} dropoff_transfer_plan;

/** The service's answer to a confirm.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Every field as one JSON object, the same in all languages. */
    const char *json;
    /** The transfer's id. */
    const char *id;
    /** "active", as the service reported it. */
    const char *status;
} dropoff_confirmed;

/** A transfer as the service reports it.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Every field as one JSON object, the same in all languages. */
    const char *json;
    /** The transfer's id. */
    const char *id;
    /** "pending", "active", "expired", "deleted", "downloaded", and whatever the service adds. */
    const char *status;
    /** Every field of the reply, these two included. As the text of a JSON object. */
    const char *fields_json;
} dropoff_transfer_info;

/** Waits for a job that results in a dropoff_sent_files, and gives that, which is yours to free; or the job's
 *  error. Threads: any. */
dropoff_status dropoff_job_sent_files(const dropoff_job *job, dropoff_sent_files **sent_files,
    dropoff_error **error);

/** Frees a dropoff_sent_files with all that belongs to it. NULL is fine. Threads: one at a time. */
void dropoff_sent_files_free(dropoff_sent_files *sent_files);

/** Waits for a job that results in a dropoff_sent_transfer, and gives that, which is yours to free; or the
 *  job's error. Threads: any. */
dropoff_status dropoff_job_sent_transfer(const dropoff_job *job, dropoff_sent_transfer **sent_transfer,
    dropoff_error **error);

/** Frees a dropoff_sent_transfer with all that belongs to it. NULL is fine. Threads: one at a time. */
void dropoff_sent_transfer_free(dropoff_sent_transfer *sent_transfer);

/** Waits for a job that results in a dropoff_transfer_plan, and gives that, which is yours to free; or the
 *  job's error. Threads: any. */
dropoff_status dropoff_job_transfer_plan(const dropoff_job *job, dropoff_transfer_plan **transfer_plan,
    dropoff_error **error);

/** Frees a dropoff_transfer_plan with all that belongs to it. NULL is fine. Threads: one at a time. */
void dropoff_transfer_plan_free(dropoff_transfer_plan *transfer_plan);

/** Waits for a job that results in a dropoff_confirmed, and gives that, which is yours to free; or the job's
 *  error. Threads: any. */
dropoff_status dropoff_job_confirmed(const dropoff_job *job, dropoff_confirmed **confirmed,
    dropoff_error **error);

/** Frees a dropoff_confirmed with all that belongs to it. NULL is fine. Threads: one at a time. */
void dropoff_confirmed_free(dropoff_confirmed *confirmed);

/** Waits for a job that results in a dropoff_transfer_info, and gives that, which is yours to free; or the
 *  job's error. Threads: any. */
dropoff_status dropoff_job_transfer_info(const dropoff_job *job, dropoff_transfer_info **transfer_info,
    dropoff_error **error);

/** Frees a dropoff_transfer_info with all that belongs to it. NULL is fine. Threads: one at a time. */
void dropoff_transfer_info_free(dropoff_transfer_info *transfer_info);

/*
 * AgentDrop: tickets
 *
 * A pending transfer and its presigned URLs: the first step of the flow done step by step.
 */

/** A pending transfer and its presigned URLs. Free it with dropoff_transfer_ticket_free.
 *  Threads: it never changes, so any number of threads may use it at once. */
typedef struct dropoff_transfer_ticket dropoff_transfer_ticket;

/** Waits for a job of dropoff_agentdrop_start_presign and gives its result, which is yours to free; or what
 *  the job failed with. Threads: any. */
dropoff_status dropoff_job_transfer_ticket(const dropoff_job *job, dropoff_transfer_ticket **ticket,
    dropoff_error **error);

/** Frees a ticket. NULL is fine. Threads: one at a time. */
void dropoff_transfer_ticket_free(dropoff_transfer_ticket *ticket);

/** The transfer's id, for dropoff_agentdrop_confirm. Lives as long as the ticket. Threads: any. */
const char *dropoff_transfer_ticket_id(const dropoff_transfer_ticket *ticket);

/** When the service says its URLs expire, RFC 3339; NULL if it does not tell. Lives as long as the ticket.
 *  Threads: any. */
const char *dropoff_transfer_ticket_expires_at(const dropoff_transfer_ticket *ticket);

/** The service's reply as one JSON object, secrets included: who has it can upload. Do not log it. Lives as
 *  long as the ticket. Threads: any. */
const char *dropoff_transfer_ticket_reveal_json(const dropoff_transfer_ticket *ticket);

/*
 * AgentDrop: the client
 *
 * Sends transfers: a presigned PUT per file, or per part of large ones, several at once, then confirm.
 * dropoff_agentdrop_send does all of it; dropoff_agentdrop_plan says what that would send; the rest are its
 * steps.
 */

/** Settings for dropoff_agentdrop. Threads: plain data. */
typedef struct {
    size_t size;
    /** The API key (agd_... or ada_...). Default: the environment variable AGENTDROP_API_KEY. */
    const char *api_key;
    /** Another place for the API; https, or http on loopback. Default: the environment variable
     *  AGENTDROP_BASE_URL. */
    const char *base_url;
    /** Time limits, retries and the rest. */
    const dropoff_options *options;
} dropoff_agentdrop_settings;
#define DROPOFF_AGENTDROP_SETTINGS_INIT \
    {sizeof(dropoff_agentdrop_settings), NULL, NULL, NULL}

/** A client of AgentDrop transfers. It may be freed while its jobs run.
 *  Threads: any number may use one client at once, but for freeing it; they share its connections. */
typedef struct dropoff_agentdrop dropoff_agentdrop;

/** Makes a client. It makes no connection yet. DROPOFF_AUTHENTICATION without a key, DROPOFF_INVALID_INPUT
 *  for a bad URL or option.
 *  May be NULL: settings.
 *  Threads: any. It reads the environment: not while another thread calls setenv. */
dropoff_status dropoff_agentdrop_new(const dropoff_agentdrop_settings *settings,
    dropoff_agentdrop **client, dropoff_error **error);

/** Frees a client. Its jobs go on. NULL is fine. Threads: one at a time. */
void dropoff_agentdrop_free(dropoff_agentdrop *client);

/** From now on all uploads of a client together send at most so many bytes a second, those under way too; 0:
 *  no limit. See dropoff_options.bandwidth_limit. Threads: any. */
dropoff_status dropoff_agentdrop_set_bandwidth_limit(const dropoff_agentdrop *client,
    uint64_t bytes_per_second, dropoff_error **error);

/** Sends files and waits until the transfer is active. The result is yours to free.
 *
 *  Any status. The error's resource_id names the pending transfer if one was made; it is not delivered unless
 *  the error's outcome says so. With a journal, the error's journal says whether the same call goes on from
 *  there. A presign whose reply was lost is not repeated, since that could leave two pending transfers;
 *  calling again is safe.
 *  Threads: any. */
dropoff_status dropoff_agentdrop_send(const dropoff_agentdrop *client, const dropoff_transfer *transfer,
    dropoff_sent_transfer **sent, dropoff_error **error);

/** Starts dropoff_agentdrop_send. The job is yours to free. Threads: any. */
dropoff_status dropoff_agentdrop_start_send(const dropoff_agentdrop *client,
    const dropoff_transfer *transfer, dropoff_job **job, dropoff_error **error);

/** What dropoff_agentdrop_send would send, without a network: the files as they would go, and the first
 *  request's body without its secrets. The journal is left alone, and sources can be used again. The result
 *  is yours to free. DROPOFF_INVALID_INPUT also for a stream, which telling its size would use up, and which
 *  is emptied. Threads: any. */
dropoff_status dropoff_agentdrop_plan(const dropoff_agentdrop *client, const dropoff_transfer *transfer,
    dropoff_transfer_plan **plan, dropoff_error **error);

/** Starts dropoff_agentdrop_plan. The job is yours to free. Threads: any. */
dropoff_status dropoff_agentdrop_start_plan(const dropoff_agentdrop *client,
    const dropoff_transfer *transfer, dropoff_job **job, dropoff_error **error);

/** Step one: makes a pending transfer and asks for a presigned URL per file. The files are looked at for
 *  their sizes; give the same ones to dropoff_agentdrop_upload. A stream is read to its end and emptied, and
 *  needs a new source there. The result is yours to free. Threads: any. */
dropoff_status dropoff_agentdrop_presign(const dropoff_agentdrop *client,
    const dropoff_transfer *transfer, dropoff_transfer_ticket **ticket, dropoff_error **error);

/** Starts dropoff_agentdrop_presign. The job is yours to free. Threads: any. */
dropoff_status dropoff_agentdrop_start_presign(const dropoff_agentdrop *client,
    const dropoff_transfer *transfer, dropoff_job **job, dropoff_error **error);

/** Step two: sends the files to storage, several at once. Files go with URLs by position; their names and
 *  sizes must be those that were presigned. To be told its progress, start it and use
 *  dropoff_job_on_progress. The result is yours to free. Threads: any. */
dropoff_status dropoff_agentdrop_upload(const dropoff_agentdrop *client,
    const dropoff_transfer_ticket *ticket, const dropoff_file *files, size_t files_count,
    dropoff_sent_files **sent, dropoff_error **error);

/** Starts dropoff_agentdrop_upload. The job is yours to free. Threads: any. */
dropoff_status dropoff_agentdrop_start_upload(const dropoff_agentdrop *client,
    const dropoff_transfer_ticket *ticket, const dropoff_file *files, size_t files_count, dropoff_job **job,
    dropoff_error **error);

/** Step three: makes the transfer active. The result is yours to free. DROPOFF_REJECTED with the service code
 *  FILES_MISSING if storage lacks a file, DROPOFF_CONFLICT if somebody else confirmed it. Threads: any. */
dropoff_status dropoff_agentdrop_confirm(const dropoff_agentdrop *client, const char *transfer_id,
    dropoff_confirmed **confirmed, dropoff_error **error);

/** Starts dropoff_agentdrop_confirm. The job is yours to free. Threads: any. */
dropoff_status dropoff_agentdrop_start_confirm(const dropoff_agentdrop *client, const char *transfer_id,
    dropoff_job **job, dropoff_error **error);

/** The transfer as the service has it now. The result is yours to free. Threads: any. */
dropoff_status dropoff_agentdrop_get_transfer(const dropoff_agentdrop *client, const char *transfer_id,
    dropoff_transfer_info **info, dropoff_error **error);

/** Starts dropoff_agentdrop_get_transfer. The job is yours to free. Threads: any. */
dropoff_status dropoff_agentdrop_start_get_transfer(const dropoff_agentdrop *client,
    const char *transfer_id, dropoff_job **job, dropoff_error **error);

/*
 * AgentDrop: opening what was sealed
 *
 * Opens a file that was downloaded sealed. It needs no client and no network.
 */

/** A file that was opened. Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Every field as one JSON object, the same in all languages. */
    const char *json;
    /** Where it is. */
    const char *path;
    /** Bytes of it. */
    uint64_t bytes;
} dropoff_opened_file;

/** A sealed file and what opens it. The texts are those of the transfer's download reply.
 *  Threads: plain data. */
typedef struct {
    size_t size;
    /** The file as it was downloaded. A leading ~/ is the home folder. Needed. */
    const char *path;
    /** The sender's public key: standard base64 of 32 raw bytes. With it, only what that sender sealed opens.
     *  A file that is sealed for a person tells no sender, and opens without it alone. */
    const char *sender_public_key;
    /** The transfer's wrapped key: base64 of 60 bytes. A transfer without one has a salt. */
    const char *encrypted_key;
    /** The transfer's salt, where it has one: base64 of 32 bytes. */
    const char *encryption_salt;
    /** The file's nonce: base64 of 12 bytes. A file that is sealed for a person holds its own. */
    const char *encryption_iv;
} dropoff_sealed_file;
#define DROPOFF_SEALED_FILE_INIT \
    {sizeof(dropoff_sealed_file), NULL, NULL, NULL, NULL, NULL}

/** Waits for a job that results in a dropoff_opened_file, and gives that, which is yours to free; or the
 *  job's error. Threads: any. */
dropoff_status dropoff_job_opened_file(const dropoff_job *job, dropoff_opened_file **opened_file,
    dropoff_error **error);

/** Frees a dropoff_opened_file with all that belongs to it. NULL is fine. Threads: one at a time. */
void dropoff_opened_file_free(dropoff_opened_file *opened_file);

/** Opens a sealed file with the recipient's key pair and waits. The file appears at `to`, where nothing may
 *  be yet, whole and readable by its owner alone, after its tag was checked, or not at all. A leading ~/ is
 *  the home folder. To be told its progress, start it and use dropoff_job_on_progress. The result is yours to
 *  free.
 *
 *  DROPOFF_ENCRYPTION if it is not what the sender sealed for these keys, DROPOFF_SOURCE_UNREADABLE,
 *  DROPOFF_INVALID_INPUT if there is something at `to` or nothing can be written there, DROPOFF_DISK_FULL.
 *  Threads: any. */
dropoff_status dropoff_open_sealed(const dropoff_sealed_file *sealed, const char *to,
    const dropoff_key_pair *key_pair, dropoff_opened_file **opened, dropoff_error **error);

/** Starts dropoff_open_sealed. The job is yours to free. Threads: any. */
dropoff_status dropoff_start_open_sealed(const dropoff_sealed_file *sealed, const char *to,
    const dropoff_key_pair *key_pair, dropoff_job **job, dropoff_error **error);

/*
 * Raw storage: requests
 */

/** A presigned "PUT". Threads: plain data. */
typedef struct {
    size_t size;
    /** The presigned URL, exactly as it was handed out. Needed. */
    const char *url;
    /** Its path; a leading ~/ is the home folder. NULL if source is set. */
    const char *path;
    /** Any other source. A call that takes it empties it, also one that fails. NULL if path is set. */
    dropoff_source *source;
    /** The headers that were signed into the URL, sent as given. */
    const dropoff_pair *headers;
    size_t headers_count;
    /** A journal: a file that lets the same call go on where this one stopped, after its process was killed
     *  or it failed. It is for what goes in blocks (Azure) or in a session (Google), where storage keeps what
     *  it has; what goes whole begins anew, and makes no journal. The URL of the second call may have another
     *  signature. The file holds what opens a session, and is removed once the object is stored. No stream
     *  can be read again, so there is none with a journal. A leading ~/ is the home folder. */
    const char *journal;
    /** Bounds the whole call, retries included. Default: no limit. */
    uint64_t timeout_ms;
    /** Who is told how far the call is. */
    dropoff_progress_fn on_progress;
    /** Handed to on_progress and to finalizer. */
    void *user_data;
    /** Called once by each call that takes this struct. */
    dropoff_finalizer finalizer;
} dropoff_put_request;
#define DROPOFF_PUT_REQUEST_INIT \
    {sizeof(dropoff_put_request), NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, NULL}

/** A presigned "POST" form. Threads: plain data. */
typedef struct {
    size_t size;
    /** Where the form goes, exactly as it was handed out. Needed. */
    const char *url;
    /** Sent byte for byte in the order given; the file follows as the last field, which file_field names. */
    const dropoff_pair *fields;
    size_t fields_count;
    /** Its path; a leading ~/ is the home folder. NULL if source is set. */
    const char *path;
    /** Any other source. A call that takes it empties it, also one that fails. NULL if path is set. */
    dropoff_source *source;
    /** The name of the field that holds the file. Default "file", as S3 and Google have it. */
    const char *file_field;
    /** The file name told to storage. Default "file". */
    const char *file_name;
    /** Bounds the whole call, retries included. Default: no limit. */
    uint64_t timeout_ms;
    /** Who is told how far the call is. */
    dropoff_progress_fn on_progress;
    /** Handed to on_progress and to finalizer. */
    void *user_data;
    /** Called once by each call that takes this struct. */
    dropoff_finalizer finalizer;
} dropoff_post_form_request;
#define DROPOFF_POST_FORM_REQUEST_INIT \
    {sizeof(dropoff_post_form_request), NULL, NULL, 0, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL}

/** A presigned "PUT" for each part of an object. Threads: plain data. */
typedef struct {
    size_t size;
    /** The presigned URLs in order of their part numbers, from 1, exactly as they were handed out; 1 to
     *  10,000 of them. */
    const char *const *urls;
    size_t urls_count;
    /** Its path; a leading ~/ is the home folder. NULL if source is set. */
    const char *path;
    /** Any other source. A call that takes it empties it, also one that fails. NULL if path is set. */
    dropoff_source *source;
    /** The headers that were signed into every URL, sent as given. */
    const dropoff_pair *headers;
    size_t headers_count;
    /** The headers of each part, in the order of the URLs, beside those of all; one of a part's own stands in
     *  the place of that of all. */
    const dropoff_pairs *part_headers;
    size_t part_headers_count;
    /** Bytes of each part but the last. Default: the option part_size, or 8 MiB, or what fits the number of
     *  URLs if those do not. */
    uint64_t part_size;
    /** Bytes of each part, in the order of the URLs, where they are not equal. */
    const uint64_t *part_sizes;
    size_t part_sizes_count;
    /** Bounds the whole call, retries included. Default: no limit. */
    uint64_t timeout_ms;
    /** Who is told how far the call is. */
    dropoff_progress_fn on_progress;
    /** Handed to on_progress and to finalizer. */
    void *user_data;
    /** Called once by each call that takes this struct. */
    dropoff_finalizer finalizer;
} dropoff_put_parts_request;
#define DROPOFF_PUT_PARTS_REQUEST_INIT \
    {sizeof(dropoff_put_parts_request), NULL, 0, NULL, NULL, NULL, 0, NULL, 0, 0, NULL, 0, 0, NULL, NULL, \
    NULL}

/** A plan, and what is to be sent by it. Threads: plain data. */
typedef struct {
    size_t size;
    /** What the backend handed out, as JSON or a bare URL. Needed. */
    const char *plan;
    /** Its path; a leading ~/ is the home folder. NULL if source is set. */
    const char *path;
    /** Any other source. A call that takes it empties it, also one that fails. NULL if path is set. */
    dropoff_source *source;
    /** Whether requests of the plan may carry "Authorization", each to its own URL alone: a Git LFS server
     *  hands out such tokens. Default: false, and such a plan is refused. */
    bool allow_authorization;
    /** Bounds the whole call, retries included. Default: no limit. */
    uint64_t timeout_ms;
    /** Who is told how far the call is. */
    dropoff_progress_fn on_progress;
    /** Handed to on_progress and to finalizer. */
    void *user_data;
    /** Called once by each call that takes this struct. */
    dropoff_finalizer finalizer;
} dropoff_send_request;
#define DROPOFF_SEND_REQUEST_INIT \
    {sizeof(dropoff_send_request), NULL, NULL, NULL, false, 0, NULL, NULL, NULL}

/*
 * Raw storage: stored parts
 */

/** The parts that storage has after dropoff_storage_put_parts.
 *  Threads: it never changes, so any number of threads may read it at once. */
typedef struct {
    size_t size;
    /** Every field as one JSON object, the same in all languages. */
    const char *json;
    /** Bytes of the source that storage took. */
    uint64_t bytes;
    /** Bytes of each part but the last. */
    uint64_t part_size;
    /** The parts, by number. Completing the upload needs their ETags. */
    const dropoff_stored_part *const *parts;
    size_t parts_count;
    /** Whether every part is verified. */
    bool verified;
    /** The weakest digest that verified a part, if every part is verified. Or NULL. */
    const char *verified_by;
    /** CRC-64/NVME of the whole, in base64: completing the upload with it as "x-amz-checksum-crc64nvme" has
     *  S3 compare it. Unless integrity_check is false. Or NULL. */
    const char *crc64nvme;
    /** Doubts that are left all the same, each a sentence: a part that was taken without any sign of
     *  storage's own. */
    const char *const *warnings;
    size_t warnings_count;
} dropoff_stored_parts;

/** Waits for a job that results in a dropoff_stored_parts, and gives that, which is yours to free; or the
 *  job's error. Threads: any. */
dropoff_status dropoff_job_stored_parts(const dropoff_job *job, dropoff_stored_parts **stored_parts,
    dropoff_error **error);

/** Frees a dropoff_stored_parts with all that belongs to it. NULL is fine. Threads: one at a time. */
void dropoff_stored_parts_free(dropoff_stored_parts *stored_parts);

/*
 * Raw storage: the client
 *
 * Sends bytes to presigned targets that some other program asked for. It holds no key and needs none.
 */

/** Uploads to presigned targets. It may be freed while its jobs run.
 *  Threads: any number may use one client at once, but for freeing it; they share its connections. */
typedef struct dropoff_storage dropoff_storage;

/** Makes a client. It makes no connection yet. DROPOFF_INVALID_INPUT for a bad option.
 *  May be NULL: options.
 *  Threads: any. It reads the environment: not while another thread calls setenv. */
dropoff_status dropoff_storage_new(const dropoff_options *options, dropoff_storage **client,
    dropoff_error **error);

/** Frees a client. Its jobs go on. NULL is fine. Threads: one at a time. */
void dropoff_storage_free(dropoff_storage *client);

/** From now on all uploads of a client together send at most so many bytes a second, those under way too; 0:
 *  no limit. See dropoff_options.bandwidth_limit. Threads: any. */
dropoff_status dropoff_storage_set_bandwidth_limit(const dropoff_storage *client,
    uint64_t bytes_per_second, dropoff_error **error);

/** Sends a source with a presigned PUT and waits. Safe to repeat: the object is replaced as a whole or not at
 *  all. The result is yours to free. Threads: any. */
dropoff_status dropoff_storage_put(const dropoff_storage *client, const dropoff_put_request *put,
    dropoff_stored_object **stored, dropoff_error **error);

/** Starts dropoff_storage_put. The job is yours to free. Threads: any. */
dropoff_status dropoff_storage_start_put(const dropoff_storage *client, const dropoff_put_request *put,
    dropoff_job **job, dropoff_error **error);

/** Sends a source with a presigned POST form and waits. The result is yours to free. Threads: any. */
dropoff_status dropoff_storage_post_form(const dropoff_storage *client,
    const dropoff_post_form_request *form, dropoff_stored_object **stored, dropoff_error **error);

/** Starts dropoff_storage_post_form. The job is yours to free. Threads: any. */
dropoff_status dropoff_storage_start_post_form(const dropoff_storage *client,
    const dropoff_post_form_request *form, dropoff_job **job, dropoff_error **error);

/** Sends a source in parts with a presigned PUT each, several at once, and waits. Completing the upload with
 *  the parts' ETags, or aborting it, is left to whoever began it. Safe to repeat: a part that is sent again
 *  replaces itself. The result is yours to free. Threads: any. */
dropoff_status dropoff_storage_put_parts(const dropoff_storage *client,
    const dropoff_put_parts_request *parts, dropoff_stored_parts **stored, dropoff_error **error);

/** Starts dropoff_storage_put_parts. The job is yours to free. Threads: any. */
dropoff_status dropoff_storage_start_put_parts(const dropoff_storage *client,
    const dropoff_put_parts_request *parts, dropoff_job **job, dropoff_error **error);

/** Sends a source with a raw POST, to a service that takes the body as something new and says in the result's
 *  reply what it made of it, and waits. 200, 201, 202 and 204 are successes. A request that may have been
 *  handled is not sent again; then the outcome is unknown. The result is yours to free. Threads: any. */
dropoff_status dropoff_storage_post(const dropoff_storage *client, const dropoff_put_request *post,
    dropoff_stored_object **stored, dropoff_error **error);

/** Starts dropoff_storage_post. The job is yours to free, and dropoff_job_stored_object gives its result.
 *  Threads: any. */
dropoff_status dropoff_storage_start_post(const dropoff_storage *client, const dropoff_put_request *post,
    dropoff_job **job, dropoff_error **error);

/** Sends a source as a plan says, and waits. A plan is what a backend hands out, as JSON. Nothing is sent
 *  before all of it is understood; an error names the JSON Pointer of what is wrong. The result is yours to
 *  free. Threads: any. */
dropoff_status dropoff_storage_send(const dropoff_storage *client, const dropoff_send_request *send,
    dropoff_stored_object **stored, dropoff_error **error);

/** Starts dropoff_storage_send. The job is yours to free, and dropoff_job_stored_object gives its result.
 *  Threads: any. */
dropoff_status dropoff_storage_start_send(const dropoff_storage *client, const dropoff_send_request *send,
    dropoff_job **job, dropoff_error **error);

/*
 * The library itself
 */

/** The version of the library that runs, such as "0.1.0"; DROPOFF_VERSION is that of the header. Lives for
 *  ever. Threads: any. */
const char *dropoff_version(void);

/** For tests: how many handles of any type were not freed, and how many user_data pointers dropoff still
 *  holds. A job that runs on, or bytes on their last way out, may keep it above 0 for a little after
 *  everything was freed. Threads: any. */
size_t dropoff_live_handles(void);

#ifdef __cplusplus
}
#endif

#endif /* DROPOFF_H */
