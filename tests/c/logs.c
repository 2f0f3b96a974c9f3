/* Logs: who is told, on which thread, how long; and what many threads, slow callbacks and forks do to it. */
#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static dropoff_error *error = NULL;

/* What a callback saw. Written by the log's thread, and read after it is known to be through. */
struct seen {
    pthread_mutex_t lock;
    pthread_t thread;
    int inside, overlaps, threads, finalized, calls_after_finalizer;
    size_t lines, done, failed, warnings, notices, dropped;
    int blocked, entered;
    void (*within)(struct seen *);
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

static void write_to(struct seen *seen, int *field, int value) {
    pthread_mutex_lock(&seen->lock);
    *field = value;
    pthread_mutex_unlock(&seen->lock);
}

static void look_at(dropoff_log_level level, const char *message, void *user_data) {
    struct seen *seen = user_data;
    void (*within)(struct seen *);
    const char *lost = strstr(message, " dropped; ");
    pthread_mutex_lock(&seen->lock);
    seen->overlaps += seen->inside++;
    seen->entered++;
    seen->calls_after_finalizer += seen->finalized;
    seen->threads += seen->lines + seen->notices == 0 || !pthread_equal(seen->thread, pthread_self());
    seen->thread = pthread_self();
    while (seen->blocked) {
        pthread_mutex_unlock(&seen->lock);
        sleep_ms(5);
        pthread_mutex_lock(&seen->lock);
    }
    CHECK(*message != '\0' && strchr(message, '\n') == NULL);
    if (lost != NULL) {
        CHECK(level == DROPOFF_LOG_WARN);
        seen->notices++;
        seen->dropped += strtoul(message, NULL, 10);
    } else {
        seen->lines++;
    }
    seen->done += strncmp(message, "done job=", 9) == 0;
    seen->failed += strncmp(message, "failed job=", 11) == 0;
    seen->warnings += level == DROPOFF_LOG_WARN;
    within = seen->within;
    seen->within = NULL;
    pthread_mutex_unlock(&seen->lock);
    if (within != NULL)
        within(seen);
    pthread_mutex_lock(&seen->lock);
    seen->inside--;
    pthread_mutex_unlock(&seen->lock);
}

static void count_one(void *user_data) {
    struct seen *seen = user_data;
    pthread_mutex_lock(&seen->lock);
    seen->finalized++;
    pthread_mutex_unlock(&seen->lock);
}

static void log_to(struct seen *seen, dropoff_log_level level) {
    MUST(dropoff_log_set(level, look_at, seen, count_one, &error));
}

static void log_no_more(void) {
    MUST(dropoff_log_set(DROPOFF_LOG_NONE, NULL, NULL, NULL, &error));
}

/* Once it was removed: no lock, so that the sanitizers see a thread that still wrote. */
static void expect_orderly(const struct seen *seen) {
    CHECK(seen->finalized == 1 && seen->calls_after_finalizer == 0);
    CHECK(seen->overlaps == 0 && seen->inside == 0 && seen->threads <= 1);
}

static dropoff_status try_to_send(const dropoff_agentdrop *client, const char *name) {
    dropoff_error *mine = NULL;
    dropoff_transfer *transfer = transfer_of(name, "1", 1);
    dropoff_sent_transfer *sent = NULL;
    dropoff_status status = dropoff_agentdrop_send(client, transfer, &sent, &mine);
    dropoff_error_free(mine);
    dropoff_sent_transfer_free(sent);
    transfer_free(transfer);
    return status;
}

static void send_nothing(const dropoff_agentdrop *client) {
    dropoff_error *mine = NULL;
    dropoff_transfer *transfer = transfer_of_path("/nowhere");
    dropoff_sent_transfer *sent = NULL;
    CHECK(dropoff_agentdrop_send(client, transfer, &sent, &mine) == DROPOFF_SOURCE_UNREADABLE);
    dropoff_error_free(mine);
    transfer_free(transfer);
}

static void nothing_is_told_once_it_is_removed(void) {
    struct seen *seen = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    size_t lines;
    CHECK(try_to_send(client, "before") == DROPOFF_OK);
    log_to(seen, DROPOFF_LOG_DEBUG);
    CHECK(dropoff_live_handles() == 2);
    CHECK(try_to_send(client, "told") == DROPOFF_OK);
    log_no_more();
    CHECK(dropoff_live_handles() == 1);
    expect_orderly(seen);
    /* What waited was told before. */
    CHECK(seen->lines >= 5 && seen->done == 1 && !pthread_equal(seen->thread, pthread_self()));
    lines = seen->lines;
    CHECK(try_to_send(client, "after") == DROPOFF_OK);
    log_no_more();
    CHECK(seen->lines == lines && seen->finalized == 1);
    dropoff_agentdrop_free(client);
    free(seen);
}

static void only_what_was_asked_for_is_told(void) {
    struct seen *info = seen_new(), *warn = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    log_to(info, DROPOFF_LOG_INFO);
    CHECK(try_to_send(client, "a") == DROPOFF_OK);
    send_nothing(client);
    log_to(warn, DROPOFF_LOG_WARN);
    expect_orderly(info);
    CHECK(info->lines == 1 && info->failed == 1 && info->done == 0);
    CHECK(try_to_send(client, "b") == DROPOFF_OK);
    send_nothing(client);
    log_no_more();
    expect_orderly(warn);
    CHECK(warn->lines == 0);
    dropoff_agentdrop_free(client);
    free(info);
    free(warn);
}

static void what_cannot_be_set_changes_nothing(void) {
    struct seen *seen = seen_new(), *refused = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    log_to(seen, DROPOFF_LOG_DEBUG);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "level is 4", dropoff_log_set(4, look_at, refused, count_one, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "level is -1", dropoff_log_set(-1, look_at, refused, count_one, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "callback is NULL",
              dropoff_log_set(DROPOFF_LOG_WARN, NULL, refused, count_one, &error));
    CHECK(refused->finalized == 3 && read_of(seen, &seen->finalized) == 0);
    CHECK(try_to_send(client, "a") == DROPOFF_OK);
    /* A callback that will never be called. */
    MUST(dropoff_log_set(DROPOFF_LOG_NONE, look_at, refused, count_one, &error));
    CHECK(refused->finalized == 4 && refused->entered == 0);
    expect_orderly(seen);
    CHECK(seen->done == 1);
    dropoff_agentdrop_free(client);
    free(seen);
    free(refused);
}

static void a_slow_callback_holds_nothing_up_and_what_it_misses_is_counted(void) {
    enum { CALLS = 900 };
    struct seen *seen = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    int at;
    seen->blocked = 1;
    log_to(seen, DROPOFF_LOG_DEBUG);
    for (at = 0; at < CALLS; at++)
        send_nothing(client);
    CHECK(try_to_send(client, "a") == DROPOFF_OK);
    CHECK(read_of(seen, &seen->entered) == 1);
    write_to(seen, &seen->blocked, 0);
    log_no_more();
    expect_orderly(seen);
    /* A call that fails is two lines, "started" and "failed"; the one that sends is a few more. */
    CHECK(seen->notices >= 1 && seen->warnings == seen->notices);
    CHECK(seen->lines >= 1024 && seen->lines <= 1026);
    CHECK(seen->lines + seen->dropped > 2 * CALLS && seen->lines + seen->dropped < 2 * CALLS + 20);
    dropoff_agentdrop_free(client);
    free(seen);
}

static void remove_oneself(struct seen *seen) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    CHECK(try_to_send(client, "within") == DROPOFF_OK);
    /* Does not wait for itself. */
    CHECK(dropoff_log_set(DROPOFF_LOG_NONE, NULL, NULL, NULL, NULL) == DROPOFF_OK);
    CHECK(read_of(seen, &seen->finalized) == 0);
    dropoff_agentdrop_free(client);
}

static void a_callback_may_use_dropoff_and_remove_itself(void) {
    struct seen *seen = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    seen->within = remove_oneself;
    log_to(seen, DROPOFF_LOG_DEBUG);
    CHECK(try_to_send(client, "a") == DROPOFF_OK);
    UNTIL(read_of(seen, &seen->finalized) == 1);
    dropoff_agentdrop_free(client);
    UNTIL(dropoff_live_handles() == 0);
    expect_orderly(seen);
    CHECK(seen->done >= 1);
    free(seen);
}

enum { THREADS = 16, ROUNDS = 3 };

static void *send_some(void *client) {
    int round;
    for (round = 0; round < ROUNDS; round++)
        CHECK(try_to_send(client, "a") == DROPOFF_OK);
    return NULL;
}

static void sixteen_threads_send_and_every_line_is_told(void) {
    struct seen *seen = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    pthread_t threads[THREADS];
    int at;
    log_to(seen, DROPOFF_LOG_DEBUG);
    for (at = 0; at < THREADS; at++)
        CHECK(pthread_create(&threads[at], NULL, send_some, client) == 0);
    for (at = 0; at < THREADS; at++)
        pthread_join(threads[at], NULL);
    log_no_more();
    expect_orderly(seen);
    CHECK(seen->done == THREADS * ROUNDS && seen->dropped == 0 && seen->failed == 0);
    dropoff_agentdrop_free(client);
    free(seen);
}

/* -- these need storage that stalls. */

static void *replace_again_and_again(void *unused) {
    int round;
    (void)unused;
    for (round = 0; round < 50; round++) {
        struct seen *seen = seen_new();
        dropoff_error *mine = NULL;
        CHECK(dropoff_log_set(1 + round % 3, look_at, seen, count_one, &mine) == DROPOFF_OK);
        sleep_ms(2);
        if (round % 2 == 0)
            CHECK(dropoff_log_set(DROPOFF_LOG_NONE, NULL, NULL, NULL, &mine) == DROPOFF_OK);
        /* The other thread may have taken its place before, and may be about to give it back. */
        UNTIL(round % 2 != 0 || read_of(seen, &seen->finalized) == 1);
        if (round % 2 != 0)
            CHECK(dropoff_log_set(DROPOFF_LOG_DEBUG, look_at, seen_new(), free, &mine) == DROPOFF_OK);
        UNTIL(read_of(seen, &seen->finalized) == 1);
        expect_orderly(seen);
        free(seen);
    }
    return NULL;
}

static void callbacks_come_and_go_while_jobs_run(void) {
    dropoff_agentdrop *client = sandbox_agentdrop();
    dropoff_transfer *transfer = big_transfer();
    dropoff_job *job = NULL;
    pthread_t threads[2];
    int at;
    MUST(dropoff_agentdrop_start_send(client, transfer, &job, &error));
    for (at = 0; at < 2; at++)
        CHECK(pthread_create(&threads[at], NULL, replace_again_and_again, NULL) == 0);
    for (at = 0; at < 100; at++)
        send_nothing(client);
    CHECK(!dropoff_job_is_done(job));
    dropoff_job_cancel(job);
    MUST_FAIL(DROPOFF_CANCELLED, "cancelled", dropoff_job_wait(job, &error));
    for (at = 0; at < 2; at++)
        pthread_join(threads[at], NULL);
    log_no_more();
    dropoff_job_free(job);
    transfer_free(transfer);
    dropoff_agentdrop_free(client);
}

/* -- forks */

static void a_forked_child_logs_too(void) {
    struct seen *seen = seen_new();
    dropoff_agentdrop *client = sandbox_agentdrop();
    pid_t child;
    int status, how;
    for (how = 0; how < 2; how++) {
        memset(seen, 0, sizeof *seen);
        pthread_mutex_init(&seen->lock, NULL);
        log_to(seen, DROPOFF_LOG_DEBUG);
        CHECK(try_to_send(client, "before") == DROPOFF_OK);
        /* Fork while the log's thread holds no lock of this test. */
        UNTIL(read_of(seen, &seen->inside) == 0 && seen->done == 1);
        child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            /* Told to this copy; with lines of the child's own, or removed before there was one. */
            if (how == 0)
                CHECK(try_to_send(client, "child") == DROPOFF_OK);
            log_no_more();
            CHECK(seen->finalized == 1 && seen->calls_after_finalizer == 0);
            CHECK(seen->done == (how == 0 ? 2 : 1));
            _exit(42);
        }
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
        CHECK(try_to_send(client, "parent") == DROPOFF_OK);
        log_no_more();
        expect_orderly(seen);
        CHECK(seen->done == 2);
    }
    dropoff_agentdrop_free(client);
    free(seen);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"good:nothing_is_told_once_it_is_removed", nothing_is_told_once_it_is_removed},
        {"good:only_what_was_asked_for_is_told", only_what_was_asked_for_is_told},
        {"good:what_cannot_be_set_changes_nothing", what_cannot_be_set_changes_nothing},
        {"good:a_slow_callback_holds_nothing_up_and_what_it_misses_is_counted",
         a_slow_callback_holds_nothing_up_and_what_it_misses_is_counted},
        {"good:a_callback_may_use_dropoff_and_remove_itself", a_callback_may_use_dropoff_and_remove_itself},
        {"good:sixteen_threads_send_and_every_line_is_told", sixteen_threads_send_and_every_line_is_told},
        {"stall:callbacks_come_and_go_while_jobs_run", callbacks_come_and_go_while_jobs_run},
        {"forked:a_forked_child_logs_too", a_forked_child_logs_too},
    };
    return RUN_TESTS(tests);
}
