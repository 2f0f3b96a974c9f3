/* Progress, streams, borrowed memory, on_done and finalizers. */
#include "check.h"
#include "control.h"

#include <errno.h>
#include <pthread.h>

static dropoff_error *error = NULL;

/* What a callback saw. Written by dropoff's threads, read after they are known to be through. */
struct seen {
    pthread_mutex_t lock;
    pthread_t thread;
    int calls, inside, overlaps, finalized, calls_after_finalizer;
    int answer;
    dropoff_progress last;
    const dropoff_job *own_job;
    const char *held; /* the operation to let go once there were two calls */
};

static struct seen *seen_new(void) {
    struct seen *seen = calloc(1, sizeof *seen);
    CHECK(seen != NULL);
    pthread_mutex_init(&seen->lock, NULL);
    return seen;
}

static int read_of(struct seen *seen, const int *field) {
    int value;
    pthread_mutex_lock(&seen->lock);
    value = *field;
    pthread_mutex_unlock(&seen->lock);
    return value;
}

static void count_one(void *user_data) {
    struct seen *seen = user_data;
    pthread_mutex_lock(&seen->lock);
    seen->finalized++;
    pthread_mutex_unlock(&seen->lock);
}

static int on_progress(const dropoff_progress *progress, void *user_data) {
    struct seen *seen = user_data;
    CHECK(progress->size == sizeof *progress);
    pthread_mutex_lock(&seen->lock);
    seen->overlaps += seen->inside++;
    pthread_mutex_unlock(&seen->lock);
    sleep_ms(5);
    pthread_mutex_lock(&seen->lock);
    seen->inside--;
    seen->calls++;
    seen->calls_after_finalizer += seen->finalized;
    seen->thread = pthread_self();
    seen->last = *progress;
    if (seen->calls == 2 && seen->held != NULL)
        let_go(seen->held);
    pthread_mutex_unlock(&seen->lock);
    return progress->phase == DROPOFF_PHASE_SENDING ? seen->answer : 0;
}

/* Sets the fields that each request has for its progress. */
#define TELL(request, callback, seen)                                                                   \
    do {                                                                                                \
        (request)->on_progress = callback;                                                              \
        (request)->user_data = seen;                                                                    \
        (request)->finalizer = count_one;                                                               \
    } while (0)

/* -- progress. The sandbox reads nothing until it is told to, and slowly then. */

static void progress_is_told_and_over_when_the_call_returns(void) {
    struct seen *seen = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer;
    dropoff_sent_transfer *sent = NULL;
    char *bytes = calloc(2000000, 1);
    int calls;
    CHECK(bytes != NULL);
    seen->held = "put";
    transfer = transfer_of("a", bytes, 2000000);
    TELL(transfer, on_progress, seen);
    MUST(dropoff_agentdrop_send(client, transfer, &sent, &error));
    /* Without the lock on purpose: a thread that still wrote would be seen by the sanitizers. */
    calls = seen->calls;
    CHECK(calls >= 2 && seen->finalized == 1 && seen->overlaps == 0 && seen->calls_after_finalizer == 0);
    CHECK(!pthread_equal(seen->thread, pthread_self()));
    CHECK(seen->last.phase == DROPOFF_PHASE_DONE);
    CHECK(seen->last.bytes_done == 2000000 && seen->last.bytes_total == 2000000);
    CHECK(seen->last.files_done == 1 && seen->last.files_total == 1 && seen->last.retries == 0);
    CHECK(seen->last.elapsed_ms >= 300);
    sleep_ms(250);
    CHECK(seen->calls == calls && seen->finalized == 1);
    dropoff_sent_transfer_free(sent);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    CHECK(seen->finalized == 1);
    free(bytes);
    free(seen);
}

/* -- the sandbox reads so slowly that the ticket runs out before. */

static int on_warning(const dropoff_progress *progress, void *user_data) {
    struct seen *seen = user_data;
    pthread_mutex_lock(&seen->lock);
    seen->calls++;
    if (progress->warning[0] == '\0') {
        CHECK(progress->ticket_left_ms == UINT64_MAX || progress->time_needed_ms == UINT64_MAX
              || progress->ticket_left_ms >= progress->time_needed_ms);
    } else {
        /* A copy is whole. */
        seen->last = *progress;
        seen->answer = 1;
    }
    pthread_mutex_unlock(&seen->lock);
    return seen->answer;
}

static void a_ticket_that_is_too_short_is_told_in_time(void) {
    struct seen *seen = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = big_transfer();
    dropoff_progress asked;
    dropoff_job *job = NULL;
    int finalized = 0;
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    MUST(dropoff_job_progress(job, sizeof asked, &asked, &error));
    CHECK(asked.time_needed_ms == UINT64_MAX && asked.warning[0] == '\0');
    do {
        sleep_ms(20);
        MUST(dropoff_job_progress(job, sizeof asked, &asked, &error));
        CHECK(asked.phase <= DROPOFF_PHASE_SENDING);
    } while (asked.warning[0] == '\0');
    CHECK(asked.time_needed_ms > asked.ticket_left_ms && asked.ticket_left_ms <= 60000);
    CHECK(strlen(asked.warning) < sizeof asked.warning - 1);
    CHECK(strstr(asked.warning, "sending needs about") != NULL && strstr(asked.warning, "ticket lasts") != NULL);
    MUST(dropoff_job_on_progress(job, on_warning, seen, count_one, &error));
    MUST_FAIL(DROPOFF_CANCELLED, "cancelled", dropoff_job_wait(job, &error));
    finalized = seen->finalized;
    CHECK(finalized == 1 && seen->last.phase == DROPOFF_PHASE_SENDING);
    CHECK(strstr(seen->last.warning, "what has not started by then fails") != NULL);
    CHECK(seen->last.time_needed_ms > seen->last.ticket_left_ms && seen->last.ticket_left_ms <= 60000);
    /* Over: there is nothing to foresee. */
    MUST(dropoff_job_progress(job, sizeof asked, &asked, &error));
    CHECK(asked.phase == DROPOFF_PHASE_DONE && asked.warning[0] == '\0');
    CHECK(asked.ticket_left_ms == UINT64_MAX && asked.time_needed_ms == UINT64_MAX);
    dropoff_job_free(job);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    free(seen);
}

/* -- these need storage that stalls. */

static void progress_that_returns_non_zero_cancels(void) {
    struct seen *seen = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = big_transfer();
    dropoff_sent_transfer *sent = NULL;
    seen->answer = 1;
    TELL(transfer, on_progress, seen);
    CHECK(dropoff_agentdrop_send(client, transfer, &sent, &error) == DROPOFF_CANCELLED);
    CHECK(sent == NULL && seen->finalized == 1);
    /* The call that said so was the last. */
    CHECK(seen->last.phase == DROPOFF_PHASE_SENDING);
    CHECK(dropoff_error_outcome(error) == DROPOFF_OUTCOME_NOT_COMPLETED);
    CHECK(strcmp(dropoff_error_resource_kind(error), "transfer") == 0);
    CHECK(strncmp(dropoff_error_resource_id(error), "tr_", 3) == 0);
    dropoff_error_free(error);
    error = NULL;
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    free(seen);
}

static int cancel_own_job(const dropoff_progress *progress, void *user_data) {
    struct seen *seen = user_data;
    dropoff_progress asked;
    dropoff_error *inner = NULL;
    pthread_mutex_lock(&seen->lock);
    if (seen->own_job != NULL) {
        CHECK(dropoff_job_progress(seen->own_job, sizeof asked, &asked, NULL) == DROPOFF_OK);
        CHECK(asked.phase >= progress->phase);
        dropoff_job_cancel(seen->own_job);
        /* Not wise, but no deadlock either. */
        CHECK(dropoff_job_wait(seen->own_job, &inner) == DROPOFF_CANCELLED);
        dropoff_error_free(inner);
        seen->calls++;
    }
    pthread_mutex_unlock(&seen->lock);
    return 0;
}

static void progress_may_use_its_own_job(void) {
    struct seen *seen = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = big_transfer();
    dropoff_job *job = NULL;
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    pthread_mutex_lock(&seen->lock);
    seen->own_job = job;
    pthread_mutex_unlock(&seen->lock);
    MUST(dropoff_job_on_progress(job, cancel_own_job, seen, count_one, &error));
    MUST_FAIL(DROPOFF_CANCELLED, "cancelled", dropoff_job_wait(job, &error));
    CHECK(seen->calls >= 1 && seen->finalized == 1);
    /* One callback a job. */
    MUST_FAIL(DROPOFF_INVALID_INPUT, "already tells",
              dropoff_job_on_progress(job, on_progress, seen, count_one, &error));
    CHECK(seen->finalized == 2);
    dropoff_job_free(job);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    free(seen);
}

struct gate {
    pthread_mutex_t lock;
    int open, entered;
};

static int read_at_a_gate(void *user_data, uint8_t *buffer, size_t capacity, size_t *read_out) {
    struct gate *gate = user_data;
    int open;
    (void)buffer, (void)capacity;
    pthread_mutex_lock(&gate->lock);
    gate->entered++;
    do {
        pthread_mutex_unlock(&gate->lock);
        sleep_ms(5);
        pthread_mutex_lock(&gate->lock);
        open = gate->open;
    } while (!open);
    pthread_mutex_unlock(&gate->lock);
    *read_out = 0;
    return 0;
}

static void reader_that_blocks_does_not_block_cancel(void) {
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, 0, 0};
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_source *source = NULL;
    dropoff_transfer *transfer;
    dropoff_job *job = NULL;
    bool over = true;
    int entered;
    MUST(dropoff_source_from_reader(read_at_a_gate, &gate, NULL, &source, &error));
    transfer = transfer_from("a", source);
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    UNTIL((pthread_mutex_lock(&gate.lock), entered = gate.entered, pthread_mutex_unlock(&gate.lock), entered));
    MUST(dropoff_job_wait_ms(job, 0, &over, &error));
    CHECK(!over);
    dropoff_job_cancel(job);
    MUST_FAIL(DROPOFF_CANCELLED, "cancelled", dropoff_job_wait(job, &error));
    dropoff_job_free(job);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    pthread_mutex_lock(&gate.lock);
    gate.open = 1;
    pthread_mutex_unlock(&gate.lock);
    UNTIL(dropoff_live_handles() == 0);
    pthread_mutex_lock(&gate.lock);
    entered = gate.entered;
    pthread_mutex_unlock(&gate.lock);
    CHECK(entered == 1);
}

/* -- these need a sandbox that behaves. */

static void progress_is_told_of_a_failure_too(void) {
    struct seen *seen = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = transfer_of_path("/nowhere");
    dropoff_sent_transfer *sent = NULL;
    TELL(transfer, on_progress, seen);
    CHECK(dropoff_agentdrop_send(client, transfer, &sent, &error) == DROPOFF_SOURCE_UNREADABLE);
    CHECK(dropoff_error_errno(error) == ENOENT && strcmp(dropoff_error_path(error), "/nowhere") == 0);
    dropoff_error_free(error);
    error = NULL;
    CHECK(seen->calls >= 1 && seen->last.phase == DROPOFF_PHASE_DONE && seen->finalized == 1);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    free(seen);
}

/* Finds "NAME": "VALUE" in JSON that is known to hold it. */
static char *json_text(const char *json, const char *name) {
    char key[64], *value;
    const char *from;
    sprintf(key, "\"%s\":\"", name);
    from = strstr(json, key);
    CHECK(from != NULL);
    from += strlen(key);
    value = calloc(strlen(from) + 1, 1);
    CHECK(value != NULL);
    memcpy(value, from, strcspn(from, "\""));
    CHECK(strchr(value, '\\') == NULL);
    return value;
}

/* A call is over, and was told of to its end. */
static void expect_told(struct seen *seen) {
    CHECK(seen->last.phase == DROPOFF_PHASE_DONE && seen->finalized == 1);
    free(seen);
}

static void a_put_tells_progress(dropoff_storage *s, const char *url) {
    struct seen *seen = seen_new();
    dropoff_pair header = {"Content-Type", "text/plain"};
    dropoff_put_request put = DROPOFF_PUT_REQUEST_INIT;
    dropoff_stored_object *stored = NULL;
    put.url = url;
    put.source = copied("bytes", 5);
    put.headers = &header;
    put.headers_count = 1;
    TELL(&put, on_progress, seen);
    MUST(dropoff_storage_put(s, &put, &stored, &error));
    CHECK(stored->bytes == 5);
    expect_told(seen);
    dropoff_stored_object_free(stored);
    dropoff_source_free(put.source);
}

/* Without its fields storage refuses the form; that is told as well. */
static void a_form_tells_progress(dropoff_storage *s, const char *url) {
    struct seen *seen = seen_new();
    dropoff_post_form_request form = DROPOFF_POST_FORM_REQUEST_INIT;
    dropoff_stored_object *stored = NULL;
    form.url = url;
    form.source = copied("bytes", 5);
    form.file_name = "x.zip";
    TELL(&form, on_progress, seen);
    CHECK(dropoff_storage_post_form(s, &form, &stored, &error) != DROPOFF_OK);
    dropoff_error_free(error);
    error = NULL;
    expect_told(seen);
    dropoff_source_free(form.source);
}

static void a_profile_tells_progress(void) {
    struct seen *seen = seen_new();
    dropoff_hcompany *h = sandbox_hcompany();
    dropoff_profile_upload upload = DROPOFF_PROFILE_UPLOAD_INIT;
    dropoff_profile *profile = NULL;
    upload.source = copied("PK\3\4 no zip, but it begins like one", 34);
    upload.name = "p";
    upload.browser_name = "chromium";
    upload.browser_version = "131";
    TELL(&upload, on_progress, seen);
    MUST(dropoff_hcompany_upload_profile(h, &upload, &profile, &error));
    CHECK(profile->verified);
    expect_told(seen);
    dropoff_profile_free(profile);
    dropoff_source_free(upload.source);
    dropoff_hcompany_free(h);
}

static void parts_tell_progress(dropoff_storage *s, const char *url) {
    struct seen *seen = seen_new();
    dropoff_put_parts_request parts = DROPOFF_PUT_PARTS_REQUEST_INIT;
    dropoff_stored_parts *stored = NULL;
    parts.urls = &url;
    parts.urls_count = 1;
    parts.source = copied("bytes", 5);
    TELL(&parts, on_progress, seen);
    MUST(dropoff_storage_put_parts(s, &parts, &stored, &error));
    CHECK(seen->last.bytes_done == 5);
    expect_told(seen);
    CHECK(stored->parts_count == 1 && stored->verified);
    dropoff_stored_parts_free(stored);
    dropoff_source_free(parts.source);
}

/* Where one file goes, whole or in parts. */
static char *url_of_a_target(dropoff_agentdrop *d, dropoff_choice multipart) {
    dropoff_transfer *transfer = transfer_of("a.txt", "bytes", 5);
    dropoff_transfer_ticket *ticket = NULL;
    char *url;
    transfer->multipart = multipart;
    MUST(dropoff_agentdrop_presign(d, transfer, &ticket, &error));
    url = json_text(dropoff_transfer_ticket_reveal_json(ticket), "upload_url");
    dropoff_transfer_ticket_free(ticket);
    transfer_free(transfer);
    return url;
}

static void every_request_tells_progress(void) {
    dropoff_agentdrop *d = sandbox_agentdrop();
    dropoff_options options = sandbox_options();
    dropoff_storage *s = NULL;
    char *whole = url_of_a_target(d, DROPOFF_NO), *part = url_of_a_target(d, DROPOFF_YES);
    MUST(dropoff_storage_new(&options, &s, &error));
    a_put_tells_progress(s, whole);
    a_form_tells_progress(s, whole);
    a_profile_tells_progress();
    parts_tell_progress(s, part);
    free(whole);
    free(part);
    dropoff_storage_free(s);
    dropoff_agentdrop_free(d);
}

/* A finalizer that makes a call with a request of its own. */
static dropoff_agentdrop *nested = NULL;
static struct seen *inner = NULL;

static void plan_another(void *user_data) {
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_transfer_plan *plan = NULL;
    count_one(user_data);
    TELL(transfer, on_progress, inner);
    CHECK(dropoff_agentdrop_plan(nested, transfer, &plan, NULL) == DROPOFF_OK);
    dropoff_transfer_plan_free(plan);
    transfer_free(transfer);
}

static void finalizer_may_make_a_call(void) {
    struct seen *seen = seen_new();
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_transfer_plan *plan = NULL;
    inner = seen_new();
    nested = sandbox_agentdrop();
    TELL(transfer, on_progress, seen);
    transfer->finalizer = plan_another;
    /* On this thread, and on one of dropoff's. */
    MUST_FAIL(DROPOFF_INVALID_INPUT, "client is NULL", dropoff_agentdrop_plan(NULL, transfer, &plan, &error));
    CHECK(seen->finalized == 1 && inner->finalized == 1);
    MUST(dropoff_agentdrop_plan(nested, transfer, &plan, &error));
    CHECK(seen->finalized == 2 && inner->finalized == 2);
    dropoff_transfer_plan_free(plan);
    transfer_free(transfer);
    dropoff_agentdrop_free(nested);
    free(seen);
    free(inner);
}

/* Each of these gives how often the finalizer has been called by then. */

/* A call fails before it starts. It is not told, since it never was under way. */
static int finalized_with_a_transfer_that_is_refused(struct seen *seen) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer transfer = DROPOFF_TRANSFER_INIT;
    dropoff_file file = DROPOFF_FILE_INIT;
    dropoff_sent_transfer *sent = NULL;
    dropoff_job *job = NULL;
    int want = 0;
    transfer.sender = "a";
    transfer.recipient = "b";
    file.path = "/nowhere";
    TELL(&transfer, on_progress, seen);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "client is NULL", dropoff_agentdrop_send(NULL, &transfer, &sent, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "sent is NULL", dropoff_agentdrop_send(client, &transfer, NULL, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "job is NULL",
              dropoff_agentdrop_start_send(client, &transfer, NULL, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "empty", dropoff_agentdrop_send(client, &transfer, &sent, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "empty", dropoff_agentdrop_start_send(client, &transfer, &job, &error));
    CHECK(seen->finalized == ++want);
    transfer.files = &file;
    transfer.files_count = 1;
    transfer.message = "caf\xe9";
    MUST_FAIL(DROPOFF_INVALID_INPUT, "message is not valid UTF-8",
              dropoff_agentdrop_send(client, &transfer, &sent, &error));
    CHECK(seen->finalized == ++want);
    /* A size is refused that is not the request's own. */
    transfer.message = NULL;
    file.size = 0;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "files[0].size is 0",
              dropoff_agentdrop_send(client, &transfer, &sent, &error));
    CHECK(seen->finalized == ++want);
    CHECK(sent == NULL && job == NULL && seen->calls == 0);
    dropoff_agentdrop_free(client);
    return want;
}

/* Without its right size nothing is known of a struct, not even that it has a finalizer. */
static int not_finalized_without_a_size(struct seen *seen, int want) {
    const size_t bad[] = {0, 8, sizeof(dropoff_transfer) - 1, 1000000, SIZE_MAX};
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_sent_transfer *sent = NULL;
    size_t at;
    TELL(transfer, on_progress, seen);
    for (at = 0; at < sizeof bad / sizeof bad[0]; at++) {
        transfer->size = bad[at];
        MUST_FAIL(DROPOFF_INVALID_INPUT, "begin the struct with DROPOFF_TRANSFER_INIT",
                  dropoff_agentdrop_send(client, transfer, &sent, &error));
    }
    CHECK(seen->finalized == want && seen->calls == 0);
    /* Nor was the source taken. */
    transfer->size = sizeof *transfer;
    MUST(dropoff_agentdrop_send(client, transfer, &sent, &error));
    CHECK(seen->finalized == ++want);
    dropoff_sent_transfer_free(sent);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    return want;
}

/* One request serves several calls, and each calls the finalizer: also where nobody is told. */
static int finalized_by_each_call(struct seen *seen, int want) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = transfer_of_path("/proc/self/exe");
    dropoff_transfer_plan *plan = NULL;
    dropoff_transfer_ticket *ticket = NULL;
    dropoff_job *job = NULL;
    int at, calls = seen->calls;
    for (at = 0; at < 2; at++) {
        TELL(transfer, at == 0 ? on_progress : NULL, seen);
        MUST(dropoff_agentdrop_plan(client, transfer, &plan, &error));
        CHECK(seen->finalized == ++want);
        dropoff_transfer_plan_free(plan);
        MUST(dropoff_agentdrop_presign(client, transfer, &ticket, &error));
        CHECK(seen->finalized == ++want);
        dropoff_transfer_ticket_free(ticket);
        MUST(dropoff_agentdrop_start_plan(client, transfer, &job, &error));
        MUST(dropoff_job_wait(job, &error));
        CHECK(seen->finalized == ++want);
        dropoff_job_free(job);
        CHECK(at == 0 ? seen->calls > calls : seen->calls == calls);
        calls = seen->calls;
    }
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    return want;
}

static int finalized_with_each_request(struct seen *seen, int want) {
    dropoff_put_request put = DROPOFF_PUT_REQUEST_INIT;
    dropoff_post_form_request form = DROPOFF_POST_FORM_REQUEST_INIT;
    dropoff_put_parts_request parts = DROPOFF_PUT_PARTS_REQUEST_INIT;
    dropoff_send_request send = DROPOFF_SEND_REQUEST_INIT;
    dropoff_profile_upload upload = DROPOFF_PROFILE_UPLOAD_INIT;
    dropoff_storage *s = NULL;
    dropoff_hcompany *h = sandbox_hcompany();
    dropoff_stored_object *stored = NULL;
    dropoff_stored_parts *stored_parts = NULL;
    dropoff_profile *profile = NULL;
    dropoff_job *job = NULL;
    MUST(dropoff_storage_new(NULL, &s, &error));
    TELL(&put, on_progress, seen);
    TELL(&form, on_progress, seen);
    TELL(&parts, on_progress, seen);
    TELL(&send, on_progress, seen);
    TELL(&upload, on_progress, seen);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "url is not set", dropoff_storage_put(s, &put, &stored, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "url is not set", dropoff_storage_start_put(s, &put, &job, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "url is not set",
              dropoff_storage_post_form(s, &form, &stored, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "url is not set",
              dropoff_storage_start_post_form(s, &form, &job, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "url is not set", dropoff_storage_post(s, &put, &stored, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "url is not set", dropoff_storage_start_post(s, &put, &job, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "plan is not set", dropoff_storage_send(s, &send, &stored, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "plan is not set", dropoff_storage_start_send(s, &send, &job, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "parts has neither a path nor a source",
              dropoff_storage_put_parts(s, &parts, &stored_parts, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "parts has neither a path nor a source",
              dropoff_storage_start_put_parts(s, &parts, &job, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "name is not set",
              dropoff_hcompany_upload_profile(h, &upload, &profile, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "name is not set",
              dropoff_hcompany_start_upload_profile(h, &upload, &job, &error));
    CHECK(seen->finalized == ++want);
    CHECK(stored == NULL && stored_parts == NULL && profile == NULL && job == NULL);
    dropoff_storage_free(s);
    dropoff_hcompany_free(h);
    return want;
}

static int finalized_with_a_source(struct seen *seen, int want) {
    dropoff_source *source = NULL;
    /* Freed unused, and refused. */
    MUST(dropoff_source_from_reader(read_at_a_gate, seen, count_one, &source, &error));
    dropoff_source_free(source);
    CHECK(seen->finalized == ++want);
    source = NULL;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "read is NULL",
              dropoff_source_from_reader(NULL, seen, count_one, &source, &error));
    CHECK(source == NULL && seen->finalized == ++want);
    MUST(dropoff_source_from_memory((const uint8_t *)"abc", 3, seen, count_one, &source, &error));
    dropoff_source_free(source);
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "data is NULL",
              dropoff_source_from_memory(NULL, 3, seen, count_one, &source, &error));
    CHECK(seen->finalized == ++want);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "length",
              dropoff_source_from_memory((const uint8_t *)"abc", SIZE_MAX, seen, count_one, &source, &error));
    CHECK(seen->finalized == ++want);
    return want;
}

/* Nothing at all is something to send, and to release. */
static int finalized_with_an_empty_source(struct seen *seen, int want) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer;
    dropoff_sent_transfer *sent = NULL;
    dropoff_source *source = NULL;
    MUST(dropoff_source_from_memory(NULL, 0, seen, count_one, &source, &error));
    transfer = transfer_from("empty", source);
    MUST(dropoff_agentdrop_send(client, transfer, &sent, &error));
    dropoff_sent_transfer_free(sent);
    transfer_free(transfer);
    want++;
    UNTIL(read_of(seen, &seen->finalized) == want);
    dropoff_agentdrop_free(client);
    return want;
}

static void finalizers_are_called_once_whatever_happens(void) {
    struct seen *seen = seen_new();
    dropoff_job *job = NULL;
    int want = finalized_with_a_transfer_that_is_refused(seen);
    want = not_finalized_without_a_size(seen, want);
    want = finalized_by_each_call(seen, want);
    want = finalized_with_each_request(seen, want);
    want = finalized_with_a_source(seen, want);
    want = finalized_with_an_empty_source(seen, want);

    /* on_done: refused. */
    MUST_FAIL(DROPOFF_INVALID_INPUT, "job is NULL",
              dropoff_job_on_done(job, (dropoff_done_fn)0, seen, count_one, &error));
    CHECK(seen->finalized == ++want);
    free(seen);
}

struct stream {
    size_t left;
    int failure;
    size_t lie;
};

static int read_stream(void *user_data, uint8_t *buffer, size_t capacity, size_t *read_out) {
    struct stream *stream = user_data;
    size_t count = stream->left < capacity ? stream->left : capacity;
    if (stream->left == 0 && stream->failure != 0)
        return stream->failure;
    memset(buffer, 'x', count);
    stream->left -= count;
    *read_out = stream->lie ? capacity + stream->lie : count;
    return 0;
}

static dropoff_status send_stream(struct stream *stream, dropoff_sent_transfer **sent) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_source *source = NULL;
    dropoff_transfer *transfer;
    dropoff_status status;
    MUST(dropoff_source_from_reader(read_stream, stream, NULL, &source, &error));
    transfer = transfer_from("stream", source);
    status = dropoff_agentdrop_send(client, transfer, sent, &error);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    return status;
}

static void readers_that_end_and_readers_that_fail(void) {
    struct stream good = {1000000, 0, 0}, bad = {100000, EIO, 0}, odd = {10, -7, 0}, liar = {10, 0, 1};
    dropoff_sent_transfer *sent = NULL;
    CHECK(send_stream(&good, &sent) == DROPOFF_OK);
    CHECK(sent->files[0]->bytes == 1000000 && sent->files[0]->verified);
    dropoff_sent_transfer_free(sent);
    sent = NULL;

    CHECK(send_stream(&bad, &sent) == DROPOFF_SOURCE_UNREADABLE && sent == NULL);
    CHECK(strstr(dropoff_error_cause(error), "returned 5") != NULL);
    CHECK(strstr(dropoff_error_message(error), strerror(EIO)) != NULL);
    CHECK(dropoff_error_side(error) == DROPOFF_SIDE_CALLER);
    dropoff_error_free(error);
    error = NULL;
    MUST_FAIL(DROPOFF_SOURCE_UNREADABLE, "returned -7", send_stream(&odd, &sent));
    /* EINTR is a failure like any other, not an invitation to try for ever. */
    odd.failure = EINTR;
    MUST_FAIL(DROPOFF_SOURCE_UNREADABLE, "returned 4", send_stream(&odd, &sent));
    MUST_FAIL(DROPOFF_SOURCE_UNREADABLE, "had room", send_stream(&liar, &sent));
}

/* Waits at the gate, as a release might that wants a lock. */
static void release_at_a_gate(void *user_data) {
    struct gate *gate = user_data;
    size_t none;
    CHECK(read_at_a_gate(gate, NULL, 0, &none) == 0);
}

static void a_release_that_blocks_holds_nobody_up(void) {
    enum { MANY = 8 }; /* more than there are threads to hold up */
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, 0, 0};
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_sent_transfer *sent = NULL;
    int at;
    for (at = 0; at <= MANY; at++) {
        dropoff_source *source = NULL;
        dropoff_transfer *transfer;
        if (at < MANY)
            MUST(dropoff_source_from_memory((const uint8_t *)"x", 1, &gate, release_at_a_gate, &source, &error));
        else
            source = copied("y", 1);
        transfer = transfer_from("a", source);
        transfer->timeout_ms = 20000;
        MUST(dropoff_agentdrop_send(client, transfer, &sent, &error));
        dropoff_sent_transfer_free(sent);
        transfer_free(transfer);
    }
    CHECK(dropoff_live_handles() >= MANY);
    dropoff_agentdrop_free(client);
    pthread_mutex_lock(&gate.lock);
    gate.open = 1;
    pthread_mutex_unlock(&gate.lock);
    UNTIL(dropoff_live_handles() == 0);
    CHECK(gate.entered == MANY);
}

struct lent {
    pthread_mutex_t lock;
    uint8_t *bytes;
    size_t length;
    int released;
};

/* A use after this is seen by its contents, and by the sanitizers. */
static void take_back(void *user_data) {
    struct lent *lent = user_data;
    pthread_mutex_lock(&lent->lock);
    memset(lent->bytes, 0xee, lent->length);
    free(lent->bytes);
    lent->released++;
    pthread_mutex_unlock(&lent->lock);
}

static void borrowed_memory_is_released_once_and_not_too_early(void) {
    struct lent lent = {PTHREAD_MUTEX_INITIALIZER, NULL, 3000000, 0};
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_source *source = NULL;
    dropoff_transfer *transfer;
    dropoff_sent_transfer *sent = NULL;
    int released;
    lent.bytes = malloc(lent.length);
    CHECK(lent.bytes != NULL);
    memset(lent.bytes, 'b', lent.length);
    MUST(dropoff_source_from_memory(lent.bytes, lent.length, &lent, take_back, &source, &error));
    transfer = transfer_from("lent", source);
    MUST(dropoff_agentdrop_send(client, transfer, &sent, &error));
    CHECK(sent->files[0]->verified);
    UNTIL((pthread_mutex_lock(&lent.lock), released = lent.released, pthread_mutex_unlock(&lent.lock), released));
    dropoff_sent_transfer_free(sent);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    UNTIL(dropoff_live_handles() == 0);
    CHECK(lent.released == 1);
}

static void take_result(const dropoff_job *job, void *user_data) {
    struct seen *seen = user_data;
    dropoff_sent_transfer *sent = NULL;
    dropoff_error *inner = NULL;
    CHECK(dropoff_job_is_done(job));
    if (dropoff_job_sent_transfer(job, &sent, &inner) == DROPOFF_OK)
        CHECK(strcmp(sent->status, "active") == 0);
    else
        CHECK(dropoff_error_kind(inner) == DROPOFF_SOURCE_UNREADABLE);
    dropoff_sent_transfer_free(sent);
    dropoff_error_free(inner);
    pthread_mutex_lock(&seen->lock);
    seen->calls++;
    seen->calls_after_finalizer += seen->finalized;
    seen->thread = pthread_self();
    pthread_mutex_unlock(&seen->lock);
}

static void on_done_is_called_once_before_and_after_the_end(void) {
    struct seen *seen = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_job *job = NULL;
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    MUST(dropoff_job_on_done(job, take_result, seen, count_one, &error));
    UNTIL(read_of(seen, &seen->finalized) == 1);
    CHECK(seen->calls == 1 && seen->calls_after_finalizer == 0);
    CHECK(!pthread_equal(seen->thread, pthread_self()));
    MUST(dropoff_job_wait(job, &error));
    seen->finalized = 0;
    MUST(dropoff_job_on_done(job, take_result, seen, count_one, &error));
    dropoff_job_free(job);
    UNTIL(read_of(seen, &seen->finalized) == 1);
    CHECK(seen->calls == 2 && seen->calls_after_finalizer == 0);
    transfer_free(transfer);

    /* One that fails, with the handle freed at once. */
    transfer = transfer_of_path("/nowhere");
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    MUST(dropoff_job_on_done(job, take_result, seen, NULL, &error));
    dropoff_job_free(job);
    dropoff_agentdrop_free(client);
    transfer_free(transfer);
    UNTIL(read_of(seen, &seen->calls) == 3);
    UNTIL(dropoff_live_handles() == 0);
    free(seen);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"slow:progress_is_told_and_over_when_the_call_returns", progress_is_told_and_over_when_the_call_returns},
        {"too_slow:a_ticket_that_is_too_short_is_told_in_time", a_ticket_that_is_too_short_is_told_in_time},
        {"stall:progress_that_returns_non_zero_cancels", progress_that_returns_non_zero_cancels},
        {"stall:progress_may_use_its_own_job", progress_may_use_its_own_job},
        {"stall:reader_that_blocks_does_not_block_cancel", reader_that_blocks_does_not_block_cancel},
        {"good:progress_is_told_of_a_failure_too", progress_is_told_of_a_failure_too},
        {"good:every_request_tells_progress", every_request_tells_progress},
        {"good:finalizer_may_make_a_call", finalizer_may_make_a_call},
        {"good:finalizers_are_called_once_whatever_happens", finalizers_are_called_once_whatever_happens},
        {"good:readers_that_end_and_readers_that_fail", readers_that_end_and_readers_that_fail},
        {"good:borrowed_memory_is_released_once_and_not_too_early",
         borrowed_memory_is_released_once_and_not_too_early},
        {"good:a_release_that_blocks_holds_nobody_up", a_release_that_blocks_holds_nobody_up},
        {"good:on_done_is_called_once_before_and_after_the_end", on_done_is_called_once_before_and_after_the_end},
    };
    return RUN_TESTS(tests);
}
