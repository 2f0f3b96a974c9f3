/* Jobs: waiting, cancelling, freeing, results; and what threads, forks and signals do to them. */
#include "check.h"
#include "control.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static dropoff_error *error = NULL;

/* -- a limit of bytes per second, which changes while an upload is under way. */

static void a_bandwidth_limit_is_lifted(void) {
    static const char bytes[3000000];
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_storage *storage = NULL;
    dropoff_hcompany *h = NULL;
    dropoff_transfer *transfer = transfer_of("a", bytes, sizeof bytes);
    dropoff_progress progress;
    dropoff_job *job = NULL;
    bool over = false;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "bandwidth_limit must be 1024 to 1099511627776 bytes per second",
              dropoff_agentdrop_set_bandwidth_limit(client, 1023, &error));
    /* At this rate it would take an hour. */
    MUST(dropoff_agentdrop_set_bandwidth_limit(client, 1024, &error));
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    do {
        MUST(dropoff_job_wait_ms(job, 1, &over, &error));
        MUST(dropoff_job_progress(job, sizeof progress, &progress, &error));
    } while (progress.bytes_done == 0);
    CHECK(progress.bytes_done < 100000);
    MUST(dropoff_agentdrop_set_bandwidth_limit(client, 0, &error));
    MUST(dropoff_job_wait(job, &error));
    dropoff_job_free(job);
    dropoff_transfer_free(transfer);
    dropoff_agentdrop_free(client);
    MUST(dropoff_storage_new(NULL, &storage, &error));
    MUST(dropoff_storage_set_bandwidth_limit(storage, 1024, &error));
    dropoff_storage_free(storage);
    MUST(dropoff_hcompany_new("k", NULL, NULL, NULL, &h, &error));
    MUST(dropoff_hcompany_set_bandwidth_limit(h, 1024, &error));
    dropoff_hcompany_free(h);
}

/* -- these need a PUT that is held. */

static void wait_ms_says_that_it_still_runs(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_sent_transfer *sent = NULL, *again = NULL;
    dropoff_progress progress;
    dropoff_job *job = NULL;
    bool over = true;
    char room[sizeof progress + 16];
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    MUST(dropoff_job_wait_ms(job, 0, &over, &error));
    CHECK(!over && !dropoff_job_is_done(job));
    over = true;
    MUST(dropoff_job_wait_ms(job, 50, &over, &error));
    CHECK(!over);
    MUST(dropoff_job_progress(job, sizeof progress, &progress, &error));
    CHECK(progress.size == sizeof progress && progress.phase != DROPOFF_PHASE_DONE);
    /* A program that was built against a larger struct gets what there is. */
    memset(room, 0x5a, sizeof room);
    MUST(dropoff_job_progress(job, sizeof room, (dropoff_progress *)(void *)room, &error));
    memcpy(&progress, room, sizeof progress);
    CHECK(progress.size == sizeof progress && room[sizeof progress] == 0x5a);
    /* And one that was built against the first struct gets no more than that had. */
    memset(room, 0x5a, sizeof room);
    MUST(dropoff_job_progress(job, 48, (dropoff_progress *)(void *)room, &error));
    memcpy(&progress, room, sizeof progress);
    CHECK(progress.size == 48 && room[47] != 0x5a && room[48] == 0x5a);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "size is too small", dropoff_job_progress(job, 8, &progress, &error));
    let_go("put");
    /* "For ever" is no overflow. */
    MUST(dropoff_job_wait_ms(job, UINT64_MAX, &over, &error));
    CHECK(over && dropoff_job_is_done(job));
    MUST(dropoff_job_wait(job, &error));
    MUST(dropoff_job_sent_transfer(job, &sent, &error));
    MUST(dropoff_job_sent_transfer(job, &again, &error));
    CHECK(sent != again && strcmp(dropoff_sent_transfer_id(sent), dropoff_sent_transfer_id(again)) == 0);
    dropoff_sent_transfer_free(again);
    dropoff_sent_transfer_free(sent);
    dropoff_job_free(job);
    dropoff_transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

static void results_of_another_type_are_refused(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_profile *profile = NULL;
    dropoff_job *job = NULL;
    MUST(dropoff_agentdrop_start_presign(client, transfer, &job, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "results in a transfer_ticket, not in a profile",
              dropoff_job_profile(job, &profile, &error));
    CHECK(profile == NULL);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "dropoff_job_transfer_ticket", dropoff_job_profile(job, &profile, &error));
    dropoff_job_free(job);
    dropoff_transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

static void note(const dropoff_job *job, void *user_data) {
    CHECK(dropoff_job_wait(job, NULL) == DROPOFF_OK);
    /* A pipe, so that it is seen without a race. */
    CHECK(write(*(int *)user_data, "x", 1) == 1);
}

static void a_job_goes_on_when_everything_is_freed(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_job *job = NULL;
    int ends[2];
    char byte;
    CHECK(pipe(ends) == 0);
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    MUST(dropoff_job_on_done(job, note, &ends[1], NULL, &error));
    CHECK(!dropoff_job_is_done(job));
    dropoff_job_free(job);
    dropoff_agentdrop_free(client);
    dropoff_transfer_free(transfer);
    let_go("put");
    CHECK(read(ends[0], &byte, 1) == 1);
    UNTIL(dropoff_live_handles() == 0);
    close(ends[0]);
    close(ends[1]);
}

/* -- these need storage that stalls. */

static void cancelled_jobs_say_so_for_ever(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = big_transfer();
    dropoff_sent_transfer *sent = NULL;
    dropoff_job *job = NULL;
    dropoff_progress progress;
    bool over = false;
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    do
        MUST(dropoff_job_progress(job, sizeof progress, &progress, &error));
    while (progress.phase != DROPOFF_PHASE_SENDING);
    dropoff_job_cancel(job);
    CHECK(dropoff_job_wait(job, &error) == DROPOFF_CANCELLED);
    CHECK(dropoff_error_transfer_id(error) != NULL);
    CHECK(dropoff_error_outcome(error) == DROPOFF_OUTCOME_NOT_COMPLETED);
    dropoff_error_free(error);
    error = NULL;
    CHECK(dropoff_job_is_done(job));
    dropoff_job_cancel(job);
    MUST_FAIL(DROPOFF_CANCELLED, "cancelled", dropoff_job_wait_ms(job, 0, &over, &error));
    CHECK(!over);
    MUST_FAIL(DROPOFF_CANCELLED, "cancelled", dropoff_job_sent_transfer(job, &sent, &error));
    CHECK(sent == NULL);
    MUST(dropoff_job_progress(job, sizeof progress, &progress, &error));
    CHECK(progress.phase == DROPOFF_PHASE_DONE);
    dropoff_job_free(job);
    dropoff_transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

static void *cancel_soon(void *job) {
    sleep_ms(100);
    dropoff_job_cancel(job);
    return NULL;
}

static void another_thread_may_cancel_what_one_waits_for(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = big_transfer();
    dropoff_job *job = NULL;
    pthread_t thread;
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    CHECK(pthread_create(&thread, NULL, cancel_soon, job) == 0);
    MUST_FAIL(DROPOFF_CANCELLED, "cancelled", dropoff_job_wait(job, &error));
    pthread_join(thread, NULL);
    dropoff_job_free(job);
    dropoff_transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

/* Reads the mask of blocked signals of one of this process's threads. */
static unsigned long long blocked_by(const char *thread) {
    char path[300], line[200];
    unsigned long long blocked = 0;
    FILE *file;
    sprintf(path, "/proc/self/task/%.20s/status", thread);
    file = fopen(path, "r");
    if (file == NULL)
        return ~0ULL; /* it has just ended */
    while (fgets(line, sizeof line, file) != NULL)
        sscanf(line, "SigBlk: %llx", &blocked);
    fclose(file);
    return blocked;
}

static void threads_of_dropoff_take_no_signals(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = big_transfer();
    dropoff_job *job = NULL;
    struct dirent *entry;
    struct sigaction action;
    sigset_t mine;
    char self[20];
    int others = 0;
    DIR *tasks;
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    UNTIL(came("put") == 1);
    sprintf(self, "%ld", (long)getpid());
    tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL);
    while ((entry = readdir(tasks)) != NULL) {
        unsigned long long blocked;
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, self) == 0)
            continue;
        others++;
        blocked = blocked_by(entry->d_name);
        CHECK(blocked >> (SIGINT - 1) & 1 && blocked >> (SIGTERM - 1) & 1 && blocked >> (SIGPIPE - 1) & 1);
        /* But faults stay faults. A thread that is just being started blocks even those for a moment. */
        UNTIL((blocked = blocked_by(entry->d_name)) == ~0ULL || !(blocked >> (SIGSEGV - 1) & 1));
    }
    closedir(tasks);
    CHECK(others >= 1);
    /* And the program's own thread is as it was. */
    pthread_sigmask(SIG_SETMASK, NULL, &mine);
    CHECK(!sigismember(&mine, SIGINT) && !sigismember(&mine, SIGPIPE));
    CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
    dropoff_job_cancel(job);
    MUST_FAIL(DROPOFF_CANCELLED, "cancelled", dropoff_job_wait(job, &error));
    dropoff_job_free(job);
    dropoff_transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

/* -- these need a sandbox that behaves. */

static void requests_and_sources_serve_once(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_source *source = copied("x", 1);
    dropoff_transfer *transfer = NULL;
    dropoff_files *files = NULL;
    dropoff_sent_transfer *sent = NULL;
    dropoff_profile_upload *upload = NULL;
    dropoff_put *put = NULL;
    MUST(dropoff_transfer_new("a", "b", &transfer, &error));
    MUST(dropoff_transfer_add_file(transfer, source, "a", NULL, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used",
              dropoff_transfer_add_file(transfer, source, "a", NULL, &error));
    MUST(dropoff_files_new(&files, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used",
              dropoff_files_add(files, source, "a", NULL, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used",
              dropoff_profile_upload_new(source, "a", &upload, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used",
              dropoff_put_new("https://h/k", source, &put, &error));
    CHECK(upload == NULL && put == NULL);
    MUST(dropoff_agentdrop_send(client, transfer, &sent, &error));
    dropoff_sent_transfer_free(sent);
    sent = NULL;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this transfer was already used",
              dropoff_agentdrop_send(client, transfer, &sent, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this transfer was already used",
              dropoff_transfer_set_message(transfer, "late", &error));
    /* A source that a used request refuses is still good. */
    dropoff_source_free(source);
    source = copied("y", 1);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this transfer was already used",
              dropoff_transfer_add_file(transfer, source, "a", NULL, &error));
    MUST(dropoff_files_add(files, source, "a", NULL, &error));
    dropoff_files_free(files);
    dropoff_transfer_free(transfer);
    dropoff_source_free(source);
    dropoff_agentdrop_free(client);
}

static void metadata_that_is_no_object_is_refused(void) {
    static const char *const bad[] = {"", "{", "[1]", "\"x\"", "{\"a\": }", "nan"};
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    size_t at;
    for (at = 0; at < sizeof bad / sizeof bad[0]; at++)
        MUST_FAIL(DROPOFF_INVALID_INPUT, "json is not a JSON object",
                  dropoff_transfer_set_metadata_json(transfer, bad[at], &error));
    MUST(dropoff_transfer_set_metadata_json(transfer, "{\"\xc3\xbc\": [1, null, {\"x\": 1.5}]}", &error));
    dropoff_transfer_free(transfer);
}

enum { THREADS = 16, ROUNDS = 3 };

struct worker {
    pthread_t thread;
    const dropoff_agentdrop *d;
    const dropoff_hcompany *h;
    int number;
};

static void *send_some(void *argument) {
    struct worker *worker = argument;
    dropoff_error *error = NULL; /* each thread its own */
    int round;
    for (round = 0; round < ROUNDS; round++) {
        char text[1000] = {0};
        dropoff_transfer *transfer;
        dropoff_sent_transfer *sent = NULL;
        dropoff_source *source = NULL;
        dropoff_profile_upload *upload = NULL;
        dropoff_profile *profile = NULL;
        sprintf(text, "PK\3\4 %d %d", worker->number, round);
        transfer = transfer_of("a", text, sizeof text);
        MUST(dropoff_agentdrop_send(worker->d, transfer, &sent, &error));
        CHECK(dropoff_sent_files_verified(dropoff_sent_transfer_files(sent), 0));
        source = copied(text, sizeof text);
        MUST(dropoff_profile_upload_new(source, "p", &upload, &error));
        MUST(dropoff_profile_upload_set_browser(upload, "firefox", "140", &error));
        MUST(dropoff_hcompany_upload_profile(worker->h, upload, &profile, &error));
        CHECK(dropoff_profile_verified(profile));
        dropoff_profile_free(profile);
        dropoff_profile_upload_free(upload);
        dropoff_source_free(source);
        dropoff_sent_transfer_free(sent);
        dropoff_transfer_free(transfer);
    }
    return NULL;
}

static void sixteen_threads_share_a_client(void) {
    dropoff_agentdrop *d = sandbox_agentdrop();
    dropoff_hcompany *h = sandbox_hcompany();
    struct worker workers[THREADS];
    int at;
    for (at = 0; at < THREADS; at++) {
        workers[at].d = d;
        workers[at].h = h;
        workers[at].number = at;
        CHECK(pthread_create(&workers[at].thread, NULL, send_some, &workers[at]) == 0);
    }
    for (at = 0; at < THREADS; at++)
        pthread_join(workers[at].thread, NULL);
    dropoff_agentdrop_free(d);
    dropoff_hcompany_free(h);
}

/* -- forks. The sandbox answers the second PUT late. */

static void send_one(const dropoff_agentdrop *client, const char *name) {
    dropoff_transfer *transfer = transfer_of(name, name, strlen(name));
    dropoff_sent_transfer *sent = NULL;
    MUST(dropoff_transfer_set_timeout_ms(transfer, 20000, &error));
    MUST(dropoff_agentdrop_send(client, transfer, &sent, &error));
    CHECK(dropoff_sent_files_verified(dropoff_sent_transfer_files(sent), 0));
    dropoff_sent_transfer_free(sent);
    dropoff_transfer_free(transfer);
}

static int count_calls(const dropoff_progress *progress, void *user_data) {
    (void)progress;
    ++*(volatile int *)user_data;
    return 0;
}

static void a_forked_child_and_its_parent_both_send(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = transfer_of("running", "y", 1);
    dropoff_job *job = NULL;
    volatile int calls = 0;
    size_t live;
    pid_t child;
    int status;
    send_one(client, "before");
    MUST(dropoff_transfer_set_progress(transfer, count_calls, (void *)&calls, NULL, &error));
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    UNTIL(came("put") == 2);
    CHECK(!dropoff_job_is_done(job));
    live = dropoff_live_handles();
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        dropoff_sent_transfer *sent = NULL;
        send_one(client, "child");
        MUST_FAIL(DROPOFF_CANCELLED, "parent process", dropoff_job_wait(job, &error));
        MUST_FAIL(DROPOFF_CANCELLED, "parent process", dropoff_job_sent_transfer(job, &sent, &error));
        CHECK(dropoff_job_is_done(job));
        dropoff_job_cancel(job);
        dropoff_job_free(job);
        dropoff_transfer_free(transfer);
        dropoff_agentdrop_free(client);
        CHECK(dropoff_live_handles() < live);
        _exit(42);
    }
    send_one(client, "parent");
    CHECK(waitpid(child, &status, 0) == child);
    let_go("put");
    MUST(dropoff_job_wait(job, &error));
    CHECK(calls > 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    dropoff_job_free(job);
    dropoff_transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"held:wait_ms_says_that_it_still_runs", wait_ms_says_that_it_still_runs},
        {"held:results_of_another_type_are_refused", results_of_another_type_are_refused},
        {"held:a_job_goes_on_when_everything_is_freed", a_job_goes_on_when_everything_is_freed},
        {"stall:cancelled_jobs_say_so_for_ever", cancelled_jobs_say_so_for_ever},
        {"stall:another_thread_may_cancel_what_one_waits_for", another_thread_may_cancel_what_one_waits_for},
        {"stall:threads_of_dropoff_take_no_signals", threads_of_dropoff_take_no_signals},
        {"good:a_bandwidth_limit_is_lifted", a_bandwidth_limit_is_lifted},
        {"good:requests_and_sources_serve_once", requests_and_sources_serve_once},
        {"good:metadata_that_is_no_object_is_refused", metadata_that_is_no_object_is_refused},
        {"good:sixteen_threads_share_a_client", sixteen_threads_share_a_client},
        {"second_held:a_forked_child_and_its_parent_both_send", a_forked_child_and_its_parent_both_send},
    };
    return RUN_TESTS(tests);
}
