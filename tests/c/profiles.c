/* Packing a browser's folder and looking at one: the edges that the scenarios, which make whole calls, do not reach. */
#include "check.h"
#include "control.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static dropoff_error *error = NULL;

/* -- folders, in the home folder, which is the test's own */

/* Until the next call of it. */
static const char *in_home(const char *folder, const char *name) {
    static char path[4096];
    sprintf(path, "%s/%s/%s", given("HOME"), folder, name);
    return path;
}

static void make_folder(const char *folder, const char *name) {
    CHECK(mkdir(in_home(folder, name), 0700) == 0);
}

/* A file that ends with as many zeros as it takes. They need no room on the disk. */
static void write_file(const char *folder, const char *name, const char *text, off_t length) {
    const char *path = in_home(folder, name);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    CHECK(length == 0 || truncate(path, length) == 0);
}

/* What a Chromium that was closed leaves: files that go, one of them under a name that nobody knows, and a cache and a
 * lock that do not. The path is that of the last one made. */
enum { FILES = 6, BYTES = 2 + 13 + 2 + 5000 + 90 + 10 };

static const char *made_profile(const char *folder) {
    static char root[4096];
    sprintf(root, "%s/%s", given("HOME"), folder);
    make_folder(folder, "");
    make_folder(folder, "Default");
    make_folder(folder, "Default/Cache");
    write_file(folder, "Local State", "{}", 0);
    write_file(folder, "Last Version", "131.0.6778.85", 0);
    write_file(folder, "Default/Preferences", "{}", 0);
    write_file(folder, "Default/Cookies", "", 5000);
    write_file(folder, "Default/History", "", 90);
    write_file(folder, "Default/New Thing", "", 10);
    write_file(folder, "Default/Cache/data_0", "", 300);
    CHECK(symlink("elsewhere-12", in_home(folder, "SingletonLock")) == 0);
    return root;
}

static dropoff_pack *new_pack(void) {
    dropoff_pack *pack = NULL;
    MUST(dropoff_pack_new(&pack, &error));
    return pack;
}

static dropoff_profile_upload *upload_of(const char *folder) {
    dropoff_source *source = NULL;
    dropoff_profile_upload *upload = NULL;
    MUST(dropoff_source_from_path(folder, &source, &error));
    MUST(dropoff_profile_upload_new(source, "test", &upload, &error));
    dropoff_source_free(source);
    return upload;
}

/* Uses the upload up, and frees it. */
static dropoff_profile *uploaded(const dropoff_hcompany *client, dropoff_profile_upload *upload) {
    dropoff_profile *profile = NULL;
    MUST(dropoff_hcompany_upload_profile(client, upload, &profile, &error));
    dropoff_profile_upload_free(upload);
    return profile;
}

static dropoff_inspection *inspected(const char *folder, const dropoff_pack *pack) {
    dropoff_inspection *seen = NULL;
    MUST(dropoff_inspect_profile(folder, pack, &seen, &error));
    return seen;
}

/* Whether files of this kind would go. */
static bool goes(const dropoff_inspection *seen, const char *class) {
    size_t at;
    for (at = 0; strcmp(dropoff_inspection_sizes_category(seen, at), class) != 0; at++)
        CHECK(at + 1 < dropoff_inspection_sizes_count(seen));
    return dropoff_inspection_sizes_packed(seen, at);
}

/* -- packs */

static void what_is_no_choice_is_refused_at_once(void) {
    dropoff_pack *pack = new_pack();
    dropoff_inspection *seen;
    const char *folder = made_profile("choice");
    MUST(dropoff_pack_set_level(pack, "minimal", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "level must be \"default\", \"minimal\" or \"full\", not \"Full\"",
              dropoff_pack_set_level(pack, "Full", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "level must be", dropoff_pack_set_level(pack, "", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "if_running must be \"error\", \"snapshot\" or \"force\", not \"wait\"",
              dropoff_pack_set_if_running(pack, "wait", &error));
    /* The pack is what it was. */
    seen = inspected(folder, pack);
    CHECK(goes(seen, "login") && !goes(seen, "history") && !goes(seen, "cache"));
    dropoff_inspection_free(seen);
    MUST(dropoff_pack_set_level(pack, "full", &error));
    seen = inspected(folder, pack);
    CHECK(goes(seen, "history") && goes(seen, "cache") && !goes(seen, "runtime"));
    dropoff_inspection_free(seen);
    dropoff_pack_free(pack);
}

static void what_is_no_glob_and_no_folder_is_refused_by_each_call(void) {
    static const struct {
        const char *named;
        dropoff_status (*set)(dropoff_pack *pack, const char *value, dropoff_error **error);
        const char *value;
    } wrong[] = {
        {"include", dropoff_pack_add_include, "/etc"},
        {"exclude", dropoff_pack_add_exclude, "Default/["},
        {"exclude", dropoff_pack_add_exclude, ""},
        {"prefix", dropoff_pack_set_prefix, "../x"},
    };
    const char *folder = made_profile("globs");
    dropoff_hcompany *client = sandbox_hcompany();
    dropoff_profile_ticket *ticket = NULL;
    size_t at;
    MUST(dropoff_hcompany_initiate_upload(client, &ticket, &error));
    for (at = 0; at < sizeof wrong / sizeof wrong[0]; at++) {
        dropoff_pack *pack = new_pack();
        dropoff_profile_upload *upload = upload_of(folder);
        dropoff_source *source = NULL;
        dropoff_inspection *seen = NULL;
        dropoff_profile *profile = NULL;
        dropoff_stored_object *stored = NULL;
        dropoff_job *job = NULL;
        MUST(wrong[at].set(pack, wrong[at].value, &error));
        MUST(dropoff_profile_upload_set_pack(upload, pack, &error));
        MUST(dropoff_source_from_path(folder, &source, &error));
        MUST_FAIL(DROPOFF_INVALID_INPUT, wrong[at].named, dropoff_inspect_profile(folder, pack, &seen, &error));
        MUST_FAIL(DROPOFF_INVALID_INPUT, wrong[at].named,
                  dropoff_start_inspect_profile(folder, pack, &job, &error));
        MUST_FAIL(DROPOFF_INVALID_INPUT, wrong[at].named,
                  dropoff_hcompany_start_upload_profile(client, upload, &job, &error));
        MUST_FAIL(DROPOFF_INVALID_INPUT, wrong[at].named,
                  dropoff_hcompany_upload_packed(client, ticket, source, pack, &stored, &error));
        CHECK(seen == NULL && job == NULL && profile == NULL && stored == NULL);
        /* Used up all the same. */
        MUST_FAIL(DROPOFF_INVALID_INPUT, "already used",
                  dropoff_hcompany_upload_profile(client, upload, &profile, &error));
        MUST_FAIL(DROPOFF_INVALID_INPUT, "already used",
                  dropoff_hcompany_start_upload_packed(client, ticket, source, NULL, &job, &error));
        dropoff_source_free(source);
        dropoff_profile_upload_free(upload);
        dropoff_pack_free(pack);
    }
    dropoff_profile_ticket_free(ticket);
    dropoff_hcompany_free(client);
}

static void a_pack_is_copied(void) {
    const char *folder = made_profile("copied");
    dropoff_hcompany *client = sandbox_hcompany();
    dropoff_pack *pack = new_pack();
    dropoff_profile_upload *first = upload_of(folder), *second = upload_of(folder);
    dropoff_profile *profile;
    MUST(dropoff_pack_add_exclude(pack, "**/New*", &error));
    MUST(dropoff_profile_upload_set_pack(first, pack, &error));
    /* Too late for the first, and in time for the second. */
    MUST(dropoff_pack_add_exclude(pack, "Default/History", &error));
    MUST(dropoff_pack_add_include(pack, "Default/Cache", &error));
    MUST(dropoff_profile_upload_set_pack(second, pack, &error));
    dropoff_pack_free(pack);
    profile = uploaded(client, first);
    CHECK(dropoff_profile_packed_files(profile) == FILES - 1);
    CHECK(dropoff_profile_packed_bytes(profile) == BYTES - 10);
    dropoff_profile_free(profile);
    profile = uploaded(client, second);
    CHECK(dropoff_profile_packed_files(profile) == FILES - 2 + 1);
    CHECK(dropoff_profile_packed_bytes(profile) == BYTES - 10 - 90 + 300);
    dropoff_profile_free(profile);
    dropoff_hcompany_free(client);
}

static void the_step_packs_as_it_is_told(void) {
    const char *folder = made_profile("step");
    dropoff_hcompany *client = sandbox_hcompany();
    dropoff_profile_ticket *ticket = NULL;
    dropoff_pack *pack = new_pack();
    uint64_t bytes[4];
    int at;
    MUST(dropoff_pack_add_exclude(pack, "Default", &error));
    MUST(dropoff_hcompany_initiate_upload(client, &ticket, &error));
    for (at = 0; at < 4; at++) {
        dropoff_source *source = NULL;
        dropoff_stored_object *stored = NULL;
        dropoff_job *job = NULL;
        MUST(dropoff_source_from_path(folder, &source, &error));
        if (at == 0) {
            MUST(dropoff_hcompany_upload(client, ticket, source, &stored, &error));
        } else if (at == 1) {
            MUST(dropoff_hcompany_upload_packed(client, ticket, source, NULL, &stored, &error));
        } else if (at == 2) {
            MUST(dropoff_hcompany_upload_packed(client, ticket, source, pack, &stored, &error));
        } else {
            MUST(dropoff_hcompany_start_upload_packed(client, ticket, source, pack, &job, &error));
            /* It does not need them any more. */
            dropoff_pack_free(pack);
            MUST(dropoff_job_stored_object(job, &stored, &error));
        }
        bytes[at] = dropoff_stored_object_bytes(stored);
        dropoff_job_free(job);
        dropoff_stored_object_free(stored);
        dropoff_source_free(source);
    }
    CHECK(bytes[0] == bytes[1] && bytes[1] > bytes[2] && bytes[2] == bytes[3]);
    dropoff_profile_ticket_free(ticket);
    dropoff_hcompany_free(client);
}

/* -- what was packed */

struct warned {
    char text[4][1000];
    size_t count;
};

static void keep_warning(dropoff_log_level level, const char *message, void *user_data) {
    struct warned *warned = user_data;
    CHECK(level == DROPOFF_LOG_WARN && warned->count < 4 && strlen(message) < sizeof warned->text[0]);
    strcpy(warned->text[warned->count++], message);
}

static void what_was_packed_is_told_and_its_warnings_are_logged(void) {
    const char *folder = made_profile("told");
    dropoff_hcompany *client = sandbox_hcompany();
    struct warned warned;
    dropoff_profile *profile, *seen = NULL;
    uint64_t size = 0;
    size_t at;
    memset(&warned, 0, sizeof warned);
    MUST(dropoff_log_set(DROPOFF_LOG_WARN, keep_warning, &warned, NULL, &error));
    profile = uploaded(client, upload_of(folder));
    MUST(dropoff_log_set(DROPOFF_LOG_NONE, NULL, NULL, NULL, &error));
    CHECK(dropoff_profile_was_packed(profile) && !dropoff_profile_unchanged(profile));
    CHECK(dropoff_profile_packed_files(profile) == FILES && dropoff_profile_packed_bytes(profile) == BYTES);
    CHECK(dropoff_profile_packed_left_out(profile) == 2);
    CHECK(dropoff_profile_file_size_bytes(profile, &size));
    CHECK(dropoff_profile_packed_archive_bytes(profile) == size && size > 0);
    CHECK(strcmp(dropoff_profile_packed_consistency(profile), "clean") == 0);
    /* Nobody said which browser it is. */
    CHECK(dropoff_profile_packed_browser_guessed(profile));
    CHECK(strcmp(dropoff_profile_browser_name(profile), "chromium") == 0);
    CHECK(strcmp(dropoff_profile_browser_version(profile), "131.0.6778.85") == 0);
    CHECK(dropoff_profile_packed_unknown_count(profile) == 1);
    CHECK(strcmp(dropoff_profile_packed_unknown_name(profile, 0), "Default/New Thing") == 0);
    CHECK(dropoff_profile_packed_unknown_name(profile, 1) == NULL);
    /* A lock of another machine, and cookies that are none. */
    CHECK(dropoff_profile_packed_warnings_count(profile) == 2 && warned.count == 2);
    for (at = 0; at < 2; at++)
        CHECK(strstr(warned.text[at], dropoff_profile_packed_warnings_text(profile, at)) != NULL);
    CHECK(strstr(warned.text[0], "process 12 on \"elsewhere\"") != NULL);
    CHECK(strstr(warned.text[1], "will log in on Linux: unknown") != NULL);
    CHECK(dropoff_profile_packed_warnings_text(profile, 2) == NULL);
    /* The service knows nothing of that. */
    MUST(dropoff_hcompany_get_profile(client, dropoff_profile_id(profile), &seen, &error));
    CHECK(!dropoff_profile_was_packed(seen) && dropoff_profile_packed_consistency(seen) == NULL);
    dropoff_profile_free(seen);
    dropoff_profile_free(profile);
    dropoff_hcompany_free(client);
}

static void the_same_again_is_not_sent(void) {
    const char *folder = made_profile("again");
    dropoff_hcompany *client = sandbox_hcompany();
    dropoff_profile *first = uploaded(client, upload_of(folder)), *again, *changed;
    dropoff_profile_upload *upload = upload_of(folder);
    MUST(dropoff_profile_upload_set_if_changed_from(upload, dropoff_profile_id(first), &error));
    again = uploaded(client, upload);
    CHECK(dropoff_profile_unchanged(again) && dropoff_profile_verified(again));
    CHECK(strcmp(dropoff_profile_id(again), dropoff_profile_id(first)) == 0);
    CHECK(dropoff_profile_stored_object(again) == NULL);
    CHECK(dropoff_profile_packed_archive_bytes(again) == dropoff_profile_packed_archive_bytes(first));

    write_file("again", "Default/Cookies", "another", 5000);
    upload = upload_of(folder);
    MUST(dropoff_profile_upload_set_if_changed_from(upload, dropoff_profile_id(first), &error));
    changed = uploaded(client, upload);
    CHECK(!dropoff_profile_unchanged(changed) && dropoff_profile_verified(changed));
    CHECK(strcmp(dropoff_profile_id(changed), dropoff_profile_id(first)) != 0);
    CHECK(dropoff_profile_stored_object(changed) != NULL);

    upload = upload_of(folder);
    MUST(dropoff_profile_upload_set_if_changed_from(upload, "../x", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "must be a UUID",
              dropoff_hcompany_upload_profile(client, upload, &first, &error));
    dropoff_profile_upload_free(upload);
    dropoff_profile_free(changed);
    dropoff_profile_free(again);
    dropoff_profile_free(first);
    dropoff_hcompany_free(client);
}

/* -- looking at a folder. No client is made. */

static void a_folder_is_looked_at(void) {
    const char *folder = made_profile("looked-at");
    dropoff_inspection *seen = NULL;
    dropoff_profile *profile = NULL;
    dropoff_pack *pack = new_pack();
    dropoff_job *job = NULL;
    dropoff_progress asked;
    size_t at;
    seen = inspected(folder, NULL);
    CHECK(strcmp(dropoff_inspection_family(seen), "chrome") == 0);
    CHECK(strcmp(dropoff_inspection_product(seen), "Chromium") == 0);
    CHECK(strcmp(dropoff_inspection_browser_name(seen), "chromium") == 0);
    CHECK(strcmp(dropoff_inspection_browser_version(seen), "131.0.6778.85") == 0);
    CHECK(dropoff_inspection_files(seen) == FILES && dropoff_inspection_bytes(seen) == BYTES);
    CHECK(strcmp(dropoff_inspection_lock(seen), "foreign") == 0 && dropoff_inspection_lock_process(seen) == 12);
    CHECK(strcmp(dropoff_inspection_verdict(seen), "unknown") == 0);
    CHECK(strstr(dropoff_inspection_advice(seen), "will log in on Linux: unknown") != NULL);
    CHECK(dropoff_inspection_warnings_count(seen) == 2 && dropoff_inspection_warnings_text(seen, 2) == NULL);
    CHECK(strcmp(dropoff_inspection_largest_path(seen, 0), "Default/Cookies") == 0);
    CHECK(dropoff_inspection_largest_bytes(seen, 0) == 5000 && dropoff_inspection_left_out_count(seen) == 2);
    CHECK(strstr(dropoff_inspection_to_json(seen), "\"verdict\":\"unknown\"") != NULL);
    dropoff_inspection_free(seen);

    /* As a job, with what would be packed at another level. */
    MUST(dropoff_pack_set_level(pack, "minimal", &error));
    MUST(dropoff_start_inspect_profile("~/looked-at", pack, &job, &error));
    dropoff_pack_free(pack);
    MUST_FAIL(DROPOFF_INVALID_INPUT, "ask it with dropoff_job_inspection",
              dropoff_job_profile(job, &profile, &error));
    for (at = 0; at < 2; at++) {
        MUST(dropoff_job_inspection(job, &seen, &error));
        CHECK(dropoff_inspection_files(seen) == FILES - 1);
        dropoff_inspection_free(seen);
    }
    MUST(dropoff_job_progress(job, sizeof asked, &asked, &error));
    CHECK(asked.phase == DROPOFF_PHASE_DONE && asked.active_for_ms == 0);
    dropoff_job_free(job);

    /* One that tells nothing of its version and has no lock. */
    CHECK(unlink(in_home("looked-at", "Last Version")) == 0);
    CHECK(unlink(in_home("looked-at", "SingletonLock")) == 0);
    seen = inspected(folder, NULL);
    CHECK(dropoff_inspection_browser_version(seen) == NULL);
    CHECK(strcmp(dropoff_inspection_lock(seen), "none") == 0 && dropoff_inspection_lock_process(seen) == 0);
    dropoff_inspection_free(seen);
}

static void what_is_no_folder_of_a_browser_is_refused(void) {
    const char *folder = made_profile("refused");
    dropoff_inspection *seen = NULL;
    dropoff_pack *pack = new_pack();
    make_folder("refused/Default", "caf\xe9");
    /* A path is raw bytes, and comes back as they were. */
    CHECK(dropoff_inspect_profile("/caf\xe9", NULL, &seen, &error) == DROPOFF_SOURCE_UNREADABLE);
    CHECK(strcmp(dropoff_error_path(error), "/caf\xe9") == 0 && dropoff_error_errno(error) != 0);
    dropoff_error_free(error);
    error = NULL;
    MUST_FAIL(DROPOFF_INVALID_INPUT, "is not a browser's user-data folder",
              dropoff_inspect_profile(in_home("refused/Default", "caf\xe9"), NULL, &seen, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "is one profile of a user-data folder",
              dropoff_inspect_profile(in_home("refused", "Default"), NULL, &seen, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "is a file",
              dropoff_inspect_profile(in_home("refused", "Local State"), NULL, &seen, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "a URL was given",
              dropoff_inspect_profile("https://example.com/?X-Amz-Signature=canary", NULL, &seen, &error));
    MUST(dropoff_pack_set_profile(pack, "Work", &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "has no profile \"Work\"; it has \"Default\"",
              dropoff_inspect_profile(folder, pack, &seen, &error));
    CHECK(seen == NULL);
    dropoff_pack_free(pack);
}

static void a_forked_child_looks_at_a_folder_too(void) {
    const char *folder = made_profile("forked");
    dropoff_inspection *seen = inspected(folder, NULL);
    pid_t child = fork();
    int status;
    CHECK(child >= 0);
    if (child == 0) {
        dropoff_inspection *own = inspected(folder, NULL);
        CHECK(strcmp(dropoff_inspection_to_json(own), dropoff_inspection_to_json(seen)) == 0);
        _exit(42);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    dropoff_inspection_free(seen);
}

/* -- progress. Each call to the sandbox takes a while. */

static const int PHASES[] = {DROPOFF_PHASE_INSPECTING, DROPOFF_PHASE_PACKING,    DROPOFF_PHASE_REQUESTING,
                             DROPOFF_PHASE_SENDING,    DROPOFF_PHASE_COMPLETING, DROPOFF_PHASE_DONE};
/* What is held in them until they were seen. */
static const char *const HELD[] = {NULL, NULL, "initiate_upload", "post_form", "complete_upload", NULL};
enum { PHASE_COUNT = 6 };

static int rank_of(int phase) {
    int at;
    for (at = 0; at < PHASE_COUNT; at++)
        if (PHASES[at] == phase)
            return at;
    CHECK(phase == DROPOFF_PHASE_PREPARING);
    return -1;
}

struct told {
    int rank, calls;
    dropoff_progress last;
};

static int in_order(const dropoff_progress *progress, void *user_data) {
    struct told *told = user_data;
    CHECK(rank_of(progress->phase) >= told->rank);
    told->rank = rank_of(progress->phase);
    told->calls++;
    told->last = *progress;
    return 0;
}

/* Enough of them to be seen while they are looked at. */
enum { SMALL = 1500 };

static void phases_follow_in_order_with_their_bytes(void) {
    const char *folder = made_profile("phases");
    const off_t large = 40000000;
    const uint64_t all = BYTES + SMALL * 10 + 40000000;
    dropoff_hcompany *client = sandbox_hcompany();
    dropoff_profile_upload *upload = upload_of(folder);
    dropoff_profile *profile = NULL;
    dropoff_job *job = NULL;
    uint64_t packing = 0, sending = 0, packed_for = 0, before_sending = 0, seen[PHASE_COUNT] = {0};
    struct told told = {-1, 0, {0}};
    dropoff_progress asked;
    int rank = -1, at;
    make_folder("phases", "Default/Extensions");
    for (at = 0; at < SMALL; at++) {
        char name[40];
        sprintf(name, "Default/Extensions/%d", at);
        write_file("phases", name, "", 10);
    }
    write_file("phases", "Default/large", "", large);
    MUST(dropoff_profile_upload_set_progress(upload, in_order, &told, NULL, &error));
    MUST(dropoff_hcompany_start_upload_profile(client, upload, &job, &error));
    do {
        MUST(dropoff_job_progress(job, sizeof asked, &asked, &error));
        CHECK(asked.size == sizeof asked && rank_of(asked.phase) >= rank);
        rank = rank_of(asked.phase);
        /* Held until it was seen, so sending begins after this moment. */
        if (asked.phase == DROPOFF_PHASE_REQUESTING)
            before_sending = asked.elapsed_ms;
        if (rank >= 0 && seen[rank]++ == 0 && HELD[rank] != NULL)
            let_go(HELD[rank]);
        if (asked.phase == DROPOFF_PHASE_INSPECTING) {
            CHECK(asked.bytes_done == 0 && asked.bytes_total == 0 && asked.active_for_ms == 0);
        } else if (asked.phase == DROPOFF_PHASE_PACKING) {
            /* Once it is packed, what is to be sent. */
            CHECK(asked.bytes_total == all || asked.bytes_total < (uint64_t)large);
            CHECK(asked.bytes_done <= all);
            CHECK(asked.active_for_ms <= asked.elapsed_ms);
            if (asked.bytes_done > packing)
                packing = asked.bytes_done;
            if (asked.active_for_ms > packed_for)
                packed_for = asked.active_for_ms;
        } else if (asked.phase == DROPOFF_PHASE_SENDING) {
            CHECK(asked.bytes_total < (uint64_t)large && asked.bytes_done <= asked.bytes_total);
            sending = asked.bytes_total;
        }
        nanosleep(&(struct timespec){0, 100000}, NULL);
    } while (rank < PHASE_COUNT - 1);
    MUST(dropoff_job_profile(job, &profile, &error));
    /* On a machine that does much else the inspection may be over before it is seen. */
    for (at = 1; at < PHASE_COUNT; at++)
        CHECK(seen[at] > 0);
    CHECK(packing > 0 && packed_for > 0);
    CHECK(sending == dropoff_profile_packed_archive_bytes(profile));
    /* Through, so no lock is needed. */
    CHECK(told.calls >= 1 && told.rank == PHASE_COUNT - 1 && told.last.phase == DROPOFF_PHASE_DONE);
    CHECK(told.last.bytes_done == sending && told.last.bytes_total == sending);
    CHECK(told.last.files_done == 1 && told.last.files_total == 1);
    /* Since sending began, and not since the call did. */
    CHECK(before_sending > 0 && told.last.active_for_ms + before_sending <= told.last.elapsed_ms);
    CHECK(dropoff_profile_packed_files(profile) == FILES + SMALL + 1);
    dropoff_profile_free(profile);
    dropoff_job_free(job);
    dropoff_profile_upload_free(upload);
    dropoff_hcompany_free(client);
}

/* -- stopping while it packs */

/* How many files of this process are in a folder; those without a name count, and names, too. */
static int left_in(const char *folder) {
    int count = -2;
    DIR *listing = opendir(folder);
    struct dirent *entry;
    CHECK(listing != NULL);
    for (; readdir(listing) != NULL; count++)
        ;
    closedir(listing);
    CHECK((listing = opendir("/proc/self/fd")) != NULL);
    while ((entry = readdir(listing)) != NULL) {
        char link[300], target[4096];
        ssize_t length;
        sprintf(link, "/proc/self/fd/%s", entry->d_name);
        length = readlink(link, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = '\0';
        if (strncmp(target, folder, strlen(folder)) == 0 && target[strlen(folder)] == '/')
            count++;
    }
    closedir(listing);
    return count;
}

static int stop_packing(const dropoff_progress *progress, void *user_data) {
    (void)user_data;
    return progress->phase == DROPOFF_PHASE_PACKING && progress->bytes_done > 0;
}

/* It would take this machine a minute and more. */
static void packing_stops_at_once_and_leaves_nothing(void) {
    static const char *const ways[] = {"cancel", "progress", "timeout"};
    const char *folder = made_profile("stopped");
    char spool[4096];
    dropoff_options *options = sandbox_options();
    dropoff_hcompany *client = NULL;
    int at;
    make_folder("spool", "");
    sprintf(spool, "%s/spool", given("HOME"));
    for (at = 0; at < 40; at++) {
        char name[40];
        sprintf(name, "Default/large-%d", at);
        write_file("stopped", name, "", 4000000000);
    }
    MUST(dropoff_options_set_text(options, "spool_dir", spool, &error));
    MUST(dropoff_hcompany_new(given("H_KEY"), NULL, given("API_URL"), options, &client, &error));
    for (at = 0; at < 3; at++) {
        dropoff_profile_upload *upload = upload_of(folder);
        dropoff_profile *profile = NULL;
        dropoff_job *job = NULL;
        dropoff_progress asked;
        bool over = false;
        dropoff_status status;
        if (strcmp(ways[at], "progress") == 0)
            MUST(dropoff_profile_upload_set_progress(upload, stop_packing, NULL, NULL, &error));
        if (strcmp(ways[at], "timeout") == 0)
            MUST(dropoff_profile_upload_set_timeout_ms(upload, 1000, &error));
        MUST(dropoff_hcompany_start_upload_profile(client, upload, &job, &error));
        if (strcmp(ways[at], "cancel") == 0) {
            do {
                sleep_ms(1);
                MUST(dropoff_job_progress(job, sizeof asked, &asked, &error));
                CHECK(asked.phase != DROPOFF_PHASE_DONE);
            } while (asked.bytes_done == 0);
            /* The archive, under no name. */
            CHECK(asked.phase == DROPOFF_PHASE_PACKING && left_in(spool) == 1);
            dropoff_job_cancel(job);
        }
        status = dropoff_job_wait_ms(job, 60000, &over, &error);
        CHECK(status == (strcmp(ways[at], "timeout") == 0 ? DROPOFF_TIMEOUT : DROPOFF_CANCELLED) && !over);
        CHECK(dropoff_error_outcome(error) == DROPOFF_OUTCOME_NOT_COMPLETED);
        CHECK(dropoff_error_profile_id(error) == NULL);
        dropoff_error_free(error);
        error = NULL;
        CHECK(dropoff_job_profile(job, &profile, NULL) == status && profile == NULL);
        /* The threads that pack see it within the block they are at. */
        UNTIL(left_in(spool) == 0);
        dropoff_job_free(job);
        dropoff_profile_upload_free(upload);
    }
    dropoff_hcompany_free(client);
    dropoff_options_free(options);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"good:what_is_no_choice_is_refused_at_once", what_is_no_choice_is_refused_at_once},
        {"good:what_is_no_glob_and_no_folder_is_refused_by_each_call",
         what_is_no_glob_and_no_folder_is_refused_by_each_call},
        {"good:a_pack_is_copied", a_pack_is_copied},
        {"good:the_step_packs_as_it_is_told", the_step_packs_as_it_is_told},
        {"good:what_was_packed_is_told_and_its_warnings_are_logged",
         what_was_packed_is_told_and_its_warnings_are_logged},
        {"good:the_same_again_is_not_sent", the_same_again_is_not_sent},
        {"good:a_folder_is_looked_at", a_folder_is_looked_at},
        {"good:what_is_no_folder_of_a_browser_is_refused", what_is_no_folder_of_a_browser_is_refused},
        {"forked:a_forked_child_looks_at_a_folder_too", a_forked_child_looks_at_a_folder_too},
        {"measured:phases_follow_in_order_with_their_bytes", phases_follow_in_order_with_their_bytes},
        {"good:packing_stops_at_once_and_leaves_nothing", packing_stops_at_once_and_leaves_nothing},
    };
    return RUN_TESTS(tests);
}
