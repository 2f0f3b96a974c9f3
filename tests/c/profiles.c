/* Packing a browser's folder and looking at one: the edges that the scenarios, which make whole calls, do not
 * reach. */
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

/* What a Chromium that was closed leaves: files that go, one of them under a name that nobody knows, and a
 * cache and a lock that do not. The path is that of the last one made. */
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

static dropoff_profile_upload upload_of(const char *folder) {
    dropoff_profile_upload upload = DROPOFF_PROFILE_UPLOAD_INIT;
    upload.path = folder;
    upload.name = "test";
    return upload;
}

static dropoff_profile *uploaded(const dropoff_hcompany *client, const dropoff_profile_upload *upload) {
    dropoff_profile *profile = NULL;
    MUST(dropoff_hcompany_upload_profile(client, upload, &profile, &error));
    return profile;
}

static dropoff_source *source_of(const char *path) {
    dropoff_source *source = NULL;
    MUST(dropoff_source_from_path(path, &source, &error));
    return source;
}

static dropoff_profile_inspection *inspected(const char *folder, const dropoff_pack *pack) {
    dropoff_profile_inspection *seen = NULL;
    MUST(dropoff_inspect_profile(folder, pack, &seen, &error));
    return seen;
}

/* Whether files of this kind would go. */
static bool goes(const dropoff_profile_inspection *seen, const char *category) {
    size_t at;
    for (at = 0; strcmp(seen->sizes[at]->category, category) != 0; at++)
        CHECK(at + 1 < seen->sizes_count);
    return seen->sizes[at]->packed;
}

/* -- packs */

static void what_is_no_choice_is_refused(void) {
    static const int none[] = {3, -1};
    const char *folder = made_profile("choice");
    dropoff_hcompany *client = sandbox_hcompany();
    dropoff_pack pack = DROPOFF_PACK_INIT;
    dropoff_profile_upload upload = upload_of(folder);
    dropoff_profile_inspection *seen = NULL;
    dropoff_profile *profile = NULL;
    char wanted[60];
    int at;
    upload.pack = &pack;
    for (at = 0; at < 2; at++) {
        pack.level = none[at];
        sprintf(wanted, "level is %d, which is no dropoff_level", none[at]);
        MUST_FAIL(DROPOFF_INVALID_INPUT, wanted, dropoff_inspect_profile(folder, &pack, &seen, &error));
        MUST_FAIL(DROPOFF_INVALID_INPUT, "pack.level is",
                  dropoff_hcompany_upload_profile(client, &upload, &profile, &error));
        pack.level = DROPOFF_LEVEL_DEFAULT;
        pack.if_running = none[at];
        sprintf(wanted, "if_running is %d, which is no dropoff_if_running", none[at]);
        MUST_FAIL(DROPOFF_INVALID_INPUT, wanted, dropoff_inspect_profile(folder, &pack, &seen, &error));
        pack.if_running = DROPOFF_IF_RUNNING_ERROR;
    }
    CHECK(seen == NULL && profile == NULL);
    pack.level = DROPOFF_LEVEL_MINIMAL;
    seen = inspected(folder, &pack);
    CHECK(goes(seen, "login") && !goes(seen, "history") && !goes(seen, "cache"));
    dropoff_profile_inspection_free(seen);
    pack.level = DROPOFF_LEVEL_FULL;
    seen = inspected(folder, &pack);
    CHECK(goes(seen, "history") && goes(seen, "cache") && !goes(seen, "runtime"));
    dropoff_profile_inspection_free(seen);
    dropoff_hcompany_free(client);
}

static void what_is_no_glob_and_no_folder_is_refused_by_each_call(void) {
    static const struct {
        const char *named, *include, *exclude, *prefix;
    } wrong[] = {
        {"include", "/etc", NULL, NULL},
        {"exclude", NULL, "Default/[", NULL},
        {"exclude", NULL, "", NULL},
        {"prefix", NULL, NULL, "../x"},
    };
    const char *folder = made_profile("globs");
    dropoff_hcompany *client = sandbox_hcompany();
    dropoff_profile_upload upload = upload_of(folder);
    dropoff_profile_ticket *ticket = NULL;
    dropoff_profile *profile = NULL;
    size_t at;
    MUST(dropoff_hcompany_initiate_upload(client, &ticket, &error));
    for (at = 0; at < sizeof wrong / sizeof wrong[0]; at++) {
        dropoff_pack pack = DROPOFF_PACK_INIT;
        dropoff_source *source = source_of(folder);
        dropoff_profile_inspection *seen = NULL;
        dropoff_stored_object *stored = NULL;
        dropoff_job *job = NULL;
        pack.include = &wrong[at].include;
        pack.include_count = wrong[at].include != NULL;
        pack.exclude = &wrong[at].exclude;
        pack.exclude_count = wrong[at].exclude != NULL;
        pack.prefix = wrong[at].prefix;
        upload.pack = &pack;
        MUST_FAIL(DROPOFF_INVALID_INPUT, wrong[at].named, dropoff_inspect_profile(folder, &pack, &seen, &error));
        MUST_FAIL(DROPOFF_INVALID_INPUT, wrong[at].named,
                  dropoff_start_inspect_profile(folder, &pack, &job, &error));
        MUST_FAIL(DROPOFF_INVALID_INPUT, wrong[at].named,
                  dropoff_hcompany_start_upload_profile(client, &upload, &job, &error));
        MUST_FAIL(DROPOFF_INVALID_INPUT, wrong[at].named,
                  dropoff_hcompany_upload(client, ticket, source, &pack, &stored, &error));
        /* The source is used up all the same. */
        MUST_FAIL(DROPOFF_INVALID_INPUT, "this source was already used",
                  dropoff_hcompany_start_upload(client, ticket, source, NULL, &job, &error));
        CHECK(seen == NULL && job == NULL && stored == NULL);
        dropoff_source_free(source);
    }
    /* A request with a path is not. */
    upload.pack = NULL;
    profile = uploaded(client, &upload);
    CHECK(profile->packed->files == FILES);
    dropoff_profile_free(profile);
    dropoff_profile_ticket_free(ticket);
    dropoff_hcompany_free(client);
}

static void a_request_is_copied(void) {
    const char *folder = made_profile("copied");
    dropoff_hcompany *client = sandbox_hcompany();
    char news[] = "**/New*", history[] = "Default/History", cache[] = "Default/Cache";
    char name[] = "copied", path[4096];
    const char *exclude[] = {news, history}, *include[] = {cache};
    dropoff_pack pack = DROPOFF_PACK_INIT;
    dropoff_profile_upload upload;
    dropoff_profile *profile = NULL;
    dropoff_job *first = NULL, *second = NULL;
    strcpy(path, folder);
    upload = upload_of(path);
    upload.name = name;
    upload.pack = &pack;
    pack.exclude = exclude;
    pack.exclude_count = 1;
    MUST(dropoff_hcompany_start_upload_profile(client, &upload, &first, &error));
    /* Too late for the first, and in time for the second. */
    pack.exclude_count = 2;
    pack.include = include;
    pack.include_count = 1;
    MUST(dropoff_hcompany_start_upload_profile(client, &upload, &second, &error));
    memset(&upload, 0x5a, sizeof upload);
    memset(&pack, 0x5a, sizeof pack);
    memset(exclude, 0x5a, sizeof exclude);
    memset(include, 0x5a, sizeof include);
    memset(news, 0x5a, sizeof news);
    memset(history, 0x5a, sizeof history);
    memset(cache, 0x5a, sizeof cache);
    memset(name, 0x5a, sizeof name);
    memset(path, 0x5a, sizeof path);
    MUST(dropoff_job_profile(first, &profile, &error));
    CHECK(profile->packed->files == FILES - 1 && profile->packed->bytes == BYTES - 10);
    CHECK(strcmp(profile->name, "copied") == 0);
    dropoff_profile_free(profile);
    MUST(dropoff_job_profile(second, &profile, &error));
    CHECK(profile->packed->files == FILES - 2 + 1);
    CHECK(profile->packed->bytes == BYTES - 10 - 90 + 300);
    dropoff_profile_free(profile);
    dropoff_job_free(second);
    dropoff_job_free(first);
    dropoff_hcompany_free(client);
}

static void the_step_packs_as_it_is_told(void) {
    static const char *const exclude[] = {"Default"};
    const char *folder = made_profile("step");
    dropoff_hcompany *client = sandbox_hcompany();
    dropoff_profile_ticket *ticket = NULL;
    dropoff_pack defaults = DROPOFF_PACK_INIT, pack = DROPOFF_PACK_INIT;
    uint64_t bytes[4];
    int at;
    pack.exclude = exclude;
    pack.exclude_count = 1;
    MUST(dropoff_hcompany_initiate_upload(client, &ticket, &error));
    for (at = 0; at < 4; at++) {
        dropoff_source *source = source_of(folder);
        dropoff_stored_object *stored = NULL;
        dropoff_job *job = NULL;
        if (at == 0) {
            MUST(dropoff_hcompany_upload(client, ticket, source, NULL, &stored, &error));
        } else if (at == 1) {
            MUST(dropoff_hcompany_upload(client, ticket, source, &defaults, &stored, &error));
        } else if (at == 2) {
            MUST(dropoff_hcompany_upload(client, ticket, source, &pack, &stored, &error));
        } else {
            MUST(dropoff_hcompany_start_upload(client, ticket, source, &pack, &job, &error));
            MUST(dropoff_job_stored_object(job, &stored, &error));
        }
        bytes[at] = stored->bytes;
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
    dropoff_profile_upload upload = upload_of(made_profile("told"));
    dropoff_hcompany *client = sandbox_hcompany();
    const dropoff_pack_report *packed;
    struct warned warned;
    dropoff_profile *profile, *seen = NULL;
    size_t at;
    memset(&warned, 0, sizeof warned);
    MUST(dropoff_log_set(DROPOFF_LOG_WARN, keep_warning, &warned, NULL, &error));
    profile = uploaded(client, &upload);
    MUST(dropoff_log_set(DROPOFF_LOG_NONE, NULL, NULL, NULL, &error));
    packed = profile->packed;
    CHECK(packed != NULL && !profile->unchanged);
    CHECK(packed->files == FILES && packed->bytes == BYTES && packed->left_out == 2);
    CHECK(packed->archive_bytes == profile->file_size_bytes && packed->archive_bytes > 0);
    CHECK(strcmp(packed->consistency, "clean") == 0);
    /* Nobody said which browser it is. */
    CHECK(packed->browser_guessed);
    CHECK(strcmp(profile->browser_name, "chromium") == 0);
    CHECK(strcmp(profile->browser_version, "131.0.6778.85") == 0);
    CHECK(packed->unknown_count == 1 && strcmp(packed->unknown[0], "Default/New Thing") == 0);
    /* A lock of another machine, and cookies that are none. */
    CHECK(packed->warnings_count == 2 && warned.count == 2);
    for (at = 0; at < 2; at++)
        CHECK(strstr(warned.text[at], packed->warnings[at]) != NULL);
    CHECK(strstr(warned.text[0], "process 12 on \"elsewhere\"") != NULL);
    CHECK(strstr(warned.text[1], "will log in on Linux: unknown") != NULL);
    /* The service knows nothing of that. */
    MUST(dropoff_hcompany_get_profile(client, profile->id, &seen, &error));
    CHECK(seen->packed == NULL && seen->upload == NULL);
    dropoff_profile_free(seen);
    dropoff_profile_free(profile);
    dropoff_hcompany_free(client);
}

static void the_same_again_is_not_sent(void) {
    dropoff_profile_upload upload = upload_of(made_profile("again"));
    dropoff_hcompany *client = sandbox_hcompany();
    dropoff_profile *first = uploaded(client, &upload), *again, *changed;
    upload.if_changed_from = first->id;
    again = uploaded(client, &upload);
    CHECK(again->unchanged && again->verified);
    CHECK(strcmp(again->id, first->id) == 0);
    CHECK(again->upload == NULL);
    CHECK(again->packed->archive_bytes == first->packed->archive_bytes);

    write_file("again", "Default/Cookies", "another", 5000);
    changed = uploaded(client, &upload);
    CHECK(!changed->unchanged && changed->verified);
    CHECK(strcmp(changed->id, first->id) != 0);
    CHECK(changed->upload != NULL);

    upload.if_changed_from = "../x";
    MUST_FAIL(DROPOFF_INVALID_INPUT, "must be a UUID",
              dropoff_hcompany_upload_profile(client, &upload, &first, &error));
    dropoff_profile_free(changed);
    dropoff_profile_free(again);
    dropoff_profile_free(first);
    dropoff_hcompany_free(client);
}

/* -- looking at a folder. No client is made. */

static void a_folder_is_looked_at(void) {
    const char *folder = made_profile("looked-at");
    dropoff_profile_inspection *seen = NULL;
    dropoff_profile *profile = NULL;
    dropoff_pack pack = DROPOFF_PACK_INIT;
    dropoff_job *job = NULL;
    dropoff_progress asked;
    size_t at;
    seen = inspected(folder, NULL);
    CHECK(strcmp(seen->family, "chrome") == 0 && strcmp(seen->product, "Chromium") == 0);
    CHECK(strcmp(seen->browser_name, "chromium") == 0 && strcmp(seen->browser_version, "131.0.6778.85") == 0);
    CHECK(seen->files == FILES && seen->bytes == BYTES);
    CHECK(strcmp(seen->lock, "foreign") == 0 && seen->lock_process == 12);
    CHECK(strcmp(seen->verdict, "unknown") == 0);
    CHECK(strstr(seen->advice, "will log in on Linux: unknown") != NULL);
    CHECK(seen->warnings_count == 2 && seen->left_out_count == 2);
    CHECK(strcmp(seen->largest[0]->path, "Default/Cookies") == 0 && seen->largest[0]->bytes == 5000);
    CHECK(strstr(seen->json, "\"verdict\":\"unknown\"") != NULL);
    dropoff_profile_inspection_free(seen);

    /* As a job, with what would be packed at another level. */
    pack.level = DROPOFF_LEVEL_MINIMAL;
    MUST(dropoff_start_inspect_profile("~/looked-at", &pack, &job, &error));
    MUST_FAIL(DROPOFF_INVALID_INPUT, "ask it with dropoff_job_profile_inspection",
              dropoff_job_profile(job, &profile, &error));
    for (at = 0; at < 2; at++) {
        MUST(dropoff_job_profile_inspection(job, &seen, &error));
        CHECK(seen->files == FILES - 1);
        dropoff_profile_inspection_free(seen);
    }
    MUST(dropoff_job_progress(job, sizeof asked, &asked, &error));
    CHECK(asked.phase == DROPOFF_PHASE_DONE && asked.active_for_ms == 0);
    dropoff_job_free(job);

    /* One that tells nothing of its version and has no lock. */
    CHECK(unlink(in_home("looked-at", "Last Version")) == 0);
    CHECK(unlink(in_home("looked-at", "SingletonLock")) == 0);
    seen = inspected(folder, NULL);
    CHECK(seen->browser_version == NULL);
    CHECK(strcmp(seen->lock, "none") == 0 && seen->lock_process == -1);
    dropoff_profile_inspection_free(seen);
}

static void what_is_no_folder_of_a_browser_is_refused(void) {
    const char *folder = made_profile("refused");
    dropoff_profile_inspection *seen = NULL;
    dropoff_pack pack = DROPOFF_PACK_INIT;
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
    pack.profile = "Work";
    MUST_FAIL(DROPOFF_INVALID_INPUT, "has no profile \"Work\"; it has \"Default\"",
              dropoff_inspect_profile(folder, &pack, &seen, &error));
    CHECK(seen == NULL);
}

static void a_forked_child_looks_at_a_folder_too(void) {
    const char *folder = made_profile("forked");
    dropoff_profile_inspection *seen = inspected(folder, NULL);
    pid_t child = fork();
    int status;
    CHECK(child >= 0);
    if (child == 0) {
        dropoff_profile_inspection *own = inspected(folder, NULL);
        CHECK(strcmp(own->json, seen->json) == 0);
        _exit(42);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    dropoff_profile_inspection_free(seen);
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
    dropoff_profile_upload upload = upload_of(made_profile("phases"));
    const off_t large = 40000000;
    const uint64_t all = BYTES + SMALL * 10 + 40000000;
    dropoff_hcompany *client = sandbox_hcompany();
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
    upload.on_progress = in_order;
    upload.user_data = &told;
    MUST(dropoff_hcompany_start_upload_profile(client, &upload, &job, &error));
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
    CHECK(sending == profile->packed->archive_bytes);
    /* Through, so no lock is needed. */
    CHECK(told.calls >= 1 && told.rank == PHASE_COUNT - 1 && told.last.phase == DROPOFF_PHASE_DONE);
    CHECK(told.last.bytes_done == sending && told.last.bytes_total == sending);
    CHECK(told.last.files_done == 1 && told.last.files_total == 1);
    /* Since sending began, and not since the call did. */
    CHECK(before_sending > 0 && told.last.active_for_ms + before_sending <= told.last.elapsed_ms);
    CHECK(profile->packed->files == FILES + SMALL + 1);
    dropoff_profile_free(profile);
    dropoff_job_free(job);
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
    dropoff_options options = sandbox_options();
    dropoff_hcompany_settings settings = DROPOFF_HCOMPANY_SETTINGS_INIT;
    dropoff_hcompany *client = NULL;
    int at;
    make_folder("spool", "");
    sprintf(spool, "%s/spool", given("HOME"));
    for (at = 0; at < 40; at++) {
        char name[40];
        sprintf(name, "Default/large-%d", at);
        write_file("stopped", name, "", 4000000000);
    }
    options.spool_dir = spool;
    settings.api_key = given("H_KEY");
    settings.base_url = given("API_URL");
    settings.options = &options;
    MUST(dropoff_hcompany_new(&settings, &client, &error));
    for (at = 0; at < 3; at++) {
        dropoff_profile_upload upload = upload_of(folder);
        dropoff_profile *profile = NULL;
        dropoff_job *job = NULL;
        dropoff_progress asked;
        bool over = false;
        dropoff_status status;
        if (strcmp(ways[at], "progress") == 0)
            upload.on_progress = stop_packing;
        if (strcmp(ways[at], "timeout") == 0)
            upload.timeout_ms = 1000;
        MUST(dropoff_hcompany_start_upload_profile(client, &upload, &job, &error));
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
        CHECK(dropoff_error_resource_id(error) == NULL);
        dropoff_error_free(error);
        error = NULL;
        CHECK(dropoff_job_profile(job, &profile, NULL) == status && profile == NULL);
        /* The threads that pack see it within the block they are at. */
        UNTIL(left_in(spool) == 0);
        dropoff_job_free(job);
    }
    dropoff_hcompany_free(client);
}

int main(int argc, char **argv) {
    static const struct test tests[] = {
        {"good:what_is_no_choice_is_refused", what_is_no_choice_is_refused},
        {"good:what_is_no_glob_and_no_folder_is_refused_by_each_call",
         what_is_no_glob_and_no_folder_is_refused_by_each_call},
        {"good:a_request_is_copied", a_request_is_copied},
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
