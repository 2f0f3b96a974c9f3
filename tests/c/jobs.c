/* Jobs: waiting, cancelling, freeing, results; and what threads, forks and signals do to them. */
#include "check.h"
#include "control.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static dropoff_error *error = NULL;

/* -- a limit of bytes per second, which changes while an upload is under way. */

static void a_bandwidth_limit_is_lifted(void) {
    static const char bytes[3000000];
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_storage *storage = NULL;
    dropoff_hcompany *h = sandbox_hcompany();
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
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
    MUST(dropoff_storage_new(NULL, &storage, &error));
    MUST(dropoff_storage_set_bandwidth_limit(storage, 1024, &error));
    dropoff_storage_free(storage);
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
    CHECK(sent != again && strcmp(sent->id, again->id) == 0);
    dropoff_sent_transfer_free(again);
    dropoff_sent_transfer_free(sent);
    dropoff_job_free(job);
    transfer_free(transfer);
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
    transfer_free(transfer);
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
    transfer_free(transfer);
    let_go("put");
    CHECK(read(ends[0], &byte, 1) == 1);
    UNTIL(dropoff_live_handles() == 0);
    close(ends[0]);
    close(ends[1]);
}

/* -- descriptors of jobs. This needs a PUT that is held. */

static bool readable(int fd, int ms) {
    struct pollfd asked;
    asked.fd = fd;
    asked.events = POLLIN;
    CHECK(poll(&asked, 1, ms) >= 0);
    return (asked.revents & POLLIN) != 0;
}

/* What is behind a number, which may be used again; 0 for nothing. */
static ino_t behind(int fd) {
    struct stat about;
    return fstat(fd, &about) == 0 ? about.st_ino : 0;
}

static int fd_of(const dropoff_job *job) {
    int fd = -1;
    MUST(dropoff_job_fd(job, &fd, &error));
    CHECK(behind(fd) != 0);
    return fd;
}

static void free_with_its_descriptor(dropoff_job *job) {
    int fd = fd_of(job);
    ino_t was = behind(fd);
    dropoff_job_free(job);
    /* Whoever made it readable may still be at it. */
    UNTIL(behind(fd) != was);
}

static void *ask_for_the_descriptor(void *job) {
    int *fd = malloc(sizeof *fd);
    CHECK(fd != NULL && dropoff_job_fd(job, fd, NULL) == DROPOFF_OK);
    return fd;
}

/* The same one for all that ask, also if they are the first and ask at once. */
static int fd_that_threads_agree_on(dropoff_job *job) {
    pthread_t threads[8];
    int at, fd;
    for (at = 0; at < 8; at++)
        CHECK(pthread_create(&threads[at], NULL, ask_for_the_descriptor, job) == 0);
    fd = fd_of(job);
    for (at = 0; at < 8; at++) {
        void *given;
        pthread_join(threads[at], &given);
        CHECK(*(int *)given == fd);
        free(given);
    }
    return fd;
}

static void a_cancelled_job_has_a_descriptor_too(const dropoff_agentdrop *client) {
    dropoff_transfer *transfer = transfer_of("a", "1", 1);
    dropoff_job *job = NULL;
    int fd = -7;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "job is NULL", dropoff_job_fd(NULL, &fd, &error));
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "fd is NULL", dropoff_job_fd(job, NULL, &error));
    CHECK(fd == -7);
    dropoff_job_cancel(job);
    MUST_FAIL(DROPOFF_CANCELLED, "cancelled", dropoff_job_wait(job, &error));
    /* It is made after the end. */
    CHECK(readable(fd_of(job), 60000));
    free_with_its_descriptor(job);
    transfer_free(transfer);
}

static void descriptors_are_readable_once_their_jobs_are_over(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfers[3];
    dropoff_job *held = NULL, *quick = NULL, *freed = NULL;
    dropoff_sent_transfer *sent = NULL;
    struct pollfd both[2];
    int at;
    a_cancelled_job_has_a_descriptor_too(client);
    for (at = 0; at < 3; at++)
        transfers[at] = transfer_of("a", "1", 1);
    MUST(dropoff_agentdrop_start_send(client, transfers[0], &held, &error));
    MUST(dropoff_agentdrop_start_send(client, transfers[1], &freed, &error));
    /* It goes on without a handle, and its end is told to nobody. */
    free_with_its_descriptor(freed);
    MUST(dropoff_agentdrop_start_presign(client, transfers[2], &quick, &error));

    both[0].fd = fd_that_threads_agree_on(held);
    both[1].fd = fd_of(quick);
    both[0].events = both[1].events = POLLIN;
    CHECK(both[0].fd != both[1].fd);
    CHECK(poll(both, 2, 60000) == 1 && both[0].revents == 0 && (both[1].revents & POLLIN) != 0);
    CHECK(dropoff_job_is_done(quick) && !dropoff_job_is_done(held));
    CHECK(!readable(both[0].fd, 50));

    let_go("put");
    CHECK(readable(both[0].fd, 60000) && dropoff_job_is_done(held));
    MUST(dropoff_job_sent_transfer(held, &sent, &error));
    dropoff_sent_transfer_free(sent);
    /* Both stay so, and are the same for ever. */
    CHECK(poll(both, 2, 0) == 2 && fd_of(held) == both[0].fd && fd_of(quick) == both[1].fd);
    UNTIL(came("confirm") == 2);
    free_with_its_descriptor(held);
    free_with_its_descriptor(quick);
    for (at = 0; at < 3; at++)
        transfer_free(transfers[at]);
    dropoff_agentdrop_free(client);
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
    CHECK(dropoff_error_resource_id(error) != NULL);
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
    transfer_free(transfer);
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
    transfer_free(transfer);
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
    int others = 0, puts_before = came("put");
    DIR *tasks;
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    UNTIL(came("put") > puts_before);
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
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

/* -- these need a sandbox that behaves. */

static void sources_serve_once_and_requests_again(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_hcompany *h = sandbox_hcompany();
    dropoff_storage *storage = NULL;
    dropoff_source *source = copied("x", 1);
    dropoff_transfer *transfer = transfer_from("a", source);
    dropoff_profile_upload upload = DROPOFF_PROFILE_UPLOAD_INIT;
    dropoff_put_request put = DROPOFF_PUT_REQUEST_INIT;
    dropoff_post_form_request form = DROPOFF_POST_FORM_REQUEST_INIT;
    dropoff_put_parts_request parts = DROPOFF_PUT_PARTS_REQUEST_INIT;
    dropoff_sent_transfer *sent = NULL;
    dropoff_profile_ticket *ticket = NULL;
    dropoff_profile *profile = NULL;
    dropoff_stored_object *stored = NULL;
    dropoff_stored_parts *stored_parts = NULL;
    char path[300];
    FILE *file;
    int at;
    MUST(dropoff_storage_new(NULL, &storage, &error));
    /* A call that is refused before it comes to the files leaves them alone. */
    transfer->sender = NULL;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "sender is not set",
              dropoff_agentdrop_send(client, transfer, &sent, &error));
    transfer->sender = "sender-agent";
    MUST_FAIL(DROPOFF_INVALID_INPUT, "client is NULL", dropoff_agentdrop_send(NULL, transfer, &sent, &error));
    MUST(dropoff_agentdrop_send(client, transfer, &sent, &error));
    dropoff_sent_transfer_free(sent);
    sent = NULL;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used",
              dropoff_agentdrop_send(client, transfer, &sent, &error));
    upload.source = put.source = form.source = parts.source = source;
    upload.name = "p";
    put.url = form.url = "https://h/k";
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used",
              dropoff_hcompany_upload_profile(h, &upload, &profile, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used",
              dropoff_storage_put(storage, &put, &stored, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used",
              dropoff_storage_post_form(storage, &form, &stored, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used",
              dropoff_storage_put_parts(storage, &parts, &stored_parts, &error));
    MUST(dropoff_hcompany_initiate_upload(h, &ticket, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used",
              dropoff_hcompany_upload(h, ticket, source, NULL, &stored, &error));
    CHECK(sent == NULL && profile == NULL && stored == NULL && stored_parts == NULL);
    dropoff_profile_ticket_free(ticket);
    transfer_free(transfer);

    sprintf(path, "%.250s/again.txt", given("HOME"));
    file = fopen(path, "w");
    CHECK(file != NULL && fputs("again", file) >= 0 && fclose(file) == 0);
    transfer = transfer_of_path(path);
    for (at = 0; at < 2; at++) {
        MUST(dropoff_agentdrop_send(client, transfer, &sent, &error));
        CHECK(sent->files_count == 1 && strcmp(sent->files[0]->name, "again.txt") == 0);
        dropoff_sent_transfer_free(sent);
    }
    transfer_free(transfer);
    dropoff_storage_free(storage);
    dropoff_hcompany_free(h);
    dropoff_agentdrop_free(client);
}

static void metadata_that_is_no_object_is_refused(void) {
    static const char *const bad[] = {"", "{", "[1]", "\"x\"", "{\"a\": }", "nan"};
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = transfer_of_path("/nowhere");
    dropoff_transfer_plan *plan = NULL;
    size_t at;
    for (at = 0; at < sizeof bad / sizeof bad[0]; at++) {
        transfer->metadata_json = bad[at];
        MUST_FAIL(DROPOFF_INVALID_INPUT, "metadata_json must be the text of one JSON object",
                  dropoff_agentdrop_plan(client, transfer, &plan, &error));
    }
    transfer_free(transfer);
    transfer = transfer_of("a", "1", 1);
    transfer->metadata_json = "{\"\xc3\xbc\": [1, null, {\"x\": 1.5}]}";
    MUST(dropoff_agentdrop_plan(client, transfer, &plan, &error));
    CHECK(strstr(plan->request_json, "{\"\xc3\xbc\":[1,null,{\"x\":1.5}]}") != NULL);
    dropoff_transfer_plan_free(plan);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
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
        dropoff_profile_upload upload = DROPOFF_PROFILE_UPLOAD_INIT;
        dropoff_profile *profile = NULL;
        sprintf(text, "PK\3\4 %d %d", worker->number, round);
        transfer = transfer_of("a", text, sizeof text);
        MUST(dropoff_agentdrop_send(worker->d, transfer, &sent, &error));
        CHECK(sent->files[0]->verified);
        upload.source = copied(text, sizeof text);
        upload.name = "p";
        upload.browser_name = "firefox";
        upload.browser_version = "140";
        MUST(dropoff_hcompany_upload_profile(worker->h, &upload, &profile, &error));
        CHECK(profile->verified);
        dropoff_profile_free(profile);
        dropoff_source_free(upload.source);
        dropoff_sent_transfer_free(sent);
        transfer_free(transfer);
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
    transfer->timeout_ms = 20000;
    MUST(dropoff_agentdrop_send(client, transfer, &sent, &error));
    CHECK(sent->files[0]->verified);
    dropoff_sent_transfer_free(sent);
    transfer_free(transfer);
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
    int status, fd, ends[2];
    char byte = 'x';
    send_one(client, "before");
    transfer->on_progress = count_calls;
    transfer->user_data = (void *)&calls;
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    UNTIL(came("put") == 2);
    CHECK(!dropoff_job_is_done(job));
    fd = fd_of(job);
    live = dropoff_live_handles();
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        dropoff_sent_transfer *sent = NULL;
        close(ends[0]);
        send_one(client, "child");
        MUST_FAIL(DROPOFF_CANCELLED, "parent process", dropoff_job_wait(job, &error));
        MUST_FAIL(DROPOFF_CANCELLED, "parent process", dropoff_job_sent_transfer(job, &sent, &error));
        CHECK(dropoff_job_is_done(job));
        dropoff_job_cancel(job);
        dropoff_job_free(job);
        transfer_free(transfer);
        dropoff_agentdrop_free(client);
        CHECK(dropoff_live_handles() < live);
        CHECK(write(ends[1], &byte, 1) == 1 && read(ends[1], &byte, 1) == 1);
        _exit(42);
    }
    close(ends[1]);
    send_one(client, "parent");
    CHECK(read(ends[0], &byte, 1) == 1);
    /* The child lives, and has copies of the descriptor and of its other end. */
    CHECK(!readable(fd, 0));
    let_go("put");
    CHECK(readable(fd, 60000));
    MUST(dropoff_job_wait(job, &error));
    CHECK(write(ends[0], &byte, 1) == 1 && waitpid(child, &status, 0) == child);
    close(ends[0]);
    CHECK(calls > 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    dropoff_job_free(job);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"held:wait_ms_says_that_it_still_runs", wait_ms_says_that_it_still_runs},
        {"held:results_of_another_type_are_refused", results_of_another_type_are_refused},
        {"held:a_job_goes_on_when_everything_is_freed", a_job_goes_on_when_everything_is_freed},
        {"polled:descriptors_are_readable_once_their_jobs_are_over",
         descriptors_are_readable_once_their_jobs_are_over},
        {"stall:cancelled_jobs_say_so_for_ever", cancelled_jobs_say_so_for_ever},
        {"stall:another_thread_may_cancel_what_one_waits_for", another_thread_may_cancel_what_one_waits_for},
        {"stall:threads_of_dropoff_take_no_signals", threads_of_dropoff_take_no_signals},
        {"good:a_bandwidth_limit_is_lifted", a_bandwidth_limit_is_lifted},
        {"good:sources_serve_once_and_requests_again", sources_serve_once_and_requests_again},
        {"good:metadata_that_is_no_object_is_refused", metadata_that_is_no_object_is_refused},
        {"good:sixteen_threads_share_a_client", sixteen_threads_share_a_client},
        {"second_held:a_forked_child_and_its_parent_both_send", a_forked_child_and_its_parent_both_send},
    };
    return RUN_TESTS(tests);
}
