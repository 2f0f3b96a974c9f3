/* What the C tests share: checks that say where they failed, and waiting for what threads do. */
#ifndef CHECK_H
#define CHECK_H

/* For threads, clocks and getline; before any system header. */
#define _POSIX_C_SOURCE 200809L

#include <dropoff.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef _WIN32
#include <windows.h>
/* A name of the tests'. */
#undef TEXT
#endif

#define CHECK(condition)                                                                                \
    do {                                                                                                \
        if (!(condition)) {                                                                             \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                     \
            exit(1);                                                                                    \
        }                                                                                               \
    } while (0)

/* A call that must succeed; `error` is the place it was given. */
#define MUST(call)                                                                                      \
    do {                                                                                                \
        if ((call) != DROPOFF_OK) {                                                                     \
            fprintf(stderr, "%s:%d: %s\n%s\n", __FILE__, __LINE__, #call, dropoff_error_to_json(error)); \
            exit(1);                                                                                    \
        }                                                                                               \
        CHECK(error == NULL);                                                                           \
    } while (0)

/* A call that must fail in this way, and its message must hold this text. */
#define MUST_FAIL(status, text, call)                                                                   \
    do {                                                                                                \
        CHECK((call) == (status));                                                                      \
        CHECK(error != NULL && dropoff_error_kind(error) == (status));                                  \
        if (strstr(dropoff_error_message(error), text) == NULL) {                                       \
            fprintf(stderr, "%s:%d: no \"%s\" in: %s\n", __FILE__, __LINE__, text,                      \
                    dropoff_error_message(error));                                                      \
            exit(1);                                                                                    \
        }                                                                                               \
        dropoff_error_free(error);                                                                      \
        error = NULL;                                                                                   \
    } while (0)

#ifdef _WIN32
/* Windows has no getline. A line of a test fits into this. */
static inline ssize_t getline(char **line, size_t *room, FILE *file) {
    const size_t most = (size_t)1 << 20;
    if (*line == NULL)
        *line = malloc(*room = most);
    CHECK(*line != NULL);
    return fgets(*line, (int)most, file) == NULL ? -1 : (ssize_t)strlen(*line);
}
#endif

/* Ends a program that has freed and told all. Wine 10.0 does not always end one by exit() while its other
   threads are in calls: it ends those while they hold a lock of its own, for which the last one waits. */
static inline void end_at_once(void) {
#ifdef _WIN32
    fflush(NULL);
    TerminateProcess(GetCurrentProcess(), 0);
#endif
}

static inline void sleep_ms(long ms) {
    struct timespec time;
    time.tv_sec = ms / 1000;
    time.tv_nsec = ms % 1000 * 1000000;
    nanosleep(&time, NULL);
}

/* Waits until the condition holds, for a minute at most. */
#define UNTIL(condition)                                                                                \
    do {                                                                                                \
        int tries = 0;                                                                                  \
        while (!(condition)) {                                                                          \
            if (++tries > 6000) {                                                                       \
                fprintf(stderr, "%s:%d: never so: %s\n", __FILE__, __LINE__, #condition);               \
                exit(1);                                                                                \
            }                                                                                           \
            sleep_ms(10);                                                                               \
        }                                                                                               \
    } while (0)

/* What the environment says of the sandbox. */
static inline const char *given(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "the environment lacks %s\n", name);
        exit(2);
    }
    return value;
}

/* Options fit for the sandbox: its storage is on loopback, and tries follow at once. */
static inline dropoff_options sandbox_options(void) {
    static const char *trusted[1];
    dropoff_options options = DROPOFF_OPTIONS_INIT;
    trusted[0] = given("STORAGE_URL");
    options.trusted_storage = trusted;
    options.trusted_storage_count = 1;
    options.backoff_base_ms = 1;
    return options;
}

static inline dropoff_agentdrop *sandbox_agentdrop(void) {
    dropoff_error *error = NULL;
    dropoff_agentdrop *client = NULL;
    dropoff_options options = sandbox_options();
    dropoff_agentdrop_settings settings = DROPOFF_AGENTDROP_SETTINGS_INIT;
    settings.api_key = given("AGENTDROP_KEY");
    settings.base_url = given("API_URL");
    settings.options = &options;
    MUST(dropoff_agentdrop_new(&settings, &client, &error));
    return client;
}

static inline dropoff_hcompany *sandbox_hcompany(void) {
    dropoff_error *error = NULL;
    dropoff_hcompany *client = NULL;
    dropoff_options options = sandbox_options();
    dropoff_hcompany_settings settings = DROPOFF_HCOMPANY_SETTINGS_INIT;
    settings.api_key = given("H_KEY");
    settings.base_url = given("API_URL");
    settings.options = &options;
    MUST(dropoff_hcompany_new(&settings, &client, &error));
    return client;
}

/* Bytes that are copied. */
static inline dropoff_source *copied(const char *bytes, size_t length) {
    dropoff_error *error = NULL;
    dropoff_source *source = NULL;
    MUST(dropoff_source_from_memory((const uint8_t *)bytes, length, NULL, NULL, &source, &error));
    return source;
}

/* A transfer of this file, to be freed with transfer_free. What the file points to must live until then. */
static inline dropoff_transfer *transfer_with(dropoff_file file) {
    struct both {
        dropoff_transfer transfer;
        dropoff_file file;
    };
    const dropoff_transfer begun = DROPOFF_TRANSFER_INIT;
    struct both *both = malloc(sizeof *both);
    CHECK(both != NULL);
    both->file = file;
    both->transfer = begun;
    both->transfer.sender = "sender-agent";
    both->transfer.recipient = "recipient-agent";
    both->transfer.files = &both->file;
    both->transfer.files_count = 1;
    return &both->transfer;
}

/* The same with a source, which transfer_free frees too. */
static inline dropoff_transfer *transfer_from(const char *name, dropoff_source *source) {
    dropoff_file file = DROPOFF_FILE_INIT;
    file.name = name;
    file.source = source;
    return transfer_with(file);
}

/* The same with these bytes, which are copied. */
static inline dropoff_transfer *transfer_of(const char *name, const char *bytes, size_t length) {
    return transfer_from(name, copied(bytes, length));
}

/* The same with the file at this path. */
static inline dropoff_transfer *transfer_of_path(const char *path) {
    dropoff_file file = DROPOFF_FILE_INIT;
    file.path = path;
    return transfer_with(file);
}

static inline void transfer_free(dropoff_transfer *transfer) {
    dropoff_source_free(transfer->files->source);
    free(transfer);
}

/* Large enough not to fit into any socket's buffer. */
enum { BIG = 20000000 };

static inline dropoff_transfer *big_transfer(void) {
    char *bytes = calloc(BIG, 1);
    dropoff_transfer *transfer;
    CHECK(bytes != NULL);
    transfer = transfer_of("big.bin", bytes, BIG);
    free(bytes);
    return transfer;
}

/* A test of a program: its name on the command line. */
struct test {
    const char *name;
    void (*run)(void);
};

/* Runs the tests named, and then demands that nothing is left. Without names, lists them. */
static inline int run_tests(const struct test *tests, size_t count, int argc, char **argv) {
    size_t at;
    int arg;
    if (argc < 2) {
        for (at = 0; at < count; at++)
            puts(tests[at].name);
        return 0;
    }
    for (arg = 1; arg < argc; arg++) {
        for (at = 0; at < count && strcmp(tests[at].name, argv[arg]) != 0; at++)
            ;
        CHECK(at < count);
        tests[at].run();
        UNTIL(dropoff_live_handles() == 0);
    }
    return 0;
}

#define RUN_TESTS(tests) run_tests(tests, sizeof tests / sizeof tests[0], argc, argv)

#endif
